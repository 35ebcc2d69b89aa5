"""HubSpot: its contacts, deals, mails and calls are everybody else's contacts, leads, orders, mails and calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest

from dagster_project.settings import Settings

from . import landed_hubspot
from .conftest import Shop, build, land


def test_contacts(shop: Shop) -> None:
    """Former versions and deleted contacts would be written to; an owner would be a number, a company nameless."""
    found = {row["contact_id"]: row for row in shop.query("select * from unified.contacts where source = 'hubspot'")}
    assert set(found) == {"101", "102", "103", "105", "106", "109"}
    kim, lou, ned = found["101"], found["102"], found["105"]
    assert (kim["email"], kim["phone"], kim["owner"], kim["company"]) == ("kim@example.com", "+33612345679", "Olga Owner", "Acme")
    assert (kim["person_kind"], kim["traits"]) == ("professional", '{"property_hs_lead_status":"CONNECTED"}')
    assert (lou["phone"], lou["country"], lou["person_kind"]) == ("+33612345680", "BE", "consumer")
    assert (ned["email"], ned["first_name"], ned["created_at"]) == ("ned@example.com", "Ned", datetime(2025, 5, 1))


def test_leads(shop: Shop) -> None:
    """Customers who never were leads would make the conversion look better; those who were, and bought, would be lost to it."""
    found = {row["lead_id"]: row for row in shop.query("select * from unified.leads where source = 'hubspot'")}
    assert {key: row["status"] for key, row in found.items()} == {"101": "customer", "102": "lead", "105": "subscriber"}
    kim = found["101"]
    assert (kim["created_at"], kim["converted_at"]) == (datetime(2025, 5, 1), datetime(2026, 1, 9, 9))
    assert kim["qualified_at"] == datetime(2025, 12, 1, 9)
    assert (kim["acquisition_source"], kim["campaign"], kim["heard_via"]) == ("paid_social", "Spring leads", "A friend")


@pytest.mark.parametrize(
    ("order_id", "status", "day", "customer_id"),
    [
        ("87001", "paid", datetime(2026, 1, 9, 9), "101"), ("87002", "cancelled", datetime(2025, 12, 1, 9), None),
        ("87003", "pending", datetime(2025, 12, 1, 9), None), ("87004", "paid", datetime(2026, 1, 9, 9), None),
        ("87006", "paid", datetime(2026, 1, 9, 9), None),
    ],
)  # fmt: skip
def test_deals_are_orders(shop: Shop, order_id: str, status: str, day: datetime, customer_id: str | None) -> None:
    """Lost and open deals would be revenue, an open one on a day that has not come; a deleted contact would be a customer."""
    row = shop.one(f"select * from unified.orders where order_id = '{order_id}'")
    assert (row["status"], row["ordered_at"], row["customer_id"], row["source"]) == (status, day, customer_id, "hubspot")


def test_money_of_a_deal(shop: Shop) -> None:
    """Dollars would count as euros, and a deal with two contacts twice."""
    row = shop.one("select * from unified.orders where order_id = '87001'")
    assert (row["total"], row["currency"], row["total_company"]) == (Decimal("1000.5"), "USD", Decimal("900.45"))
    assert (row["email"], row["vendor_status"], row["heard_via"]) == ("kim@example.com", "Signed", "A friend")
    assert shop.query("select * from unified.orders where order_id = '87005'") == []


def test_email_events(shop: Shop) -> None:
    """Scanners would look like readers, bounces like farewells, and a farewell told a day late would be missed or come twice."""
    found = shop.query("select * from unified.email_events where source = 'hubspot' order by event_id")
    assert [(row["event_id"], row["type"], row["is_machine"]) for row in found] == [
        ("h-bounce", "bounced", False), ("h-click", "clicked", False), ("h-delivered", "delivered", False),
        ("h-late-click", "clicked", False), ("h-left", "unsubscribed", False), ("h-one-list", "unsubscribed", False),
        ("h-open", "opened", False), ("h-scan", "opened", True), ("h-spam", "complained", False),
    ]  # fmt: skip
    assert {(row["email"], row["campaign_name"]) for row in found} == {
        ("kim@example.com", "January, again"),
        ("kim@example.com", "February"),
        ("lou@example.com", "January, again"),
    }
    assert [row["url"] for row in found if row["url"]] == ["https://b2b.example/offer", "https://b2b.example/late"]


def test_consents(shop: Shop) -> None:
    """Who opted out of everything would be written to; who merely never opted out would count as having agreed."""
    found = shop.query("select * from unified.consents where source = 'hubspot' order by identifier")
    assert [(row["identifier"], row["purpose"], row["status"], row["occurred_at"]) for row in found] == [
        ("lou@example.com", "email", "withdrawn", datetime(2026, 1, 5)),
        ("mia@example.com", "email", "granted", datetime(2026, 1, 10, 10)),
    ]


def test_calls(shop: Shop) -> None:
    """The company's own number would be the caller's, and everybody who called it one person."""
    found = shop.query("select * from unified.calls where source = 'hubspot' order by call_id")
    assert [(row["phone"], row["tracking_number"], row["direction"], row["outcome"]) for row in found] == [
        ("+33612345679", "+33123456789", "inbound", "connected"),
        ("+33612345680", None, "outbound", "no answer"),
    ]


def test_forms(shop: Shop) -> None:
    """A form sent through HubSpot would be no trace of the person, nor of the campaign that brought them."""
    row = shop.one("select * from unified.events where message_id = 'conv-1'")
    assert (row["event"], row["email"], row["occurred_at"]) == ("Form Submitted", "ned@example.com", datetime(2026, 1, 10, 10))
    assert (row["utm_campaign"], row["click_id_type"], row["click_id"]) == ("demo", "fbclid", "F9")
    assert '"form":"Ask for a demo"' in row["properties"].replace(" ", "").replace("Askforademo", "Ask for a demo")


def test_forms_of_contacts_that_land_later(shop: Shop) -> None:
    """Whoever sent a form before HubSpot's table of contacts came would stay nameless for good, or be there twice."""
    row = shop.one("select email, properties from unified.events where message_id = 'conv-2'")
    assert row["email"] == "tom@example.com" and '"Brochure"' in row["properties"]


def test_merged_contacts_are_the_one_that_lives_on(shop: Shop) -> None:
    """Deals and forms of a contact that was merged into another would be nobody's, and the former contact a second person."""
    order = shop.one("select customer_id, email from unified.orders where order_id = '87007'")
    assert order == {"customer_id": "109", "email": "una@example.com"}
    assert shop.one("select email from unified.events where message_id = 'conv-3'")["email"] == "una@example.com"


def test_part_of_a_source_is_enough(make_shop: Callable[[str], Settings]) -> None:
    """A company with deals and no contacts, and no Snowplow at all, would fail on tables that it does not have."""
    settings = make_shop("deals-only")
    land(settings, {"hubspot/deal/2026-01-10.ndjson": [landed_hubspot.deal(1, "closedwon")]})
    results = build(settings, ["resource_type:seed", "path:models/staging", "+unified_order_headers"])
    assert {node.name: node.message for node in results.nodes if not node.held and not node.is_test} == {}
    assert not [node.name for node in results.nodes if "snowplow" in node.name or node.name == "stg_hubspot__lead"]
    deals = Shop(settings, results).query("select order_id, status, customer_id from unified.order_headers")
    assert deals == [{"order_id": "1", "status": "paid", "customer_id": None}]
