"""One value of a record as destinations want it: products, links, prices. Pure functions like those of normalisers.py.

Values here tell of things, not of people: what looks like a digest is an id like any other.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from html import unescape
from urllib.parse import quote, urlsplit

_MARKUP = re.compile(r"<!--.*?-->|</?[A-Za-z][^<>]*>", re.DOTALL)
_CURRENCY = re.compile(r"[A-Z]{3}")
_GTIN = re.compile(r"\d{8}|\d{12,14}", re.ASCII)
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(:\d{1,5})?", re.ASCII)

_AVAILABILITY = {
    "in_stock": ("in stock", "instock", "available", "yes", "true", "1", "limitedavailability", "onlineonly", "instoreonly"),
    "out_of_stock": ("out of stock", "outofstock", "sold out", "soldout", "unavailable", "discontinued", "no", "false", "0"),
    "preorder": ("pre order", "presale"),
    "backorder": ("back order", "available for order"),
}
"""Google's word → what shops say for it: other feeds' words, schema.org's ItemAvailability, yes and no."""

_WORDS = {heard.replace(" ", ""): word for word, said in _AVAILABILITY.items() for heard in (*said, word.replace("_", ""))}
_CONDITIONS = {"new": "new", "refurbished": "refurbished", "reconditioned": "refurbished", "used": "used", "secondhand": "used"}


def shortened(text: str, length: int) -> str:
    """At most `length` characters, cut at the last blank where there is one in the second half."""
    cut = text[:length]
    if len(text) > length and not text[length].isspace():
        head, _, _ = cut.rpartition(" ")
        cut = head if len(head) >= length // 2 else cut
    return cut.rstrip()


def text_line(raw: str, country: str | None = None) -> str | None:
    """Readable text on one line, case kept; nothing without a letter or digit."""
    text = " ".join("".join(c if c.isprintable() else " " for c in raw).split())
    return text if any(c.isalnum() for c in text) else None


def text_prose(raw: str, country: str | None = None) -> str | None:
    """Readable text on one line, without markup: tags and comments go, entities become the characters they stand for."""
    return text_line(unescape(_MARKUP.sub(" ", raw)))


def record_id(raw: str, country: str | None = None) -> str | None:
    """An id as its system has it, without outer blanks; one with anything unprintable or a blank inside is none."""
    text = raw.strip()
    return text if text and text.isprintable() and not any(c.isspace() for c in text) else None


def web_link(raw: str, country: str | None = None) -> str | None:
    """An http or https address with a public host name; what RFC 3986 doesn't allow is percent-encoded."""
    text = raw.strip()
    try:
        parts = urlsplit(text)
        host = parts.netloc.encode("idna").decode().lower()
    except (ValueError, UnicodeError):
        return None
    if parts.scheme.lower() not in ("http", "https") or not _HOST.fullmatch(host) or not text.isprintable():
        return None
    place = quote(parts.path, safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/?%:@!$&'()*+,;=~-._")
    return f"{parts.scheme.lower()}://{host}{place}" + (f"?{query}" if query else "")


def price_and_currency(raw: str, country: str | None = None) -> str | None:
    """`15.00 USD` of an amount and a currency with a blank between; nothing is free."""
    amount, _, currency = raw.strip().rpartition(" ")
    try:
        number = Decimal(amount)
    except InvalidOperation:
        return None
    if not number.is_finite() or not Decimal("0.005") < number < 10**12 or not _CURRENCY.fullmatch(currency):
        return None
    return f"{number:.2f} {currency}"


def availability_underscored(raw: str, country: str | None = None) -> str | None:
    """in_stock, out_of_stock, preorder or backorder; a word that nobody knows is none of them."""
    text = re.sub(r"[\s_-]", "", raw.strip().lower().removeprefix("https://schema.org/").removeprefix("http://schema.org/"))
    return _WORDS.get(text)


def availability_spaced(raw: str, country: str | None = None) -> str | None:
    """`in stock`, `out of stock`, `preorder` or `available for order`."""
    word = availability_underscored(raw)
    return "available for order" if word == "backorder" else word and word.replace("_", " ")


def condition(raw: str, country: str | None = None) -> str | None:
    """new, refurbished or used."""
    return _CONDITIONS.get(re.sub(r"[\s_-]", "", raw.strip().lower()))


def gtin(raw: str, country: str | None = None) -> str | None:
    """A GTIN (EAN, UPC, ISBN-13) of 8, 12, 13 or 14 digits whose check digit is right (GS1 General Specifications 7.9)."""
    text = re.sub(r"[\s-]", "", raw.strip())
    if not _GTIN.fullmatch(text) or not text.strip("0"):
        return None
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(text)))
    return text if total % 10 == 0 else None


TEXTS = frozenset({"text_line", "text_prose", "plain_text"})
"""Of which a part is still true: what is too long is cut."""

RECORD_NORMALISERS = {
    function.__name__: function
    for function in (
        text_line, text_prose, record_id, web_link, price_and_currency, availability_underscored, availability_spaced,
        condition, gtin,
    )
}  # fmt: skip
