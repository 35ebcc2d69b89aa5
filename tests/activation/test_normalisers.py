"""Normalisers: known answers, and properties over any text; test_vendor_vectors.py sees to the vendors."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.activation.normalisers import NORMALISERS, match_value
from dagster_project.activation.record_normalisers import RECORD_NORMALISERS

EMAILS = [
    " Jean.Dupont@Example.COM ", "j.e.a.n+news@gmail.com", "A.B+x+y@GoogleMail.com", "first.last+tag@outlook.fr",
    "zoë@example.org", "info@bücher.example", "o'brien@example.ie", "İstanbul@example.com", "x@sub.domain.example.co.uk",
]  # fmt: skip
BAD_EMAILS = [
    "",
    " ",
    "no at",
    "a@b",
    "a b@example.com",
    "a@@example.com",
    "a@example..com",
    "@example.com",
    "a@",
    "zero\u200bwidth@example.com",
]
PHONES = ["+33612345678", "+442083661177", "+16502530000", "+41446681800", "+3906698", "+5491123456789", "+81312345678"]
NAMES = [
    "Zoé",
    " O'Brien ",
    "SØREN",
    "Groß",
    "İpek",
    "ΟΔΥΣΣΕΥΣ",
    "Jean-Pierre",
    "Nuñez",
    "Łukasz",
    "Mary Ann",
    "d’Arcy",
    "李",
    "محمد",
]
CITIES = ["Paris", "Saint-Étienne", "St. John's (NL)", "  New York ", "Aix en Provence", "Köln 50667"]
ZIPS = [("75001", "FR"), ("sw1a 1aa", "GB"), ("94045-1234", "US"), (" 10115 ", "DE"), ("1000-001", "PT"), ("K1A 0B1", "CA")]


@pytest.mark.parametrize(
    ("normaliser", "raw", "country", "expected"),
    [
        ("email_gmail_folded", "J.Doe+shop@Gmail.com", None, "jdoe@gmail.com"),
        ("email_gmail_folded", "j.doe+shop@example.com", None, "j.doe+shop@example.com"),
        ("email_gmail_folded", "+only@gmail.com", None, None),
        ("email_lower", "J.Doe+shop@Gmail.com", None, "j.doe+shop@gmail.com"),
        ("email_plain", "J.Doe@Example.com", None, "j.doe@example.com"),
        ("email_plain", "=1+1@example.com", None, None),
        ("phone_e164", "+33 (0)6 12 34 56 78", None, "+33612345678"),
        ("phone_e164", "0044 20 8366 1177", None, "+442083661177"),
        ("phone_e164", "+1 650-253-0000 ext. 12", None, "+16502530000"),
        ("phone_e164", "06 12 34 56 78", None, None),
        ("phone_e164", "+33 6", None, None),
        ("phone_digits", "+33612345678", None, "33612345678"),
        ("name_lower", "  ΟΔΥΣΣΕΥΣ ", None, "οδυσσευς"),
        ("name_lower", "Groß", None, "groß"),
        ("name_lower", "...", None, None),
        ("name_lower", "Jean\x00Paul", None, None),
        ("country_upper", "no", None, "NO"),
        ("country_upper", "NA", None, "NA"),
        ("country_upper", "UK", None, "GB"),
        ("country_upper", "France", None, None),
        ("country_upper", "XX", None, None),
        ("country_lower", "Na", None, "na"),
        ("postal_code", "94045-1234", "US", "94045"),
        ("postal_code", "940451234", "us", "94045"),
        ("postal_code", "2138", "US", None),
        ("postal_code", "SW1A 1AA", "GB", "SW1A 1AA"),
        ("postal_code", "75001.0", "FR", None),
        ("postal_code", "F-75001", "FR", "75001"),
        ("zip_lower", "SW1A 1AA", "GB", "sw1a1aa"),
        ("zip_lower", "940451234", "US", "94045"),
        ("place_letters", "Saint-Étienne (42)", None, "saintétienne"),
        ("state_letters", "California", "US", None),
        ("state_letters", "CA", "US", "ca"),
        ("state_letters", "Île-de-France", "FR", "îledefrance"),
        ("date_compact", "1990-02-28", None, "19900228"),
        ("date_compact", "1990-02-30", None, None),
        ("date_compact", "0190-02-28", None, None),
        ("gender_letter", "Female", None, "f"),
        ("gender_letter", "M", None, "m"),
        ("gender_letter", "x", None, None),
        ("plain_text", "  Zoé\r\n\tMarie ", None, "Zoé Marie"),
        ("plain_text", "--", None, None),
        ("amount_rounded", "1234.56", None, "1200.00"),
        ("amount_rounded", "9.876", None, "9.90"),
        ("amount_rounded", "0.4", None, "0.40"),
    ],
)  # fmt: skip
def test_known_answers(normaliser: str, raw: str, country: str | None, expected: str | None) -> None:
    """A rule that drifts sends hashes the platform can't match."""
    assert match_value(normaliser, raw, country, digest=None) == expected


@pytest.mark.parametrize("normaliser", ["email_gmail_folded", "email_lower", "email_plain"])
@pytest.mark.parametrize("raw", BAD_EMAILS)
def test_what_is_no_address_is_left_out(normaliser: str, raw: str) -> None:
    """A hash of rubbish counts as coverage and reaches nobody, or somebody else."""
    assert match_value(normaliser, raw, digest="hex") is None


EMAIL, PHONE, PLACE = r"[^\s@]+@[^\s@]+\.[^\s@]+", r"[1-9][0-9]{6,14}", r"[^0-9.\s()\-]+"
SHAPES = {
    "email_gmail_folded": EMAIL, "email_lower": EMAIL, "email_plain": rf"(?![=+\-@]){EMAIL}",
    "phone_e164": rf"\+{PHONE}", "phone_digits": PHONE,
    "name_lower": r"\S(.*\S)?", "plain_text": r"[^\r\n\t]{1,255}",
    "country_upper": r"[A-Z]{2}", "country_lower": r"[a-z]{2}",
    "postal_code": r"[A-Za-z0-9][A-Za-z0-9 -]*", "zip_lower": r"[a-z0-9]+",
    "place_letters": PLACE, "state_letters": PLACE,
    "date_compact": r"(19|[2-9][0-9])[0-9]{6}", "gender_letter": r"[fm]",
    "email_gmail_com_folded": EMAIL, "email_alphanumeric": r"[a-z0-9.-]+@[a-z0-9.-]+",
    "name_alphanumeric": r"[a-z0-9]+", "advertising_id": r"[0-9a-f-]{36}", "device_token": r"[!-~]+",
    "date_iso": r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "month_day": r"[0-9]{2}/[0-9]{2}", "amount": r"[0-9]+\.[0-9]{2}",
    "amount_rounded": r"[0-9]{0,2}0*\.[0-9]{2}",
}  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=40), st.sampled_from(EMAILS + BAD_EMAILS + PHONES + NAMES + CITIES + [zip for zip, _ in ZIPS]),
    st.emails(), st.from_regex(r"\+?[0-9 ()\-]{3,20}", fullmatch=True), st.dates().map(str),
)  # fmt: skip


@settings(max_examples=300)
@given(
    name=st.sampled_from(sorted(NORMALISERS.keys() - RECORD_NORMALISERS.keys())),
    raw=TEXTS,
    country=st.sampled_from([None, "", "US", "FR", "no", "??"]),
)
def test_any_text_is_left_out_or_valid_and_stays_so(name: str, raw: str, country: str | None) -> None:
    """Whatever people type: no crash, and a value that comes out has the platform's shape and is its own normal form."""
    value = match_value(name, raw, country, digest=None)
    if value is None:
        return
    assert re.fullmatch(SHAPES[name], value), name
    again = {"phone_digits": f"+{value}", "month_day": f"2000-{value.replace('/', '-')}"}.get(name, value)
    assert match_value(name, again, country, digest=None) == value
    assert match_value(name, raw, country, digest="hex") == hashlib.sha256(value.encode()).hexdigest()


@pytest.mark.parametrize("token", ["a1b2c3d4" * 8, "a1b2c3d4" * 4, "cXyZ:APA91bE_4-x", "A1" * 20])
def test_a_device_token_is_no_hash(token: str) -> None:
    """Tokens of iPhones are 64 hex digits: taken for a hash, nobody there is reached, and no refusal arrives."""
    assert match_value("device_token", token, None, digest=None) == token


def test_a_country_before_a_postal_code_is_not_the_code() -> None:
    """`LV-1010` cut at its hyphen is `lv`: a hash of the country in place of the town."""
    assert match_value("zip_lower", "LV-1010", "LV", digest=None) == "1010"
    assert match_value("zip_lower", "SE-123 45", "SE", digest=None) == "12345"
    assert match_value("zip_lower", "94107-1234", "US", digest=None) == "94107"
