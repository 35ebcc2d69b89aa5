"""Values of records as platforms want them: known answers, and for any text either a sound value or none."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.activation.normalisers import match_value
from dagster_project.activation.record_normalisers import RECORD_NORMALISERS, shortened

KNOWN = [
    ("text_line", "  Café\n crème\t", "Café crème"),
    ("text_line", "—", None),
    ("text_prose", "a<br/>b <!-- c --> 1 < 2 &eacute;", "a b 1 < 2 é"),
    ("record_id", " SKU-1 ", "SKU-1"),
    ("record_id", "two words", None),
    ("record_id", "d41d8cd98f00b204e9800998ecf8427e", "d41d8cd98f00b204e9800998ecf8427e"),
    ("web_link", "HTTPS://Shop.Example.com/A b?c=é&d=1#top", "https://shop.example.com/A%20b?c=%C3%A9&d=1"),
    ("web_link", "https://bücher.example/x", "https://xn--bcher-kva.example/x"),
    ("web_link", "https://shop.example.com/100%25", "https://shop.example.com/100%25"),
    ("web_link", "//cdn.example.com/x.jpg", None),
    ("web_link", "ftp://example.com/x", None),
    ("web_link", "https://localhost/x", None),
    ("web_link", "https://user:secret@example.com/x", None),
    ("web_link", "javascript:alert(1)", None),
    ("price_and_currency", "15 USD", "15.00 USD"),
    ("price_and_currency", "1299.9000 EUR", "1299.90 EUR"),
    ("price_and_currency", "0 EUR", None),
    ("price_and_currency", "-3 EUR", None),
    ("price_and_currency", "12,50 EUR", None),
    ("price_and_currency", "12.50 eur", None),
    ("price_and_currency", "NaN EUR", None),
    ("availability_underscored", "In Stock", "in_stock"),
    ("availability_underscored", "https://schema.org/OutOfStock", "out_of_stock"),
    ("availability_underscored", "sold-out", "out_of_stock"),
    ("availability_underscored", "BackOrder", "backorder"),
    ("availability_underscored", "soon", None),
    ("availability_spaced", "in_stock", "in stock"),
    ("availability_spaced", "backorder", "available for order"),
    ("condition", "Second-hand", "used"),
    ("gtin", "4006381333931", "4006381333931"),
    ("gtin", "4006381333932", None),
    ("gtin", "978-3-16-148410-0", "9783161484100"),
    ("gtin", "96385074", "96385074"),
    ("gtin", "0000000000000", None),
]  # fmt: skip


@pytest.mark.parametrize(("normaliser", "raw", "expected"), KNOWN)
def test_known_answers(normaliser: str, raw: str, expected: str | None) -> None:
    """A product whose price or link the platform reads otherwise is disapproved, or sold for another price."""
    assert match_value(normaliser, raw) == expected


@given(st.sampled_from(sorted(RECORD_NORMALISERS)), st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_becomes_a_sound_value_or_none(name: str, raw: str) -> None:
    """An export stopped by one product's broken description, or a cell that breaks the line of its row."""
    value = match_value(name, raw)
    assert value is None or (value and value.isprintable() and value == value.strip())
    if value is not None and name != "text_prose":
        assert match_value(name, value) == value


@given(st.text(alphabet="ab é", min_size=1, max_size=40), st.integers(min_value=1, max_value=20))
@settings(max_examples=100, deadline=None)
def test_a_cut_text_is_the_beginning_of_the_text(text: str, length: int) -> None:
    """A title of 151 characters is refused with its product."""
    cut = shortened(text, length)
    assert len(cut) <= length and text.startswith(cut)
    words = re.findall(r"\S+", text)
    if len(text) > length and all(len(word) <= length // 2 for word in words):
        assert cut.split() == words[: len(cut.split())], "no word is cut that need not be"
