"""What the unified tables say of a company whose systems do everything that real ones do."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from dagster_project.dbt_run import release_warehouse
from dagster_project.dbt_workspace import prepare_workspace

from .conftest import Shop


def _event(shop: Shop, message_id: str) -> dict[str, Any]:
    return shop.one(f"select * from unified.events where message_id = '{message_id}'")


def _order(shop: Shop, order_id: str) -> dict[str, Any]:
    return shop.one(f"select * from unified.orders where order_id = '{order_id}'")


def test_everything_builds_and_no_key_stands_twice(shop: Shop) -> None:
    """A model that fails, or a data test that objects to sound data, would stop every company's run."""
    assert {node.name: node.message for node in shop.results.nodes if not node.held} == {}


def test_event_time_is_freed_of_the_devices_clock(shop: Shop) -> None:
    """A phone whose clock is a day fast would put events into tomorrow, and carts after the orders that emptied them."""
    assert _event(shop, "skewed")["occurred_at"] == datetime(2026, 1, 10, 10, 0, 1)


def test_days_are_the_companys_days(shop: Shop) -> None:
    """Half past eleven in the evening UTC is tomorrow in Paris: figures per day would disagree with the shop's own."""
    assert _event(shop, "late-evening")["event_date"] == date(2026, 1, 11)


def test_event_names_are_one_vocabulary(shop: Shop) -> None:
    """An audience that asks for Order Completed must see old names, other spellings and Google's names; unknown names stay."""
    rows = shop.query("select message_id, event from unified.events where source = 'segment'")
    names = {row["message_id"]: row["event"] for row in rows}
    assert (names["old-name"], names["lower"], names["own-name"]) == ("Order Completed", "Product Added", "Quiz Finished")
    assert (names["tagged"], names["known"]) == ("Page Viewed", None)
    found = shop.query("select type, event from unified.events where source = 'ga4' and anonymous_id = 'cookie.1' order by all")
    assert [(row["type"], row["event"]) for row in found] == [
        ("page", "Page Viewed"), ("track", "Order Completed"), ("track", "Product Viewed"), ("track", "quiz_done"),
    ]  # fmt: skip


def test_campaign_of_a_visit(shop: Shop) -> None:
    """Paid visits would count as direct ones: tags come from the context, else from the URL, decoded; junk stops nothing."""
    tagged, told, latin = (_event(shop, name) for name in ("tagged", "told", "latin"))
    assert (tagged["utm_source"], tagged["utm_medium"], tagged["utm_campaign"]) == ("News letter", "e mail", None)
    assert (tagged["click_id_type"], tagged["click_id"]) == ("gclid", "Abc-123")
    assert (told["utm_source"], told["utm_campaign"], told["click_id"]) == ("context", "Sale", None)
    assert (latin["utm_source"], latin["utm_medium"]) == ("%E9t%E9", None)
    assert _event(shop, "two-clicks")["click_id"] in {"fb1", "ms1"}


def test_bots_are_told_from_people(shop: Shop) -> None:
    """Crawlers would fill the audience of product viewers; people with a Cubot phone would be left out of it."""
    assert [_event(shop, name)["is_bot"] for name in ("crawler", "cubot", "own-name")] == [True, False, False]


def test_identifiers_of_events_are_normalised(shop: Shop) -> None:
    """The same address in two spellings would stay two people; a text that is no address would join strangers."""
    known, by_login = _event(shop, "known"), _event(shop, "by-login")
    assert (known["email"], known["phone"]) == ("ann@example.com", "+33612345678")
    assert (by_login["email"], by_login["user_id"]) == ("bob@example.com", "Bob@Example.com")
    assert _event(shop, "no-mail")["email"] is None
    assert _event(shop, "joined")["anonymous_id"] == "before"


def test_figures_in_events_are_numbers_or_nothing(shop: Shop) -> None:
    """A price that is a text would stop the run, or count as 0 in a cart's value."""
    row = _event(shop, "lower")
    assert (row["product_id"], row["quantity"], row["price"]) == ("p1", Decimal(2), None)
    old = _event(shop, "old-name")
    assert (old["total"], old["currency"]) == (Decimal("20.5"), "EUR")


def test_ga4_parameters_and_items(shop: Shop) -> None:
    """Google nests everything: orders would have no id or amount, products no price, and sources be called `(not set)`."""
    view = shop.one("select * from unified.events where source = 'ga4' and event = 'Product Viewed'")
    assert (view["product_id"], view["price"], view["quantity"]) == ("sku-1", Decimal("12.5"), Decimal(2))
    assert (view["utm_source"], view["occurred_at"]) == ("x", datetime(2026, 1, 10, 10))
    came = shop.query(
        "select utm_source, utm_medium, utm_campaign from unified.events where anonymous_id = 'first.cookie' order by occurred_at"
    )
    assert [tuple(row.values()) for row in came] == [("bing", "cpc", "tea"), (None,) * 3, (None,) * 3]
    purchase = shop.one(
        """select *, products::json -> '$[0]' as first from unified.events
        where source = 'ga4' and event = 'Order Completed' and order_id = '1'"""
    )
    assert (purchase["order_id"], purchase["total"], purchase["product_id"]) == ("1", Decimal("99.5"), None)
    assert purchase["first"].replace(" ", "").startswith('{"product_id":"sku-1","name":"The\\"item_id\\"mug"')


@pytest.mark.parametrize(
    ("contact", "country"), [("new-first", "NO"), ("na", "NA"), ("no", "NO"), ("uk", "GB"), ("nowhere", None), ("plain", None)]
)
def test_countries_are_iso_codes(shop: Shop, contact: str, country: str | None) -> None:
    """Namibia read as nothing, Norway as false, the UK as no country: upload files would be refused or match nobody."""
    assert shop.one(f"select country from unified.contacts where contact_id = '{contact}'")["country"] == country


def test_phones_are_read_in_the_rows_own_country(shop: Shop) -> None:
    """A British number read as French is a stranger's; one without a country is the company's."""
    phones = {row["contact_id"]: row["phone"] for row in shop.query("select contact_id, phone from unified.contacts")}
    assert (phones["uk"], phones["plain"]) == ("+442079460958", "+33612345678")


def test_further_columns_stay_as_traits(shop: Shop) -> None:
    """What a company knows beyond the contract would be lost to its rules and audiences."""
    assert shop.one("select traits from unified.contacts where contact_id = 'plain'")["traits"] == '{"shoe_size":"42"}'


def test_the_newest_version_counts_whatever_came_last(shop: Shop) -> None:
    """A re-sent old file would move people back to their former address, and products back to their former name."""
    assert shop.one("select city from unified.contacts where contact_id = 'new-first'")["city"] == "Lyon"
    assert shop.one("select title from staging.stg_generic__products where product_id = 'p1'")["title"] == "new"


def test_a_product_that_two_systems_know_is_one(shop: Shop) -> None:
    """Two rows for one product would double every cart it lies in."""
    known = shop.one("select source, title from unified.products where product_id = 'p1'")
    assert known == {"source": "shopify", "title": "Shopify's own"}
    catalogue = shop.query(
        """select url, image_url, currency, traits::json ->> '$.body_html' as text, traits::json ->> '$.barcode' as barcode
           from unified.products where product_id in ('5', '6') order by product_id"""
    )
    address = "https://mugs.example.com/products/"
    assert [tuple(row.values()) for row in catalogue] == [
        # Its two variants have a barcode each, if at all: none is the product's.
        (f"{address}mug", "https://cdn.example.com/front.jpg", "GBP", "<p>Big</p>", None),
        (f"{address}jug", None, "GBP", None, "4006381333931"),
    ]
    mug = shop.one("select price, availability from unified.products where product_id = '5'")
    assert mug == {"price": Decimal(9), "availability": "in stock"}


@pytest.mark.parametrize(
    ("order_id", "status", "net", "company"),
    [
        ("G1", "paid", 100, 100), ("G2", "refunded", 0, 0), ("G3", "partially_refunded", 60, 54), ("G4", "pending", 0, 0),
        ("G5", "cancelled", 0, 0), ("G6", "paid", 100, None),
        ("2", "partially_refunded", 75, 75), ("3", "cancelled", 0, 0), ("4", "test", 0, 0),
        ("S1", "refunded", 0, 0), ("K1", "paid", 33, 33), ("L1", "paid", 25, 25),
    ],
)  # fmt: skip
def test_what_orders_brought(shop: Shop, order_id: str, status: str, net: int, company: int | None) -> None:
    """Revenue would count orders that were given back, called off, tried out or never paid, or yen as euros."""
    row = _order(shop, order_id)
    assert (row["status"], row["net_total"], row["net_company"]) == (status, net, company)


def test_an_order_that_everybody_reports_is_one_order(shop: Shop) -> None:
    """Shopify, Klaviyo, Google and the back office all tell of order 1: counted four times, revenue is fiction."""
    row = _order(shop, "1")
    assert (row["source"], row["total"], row["coupon_codes"], row["customer_id"]) == ("shopify", Decimal(100), "A,B", "7")
    assert row["ordered_at"] == datetime(2026, 1, 10, 12)


def test_what_is_no_order_is_none(shop: Shop) -> None:
    """Deleted orders and lines without a date would be orders; two orders with one number would be one."""
    ids = {row["order_id"]: row["total"] for row in shop.query("select order_id, total from unified.orders")}
    assert not {"5", "undated"} & set(ids)
    sixth = {key: total for key, total in ids.items() if key.startswith("6")}
    assert sixth == {"6": Decimal(50), "6/2026-01-10 10:00:00": Decimal(60)}


def test_refunds_carry_their_day(shop: Shop) -> None:
    """A refund without its day can't reduce the right month."""
    assert _order(shop, "2")["refunded_at"] == datetime(2026, 1, 12, 8)
    assert _order(shop, "S1")["refunded_at"] == datetime(2026, 1, 11, 10)


def test_order_lines(shop: Shop) -> None:
    """A line's discount would be forgotten, or a line that says only its amount would be worth nothing."""
    lines = {(row["order_id"], row["line_id"]): row for row in shop.query("select * from unified.order_lines")}
    assert lines["1", "11"]["line_total"] == Decimal("27.5")
    assert lines["L1", "a"]["line_total"] == Decimal(19)
    assert (lines["L1", "b"]["line_total"], lines["L1", "b"]["unit_price"]) == (Decimal(6), Decimal("1.5"))
    assert _order(shop, "L1")["customer_id"] == "c9"


def test_email_events_have_an_address_and_a_type(shop: Shop) -> None:
    """Opens without an address belong to nobody; visits to the site are no e-mail events."""
    rows = {row["event_id"]: row for row in shop.query("select * from unified.email_events")}
    assert {"e1", "e2", "x1"} <= set(rows) and not {"e3", "e4"} & set(rows)
    assert (rows["e1"]["email"], rows["e1"]["type"], rows["e1"]["campaign_name"]) == ("fay@example.com", "opened", "January")
    assert rows["e2"]["email"] == "gus@example.com"
    assert (rows["x1"]["email"], rows["x1"]["type"], rows["x1"]["is_machine"]) == ("hal@example.com", "opened", True)


def test_consents_that_vendors_keep(shop: Shop) -> None:
    """A refusal that only Shopify knows would be passed over; half a double opt-in would count as a yes."""
    found = shop.query(
        """select identifier, purpose, status, occurred_at from unified.consents
        where source = 'shopify' or identifier = 'fay@example.com' order by identifier"""
    )
    assert [tuple(row.values()) for row in found] == [
        ("cleo@example.com", "email", "granted", datetime(2025, 5, 1)),
        ("dan@example.com", "email", "withdrawn", datetime(2025, 12, 1)),
        ("fay@example.com", "email", "granted", datetime(2025, 6, 1)),
    ]


def test_ad_spend_in_money(shop: Shop) -> None:
    """Google's millionths would make spend a million times too high; an ad without its campaign can't be attributed."""
    rows = shop.query("select * from unified.ad_spend where campaign_id in ('10', '200') order by platform, spend")
    assert [(row["platform"], row["spend"], row["currency"], row["spend_company"]) for row in rows] == [
        ("facebook_ads", Decimal("7.25"), "EUR", Decimal("7.25")),
        ("google_ads", Decimal(1), "USD", Decimal("0.9")),
        ("google_ads", Decimal("1.2346"), "USD", Decimal("1.1111")),
    ]
    assert [(row["campaign_id"], row["campaign_name"], row["utm_campaign"], row["clicks"]) for row in rows[:2]] == [
        ("200", "Spring", None, 4), ("10", "Brand", "brand uk", 1),
    ]  # fmt: skip
    # What a tool writes where it knows no campaign is no campaign's name.
    assert shop.query("select campaign_id, spend from unified.ad_spend where platform = 'tiktok'") == [
        {"campaign_id": None, "spend": Decimal(5)}
    ]


def test_what_nobody_feeds_is_there_and_empty(shop: Shop) -> None:
    """Later models read every entity: one that a company lacks must be an empty table with the right types, not an error."""
    assert shop.query("select * from unified.surveys") == []
    types = {row["column_name"]: row["column_type"] for row in shop.query("describe unified.surveys")}
    assert (types["score"], types["answered_at"], types["email"]) == ("DECIMAL(18,4)", "TIMESTAMP", "VARCHAR")


def test_unit_tests_of_the_models_hold(shop: Shop) -> None:
    """The models' own unit tests are no part of a run, so nobody would see that a rule for orders or rates has changed."""
    workspace = prepare_workspace(shop.settings)
    places = ["--project-dir", workspace.project_dir, "--profiles-dir", workspace.profiles_dir]
    command = ["test", *places, "--target-path", workspace.target_dir, "--log-path", workspace.target_dir, "--quiet"]
    command += ["--select", "test_type:unit,path:models/unified"]
    try:
        outcome = dbtRunner().invoke([str(part) for part in command])
    finally:
        release_warehouse()
    assert outcome.success, [(result.node.name, result.message) for result in getattr(outcome.result, "results", [])]
    assert len(outcome.result.results) >= 4
