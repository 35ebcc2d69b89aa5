"""What the unified tables say where vendors tell of one thing in many ways."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from dagster_project.loads.contract import load_contracts
from dagster_project.quality.orders import order_gaps
from dagster_project.quality.rates import rate_gaps
from dagster_project.warehouse import open_warehouse

from .conftest import Shop


def _order(shop: Shop, order_id: str) -> dict[str, Any]:
    return shop.one(f"select * from unified.orders where order_id = '{order_id}'")


@pytest.mark.parametrize("entity", sorted(set(load_contracts()["generic"]) - {"events"}))
def test_every_column_of_the_canonical_shape_arrives(shop: Shop, entity: str) -> None:
    """A column that a contract takes and no unified table carries is data lost in silence."""
    columns = {row["column_name"] for row in shop.query(f"describe unified.{entity}")}
    assert {*load_contracts()["generic"][entity].columns, "traits"} - columns == set()


@pytest.mark.parametrize(
    ("table", "key", "trait"),
    [
        ("orders", "order_id = 'M2'", '{"gift":true}'),
        ("orders", "order_id = '8801'", '{"vip":"yes"}'),
        ("leads", "lead_id = 'l1'", '{"kitchen_size":"12"}'),
        ("subscriptions", "subscription_id = 'sub1'", '{"seats":3}'),
        ("event_registrations", "registration_id = 'r1'", '{"seats":2}'),
        ("order_lines", "order_id = 'M1'", '{"engraved":"Ida"}'),
        ("marketing_costs", "cost_id = 'c1'", '{"team":"brand"}'),
        ("message_events", "event_id = 't3'", '{"os":"ios"}'),
        ("referrals", "referral_id = 'f1'", '{"code":"I7"}'),
    ],
)
def test_further_columns_are_traits(shop: Shop, table: str, key: str, trait: str) -> None:
    """What a company knows beyond the contract would be lost to its rules and audiences."""
    assert shop.one(f"select traits from unified.{table} where {key}")["traits"] == trait


def test_an_order_under_all_its_names_is_one(shop: Shop) -> None:
    """Shopify's id, the name customers see and the number that analytics sends would make three orders of one sale."""
    order = _order(shop, "8801")
    assert (order["source"], order["total"], order["net_total"], order["status"]) == ("shopify", 100, 70, "partially_refunded")
    assert shop.query("select 1 from unified.orders where order_id in ('#1001', '1001')") == []


def test_a_name_of_two_orders_is_nobodys(shop: Shop) -> None:
    """A shop that restarted its numbering: an order told by number alone must not be taken for either of the two."""
    assert _order(shop, "#1002")["known_from"] == "events"
    assert shop.query("select alias from unified.order_aliases where alias like '%1002'") == []


@pytest.mark.parametrize(
    ("order_id", "status", "refunded", "net"),
    [
        ("V4", "partially_refunded", 8, 17), ("V8", "cancelled", 0, 0), ("V10", "refunded", 10, 0),
        ("8802", "refunded", 10, 0), ("8803", "cancelled", 0, 0), ("8805", "partially_refunded", 12, 38),
        ("8806", "partially_refunded", 15, 65), ("K2", "partially_refunded", 20, 30), ("K3", "cancelled", 0, 0),
        ("V16", "partially_refunded", 20, 10), ("M4", "partially_refunded", 40, 60),
    ],
)  # fmt: skip
def test_refunds_and_cancellations_whoever_tells_of_them(shop: Shop, order_id: str, status: str, refunded: int, net: int) -> None:
    """Revenue would count what was given back, count it off twice, or fall below zero."""
    order = _order(shop, order_id)
    assert (order["status"], order["refunded_amount"], order["net_total"]) == (status, refunded, net)


def test_orders_that_leave_a_gap_in_revenue(shop: Shop) -> None:
    """An amount that can't be read, or a refund that fits no order, would be left out of revenue without a word."""
    order = _order(shop, "V14")
    assert (order["total"], order["net_total"], order["net_company"]) == (None, None, None)
    found = shop.query("select order_id, source, gap, refunded_amount from quality.order_gaps order by gap, order_id")
    assert [tuple(row.values()) for row in found] == [
        ("M5", "generic", "amount_below_zero", 0), ("V14", "segment", "no_amount", 0),
        ("V10", "segment", "refund_above_amount", 50), ("V16", "segment", "refund_of_unpriced_products", 20),
        ("nobody's", "segment", "refund_without_order", 5),
    ]  # fmt: skip
    with open_warehouse(shop.settings, read_only=True) as con:
        told = order_gaps(con)
    assert "segment, 2026-01: 1 order without an amount that can be read" in told
    assert "generic, 2026-02: 1 order of less than nothing" in told


def test_products_of_order_events_are_lines(shop: Shop) -> None:
    """Where no table of lines is landed nobody would know what was bought; where one system told, the others must not add."""
    lines = shop.query(
        "select order_id, line_id, product_id, quantity, line_total, currency, source from unified.order_lines "
        "where known_from = 'event' order by order_id, line_id"
    )
    mine = [tuple(row.values()) for row in lines if row["order_id"] in {"8801", "V4", "V8", "V10"}]
    assert mine == [
        ("8801", "1", "sku-1", 4, 80, "EUR", "ga4"), ("8801", "2", "sku-2", 1, 19, "EUR", "ga4"),
        ("V4", "1", "p1", 2, 20, "EUR", "segment"), ("V4", "2", "s9", 1, 5, "EUR", "segment"),
    ]  # fmt: skip
    assert shop.query("select 1 from unified.order_lines where order_id = '1' and known_from = 'event'") == []


@pytest.mark.parametrize(("order_id", "company"), [("M1", "4.5"), ("M2", "125"), ("M3", "90"), ("G6", None)])
def test_rates_of_every_way(shop: Shop, order_id: str, company: str | None) -> None:
    """A rate told the other way round, or through dollars, is a rate; no rate is a gap, never 1."""
    assert _order(shop, order_id)["total_company"] == (None if company is None else Decimal(company))


def test_other_amounts_are_converted_as_orders_are(shop: Shop) -> None:
    """Dollars added to euros would make every cost and subscription figure wrong."""
    cost = shop.one("select amount_company from unified.marketing_costs where cost_id = 'c1'")
    assert cost["amount_company"] == 9
    found = shop.query(
        "select subscription_id, amount_company from unified.subscriptions where subscription_id like 'sub%' order by 1"
    )
    assert [row["amount_company"] for row in found] == [9, None]


def test_gaps_name_currency_and_rows(shop: Shop) -> None:
    """A figure that lacks a currency's orders looks complete unless somebody says how many rows are missing."""
    gaps = {(row["table_name"], row["currency"]): row for row in shop.query("select * from unified.rate_gaps")}
    assert gaps["orders", "JPY"]["rows_without_rate"] == 1
    assert gaps["subscriptions", "JPY"]["rows_without_rate"] == 1
    assert (gaps["orders", "USD"]["rows_without_rate"], gaps["orders", "USD"]["rows_at_an_old_rate"]) == (0, 1)
    assert ("orders", "GBP") not in gaps


def test_when_an_order_arrived(shop: Shop) -> None:
    """A review asked for before the last parcel came would ask about what nobody has seen."""
    assert _order(shop, "8804")["delivered_at"] == datetime(2026, 1, 13, 10)
    assert _order(shop, "8805")["delivered_at"] is None
    assert _order(shop, "8804")["coupon_codes"] == "A,B"


def test_landing_pages_tell_the_campaign(shop: Shop) -> None:
    """Leads and orders that came through an ad would count as direct ones."""
    order = _order(shop, "8801")
    assert (order["utm_source"], order["utm_campaign"], order["click_id_type"]) == ("news", "jan sale", "gclid")
    lead = shop.one("select * from unified.leads where lead_id = 'l1'")
    assert (lead["utm_source"], lead["utm_medium"], lead["click_id_type"], lead["click_id"]) == (
        "meta",
        "paid social",
        "fbclid",
        "F1",
    )
    assert (lead["heard_via"], _order(shop, "M1")["heard_via"]) == ("a friend", "podcast")


def test_a_checkout_that_was_abandoned(shop: Shop) -> None:
    """Of many carts the checkout's e-mail is all that is known; told again when it was finished, it would be two."""
    row = shop.one("select * from unified.events where source = 'shopify'")
    assert (row["event"], row["email"], row["total"]) == ("Checkout Started", "ida@example.com", 31)


def test_properties_look_alike_whatever_the_source(shop: Shop) -> None:
    """A rule on a property of events would find Segment's and miss Google's, which are a list of typed values."""
    found = shop.one(
        """select properties ->> '$.coupon' as coupon, properties ->> '$.page_title' as title,
            properties ->> '$.user_properties.tier' as tier
        from unified.events where source = 'ga4' and order_id = '#1001' and event = 'Order Completed'"""
    )
    assert found == {"coupon": "X", "title": 'say "hi"', "tier": "gold"}


def test_consent_that_analytics_carries(shop: Shop) -> None:
    """Visitors who refused trackers would be taken for silent ones; a ping without a lasting id is nobody's answer."""
    found = shop.query(
        "select identifier, purpose, status, occurred_at from unified.consents where source = 'ga4' "
        "order by identifier, purpose, status"
    )
    first, later = datetime(2026, 1, 10, 10), datetime(2026, 1, 12, 10)
    assert [tuple(row.values()) for row in found] == [
        ("cookie.2", "ads", "denied", first),
        ("cookie.2", "trackers", "denied", later),
        ("cookie.2", "trackers", "granted", first),
        ("granted", "ads", "denied", later),
        ("granted", "trackers", "granted", later),
    ]


def test_machines_open_and_click_too(shop: Shop) -> None:
    """Apple's proxy opens everything: counted as people, everybody reads every mail."""
    rows = {row["event_id"]: row for row in shop.query("select * from unified.email_events where source = 'klaviyo'")}
    assert [rows[name]["is_machine"] for name in ("k1", "k2", "k3")] == [True, False, True]
    assert (rows["k1"]["campaign_name"], rows["k4"]["bounce_type"]) == ("Welcome", "soft")


def test_who_did_what_is_known_the_day_after(shop: Shop) -> None:
    """Events landed before the tables that explain them would be lost for good, or keep an address that is no longer theirs."""
    rows = {row["event_id"]: row for row in shop.query("select * from unified.email_events where source = 'klaviyo'")}
    late = rows["k15"]
    assert (late["type"], late["email"], late["campaign_name"]) == ("opened", "late@example.com", "Late news")
    assert (rows["k16"]["email"], rows["k17"]["email"]) == ("after@example.com", None)


def test_who_brought_whom(shop: Shop) -> None:
    """A referrer whose address is spelt in capitals would be nobody the other tables know."""
    found = shop.one("select referrer, referred from unified.referrals where referral_id = 'f1'")
    assert found == {"referrer": "ida@example.com", "referred": "C-7"}


def test_conversions_are_worth_what_the_books_say(shop: Shop) -> None:
    """An order more or less among the conversions, and no attribution or report to a platform would sum to the revenue."""
    books = shop.one("select count(*) as n, sum(net_company) as net from unified.orders where is_revenue and not is_test")
    assert shop.one("select count(*) as n, sum(net_company) as net from profiles.conversions where kind = 'purchase'") == books
    assert shop.query("select occurred_at from profiles.conversions where reference = 'l2' order by kind") == [
        {"occurred_at": datetime(2026, 1, 10, 10)}, {"occurred_at": datetime(2026, 1, 15, 8)},
    ]  # fmt: skip


def test_clicks_are_known_from_landing_pages_and_from_the_crm(shop: Shop) -> None:
    """A sale whose click only the shop or the CRM has kept could not be credited to the advertisement."""
    clicks = {
        (row["click_id_type"], row["click_id"]): row["clicked_at"] for row in shop.query("select * from profiles.click_ids")
    }
    assert clicks["gclid", "Crm-1"] == datetime(2026, 1, 10, 10)
    assert {("gclid", "G1"), ("fbclid", "F1")} <= clicks.keys()


def test_addresses_that_take_no_mail(shop: Shop) -> None:
    """Mail to a dead address costs the sender's good name; a full mailbox, or one that works again, is not dead."""
    assert [row["email"] for row in shop.query("select email from unified.bounced_addresses order by 1")] == [
        "hard@example.com", "untold@example.com",
    ]  # fmt: skip


def test_texts_and_their_answers(shop: Shop) -> None:
    """A STOP that is not read is a fine; an answer that is not kept is a customer not heard."""
    found = shop.query("select event_id, channel, identifier, type from unified.message_events order by event_id")
    assert [tuple(row.values()) for row in found] == [
        ("k10", "sms", "+33612345679", "delivered"),
        ("k11", "sms", "+33612345679", "replied"),
        ("k12", "sms", "+33612345679", "stop"),
        ("t1", "sms", "+33612345678", "stop"),
        ("t2", "whatsapp", "+33612345678", "replied"),
        ("t3", "push", "Device-1", "stop"),
    ]
    replies = shop.query("select email from unified.email_events where type = 'replied'")
    assert {"email": "answers@example.com"} in replies
    social = shop.one("select platform, kind, email from unified.social_interactions")
    assert social == {"platform": "instagram", "kind": "comment", "email": "ida@example.com"}


def test_subscriptions_that_klaviyo_recorded_as_events(shop: Shop) -> None:
    """Of a profile that is gone, its events are the only trace of what it agreed to."""
    found = shop.query(
        "select identifier, purpose, status from unified.consents where source = 'klaviyo' and proof like 'k%' order by proof"
    )
    assert [tuple(row.values()) for row in found] == [
        ("+33612345679", "sms", "withdrawn"), ("+33612345670", "sms", "granted"), ("kim@example.com", "email", "granted"),
    ]  # fmt: skip


def test_what_ads_brought(shop: Shop) -> None:
    """Meta tells one purchase under several kinds: added up, each sale counts thrice. Links with placeholders match no visit."""
    rows = {row["ad_id"] or row["campaign_id"]: row for row in shop.query("select * from unified.ad_spend")}
    assert (rows["101"]["conversions"], rows["101"]["conversion_value"], rows["101"]["utm_campaign"]) == (
        3,
        Decimal("90.5"),
        "Winter sale",
    )
    assert (rows["102"]["conversions"], rows["102"]["conversion_value"], rows["102"]["utm_campaign"]) == (4, 8, None)
    google = rows["20"]
    assert (google["spend"], google["currency"], google["utm_campaign"]) == (Decimal("3.5"), "EUR", "g_20")
    assert (google["conversions"], google["conversion_value"]) == (Decimal("1.5"), 9)


def test_gaps_are_told_in_words(shop: Shop) -> None:
    """A check that says no more than `5 rows` sends somebody searching through every table for the currency."""
    with open_warehouse(shop.settings, read_only=True) as con:
        told = rate_gaps(con)
    assert "subscriptions: 1 row without a rate in JPY, between 2026-01-10 and 2026-01-10" in told
    assert "orders: 1 row at a rate more than a month old in USD, between 2026-02-20 and 2026-02-20" in told
