"""One value as destinations want it: pure functions, named after the rule that they follow; destination files choose.

Every function takes the raw text (and, where the rule depends on it, the person's country) and returns the normalised text, or
None when the value can't be made valid: a value is left out rather than sent wrong. None of them raises. Hashing is a step of its
own, the last one (`match_value`). E-mails and phones arrive as identity stored them (valid address, E.164).

Where a vendor contradicts itself, its destination file says which rule was chosen and after which source.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Literal

import phonenumbers

from dagster_project.activation.record_normalisers import RECORD_NORMALISERS

Digest = Literal["hex", "base64"]

VERSION = 4
"""Raise with any change of a rule below: kept match keys are valid for one version."""

_EMAIL = re.compile(r"[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_ZIP = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 -]{0,10}[A-Za-z0-9])?")
_US_ZIP = re.compile(r"([0-9]{5})(?:[- ]?[0-9]{4})?")
_UK_ZIP = re.compile(r"(?:GIR|[A-Z]{1,2}[0-9][A-Z0-9]?) ?[0-9][A-Z]{2}", re.IGNORECASE)
_ZIP_DIGITS = {
    code: digits
    for digits, codes in {
        4: "AT AU BE BG CH CY DK HU LI LU NO NZ SI",
        5: "BL DE EE ES FI FR GF GP HR IT MC MF MQ PM RE SM YT",
    }.items()
    for code in codes.split()
}
"""Countries whose postal codes are that many digits and nothing else (Universal Postal Union, addressing systems by country)."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_INVISIBLE = re.compile(r"[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_ADVERTISING_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHA256_BASE64 = re.compile(r"[A-Za-z0-9+/]{43}=")
_OTHER_HASH = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{128}")
_META_PLACE = re.compile(r"[0-9.\s\-()]")
_FORMULA = ("=", "+", "-", "@")
_GENDERS = {"f": "f", "female": "f", "femme": "f", "woman": "f", "m": "m", "male": "m", "homme": "m", "man": "m"}

# ISO 3166-1 alpha-2, officially assigned.
_ISO_3166 = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC
CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD
GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH
KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW
MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC
SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY
UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_ISO_3166.split())


def email_lower(raw: str, country: str | None = None) -> str | None:
    """Lower case without outer blanks; Gmail addresses as they are."""
    return _email(raw)


def email_gmail_folded(raw: str, country: str | None = None) -> str | None:
    """Lower case; addresses at gmail.com and googlemail.com without dots and `+suffix`."""
    return _folded(raw, ("gmail.com", "googlemail.com"))


def email_gmail_com_folded(raw: str, country: str | None = None) -> str | None:
    """Lower case; addresses at gmail.com alone without dots and `+suffix`."""
    return _folded(raw, ("gmail.com",))


def email_alphanumeric(raw: str, country: str | None = None) -> str | None:
    """Lower case; of the address only a-z, 0-9, `.`, `-` and `@` are kept. One with letters beyond these is left out."""
    email = _email(raw)
    if email is None or not email.isascii() or not _EMAIL.fullmatch(email):
        return None
    kept = re.sub(r"[^a-z0-9.@-]", "", email)
    return kept if _EMAIL.fullmatch(kept) else None


def email_plain(raw: str, country: str | None = None) -> str | None:
    """Plain address. One that a spreadsheet would run as a formula is left out: defusing it would make it another address."""
    email = _email(raw)
    return None if email is None or email.startswith(_FORMULA) else email


def phone_e164(raw: str, country: str | None = None) -> str | None:
    """E.164 with `+`."""
    return _e164(raw)


def phone_digits(raw: str, country: str | None = None) -> str | None:
    """Digits with country code, without `+` and leading zeros."""
    phone = _e164(raw)
    return phone[1:] if phone else None


def name_lower(raw: str, country: str | None = None) -> str | None:
    """Lower case as Python does it, accents and punctuation kept: Google's formatter and Meta's server-side normaliser agree."""
    name = _visible(raw).lower()
    return name if _is_word(name) else None


def name_alphanumeric(raw: str, country: str | None = None) -> str | None:
    """Lower case letters and digits without accents (Amazon: a-z and 0-9 only); other scripts are left out."""
    text = "".join(c for c in unicodedata.normalize("NFKD", _visible(raw).lower()) if not unicodedata.combining(c))
    kept = "".join(c for c in text if c.isalnum())
    return kept if _is_word(text) and _is_word(kept) and kept.isascii() else None


def advertising_id(raw: str, country: str | None = None) -> str | None:
    """IDFA or GAID, lower case with hyphens; the id of those who limit tracking, all zeros, is left out."""
    text = raw.strip().lower()
    return text if _ADVERTISING_ID.fullmatch(text) and text.strip("0-") else None


def device_token(raw: str, country: str | None = None) -> str | None:
    """What an app was registered under for push messages: as it is, without outer blanks; one with blanks inside is none."""
    text = raw.strip()
    return text if text.isascii() and text.isprintable() and text and " " not in text else None


def plain_text(raw: str, country: str | None = None) -> str | None:
    """Readable text on one line, case kept, at most 255 characters."""
    text = " ".join("".join(c if c.isprintable() else " " for c in _visible(raw)).split())[:255].rstrip()
    return text if any(c.isalnum() for c in text) else None


def country_upper(raw: str, country: str | None = None) -> str | None:
    """ISO 3166-1 alpha-2, upper case; `UK` is read as GB."""
    code = raw.strip().upper()
    code = "GB" if code == "UK" else code
    return code if code in COUNTRIES else None


def country_lower(raw: str, country: str | None = None) -> str | None:
    """ISO 3166-1 alpha-2, lower case."""
    code = country_upper(raw)
    return code.lower() if code else None


def postal_code(raw: str, country: str | None = None) -> str | None:
    """Postal code without outer blanks. US: the first five digits. Where a code is digits only, a country's letters before it
    (F-75001) and blanks go, and one with too few or too many digits is left out; so is half a code of the UK."""
    code, where = raw.strip(), _country(country)
    if where == "US":
        us = _US_ZIP.fullmatch(code)
        return us[1] if us else None
    if where == "GB":
        return code if _UK_ZIP.fullmatch(code) else None
    if where in _ZIP_DIGITS:
        code = re.sub(r"^[A-Za-z]{1,2}-(?=[0-9])|\s", "", code)
        return code if re.fullmatch(rf"[0-9]{{{_ZIP_DIGITS[where]}}}", code) else None
    return code if _ZIP.fullmatch(code) else None


def zip_lower(raw: str, country: str | None = None) -> str | None:
    """Lower case, no blanks, without a country before it (`LV-1010`), cut at the hyphen; US: the first five digits."""
    code = postal_code(raw, country)
    return re.sub(r"^[a-z]{1,2}-(?=[0-9])|\s", "", code.lower()).split("-")[0] or None if code else None


def place_letters(raw: str, country: str | None = None) -> str | None:
    """Lower case without digits, dots, blanks, hyphens and parentheses."""
    text = _META_PLACE.sub("", _visible(raw).lower())
    return text if _is_word(text) else None


def state_letters(raw: str, country: str | None = None) -> str | None:
    """As a city; in the US the two-letter code or nothing."""
    text = place_letters(raw)
    if _country(country) == "US" and not re.fullmatch(r"[a-z]{2}", text or ""):
        return None
    return text


def date_compact(raw: str, country: str | None = None) -> str | None:
    """YYYYMMDD, from an ISO date or moment, year 1900 or later."""
    day = date_iso(raw)
    return day.replace("-", "") if day else None


def date_iso(raw: str, country: str | None = None) -> str | None:
    """YYYY-MM-DD, from an ISO date or moment, year 1900 or later."""
    day, _, _ = raw.strip().replace("T", " ").partition(" ")
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return None
    return found.isoformat() if found.year >= 1900 else None


def month_day(raw: str, country: str | None = None) -> str | None:
    """MM/DD of an ISO date or moment."""
    day = date_iso(raw)
    return f"{day[5:7]}/{day[8:10]}" if day else None


def amount(raw: str, country: str | None = None) -> str | None:
    """A number that is not negative, with a decimal point, rounded to cents, without currency or thousands separator."""
    try:
        number = Decimal(raw.strip())
    except InvalidOperation:
        return None
    return f"{abs(number):.2f}" if number.is_finite() and 0 <= number < 10**15 else None


def amount_rounded(raw: str, country: str | None = None) -> str | None:
    """An amount rounded to its first two digits (1,234.56 → 1200.00): what is expected of somebody moves a little every day."""
    exact = amount(raw)
    if exact is None or not (number := Decimal(exact)):
        return exact
    # Not finer than cents, as money is.
    return f"{round(number, min(2, 1 - number.adjusted())):.2f}"


def gender_letter(raw: str, country: str | None = None) -> str | None:
    """`f` or `m`; anything else is left out."""
    return _GENDERS.get(raw.strip().lower())


Normaliser = Callable[[str, str | None], str | None]

NORMALISERS: dict[str, Normaliser] = {
    function.__name__: function
    for function in (
        email_lower, email_gmail_folded, email_gmail_com_folded, email_alphanumeric, email_plain,
        phone_e164, phone_digits, advertising_id, device_token,
        name_lower, name_alphanumeric, country_upper, country_lower, postal_code, zip_lower, place_letters, state_letters,
        date_compact, date_iso, month_day, gender_letter, plain_text, amount, amount_rounded,
    )
} | RECORD_NORMALISERS  # fmt: skip


def match_value(normaliser: str, raw: str, country: str | None = None, *, digest: Digest | None = None) -> str | None:
    """The cell a file gets: normalised and, where the destination asks for it, hashed by SHA-256 as the last step.

    SHA-256 that comes in hashed, as hex or base64, goes out as it is, in the form asked for; other digests (MD5, SHA-1, SHA-512)
    are no value a destination knows and are left out.

    Args:
        digest: hex (64 lower-case digits) or base64 (of the 32 bytes, 44 characters); None for plain values.
    """
    if digest is None and (normaliser in RECORD_NORMALISERS or normaliser == device_token.__name__):
        # Nothing that anybody hashes: a token of Apple's is 64 hex digits as it is.
        return NORMALISERS[normaliser](raw, country)
    text = raw.strip()
    if _SHA256.fullmatch(text.lower()):
        return _written(bytes.fromhex(text), digest) if digest else None
    if _SHA256_BASE64.fullmatch(text):
        return _written(base64.b64decode(text), digest) if digest else None
    if _OTHER_HASH.fullmatch(text.lower()):
        return None
    value = NORMALISERS[normaliser](raw, country)
    if value is None or digest is None:
        return value
    return _written(hashlib.sha256(value.encode("utf-8", "replace")).digest(), digest)


def _written(digest: bytes, form: Digest) -> str:
    return digest.hex() if form == "hex" else base64.b64encode(digest).decode()


def _folded(raw: str, domains: tuple[str, ...]) -> str | None:
    email = _email(raw)
    if email is None:
        return None
    user, domain = email.split("@")
    if domain in domains:
        user = user.split("+")[0].replace(".", "")
    return f"{user}@{domain}" if user else None


def _email(raw: str) -> str | None:
    email = raw.strip().lower()
    return email if email.isprintable() and _EMAIL.fullmatch(email) else None


def _e164(raw: str) -> str | None:
    text = raw.strip()
    if _E164.fullmatch(text):
        return text
    if text.startswith("00"):
        text = f"+{text[2:]}"
    if not text.startswith("+"):
        return None
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    phone = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return phone if _E164.fullmatch(phone) else None


def _visible(raw: str) -> str:
    """In composed form, as keyboards and platforms write it, without outer blanks and characters that nobody sees (a byte order
    mark, zero-width blanks, marks of direction): they would change the hash of the same word."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", raw)).strip()


def _is_word(text: str) -> bool:
    """Whether it has a letter, and no control character, which nobody has typed."""
    return any(c.isalpha() for c in text) and not _CONTROL.search(text)


def _country(country: str | None) -> str | None:
    return country_upper(country) if country else None
