"""What leaves the house, over hundreds of tricky identities and every destination, is what the vendor hashes on its side.

Three judges, none of which is our code: the vendors' own (facebook_business, google-ads-datamanager-util), the hashes that they
publish, and a table that says per destination what its documentation asks for, over identities written out by hand.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from activation_shop import Person, Shop, shipped_destinations
from hypothesis import given, settings
from hypothesis import strategies as st
from tricky_identities import CITIES, COUNTRIES, EMAILS, GENDERS, NAMES, PHONES, PLACES, Identity, identities
from vendor_rules import ELSEWHERE, RECORDS, RULES, WITHOUT_CONTACTS, expected_rows

from dagster_project.activation.normalisers import COUNTRIES as ISO_3166
from dagster_project.activation.normalisers import NORMALISERS, match_value
from dagster_project.activation.record_normalisers import RECORD_NORMALISERS
from dagster_project.activation.specs import Destination, load_all_destinations
from dagster_project.consent.policy import PURPOSES
from dagster_project.loads.normalise import normalise_email, normalise_phone
from dagster_project.settings import Company, Settings
from tests.unchecked import leave_unchecked

MANY = 420


# What identity makes of what was typed: the ground that destinations build on.


@pytest.mark.parametrize(("typed", "address"), EMAILS)
def test_an_address_is_read_as_what_it_is(typed: str, address: str | None) -> None:
    """Everything after builds on this: a wrong address is a wrong hash on every platform at once."""
    assert normalise_email(typed)[0] == address


@pytest.mark.parametrize(("typed", "region", "number"), PHONES)
def test_a_number_is_read_as_what_it_is(typed: str, region: str, number: str | None) -> None:
    """A trunk zero that stays, a country that is guessed wrong: the hash is of somebody else's number."""
    assert normalise_phone(typed, region, "FR")[0] == number


# The vendors' own code.


def google() -> Any:
    return pytest.importorskip("google.ads.datamanager_util.format").Formatter()


def meta(field: str, raw: str) -> str:
    normalize = pytest.importorskip("facebook_business.adobjects.serverside.normalize").Normalize
    return normalize.normalize_field_skip_hashing(field, raw)


def composed(text: str) -> str:
    """The vendors' code takes a text as it comes; what we hand on is composed and free of what nobody sees."""
    return "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) != "Cf").strip()


def test_google_s_formatter_agrees() -> None:
    """Google hashes its side with these rules: one difference and nobody matches."""
    formatter = google()
    emails = {address for _, address in EMAILS if address}
    for address in emails:
        assert match_value("email_gmail_folded", address) == formatter.format_email_address(address)
    for _, _, number in PHONES:
        if number:
            assert match_value("phone_e164", number) == formatter.format_phone_number(number)
    for typed, name in NAMES:
        if name:
            assert match_value("name_lower", typed) == name == formatter.format_given_name(composed(typed))
            assert name == formatter.format_family_name(composed(typed))
    for code in ISO_3166:
        assert match_value("country_upper", code.lower()) == formatter.format_region_code(code.lower())
    for country, typed, whole, _ in PLACES:
        if whole and whole == typed.strip():
            assert match_value("postal_code", typed, country) == formatter.format_postal_code(typed)
    for address in emails:
        digest = formatter.process_email_address(address, encoding_type())
        assert match_value("email_gmail_folded", address, digest="hex") == digest


def encoding_type() -> Any:
    return pytest.importorskip("google.ads.datamanager_util.format").Encoding.HEX


def test_meta_s_server_side_normaliser_agrees() -> None:
    """Meta hashes its side with these rules: one difference and nobody matches."""
    for address in {address for _, address in EMAILS if address}:
        assert match_value("email_lower", address) == meta("em", address)
    for _, _, number in PHONES:
        if number:
            assert match_value("phone_digits", number) == meta("ph", number)
    for typed, name in NAMES:
        if name:
            assert match_value("name_lower", typed) == meta("fn", composed(typed)) == meta("ln", composed(typed))
    for typed, letters, _ in CITIES:
        if letters:
            assert match_value("place_letters", typed) == letters == meta("ct", composed(typed)) == meta("st", composed(typed))
    for country, typed, whole, short in PLACES:
        if whole and country != "US" and whole == typed.strip():
            assert match_value("zip_lower", typed, country) == short == meta("zp", typed)
    for code in ISO_3166:
        assert match_value("country_lower", code) == meta("country", code)
    for typed, letter in GENDERS:
        assert match_value("gender_letter", typed) == letter


@settings(max_examples=300, deadline=None)
@given(raw=st.one_of(st.text(max_size=30), st.emails(), st.sampled_from([typed for typed, _ in NAMES])))
def test_whatever_is_sent_is_what_the_vendor_would_make_of_it(raw: str) -> None:
    """Of any text: either it is left out, or Google's and Meta's own code give the same."""
    text = composed(raw)
    name = match_value("name_lower", raw)
    if name is not None and not re.fullmatch("[0-9a-f]{32}|[0-9a-f]{64}", name):
        assert name == google().format_given_name(text) == meta("fn", text)
    folded, plain = match_value("email_gmail_folded", raw), match_value("email_lower", raw)
    if folded is not None:
        assert folded == google().format_email_address(raw)
    if plain is not None:
        assert plain == meta("em", raw)


# The vendors' published examples.

META = "developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters"
UID2 = "unifiedid.com/docs/getting-started/gs-normalization-encoding"
TIKTOK = "ads.tiktok.com/help, list of supported IDs and formats for a customer file"
PUBLISHED = [
    (META, "meta_custom_audience", "email", "John_Smith@gmail.com",
     "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"),
    (META, "meta_custom_audience", "email", " Mary@example.com",
     "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"),
    (META, "meta_custom_audience", "phone", "+1 (650)555-1212",
     "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"),
    (META, "meta_custom_audience", "first_name", "Mary",
     "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"),
    (META, "meta_custom_audience", "first_name", "정",
     "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"),
    (META, "meta_custom_audience", "first_name", "Valéry",
     "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
    (META, "meta_custom_audience", "country", "US",
     "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"),
    (UID2, "uid2", "email", "USER@example.com", "tMmiiTI7IaAcPpQPFQ65uMVCWH8av9jw4cwf/F5HVRQ="),
    (UID2, "uid2", "email", "MyEmail@example.com", "FsGNM28LJQ8OLZB0Us65ZYp07NrovJSGTCMSKnLMJ6U="),
    (UID2, "uid2", "email", "My.Email@example.com", "4itTvG+HEnTzpiqzejyu1yFPwU1nYhWpaiQvz62hyB8="),
    (UID2, "uid2", "email", "JANESAOIRSE@example.com", "1mcOepIAfxtf94Xx/IHlOqbT170GvfXEc83HKGwoS20="),
    (UID2, "uid2", "email", "Jane.Saoirse@example.com", "sZZDLHuYmiypHIN5mVfFFdpT5sE6vyC3j+qU8RfpC/g="),
    (UID2, "uid2", "email", "JaneSaoirse+Work@example.com", "KKruSBUjDNO069iMUVImVQZm6RrAGZKeOtrD9mwogYA="),
    (UID2, "uid2", "email", "JaneSaoirse+UID2@example.com", "bhQ2aMIGWT1ey4p7JyavdNlIQ4pe11/rrcv0u1jrxCc="),
    (UID2, "uid2", "email", "JANE.SAOIRSE@gmail.com", "ku4mBX7Z3qJTXWyLFB1INzkyR2WZGW4ANSJUiW21iI8="),
    (UID2, "euid", "email", "JaneSaoirse+Work@gmail.com", "ku4mBX7Z3qJTXWyLFB1INzkyR2WZGW4ANSJUiW21iI8="),
    (UID2, "uid2", "phone", "+12345678901", "EObwtHBUqDNZR33LNSMdtt5cafsYFuGmuY4ZLenlue4="),
    (UID2, "uid2", "phone", "+6512345678", "xn2K5iZn+pV1H0nXXILY8ggcGt9dClVnIX13SXVVpZ8="),
    (UID2, "euid", "phone", "+61212345678", "J24LFuwzgT5ElsjMwcqE40S8VtUoWXFCZgkq+PDSD+c="),
    (TIKTOK, "tiktok", "email", "JaneDoe@gmail.com",
     "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "destination", "key", "raw", "published"), PUBLISHED, ids=[str(n) for n in range(len(PUBLISHED))]
)
def test_a_published_example_gives_the_published_hash(source: str, destination: str, key: str, raw: str, published: str) -> None:
    """The vendor's own word on one value, hash and form of it: the only judge that has seen the vendor's side."""
    column = shipped_destinations()[destination].column(key)
    assert match_value(column.normaliser, raw, digest=column.digest) == published, source


# What has been hashed before it came.


def hashes(text: str) -> Iterator[tuple[str, bytes | None]]:
    digest = hashlib.sha256(text.encode()).digest()
    yield digest.hex(), digest
    yield f" {digest.hex().upper()}\n", digest
    yield base64.b64encode(digest).decode(), digest
    for other in ("md5", "sha1", "sha512"):
        yield hashlib.new(other, text.encode()).hexdigest(), None


@pytest.mark.parametrize("name", sorted(NORMALISERS.keys() - RECORD_NORMALISERS.keys() - {"device_token"}))
def test_what_comes_hashed_is_never_hashed_again(name: str) -> None:
    """A CRM that delivers digests would otherwise send digests of digests; a plain file would show them as names."""
    for raw, digest in hashes("mary@example.com"):
        written = {"hex": digest.hex(), "base64": base64.b64encode(digest).decode()} if digest else {"hex": None, "base64": None}
        assert match_value(name, raw, "FR", digest="hex") == written["hex"]
        assert match_value(name, raw, "FR", digest="base64") == written["base64"]
        assert match_value(name, raw, "FR") is None


# Every destination's files.


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, list[Identity]]]:
    """Hundreds of people as they typed themselves, known by what identity makes of it."""
    people = identities(MANY)
    patch = pytest.MonkeyPatch()
    leave_unchecked(patch)
    shop = Shop(tmp_path_factory.mktemp("crowd") / "project", ":memory:")
    everything = dict.fromkeys(PURPOSES, "granted")
    persons = []
    for who in people:
        emails = list(filter(None, [normalise_email(who.typed_email)[0]]))
        phones = list(filter(None, [normalise_phone(who.typed_phone, who.phone_region, "FR")[0]]))
        names = (who.typed_first, who.typed_last)
        persons.append(Person(who.id, emails, phones, *names, who.typed_zip, who.country, who.typed_city, consents=everything))
    shop.fill(persons)
    for purpose in ("sms", "whatsapp", "phone"):
        granted = "select profile_id, ?, 'phone', phone, 'granted' from profiles.profiles"
        shop.con.execute(f"insert into profiles.identifier_consents {granted}", [purpose])
    shop.con.execute("create temp table genders (profile_id varchar, gender varchar)")
    shop.con.executemany("insert into genders values (?, ?)", [(who.id, who.typed_gender) for who in people])
    shop.con.execute("update profiles.profiles set gender = g.gender from genders g where g.profile_id = profiles.profile_id")
    shop.con.execute("insert into profiles.consent_people select profile_id, 'eu', true from profiles.profiles")
    yield shop, people
    shop.con.close()
    patch.undo()


def test_every_destination_of_people_has_a_rule_here() -> None:
    """A destination that nobody has written the rule of would ship unjudged."""
    assert {name for name, _ in RULES} | WITHOUT_CONTACTS == set(shipped_destinations())


@pytest.mark.parametrize(("name", "kind"), RULES, ids=["-".join(filter(None, each)) for each in RULES])
def test_no_wrong_hash_in_any_file(crowd: tuple[Shop, list[Identity]], name: str, kind: str) -> None:
    """One rule applied a little differently, and a platform matches nobody, or somebody else."""
    shop, people = crowd
    spec = shipped_destinations()[name]
    rules = RULES[name, kind]
    activation = replace(shop.activation(name, match_keys=tuple(rules)), name=f"crowd_{kind or 'all'}")
    result = shop.run(activation)
    path = next(path for path in result.files if path.name == "add.csv")
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file, delimiter=spec.file.delimiter))[int(spec.file.header) :]
    places, at = {}, 0
    for column in spec.columns:
        if column.key in rules:
            places[column.key] = at
        if column.key in rules or column.fixed is not None:
            at += column.repeat if spec.rows == "person" else 1
    found = {tuple(line[places[key]] for key in rules) for line in lines}
    assert found == expected_rows((name, kind), people)
    assert len(found) > 20


@pytest.mark.parametrize(("name", "key"), RECORDS, ids=["-".join(each) for each in RECORDS])
def test_no_wrong_hash_in_any_record(name: str, key: str) -> None:
    """A conversion with another hash than the list's is somebody else's."""
    column, rule = every_destination()[name].column(key), RECORDS[name, key]
    typed = {
        "first": "typed_first",
        "last": "typed_last",
        "city": "typed_city",
        "short_zip": "typed_zip",
        "gender": "typed_gender",
    }
    for person in identities(MANY):
        raw = getattr(person, typed.get(rule.field, rule.field)) or ""
        assert (match_value(column.normaliser, raw, person.country, digest=column.digest) or "") == rule.cell(person)


def test_every_hashed_column_is_judged() -> None:
    """A column that nobody judges is the one that goes out wrong."""
    judged = {(name, key) for (name, _), rules in RULES.items() for key in rules} | set(RECORDS)
    hashed = {(name, one.key) for name, to in every_destination().items() for one in to.columns if one.digest}
    assert {(name, key) for name, key in hashed - judged if key not in ELSEWHERE} == set()


@cache
def every_destination() -> dict[str, Destination]:
    nowhere = Settings(company=Company(name="Shop", currency="EUR", timezone="Europe/Paris", country="FR"))
    nowhere._base = Path("/nonexistent")
    return load_all_destinations(nowhere)


@pytest.mark.parametrize(("country", "typed", "whole", "short"), PLACES)
def test_postal_codes(country: str, typed: str, whole: str | None, short: str | None) -> None:
    """A code that lost its leading zero in a spreadsheet is another town's."""
    assert match_value("postal_code", typed, country) == whole
    assert match_value("zip_lower", typed, country) == short


@pytest.mark.parametrize(("typed", "code"), COUNTRIES)
def test_countries(typed: str, code: str | None) -> None:
    """Namibia is no missing value and Norway no `false`."""
    assert match_value("country_upper", typed) == code
    assert match_value("country_lower", typed) == (code.lower() if code else None)
