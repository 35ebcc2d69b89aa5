"""The truth about carts, buyers, interests and consent, worked out once more from the landed files alone."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from demo_reading import clean_email, clean_phone, csv_rows, events

from dagster_project.demo import DemoSummary


def _truth(demo: DemoSummary, table: str) -> list[dict]:
    return pq.read_table(demo.directory / "truth" / f"{table}.parquet").to_pylist()


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


@pytest.fixture(scope="module")
def owner_of(demo: DemoSummary) -> dict[tuple[str, str], str]:
    return {(row["identifier_type"], row["identifier"]): row["truth_person_id"] for row in _truth(demo, "identifiers")}


@pytest.fixture(scope="module")
def happened(demo: DemoSummary, owner_of: dict) -> list[tuple[str, datetime, str, dict]]:
    """Person (by user id, else by device), moment, event name and properties, in order of time."""
    found = []
    for row in events(demo.directory / "landing").values():
        if row["type"] == "track":
            person = owner_of["user_id", row["userId"]] if row.get("userId") else owner_of["anonymous_id", row["anonymousId"]]
            moment = datetime.fromtimestamp(row["at"] / 1000, UTC).replace(tzinfo=None)
            found.append((person, moment, row["event"], row.get("properties") or {}))
    return sorted(found, key=lambda item: item[1])


@pytest.fixture(scope="module")
def orders(demo: DemoSummary) -> dict[str, dict[str, str]]:
    """Newest version of each usable order."""
    newest: dict[str, dict[str, str]] = {}
    for row in csv_rows(demo.directory / "landing", "generic/orders"):
        usable = row["order_id"] and not row["order_id"].startswith("X9")
        if usable and (row["order_id"] not in newest or row["updated_at"] > newest[row["order_id"]]["updated_at"]):
            newest[row["order_id"]] = row
    return newest


def test_carts_follow_from_events_and_orders(demo: DemoSummary, owner_of: dict, happened: list, orders: dict) -> None:
    """Prevents a cart truth that the files do not bear out: a removed item kept, an order in a shop forgotten."""
    last_order: dict[str, datetime] = defaultdict(lambda: datetime.min)
    for order_id, row in orders.items():
        person = owner_of["order_id", order_id]
        last_order[person] = max(last_order[person], _utc(row["ordered_at"]))
    items: dict[tuple[str, str], int] = defaultdict(int)
    touched: dict[str, datetime] = {}
    for person, at, name, properties in happened:
        if name in ("Product Added", "Product Removed") and at > last_order[person]:
            items[person, properties["product_id"]] += properties["quantity"] * (1 if name == "Product Added" else -1)
            touched[person] = at
    items = {key: quantity for key, quantity in items.items() if quantity > 0}
    listed = _truth(demo, "cart_items")
    assert {(row["truth_person_id"], row["product_id"]): row["quantity"] for row in listed} == items

    as_of = _utc(demo.totals["as_of"])
    values: dict[str, Decimal] = defaultdict(Decimal)
    for row in listed:
        values[row["truth_person_id"]] += row["quantity"] * row["price"]
    carts = {row["truth_person_id"]: row for row in _truth(demo, "carts")}
    assert {person: cart["value"] for person, cart in carts.items()} == values
    assert {person: cart["last_touched_at"] for person, cart in carts.items()} == {person: touched[person] for person in carts}
    abandoned = {person for person in carts if timedelta(hours=24) <= as_of - touched[person] <= timedelta(days=30)}
    assert {person for person, cart in carts.items() if cart["abandoned"]} == abandoned
    assert len(abandoned) > 10


def test_every_web_order_stands_in_events_and_in_the_back_office(happened: list, orders: dict, owner_of: dict) -> None:
    """Prevents events and orders that contradict each other in id, moment, sum or person."""
    completed = {item[3]["order_id"]: (item[0], item[1], item[3]) for item in happened if item[2] == "Order Completed"}
    assert set(completed) == {order_id for order_id, row in orders.items() if row["channel"] == "web"}
    for order_id, (person, at, properties) in completed.items():
        row = orders[order_id]
        assert (owner_of["order_id", order_id], _utc(row["ordered_at"])) == (person, at)
        assert (Decimal(str(properties["total"])), properties["currency"]) == (Decimal(row["total"]), row["currency"])


def test_buyers_add_up_from_the_orders(demo: DemoSummary, owner_of: dict, orders: dict) -> None:
    """Prevents revenue in truth that the order files, the refunds and the dated rates do not give."""
    landing = demo.directory / "landing"
    lines: dict[str, Decimal] = defaultdict(Decimal)
    for row in csv_rows(landing, "generic/order_lines"):
        if row["product_id"]:
            lines[row["order_id"]] += Decimal(row["unit_price"]) * int(row["quantity"]) - Decimal(row["discount"])
    rates: dict[tuple[str, str], str] = {}
    for row in csv_rows(landing, "generic/exchange_rates"):
        rates.setdefault((row["date"], row["from_currency"]), row["rate"])
    count: dict[str, int] = defaultdict(int)
    net: dict[str, Decimal] = defaultdict(Decimal)
    unpriced = 0
    for order_id, row in orders.items():
        assert Decimal(row["total"]) == lines[order_id] + Decimal(row["shipping"])
        assert 0 <= Decimal(row["refunded_amount"]) <= Decimal(row["total"])
        if row["status"] not in ("paid", "refunded", "partially_refunded"):
            continue
        person = owner_of["order_id", order_id]
        count[person] += 1
        local = datetime.fromisoformat(row["ordered_at"]).replace(tzinfo=UTC).astimezone(ZoneInfo("Europe/Paris"))
        rate = Decimal(1) if row["currency"] == "EUR" else Decimal(rates.get((f"{local:%Y-%m-%d}", row["currency"]), 0))
        unpriced += rate == 0
        net[person] += (Decimal(row["total"]) - Decimal(row["refunded_amount"])) * rate
    buyers = {row["truth_person_id"]: row for row in _truth(demo, "buyers")}
    assert {person: row["order_count"] for person, row in buyers.items()} == count
    assert {person: row["net_revenue"] for person, row in buyers.items()} == {person: net[person] for person in count}
    assert Decimal(demo.totals["net_revenue"]) == sum(net.values())
    assert unpriced == demo.totals["orders_without_rate"] == 1
    statuses = {row["status"] for row in orders.values()}
    assert statuses == {"paid", "pending", "refunded", "partially_refunded", "cancelled", "test"}


def test_interest_in_products_follows_from_the_events(demo: DemoSummary, happened: list) -> None:
    """Prevents product viewers in truth who looked at nothing, or whose latest look is another one."""
    views: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for person, at, name, properties in happened:
        if name == "Product Viewed":
            views[person, properties["product_id"]].append(at)
    listed = {(row["truth_person_id"], row["product_id"]): row for row in _truth(demo, "product_viewers") if row["views"]}
    assert {key: (row["views"], row["first_viewed_at"], row["last_viewed_at"]) for key, row in listed.items()} == {
        key: (len(moments), moments[0], moments[-1]) for key, moments in views.items()
    }


def test_consent_is_the_newest_statement(demo: DemoSummary, owner_of: dict) -> None:
    """Prevents a consent truth in which an older grant outlives a withdrawal."""
    shared = {row["identifier"] for row in _truth(demo, "identifiers") if row["shared"] and row["identifier_type"] == "phone"}
    newest: dict[tuple[str, str], tuple[str, str]] = {}
    for row in csv_rows(demo.directory / "landing", "generic/consents"):
        value = {"email": clean_email, "phone": clean_phone}.get(row["identifier_type"], str)(row["identifier"])
        if value and value not in shared:
            key = owner_of[row["identifier_type"], value], row["purpose"]
            newest[key] = max(newest.get(key, ("", "")), (row["occurred_at"], row["status"]))
    for row in csv_rows(demo.directory / "landing", "generic/leads"):
        number = clean_phone(row["phone"], row["country"]) if row["consent_proof"] and row["created_at"] else None
        if number and number not in shared and ("lead_id", row["lead_id"]) in owner_of:
            key = owner_of["lead_id", row["lead_id"]], "phone"
            newest[key] = max(newest.get(key, ("", "")), (str(_utc(row["created_at"])), "granted"))
    statements = [row for row in _truth(demo, "consent") if row["identifier"] not in shared]
    listed = {(row["truth_person_id"], row["purpose"]): (str(row["since"]), row["status"]) for row in statements}
    assert listed == newest
    spread: dict[str, set[str]] = defaultdict(set)
    for (_, purpose), (_, status) in listed.items():
        spread[purpose].add(status)
    assert all(spread[purpose] == {"granted", "denied", "withdrawn"} for purpose in ("ads", "email", "platform_matching"))


def test_unsubscribing_is_a_withdrawal(demo: DemoSummary, owner_of: dict) -> None:
    """Prevents people who left the newsletter but may still be written to by the truth of consent."""
    allowed = {
        row["truth_person_id"] for row in _truth(demo, "consent") if row["purpose"] == "email" and row["status"] == "granted"
    }
    left = {
        owner_of["email", clean_email(row["email"])]
        for row in csv_rows(demo.directory / "landing", "generic/email_events")
        if row["type"] in ("unsubscribed", "complained")
    }
    assert left and not left & allowed


def test_events_fall_into_the_nights_when_the_clocks_change(happened: list) -> None:
    """Prevents a demo that says nothing about the hours that happen twice or never."""
    nights = [datetime(2025, 3, 30, 1), datetime(2025, 10, 26, 1), datetime(2026, 3, 29, 1)]
    for night in nights:
        assert any(abs(at - night) < timedelta(hours=1) for _, at, _, _ in happened)
