"""Normalisers: known answers, agreement with the vendors' own published code, and properties over any text."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.activation.normalisers import COUNTRIES, NORMALISERS, match_value

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
        ("google_email", "J.Doe+shop@Gmail.com", None, "jdoe@gmail.com"),
        ("google_email", "j.doe+shop@example.com", None, "j.doe+shop@example.com"),
        ("google_email", "+only@gmail.com", None, None),
        ("meta_email", "J.Doe+shop@Gmail.com", None, "j.doe+shop@gmail.com"),
        ("brevo_email", "J.Doe@Example.com", None, "j.doe@example.com"),
        ("brevo_email", "=1+1@example.com", None, None),
        ("google_phone", "+33 (0)6 12 34 56 78", None, "+33612345678"),
        ("google_phone", "0044 20 8366 1177", None, "+442083661177"),
        ("google_phone", "+1 650-253-0000 ext. 12", None, "+16502530000"),
        ("google_phone", "06 12 34 56 78", None, None),
        ("google_phone", "+33 6", None, None),
        ("meta_phone", "+33612345678", None, "33612345678"),
        ("google_name", "  ΟΔΥΣΣΕΥΣ ", None, "οδυσσευς"),
        ("google_name", "Groß", None, "groß"),
        ("google_name", "...", None, None),
        ("google_name", "Jean\x00Paul", None, None),
        ("google_country", "no", None, "NO"),
        ("google_country", "NA", None, "NA"),
        ("google_country", "UK", None, "GB"),
        ("google_country", "France", None, None),
        ("google_country", "XX", None, None),
        ("meta_country", "Na", None, "na"),
        ("google_zip", "94045-1234", "US", "94045"),
        ("google_zip", "940451234", "us", "94045"),
        ("google_zip", "2138", "US", None),
        ("google_zip", "SW1A 1AA", "GB", "SW1A 1AA"),
        ("google_zip", "75001.0", "FR", None),
        ("meta_zip", "SW1A 1AA", "GB", "sw1a1aa"),
        ("meta_zip", "940451234", "US", "94045"),
        ("meta_city", "Saint-Étienne (42)", None, "saintétienne"),
        ("meta_state", "California", "US", None),
        ("meta_state", "CA", "US", "ca"),
        ("meta_state", "Île-de-France", "FR", "îledefrance"),
        ("meta_birth_date", "1990-02-28", None, "19900228"),
        ("meta_birth_date", "1990-02-30", None, None),
        ("meta_birth_date", "0190-02-28", None, None),
        ("meta_gender", "Female", None, "f"),
        ("meta_gender", "M", None, "m"),
        ("meta_gender", "x", None, None),
        ("plain_text", "  Zoé\r\n\tMarie ", None, "Zoé Marie"),
        ("plain_text", "--", None, None),
    ],
)  # fmt: skip
def test_known_answers(normaliser: str, raw: str, country: str | None, expected: str | None) -> None:
    """A rule that drifts sends hashes the platform can't match."""
    assert match_value(normaliser, raw, country, hashed=False) == expected


def test_published_hashes() -> None:
    """The digests Meta shows for its sample customer; a wrong form of either value gives another digest."""
    assert match_value("meta_email", " Mary@example.com", hashed=True) == (
        "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"
    )
    assert match_value("meta_phone", "+1 (555) 987-6543", hashed=True) == (
        "1ef970831d7963307784fa8688e8fce101a15685d62aa765fed23f3a2c576a4e"
    )


def test_google_agrees_with_its_own_formatter() -> None:
    """Google hashes its side with these rules: one difference and nobody matches."""
    formatter = pytest.importorskip("google.ads.datamanager_util.format").Formatter()
    for raw in EMAILS:
        assert NORMALISERS["google_email"](raw, None) == formatter.format_email_address(raw)
    for raw in PHONES:
        assert NORMALISERS["google_phone"](raw, None) == formatter.format_phone_number(raw)
    for raw in NAMES:
        assert NORMALISERS["google_name"](raw, None) == formatter.format_given_name(raw) == formatter.format_family_name(raw)
    for code in COUNTRIES:
        assert NORMALISERS["google_country"](code.lower(), None) == formatter.format_region_code(code.lower())
    for raw, country in ZIPS:
        if country != "US":
            assert NORMALISERS["google_zip"](raw, country) == formatter.format_postal_code(raw)


def test_meta_agrees_with_its_own_normaliser() -> None:
    """Meta hashes its side with these rules: one difference and nobody matches."""
    normalize = pytest.importorskip("facebook_business.adobjects.serverside.normalize").Normalize.normalize_field
    ours = {"em": ("meta_email", EMAILS), "ph": ("meta_phone", PHONES), "fn": ("meta_name", NAMES), "ct": ("meta_city", CITIES)}
    for field, (name, values) in ours.items():
        for raw in values:
            assert match_value(name, raw, hashed=True) == normalize(field, raw), (field, raw)
    for raw, country in ZIPS:
        assert match_value("meta_zip", raw, country, hashed=True) == normalize("zp", raw)
    for code in COUNTRIES:
        assert match_value("meta_country", code, hashed=True) == normalize("country", code)


@pytest.mark.parametrize("normaliser", ["google_email", "meta_email", "brevo_email"])
@pytest.mark.parametrize("raw", BAD_EMAILS)
def test_what_is_no_address_is_left_out(normaliser: str, raw: str) -> None:
    """A hash of rubbish counts as coverage and reaches nobody, or somebody else."""
    assert match_value(normaliser, raw, hashed=True) is None


def test_hashed_input_is_not_hashed_again() -> None:
    """A CRM that delivers digests would otherwise send digests of digests."""
    digest = hashlib.sha256(b"mary@example.com").hexdigest()
    for name in NORMALISERS:
        assert match_value(name, f" {digest.upper()} ", hashed=True) == digest
        assert match_value(name, digest, hashed=False) is None
        assert match_value(name, hashlib.md5(b"mary@example.com").hexdigest(), hashed=True) is None


EMAIL, PHONE, PLACE = r"[^\s@]+@[^\s@]+\.[^\s@]+", r"[1-9][0-9]{6,14}", r"[^0-9.\s()\-]+"
SHAPES = {
    "google_email": EMAIL, "meta_email": EMAIL, "brevo_email": rf"(?![=+\-@]){EMAIL}",
    "google_phone": rf"\+{PHONE}", "meta_phone": PHONE,
    "google_name": r"\S(.*\S)?", "meta_name": r"\S(.*\S)?", "plain_text": r"[^\r\n\t]{1,255}",
    "google_country": r"[A-Z]{2}", "meta_country": r"[a-z]{2}",
    "google_zip": r"[A-Za-z0-9][A-Za-z0-9 -]*", "meta_zip": r"[a-z0-9]+",
    "meta_city": PLACE, "meta_state": PLACE,
    "meta_birth_date": r"(19|[2-9][0-9])[0-9]{6}", "meta_gender": r"[fm]",
}  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=40), st.sampled_from(EMAILS + BAD_EMAILS + PHONES + NAMES + CITIES + [zip for zip, _ in ZIPS]),
    st.emails(), st.from_regex(r"\+?[0-9 ()\-]{3,20}", fullmatch=True), st.dates().map(str),
)  # fmt: skip


@settings(max_examples=300)
@given(name=st.sampled_from(sorted(NORMALISERS)), raw=TEXTS, country=st.sampled_from([None, "", "US", "FR", "no", "??"]))
def test_any_text_is_left_out_or_valid_and_stays_so(name: str, raw: str, country: str | None) -> None:
    """Whatever people type: no crash, and a value that comes out has the platform's shape and is its own normal form."""
    value = match_value(name, raw, country, hashed=False)
    if value is None:
        return
    assert re.fullmatch(SHAPES[name], value), name
    again = f"+{value}" if name == "meta_phone" else value
    assert match_value(name, again, country, hashed=False) == value
    assert match_value(name, raw, country, hashed=True) == hashlib.sha256(value.encode()).hexdigest()
