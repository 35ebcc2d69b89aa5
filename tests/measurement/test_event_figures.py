"""Open days, webinars and fairs: who was invited, registered, came and enrolled, and what each of them cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.profiles.models import build

from .funnel import AS_OF, Funnel, funnel

PAST = datetime(2026, 3, 14, 9, 0)
COMING = AS_OF + timedelta(days=20)


@pytest.fixture
def shop() -> Iterator[Funnel]:
    with funnel() as made:
        for person in ("anna", "ben", "carl", "dora"):
            made.known(person)
        yield made


def register(
    shop: Funnel, person: str | None, status: str | None, starts_at: datetime = PAST, name: str = "Open day Lyon", **more: Any
) -> None:
    values = {
        "registration_id": shop.number(),
        "event_name": name,
        "event_kind": "open_day",
        "starts_at": starts_at,
        "email": person and f"{person}@example.com",
        "status": status,
        "source": "generic",
    }
    shop.add("unified_event_registrations", **values | more)


def invite(shop: Funnel, person: str, starts_at: datetime, kind: str = "event", days_before: int = 14) -> None:
    sent_at = starts_at - timedelta(days=days_before)
    shop.add("sent_steps", sequence="open_day", kind=kind, profile_id=person, anchor_at=starts_at, sent_at=sent_at)


def figures(shop: Funnel) -> dict[str, dict[str, Any]]:
    build(shop.con, "events")
    found = shop.con.execute("select * from events")
    names = [column[0] for column in found.description]
    return {row[names.index("event_name")]: dict(zip(names, row, strict=True)) for row in found.fetchall()}


def test_the_funnel_of_a_day_that_is_over(shop: Funnel) -> None:
    """Who registered twice, cancelled, works for the company or bought before would be counted among those that the day won."""
    shop.known("boss", internal=True)
    register(shop, "anna", "registered")
    for person in ("anna", "ben", "boss"):
        register(shop, person, "attended")
    register(shop, "carl", "no_show")
    register(shop, "dora", "cancelled")
    register(shop, None, "attended", phone="+33600000000")
    shop.sale("anna", PAST + timedelta(days=10))
    shop.sale("anna", PAST + timedelta(days=11))
    shop.sale("ben", PAST - timedelta(days=1))
    shop.sale("ben", PAST + timedelta(days=31))
    shop.sale("ben", PAST + timedelta(days=2), kind="lead")
    shop.sale("carl", PAST + timedelta(days=1))
    invite(shop, "anna", PAST)
    invite(shop, "anna", PAST, days_before=5)
    invite(shop, "dora", PAST)
    invite(shop, "ben", PAST, kind="reminder")
    invite(shop, "carl", PAST, days_before=-1)
    shop.cost(PAST.date() - timedelta(days=20), 60, channel="print", campaign="open day  lyon")
    row = figures(shop)["Open day Lyon"]
    assert {name: row[name] for name in ("invited", "written_to", "registered", "attended", "no_show", "enrolled")} == {
        "invited": 2, "written_to": 2, "registered": 4, "attended": 3, "no_show": 1, "enrolled": 1,
    }  # fmt: skip
    assert (row["cost"], row["cost_per_registered"], row["cost_per_attended"], row["cost_per_enrolled"]) == (60, 15, 20, 60)
    assert (row["period"], row["is_over"], row["currency"]) == (date(2026, 3, 1), True, "EUR")


def test_a_day_to_come_has_guests_and_nobody_who_came(shop: Funnel) -> None:
    """Everybody would have stayed away from a day that has not begun; and an announced one without guests would be missing."""
    register(shop, "anna", "registered", COMING)
    shop.add("open_days", event_name="Fair Paris", event_kind="fair", starts_at=COMING + timedelta(days=1))
    rows = figures(shop)
    row = rows["Open day Lyon"]
    assert (row["registered"], row["attended"], row["no_show"], row["enrolled"], row["is_over"]) == (1, None, None, None, False)
    row = rows["Fair Paris"]
    assert (row["registered"], row["event_kind"], row["cost_per_registered"]) == (0, "fair", None)


def test_a_day_of_which_nobody_tells_who_came(shop: Funnel) -> None:
    """A list of guests that was never ticked off would read as a day that nobody came to."""
    register(shop, "anna", "registered")
    register(shop, "ben", None)
    row = figures(shop)["Open day Lyon"]
    assert (row["registered"], row["attended"], row["no_show"]) == (2, None, None)


def test_invited_are_those_who_are_written_to(shop: Funnel) -> None:
    """A list would invite its control group, and whoever may not be written to; or a second letter another person."""
    for name, city in [("Open day Lyon", "Lyon"), ("Open day Paris", "Paris")]:
        shop.add("open_days", event_name=name, event_kind="open_day", starts_at=COMING, city=city)
    context = '{"event":"Open day Paris"}'
    for person, kind, is_due in [
        ("anna", "event", True),
        ("ben", "event", False),
        ("carl", "reminder", True),
        ("emma", "event", True),
    ]:
        told = {"audience": kind, "profile_id": person, "anchor_at": COMING}
        shop.add("members", **told, context=context, holdout=False)
        shop.add("messages_due", **told, sequence=kind, kind=kind, is_due=is_due)
    shop.add("members", audience="event", profile_id="held out", anchor_at=COMING, context=context, holdout=True)
    invite(shop, "anna", COMING, days_before=28)
    invite(shop, "dora", COMING, days_before=28)
    shop.add("profiles", profile_id="dora", city="LYON")
    rows = figures(shop)
    assert (rows["Open day Paris"]["invited"], rows["Open day Paris"]["written_to"]) == (2, 1)
    assert (rows["Open day Lyon"]["invited"], rows["Open day Lyon"]["written_to"]) == (1, 1)


def test_whom_nobody_wrote_to_may_have_been_invited_otherwise(shop: Funnel) -> None:
    """98 guests of an evening to which nobody was invited: the letters went out before there was a journal of them."""
    register(shop, "anna", "attended")
    row = figures(shop)["Open day Lyon"]
    assert (row["invited"], row["written_to"], row["cost_per_invited"]) == (None, 0, None)


def test_what_names_an_event_is_its_own(shop: Funnel) -> None:
    """A series of one name would pay for each of its days what all of them cost."""
    for month in (1, 2, 3):
        register(shop, "anna", "attended", datetime(2026, month, 20, 9, 0), name=f"Webinar {month}" if month == 3 else "Webinar")
    for day, amount in [(date(2026, 1, 20), 10), (date(2026, 1, 21), 20), (date(2026, 3, 1), 40)]:
        shop.cost(day, amount, channel="event", campaign_key="webinar")
    build(shop.con, "events")
    found = shop.con.execute("select starts_at, cost from events order by 1").fetchall()
    assert [cost for _, cost in found] == [10, 60, 0]


@settings(max_examples=15)
@given(days=st.lists(st.integers(1, 28), min_size=1, max_size=7), cents=st.integers(-99_999, 999_999))
def test_what_names_no_event_is_shared_out_whole(days: list[int], cents: int) -> None:
    """A third of a hundred thrice makes a cent less."""
    with funnel() as made:
        for place, day in enumerate(days):
            register(made, None, "registered", datetime(2026, 3, day, 9, 0), name=f"Fair {place}")
        made.cost(date(2026, 3, 31), cents / 100, channel="event")
        made.cost(date(2026, 2, 28), 55, channel="event")
        made.cost(date(2026, 3, 2), 77)
        costs = [row["cost"] for row in figures(made).values()]
    assert sum(costs) * 100 == cents
    assert max(costs) - min(costs) <= 0.0001
