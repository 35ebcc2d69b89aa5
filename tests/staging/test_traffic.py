"""Machines, the company's own visits and test orders stand in no figure, whenever it turns out what they are, and are counted."""

from decimal import Decimal

import pytest

from .conftest import Shop


def _devices(shop: Shop, table: str) -> set[tuple[str, str]]:
    rows = shop.query(f"select distinct device, event_date::varchar as day from {table}")
    return {(row["device"].removeprefix("a:"), row["day"]) for row in rows}


def test_the_companys_network_is_internal(shop: Shop) -> None:
    """The company's own clicks would be the best customers; a neighbour's would be lost. Each address has several forms."""
    rows = shop.query("select anonymous_id, is_internal, is_bot from unified.events where message_id like '%T09:00:00Z'")
    internal = {row["anonymous_id"] for row in rows if row["is_internal"]}
    assert internal == {"office", "office-six", "office-vpn"}
    assert {row["anonymous_id"] for row in rows if row["is_bot"]} == {"headless"}


def test_a_pace_no_human_has(shop: Shop) -> None:
    """A crawler with an ordinary user agent would look at every product; who hurries or stays long is a person all the same."""
    rows = shop.query(
        """select device, events, fastest_minute, excluded_reason from unified.traffic_days
        where event_date = date '2026-01-15' and events > 30"""
    )
    found = {row["device"]: (row["events"], row["fastest_minute"], row["excluded_reason"]) for row in rows}
    assert found == {
        "a:racer": (31, 31, "too_many_in_a_minute"),
        "a:stroller": (32, 2, None),
        "a:sprinter": (31, 31, "too_many_in_a_minute"),
        "a:tireless": (101, 1, "too_many_in_a_day"),
        "u:account-9": (40, None, None),
    }


@pytest.mark.parametrize("table", ["profiles.sessions", "profiles.product_days", "profiles.event_days"])
def test_what_is_left_out_is_in_no_roll_up(shop: Shop, table: str) -> None:
    """A late event that gives a machine away comes after its day was counted: the day's visits would stand for ever."""
    devices = _devices(shop, table)
    left_out = {"racer", "sprinter", "tireless", "office", "office-six", "office-vpn", "headless"}
    ours = {"stroller", "u:account-9", "next-door", *left_out}
    days = {(device, day) for device, day in devices if device in ours and day == "2026-01-15"}
    assert days == {(device, "2026-01-15") for device in ("stroller", "u:account-9", "next-door")}
    if table == "profiles.sessions":
        assert ("sprinter", "2026-01-16") in devices


def test_machines_and_the_companys_network_are_no_people(shop: Shop) -> None:
    """A bot that logs in would join strangers to one person; so would the office's, where clerks log customers in."""
    known = {row["identifier"] for row in shop.query("select identifier from identity.identifiers")}
    assert not known & {"racer", "tireless", "office", "office-six", "office-login", "clerk@example.com"}
    assert not known & {"headless", "headless-login", "headless@example.com"}
    assert {"stroller", "sprinter", "sprinter-login", "next-door", "account-9"} <= known


@pytest.mark.parametrize(
    ("order_id", "reason"),
    [
        ("T-address", "test_address"), ("T-staff", "staff_address"), ("T-status", "test_status"),
        ("T-office", "internal_network"), ("901", "internal_network"), ("902", None), ("T-real", None), ("4", "test_status"),
    ],
)  # fmt: skip
def test_test_orders_bring_nothing(shop: Shop, order_id: str, reason: str | None) -> None:
    """Revenue that nobody paid; or a sale at the till, which stands in the company's own network, taken for a test."""
    row = shop.one(f"select * from unified.orders where order_id = '{order_id}'")
    assert (row["is_test"], row["test_reason"]) == (reason is not None, reason)
    if reason:
        assert (row["status"], row["is_revenue"], row["net_total"]) == ("test", False, Decimal(0))
        assert shop.query(f"select * from profiles.person_orders where order_id = '{order_id}'") == []


def test_a_refund_entered_at_the_office_counts(shop: Shop) -> None:
    """Refunds are made by the company's own people: left out with the rest of the office, the money would seem kept."""
    assert shop.one("select net_total from unified.orders where order_id = 'T-real'")["net_total"] == Decimal(30)


def test_the_companys_people_are_marked(shop: Shop) -> None:
    """Staff would be written to as customers, and counted as such."""
    rows = shop.query(
        """select identifiers.identifier, profiles.is_internal from profiles.profiles
        join identity.identifiers using (profile_id)
        where identifiers.identifier in ('eva', 'tester', 'real@example.com', 'stroller', 'sprinter')"""
    )
    assert {row["identifier"]: row["is_internal"] for row in rows} == {
        "eva": True, "tester": True, "real@example.com": False, "stroller": False, "sprinter": False,
    }  # fmt: skip


def test_what_is_left_out_is_counted(shop: Shop) -> None:
    """What leaves the figures in silence can't be told from what was lost."""
    rows = shop.query("select what, reason, count from quality.left_out where reason <> 'bot'")
    counted = {(row["what"], row["reason"]): row["count"] for row in rows}
    assert counted == {
        ("events", "internal_network"): 5,
        ("events", "too_many_in_a_minute"): 62,
        ("events", "too_many_in_a_day"): 101,
        ("device days", "too_many_in_a_minute"): 2,
        ("device days", "too_many_in_a_day"): 1,
        ("orders", "test_status"): 2,
        ("orders", "test_address"): 1,
        ("orders", "staff_address"): 1,
        ("orders", "internal_network"): 2,
        ("people", "staff"): 1,
        ("people", "test_orders"): 1,
    }


def test_visitors_from_companies(shop: Shop) -> None:
    """A business visitor would stay anonymous, or be put down as a customer of the internet provider around it."""
    rows = shop.query(
        """select identifiers.identifier, visits.company, visits.domain, visits.country, visits.sessions,
            profiles.visiting_company, profiles.company as stated
        from profiles.company_visits as visits
        join identity.identifiers using (profile_id) join profiles.profiles using (profile_id)"""
    )
    assert {row["identifier"]: tuple(row.values())[1:] for row in rows} == {
        "acme-desk": ("Acme", "acme.example.com", "FR", 1, "Acme", None),
        "acme-lab": ("Acme", "acme.example.com", "FR", 1, "Acme", None),
        "subscriber": ("Provider", None, None, 1, "Provider", None),
    }
    refused = shop.one("select reason from quality.quarantine where entity = 'ip_companies'")
    assert refused == {"reason": "`network` is not an IP network in CIDR notation"}
