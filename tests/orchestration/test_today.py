"""The day that a run speaks of, as models read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.control import today_of
from dagster_project.settings import Settings
from tests.today import today_view

HOURS = st.integers(0, 24 * 366).map(lambda hours: datetime(2026, 1, 1) + timedelta(hours=hours))


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland", "UTC"])
@given(as_of=HOURS, hours=st.integers(0, 25))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_runs_of_one_day_find_the_same_day(make_project: Callable[..., Settings], zone: str, as_of: datetime, hours: int) -> None:
    """A day that moved with the hour would make each hour cost a day; one that stood still would tell of yesterday."""
    company = make_project().company.model_copy(update={"timezone": zone})
    project = make_project().model_copy(update={"company": company})
    today, later = today_of(project, as_of), as_of + timedelta(hours=hours)
    assert as_of - timedelta(hours=25) < today.last_midnight <= as_of <= today.ends_at
    for moment in (today.ends_at, today.last_midnight):
        local = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
        assert (local.hour, local.minute) == (0, 0)
        assert (local.date() - today.as_of_date).days == (1 if moment == today.ends_at else 0)
    with duckdb.connect() as con:
        con.execute("create table run as select $1::timestamp as as_of", [as_of])
        con.execute(today_view(zone))
        assert con.execute("from today").fetchone() == astuple(today), "what other tests go by"
    found = today_of(project, later)
    if today.last_midnight < today.ends_at and later < today.ends_at:
        assert found == today
    elif later > today.ends_at:  # as of midnight, it is still the day that just ended
        assert found.as_of_date > today.as_of_date and found.last_midnight >= today.ends_at
    else:
        assert (found.as_of_date, found.last_midnight) == (today.as_of_date, today.ends_at)


def test_looking_back_the_day_ends_with_the_moment(make_project: Callable[..., Settings]) -> None:
    """What happened in the afternoon was not known at noon."""
    noon = datetime(2026, 6, 30, 10)
    assert today_of(make_project(), noon, horizon=noon).ends_at == noon
