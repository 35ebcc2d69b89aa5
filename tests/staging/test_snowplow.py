"""Snowplow: one vocabulary, one device, one order, however an event was stored."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from .conftest import Shop


def _event(shop: Shop, message_id: str) -> dict[str, Any]:
    return shop.one(f"select * from unified.events where message_id = '{message_id}'")


def test_no_event_is_lost(shop: Shop) -> None:
    """A page width that is no number, or contexts of another shape, would cost the event; only a copied id is one too many."""
    found = shop.query("select * from quality.load_ledger where source = 'snowplow' order by file")
    assert [(row["rows_read"], row["rows_duplicate"], row["rows_quarantined"]) for row in found] == [(31, 1, 0), (1, 0, 0)]
    assert _event(shop, "sp-odd")["event"] == "Page Viewed"


@pytest.mark.parametrize(
    ("message_id", "type", "event"),
    [
        ("sp-page", "page", "Page Viewed"), ("sp-ping", "track", "Page Pinged"), ("sp-app", "screen", "Screen Viewed"),
        ("sp-view", "track", "Product Viewed"), ("sp-add", "track", "Product Added"),
        ("sp-classic-cart", "track", "Product Added"), ("sp-classic", "track", "Order Completed"),
        ("sp-step-1", "track", "Checkout Started"), ("sp-step-2", "track", "Checkout Step Completed"),
        ("sp-sale", "track", "Order Completed"), ("sp-refund", "track", "Order Refunded"),
        ("sp-error", "track", "trns_error"), ("sp-struct", "track", "add-to-basket"), ("sp-quiz", "track", "quiz_done"),
    ],
)  # fmt: skip
def test_event_names_are_one_vocabulary(shop: Shop, message_id: str, type: str, event: str) -> None:
    """Audiences ask for Product Added, which two kinds of Snowplow events mean; a ping counted as a view would double them."""
    row = _event(shop, message_id)
    assert (row["type"], row["event"]) == (type, event)


@pytest.mark.parametrize("message_id", ["sp-sale-sent", "sp-sale-before"])
def test_how_it_is_stored_makes_no_difference(shop: Shop, message_id: str) -> None:
    """Orders of one loader would have no amount or products: entities come as columns, as former columns, or as they were sent.

    Parquet fills up what a product does not say.
    """
    sale, other = _event(shop, "sp-sale"), _event(shop, message_id)
    assert {name for name in sale if sale[name] != other[name]} <= {"message_id", "products"}
    assert (sale["order_id"], sale["total"], sale["currency"], sale["received_at"]) == (
        "SP1", Decimal(28), "EUR", datetime(2026, 1, 10, 10),
    )  # fmt: skip
    first = shop.one(f"select products::json -> '$[0]' as item from unified.events where message_id = '{message_id}'")["item"]
    assert first.replace(" ", "").startswith('{"product_id":"sku-1","name":"The\\"id\\"mug","price":12.5,"quantity":2')


def test_products_of_the_events_about_them(shop: Shop) -> None:
    """Carts would have no price or pieces; an order would look as if only its first product was bought."""
    added, classic, sale = (_event(shop, name) for name in ("sp-add", "sp-classic-cart", "sp-sale"))
    assert (added["product_id"], added["quantity"], added["price"], added["currency"]) == ("sku-1", 2, Decimal("12.5"), "EUR")
    assert (classic["product_id"], classic["quantity"], classic["price"]) == ("sku-9", 3, Decimal("4.5"))
    assert (sale["product_id"], sale["quantity"]) == (None, None)


def test_orders_told_by_events(shop: Shop) -> None:
    """A transaction told three times would be three orders, a refund none, and a failed payment revenue."""
    found = shop.query("select * from unified.orders where source = 'snowplow' order by order_id")
    assert [(row["order_id"], row["total"], row["refunded_amount"], row["status"], row["email"]) for row in found] == [
        ("SP1", Decimal(28), Decimal(8), "partially_refunded", "ivy@example.com"),
        ("SP2", Decimal(19), Decimal(0), "paid", "jon@example.com"),
    ]
    lines = shop.query("select * from unified.order_lines where order_id = 'SP2'")
    assert [(row["product_id"], row["quantity"], row["line_total"]) for row in lines] == [("sku-1", 2, Decimal(15))]


def test_time_of_an_event(shop: Shop) -> None:
    """A clock an hour fast would put events into the future, and an import of old events would make them happen today."""
    assert _event(shop, "sp-underived")["occurred_at"] == datetime(2026, 1, 10, 9, 59)
    assert _event(shop, "sp-imported")["occurred_at"] == datetime(2024, 5, 1, 8)


def test_of_two_events_with_one_id_the_first_collected_counts(shop: Shop) -> None:
    """Which content an id has would depend on the order of files, and a page that a browser fetched ahead would be a visit."""
    assert _event(shop, "sp-copied")["occurred_at"] == datetime(2026, 1, 10, 10)


def test_devices_and_people(shop: Shop) -> None:
    """All anonymous visitors would be one person named zero; guests would get an account, and a login two spellings."""
    devices = {name: _event(shop, name)["anonymous_id"] for name in ("sp-view", "sp-app", "sp-app-unknown", "sp-unknown")}
    assert devices == {"sp-view": "duid-1", "sp-app": "app-1", "sp-app-unknown": None, "sp-unknown": None}
    sale, classic, guest = (_event(shop, name) for name in ("sp-sale", "sp-classic", "sp-guest"))
    assert (sale["user_id"], sale["email"]) == ("u-7", "ivy@example.com")
    assert (classic["user_id"], classic["email"], guest["user_id"]) == ("Jon@Example.com", "jon@example.com", None)


def test_what_brought_a_visit(shop: Shop) -> None:
    """Paid visits would count as direct ones: the enrichment's fields tell, else the URL."""
    page, view = _event(shop, "sp-page"), _event(shop, "sp-view")
    assert (page["utm_source"], page["click_id_type"], page["click_id"], page["referrer"]) == (
        "news letter", "msclkid", "M1", "https://x.example/",
    )  # fmt: skip
    assert (view["utm_source"], view["click_id_type"], view["click_id"]) == ("u rl", "gclid", "G1")


def test_choices_in_the_banner(shop: Shop) -> None:
    """A site's own words would be taken for consent to ads, staying on the site for a yes, and a withdrawal would be missed."""
    found = shop.query("select * from unified.consents where source = 'snowplow' and purpose in ('trackers', 'ads')")
    answers = sorted((row["identifier"], row["occurred_at"].hour, row["purpose"], row["status"]) for row in found)
    assert answers == [
        ("duid-1", 10, "ads", "denied"), ("duid-1", 10, "trackers", "granted"),
        ("duid-2", 10, "ads", "granted"), ("duid-2", 10, "trackers", "granted"),
        ("duid-2", 11, "ads", "withdrawn"), ("duid-2", 11, "trackers", "withdrawn"),
        ("login-4", 10, "ads", "denied"), ("login-4", 10, "trackers", "denied"),
    ]  # fmt: skip
    assert {row["identifier_type"] for row in found if row["identifier"] == "login-4"} == {"user_id"}
