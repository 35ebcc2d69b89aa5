"""One value as a destination wants it: pure functions, one per destination and field.

Every function takes the raw text (and, where the rule depends on it, the person's country) and returns the normalised text, or
None when the value can't be made valid: a value is left out rather than sent wrong. None of them raises. Hashing is a step of its
own, the last one (`match_value`). E-mails and phones arrive as identity stored them (valid address, E.164).

Where vendors contradict themselves, the rule chosen:

* Google, Gmail: dots and `+suffix` go, for gmail.com and googlemail.com only. Source: Data Manager API formatting guide and its
  published code (PyPI google-ads-datamanager-util, `format_email_address`). Customer Match help accepts both forms.
* Google, names: strip and lower, punctuation and accents stay, no title or suffix is cut. Source: the same code
  (`format_given_name`), against the API reference ("no punctuation").
* Google, zip: as it is, without outer blanks; in the US cut to five digits (five and 5+4 are both accepted, five always matches).
* Meta, all fields: `facebook_business` serverside `Normalize`, that is names only lower and trimmed, city and state without
  digits, dots, blanks, hyphens and parentheses, zip without blanks and cut at `-`. Its parameter builder, which also takes
  punctuation out of names, is not followed. Nine US digits without hyphen are cut to five, as Meta's help asks.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import date

import phonenumbers

VERSION = 1
"""Raise with any change of a rule below: kept match keys are valid for one version."""

_EMAIL = re.compile(r"[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_ZIP = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 -]{0,10}[A-Za-z0-9])?")
_US_ZIP = re.compile(r"([0-9]{5})(?:[- ]?[0-9]{4})?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
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


def google_email(raw: str, country: str | None = None) -> str | None:
    """Lower case without outer blanks; Gmail addresses without dots and `+suffix`."""
    email = _email(raw)
    if email is None:
        return None
    user, domain = email.split("@")
    if domain in ("gmail.com", "googlemail.com"):
        user = user.split("+")[0].replace(".", "")
    return f"{user}@{domain}" if user else None


def meta_email(raw: str, country: str | None = None) -> str | None:
    """Lower case without outer blanks; Gmail addresses as they are."""
    return _email(raw)


def brevo_email(raw: str, country: str | None = None) -> str | None:
    """Plain address. One that a spreadsheet would run as a formula is left out: defusing it would make it another address."""
    email = _email(raw)
    return None if email is None or email.startswith(_FORMULA) else email


def google_phone(raw: str, country: str | None = None) -> str | None:
    """E.164 with `+`."""
    return _e164(raw)


def meta_phone(raw: str, country: str | None = None) -> str | None:
    """Digits with country code, without `+` and leading zeros."""
    phone = _e164(raw)
    return phone[1:] if phone else None


def google_name(raw: str, country: str | None = None) -> str | None:
    """Lower case as Python does it, accents and punctuation kept."""
    return _name(raw)


def meta_name(raw: str, country: str | None = None) -> str | None:
    """Lower case as Python does it, accents and punctuation kept."""
    return _name(raw)


def plain_text(raw: str, country: str | None = None) -> str | None:
    """Readable text on one line, case kept, at most 255 characters."""
    text = " ".join("".join(c if c.isprintable() else " " for c in raw).split())[:255].rstrip()
    return text if any(c.isalnum() for c in text) else None


def google_country(raw: str, country: str | None = None) -> str | None:
    """ISO 3166-1 alpha-2, upper case; `UK` is read as GB."""
    code = raw.strip().upper()
    code = "GB" if code == "UK" else code
    return code if code in COUNTRIES else None


def meta_country(raw: str, country: str | None = None) -> str | None:
    """ISO 3166-1 alpha-2, lower case."""
    code = google_country(raw)
    return code.lower() if code else None


def google_zip(raw: str, country: str | None = None) -> str | None:
    """Postal code without outer blanks; US: the first five digits."""
    code = raw.strip()
    if not _ZIP.fullmatch(code):
        return None
    if _country(country) == "US":
        us = _US_ZIP.fullmatch(code)
        return us[1] if us else None
    return code


def meta_zip(raw: str, country: str | None = None) -> str | None:
    """Lower case, no blanks, cut at the hyphen; US: the first five digits."""
    code = google_zip(raw, country)
    return re.sub(r"\s", "", code.lower()).split("-")[0] or None if code else None


def meta_city(raw: str, country: str | None = None) -> str | None:
    """Lower case without digits, dots, blanks, hyphens and parentheses."""
    text = _META_PLACE.sub("", raw.lower().strip())
    return text if _has_letter(text) else None


def meta_state(raw: str, country: str | None = None) -> str | None:
    """As a city; in the US the two-letter code or nothing."""
    text = meta_city(raw)
    if _country(country) == "US" and not re.fullmatch(r"[a-z]{2}", text or ""):
        return None
    return text


def meta_birth_date(raw: str, country: str | None = None) -> str | None:
    """YYYYMMDD, from an ISO date (or from itself), year 1900 or later."""
    try:
        day = date.fromisoformat(raw.strip())
    except ValueError:
        return None
    return f"{day:%Y%m%d}" if day.year >= 1900 else None


def meta_gender(raw: str, country: str | None = None) -> str | None:
    """`f` or `m`; anything else is left out."""
    return _GENDERS.get(raw.strip().lower())


Normaliser = Callable[[str, str | None], str | None]

NORMALISERS: dict[str, Normaliser] = {
    function.__name__: function
    for function in (
        google_email, google_phone, google_name, google_country, google_zip,
        meta_email, meta_phone, meta_name, meta_country, meta_zip, meta_city, meta_state, meta_birth_date, meta_gender,
        brevo_email, plain_text,
    )
}  # fmt: skip


def match_value(normaliser: str, raw: str, country: str | None = None, *, hashed: bool) -> str | None:
    """The cell a file gets: normalised and, where the destination asks for it, hashed as the last step.

    SHA-256 that comes in hashed goes out as it is, in lower case; other digests (MD5, SHA-1, SHA-512) are no value a
    destination knows and are left out.
    """
    text = raw.strip().lower()
    if _SHA256.fullmatch(text):
        return text if hashed else None
    if _OTHER_HASH.fullmatch(text):
        return None
    value = NORMALISERS[normaliser](raw, country)
    if value is None or not hashed:
        return value
    return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()


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


def _name(raw: str) -> str | None:
    name = raw.strip().lower()
    return name if _has_letter(name) and not re.search(r"[\x00-\x1f\x7f-\x9f]", name) else None


def _has_letter(text: str) -> bool:
    return any(c.isalpha() for c in text)


def _country(country: str | None) -> str | None:
    return google_country(country) if country else None
