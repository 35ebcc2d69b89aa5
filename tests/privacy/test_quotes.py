"""Whose an address or number is that stands in a text: its person's in every spelling, and never somebody else's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import quote

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.loads.normalise import normalise_phone
from dagster_project.privacy.quotes import Quotes, addresses_in, spellings

ADDRESSES = st.builds(
    lambda local, domain, top: f"{local}@{domain}.{top}",
    st.from_regex(r"[ab1]{1,3}([.+_'-][ab]{1,2})?", fullmatch=True),
    st.from_regex(r"[ab]{1,3}([.-][ab])?", fullmatch=True),
    st.sampled_from(["fr", "com"]),
)
"""So few letters that one is often a part of the other."""

Encoded = Callable[[str], str]
ENCODED = st.sampled_from(
    [
        lambda text: text,
        str.upper,
        lambda text: quote(text, safe=""),
        lambda text: quote(quote(text, safe=""), safe="").lower(),
        lambda text: json.dumps(text),
        lambda text: json.dumps(json.dumps({"note": text})),
        lambda text: "".join(letter if letter.isalnum() else f"\\u{ord(letter):04x}" for letter in text),
    ]
)
AROUND = st.sampled_from(
    [
        ("", ""),
        ("1,", ",x\n"),
        ("mailto:", "?subject=hi"),
        ("https://x.fr/?a=1&email=", "&b=2"),
        ("Write to <", ">."),
        ("to '", "' soon"),
        ("to ", ". Thanks"),
        ("first line\n", "\nlast"),
        ('{"email":"', '"}'),
        ("a\tb|", "|c\td"),
        ("joe@b.fr;", ";jil@a.com"),
    ]
)


def placed(text: str, around: tuple[str, str], encoded: Encoded) -> str:
    return encoded(text.join(around))


@settings(max_examples=200)
@given(own=ADDRESSES, other=ADDRESSES, around=AROUND, encoded=ENCODED)
def test_an_address_is_one_person_s(own: str, other: str, around: tuple[str, str], encoded: Encoded) -> None:
    """ann@x.fr found in joann@x.fr takes another person's refused rows away; not found in `email%3Dann%40x.fr`, she stays."""
    quotes = Quotes(emails=(own,))
    hers, theirs = placed(own, around, encoded), placed(other, around, encoded)
    assert quotes.found_in(hers) and own in addresses_in(hers)
    assert not quotes.found_in(quotes.blotted(hers))
    if own != other:
        assert not quotes.found_in(theirs) and quotes.blotted(theirs) == theirs
        both = f"{hers} {theirs} {hers}"
        assert not quotes.found_in(quotes.blotted(both)) and theirs in quotes.blotted(both)


@settings(max_examples=200)
@given(text=st.text("ab.@'+-_=%&/ \\n40", max_size=40), own=ADDRESSES)
def test_loads_and_erasures_read_a_text_alike(text: str, own: str) -> None:
    """An address that the erasure takes for hers and the next load does not comes back with the next file."""
    for told in (text, f"{text}{own}", f"{own}{text}"):
        if Quotes(emails=(own,)).found_in(told):
            assert own in addresses_in(told)


@pytest.mark.parametrize(
    "text",
    [
        "joann@x.fr", "jo.ann@x.fr", "jo+ann@x.fr", "o'ann@x.fr", "jo%2Eann%40x.fr", "jo%2Bann@x.fr", "éann@x.fr", "-ann@x.fr",
        "ann@x.fr%2Ecom", "jo\\u002eann@x.fr",
        "ann@x.fr.com", "ann@x.france", "ann@x.fr-y.com", "ann@x.fré",
    ],
)  # fmt: skip
def test_what_only_looks_like_her_address(text: str) -> None:
    """Each of these is an address of its own."""
    assert not Quotes(emails=("ann@x.fr",)).found_in(f'{{"email": "{text}"}}')


REGIONS = ["FR", "GB", "US", "DE", "IT", "ES", "DK", "BE", "CH"]
NUMBERS = st.builds(
    lambda region, digits: f"+{phonenumbers.country_code_for_region(region)}{digits}",
    st.sampled_from(REGIONS),
    st.integers(200_000_000, 9_999_999_999),
).filter(lambda number: normalise_phone(number, "FR", "FR")[0] == number)
FIELDS = st.sampled_from([("", ""), (",", ","), ('"', '"'), ("tel:", ";"), ("Call ", ", please"), ("(", ")"), ("x\t", "\ty")])


def known_by(number: str, *written: str, country: str) -> Quotes:
    texts, code = spellings(number, written, country)
    return Quotes(phones=tuple(texts), codes=frozenset({code}))


def formats(number: str) -> list[str]:
    parsed = phonenumbers.parse(number)
    kinds = phonenumbers.PhoneNumberFormat
    told = [phonenumbers.format_number(parsed, kind) for kind in (kinds.E164, kinds.INTERNATIONAL, kinds.RFC3966)]
    return [*told, f"00{told[0][1:]}", re.sub("[ -]", ".", told[1]), re.sub("[ -]", "\u00a0", told[1]), f"{told[0][1:]}.0"]


@settings(max_examples=80)
@given(number=NUMBERS, other=NUMBERS, around=FIELDS, encoded=ENCODED, home=st.booleans())
def test_a_number_is_one_person_s(number: str, other: str, around: tuple[str, str], encoded: Encoded, home: bool) -> None:
    """However a number is written it is hers, and a longer or foreign one that holds its digits is not."""
    region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    quotes = known_by(number, country=region if home else "JP")
    at_home = phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.NATIONAL)
    for told in [*formats(number), *([at_home] if home else [])]:
        hers = placed(told, around, encoded)
        assert quotes.found_in(hers), told
        assert not quotes.found_in(quotes.blotted(hers))
    for text in [f"{number}1", f"7{number[1:]}", f"id{number[1:]}x", f"1.{number[1:]}", f"{number[1:]}.5"]:
        assert not quotes.found_in(placed(text, around, encoded)), "a longer number"
    if other != number:
        for told in formats(other):
            assert not quotes.found_in(placed(told, around, encoded)), told


@pytest.mark.parametrize("text", ["06.12.34.56.78", "(+33) 6 12 34 56 78", "+33 (0)6 12 34 56 78", "+33 06 12 34 56 78"])
def test_a_number_as_people_write_it(text: str) -> None:
    """Refused rows are those that were written oddly."""
    assert known_by("+33612345678", country="FR").found_in(f"c-1,{text},Paris")
    assert known_by("+33612345678", "06 12 34 56 78", country="BE").found_in(f"c-1,{text},Paris")


@pytest.mark.parametrize(
    "text", ["+39 06 12 34 56 78", "+390612345678", "06 12 34 56 78 90", "12 06 12 34 56 78", "2026-0612345678-1"]
)
def test_the_same_digits_elsewhere(text: str) -> None:
    """A landline in Rome is not a mobile in France."""
    assert not known_by("+33612345678", "06 12 34 56 78", country="FR").found_in(f"c-1,{text},Rome")


def test_ids_are_words() -> None:
    """c-ann is neither c-anna nor part of a longer id; its capitals count."""
    quotes = Quotes(words=("c-ann", "shopify:4711000000"))
    for own in ("c-ann", "of c-ann.", '{"id":"c-ann"}', "id=c-ann&x", "shopify%3A4711000000", "a\\nc-ann"):
        assert quotes.found_in(own), own
    for other in ("c-anna", "c-ann-2", "xc-ann", "a.c-ann", "C-ANN", "c-ann@x.fr", "shopify:47110000001"):
        assert not quotes.found_in(other), other
    assert quotes.blotted("c-ann ann@x.fr") == "c-ann ann@x.fr", "ids stay where others' rows name them"
