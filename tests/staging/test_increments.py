"""Events are read once, when they come; the tables still say what a full refresh would."""

from collections.abc import Callable

from dagster_project.settings import Settings
from dagster_project.warehouse import open_warehouse

from . import landed
from .conftest import GROWING, Shop, build, land

TABLES = [
    *("unified." + name for name in ("events", "email_events", "order_events", "orders", "contacts", "products", "ad_spend")),
    *("unified." + name for name in ("consents", "traffic_days", "test_orders", "visitor_companies")),
    *("profiles." + name for name in ("sessions", "product_days", "event_days", "profiles", "company_visits")),
    *("scores.actions", "scores.person_actions"),
    *(
        "unified." + name
        for name in ("order_lines", "order_reversals", "leads", "message_events", "bounced_addresses", "rate_gaps")
    ),
    *("identity.identifiers", "quality.left_out", "quality.order_gaps"),
]


def _content(shop: Shop, table: str) -> list[tuple]:
    columns = [row["column_name"] for row in shop.query(f"describe {table}") if row["column_name"] != "_batch"]
    return [tuple(row.values()) for row in shop.query(f"select {', '.join(columns)} from {table} order by all")]


def test_two_days_in_steps_equal_two_days_at_once(shop: Shop, make_shop: Callable[[str], Settings]) -> None:
    """A late or re-sent event would be lost or doubled by the daily increment, and figures would depend on when files came."""
    settings = make_shop("at-once")
    land(settings, landed.SECOND_DAY)
    land(settings, landed.FIRST_DAY)
    at_once = Shop(settings, build(settings))
    assert {row["_batch"] for row in shop.query("select distinct _batch from unified.events")} == {1, 2}
    for table in TABLES:
        assert _content(shop, table) == _content(at_once, table), table


def test_old_events_are_not_read_again(make_shop: Callable[[str], Settings]) -> None:
    """A run that reads all events again costs the history, not the news: rows of an old batch must not come back."""
    settings = make_shop("once")
    land(settings, {"segment/events/1.ndjson": [landed.track("a", "Product Viewed"), landed.track("b", "Product Viewed")]})
    once = Shop(settings, build(settings, GROWING))
    with open_warehouse(settings) as con:
        con.execute("delete from unified.events where message_id = 'a'")
    land(settings, {"segment/events/2.ndjson": [landed.track("c", "Product Viewed")]})
    build(settings, GROWING)
    assert [row["message_id"] for row in once.query("select message_id from unified.events order by 1")] == ["b", "c"]
