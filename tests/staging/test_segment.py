"""Segment's and RudderStack's messages, in every shape in which they come."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from . import landed_segment
from .conftest import Shop

SEED = Path(__file__).resolve().parents[2] / "seeds" / "event_names.csv"
BOOKKEEPING = ("message_id", "_batch")


def _without_nulls(value: Any) -> Any:
    """A struct has every field of its column, absent ones as NULL."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _row(shop: Shop, message_id: str) -> dict[str, Any]:
    row = shop.one(f"select * from unified.events where source = 'segment' and message_id = '{message_id}'")
    for name in ("properties", "products"):
        row[name] = _without_nulls(json.loads(row[name])) if row[name] else None
    return row


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (shape, message["messageId"])
        for shape in ("struct", "text", "flat", "mixed", "bare")
        for message in landed_segment.MESSAGES
        if shape != "bare" or message["type"] in landed_segment.SPEAKING
    ],
)
def test_the_same_message_is_the_same_event(shop: Shop, message: str, shape: str) -> None:
    """A company that lands its warehouse's tables instead of the live stream would have other people, carts and orders."""
    nested, other = _row(shop, f"nested-{message}"), _row(shop, f"{shape}-{message}")
    # Whole objects are one property to clients and several columns to a warehouse; traits are spelt in snake case there.
    if shape in ("flat", "mixed", "bare"):
        nested["properties"] = landed_segment.flat("", nested["properties"] or {}) or None
        other["properties"] = landed_segment.flat("", other["properties"] or {}) or None
        for row in (nested, other):
            if row["properties"] and "products" in row["properties"]:
                row["properties"]["products"] = row["products"]
    assert {key: value for key, value in other.items() if key not in BOOKKEEPING} == {
        key: value for key, value in nested.items() if key not in BOOKKEEPING
    }


def test_what_a_message_tells(shop: Shop) -> None:
    """Equal rows could be equally empty."""
    order, page, identify, group = (_row(shop, f"flat-{name}") for name in ("order", "page", "identify", "group"))
    assert (order["event"], order["order_id"], order["total"], order["currency"]) == (
        "Order Completed",
        "F-1",
        Decimal("31.25"),
        "EUR",
    )
    assert (order["anonymous_id"], order["user_id"], order["email"]) == ("device-1", "login-1", "ida@example.com")
    assert (order["utm_source"], order["utm_campaign"], order["utm_term"]) == ("newsletter", "January", "mug")
    assert (order["click_id"], order["ip"], order["user_agent"]) == ("F1", "203.0.113.7", landed_segment.AGENT)
    assert (order["products"][0]["product_id"], order["occurred_at"]) == ("p1", datetime(2026, 1, 10, 10, 1))
    assert (page["event"], page["referrer"]) == ("Page Viewed", "https://search.example/")
    assert page["properties"] == {"name": "Product", "category": "Shop", "title": "Mug", "path": "/p"}
    assert (identify["type"], identify["phone"], identify["properties"]["first_name"]) == ("identify", "+33611223344", "Ida")
    assert (group["email"], group["properties"]["name"], group["properties"]["group_id"]) == (None, "Acme", "g-1")
    assert _row(shop, "flat-alias")["anonymous_id"] == "device-0"


def test_a_message_that_comes_live_and_from_the_warehouse_is_one(shop: Shop) -> None:
    """A company that lands both would have every event twice."""
    found = shop.one("select count(*) as n, count(distinct message_id) as ids from unified.events where source = 'segment'")
    assert found["n"] == found["ids"]
    files = "('segment/events/nested.ndjson', 'segment/tracks/again.ndjson')"
    query = f"select sum(rows_duplicate) as n from quality.load_ledger where file in {files}"
    assert shop.one(query)["n"] == 1


def test_names_and_properties_of_the_first_version(shop: Shop) -> None:
    """Old trackers call a product's id `id`: what people looked at would be nothing; another thing's id is no product."""
    viewed, order, sku, other = (_row(shop, name) for name in ("v1-viewed", "v1-order", "sku-alone", "other-id"))
    assert (viewed["event"], viewed["product_id"], viewed["price"]) == ("Product Viewed", "507", Decimal("18.99"))
    assert (order["event"], order["order_id"], order["total"]) == ("Order Completed", "1001", Decimal(25))
    assert order["products"] == [{"product_id": "p1"}]
    assert (sku["event"], sku["product_id"], other["product_id"]) == ("Product Added", "G-32", None)


def test_what_rudderstack_does_otherwise(shop: Shop) -> None:
    """Its visitors would have no address of their own or of the network, and numbers as logins would match nobody."""
    login, identify = _row(shop, "float-login"), _row(shop, "rudder-identify")
    assert (login["user_id"], login["ip"]) == ("42", "198.51.100.4")
    assert (identify["email"], identify["properties"]) == ("jo@example.com", {"email": "Jo@example.com", "city": "Lyon"})


def test_mailings_told_by_events_are_mailings(shop: Shop) -> None:
    """People who open and click would look like people who never do, and who unsubscribed there would be written to."""
    columns = "event_id, email, type, campaign_id, campaign_name, url, is_machine"
    query = f"select {columns} from unified.email_events where source = 'segment'"
    found = {row.pop("event_id"): tuple(row.values()) for row in shop.query(query)}
    assert found == {
        "mail-opened": ("ivo@example.com", "opened", "c-7", "News", None, False),
        "mail-clicked": ("ivo@example.com", "clicked", None, None, "https://shop.example/x", False),
        "mail-prefetched": ("ivo@example.com", "opened", None, None, None, True),
        "mail-stopped": ("ivo@example.com", "unsubscribed", None, None, None, False),
    }


def test_no_two_listed_names_are_one() -> None:
    """Two rows for one name would leave to chance what an event is called."""
    with SEED.open(encoding="utf-8") as file:
        listed = [(row["source"], row["name"].translate(str.maketrans("", "", " _-")).lower()) for row in csv.DictReader(file)]
    assert len(listed) == len(set(listed))
