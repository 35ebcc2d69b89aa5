"""When things happened: clocks of devices, times that can't be, zones and their changes, news that comes late."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.control import horizon
from dagster_project.loads.books import ensure_raw_tables

from .landing import OneFile, Project, event

PARIS = "sources: {generic: {timezone: Europe/Paris}}\n"


def message(number: int, **times: str) -> str:
    """A Segment message with these times."""
    return json.dumps({"messageId": f"m{number}", "type": "page", **times}) + "\n"


def happened(project: Project, table: str = "raw_segment.events") -> list[datetime]:
    return [at for (at,) in project.rows(f"select _happened_at from {table} order by _line")]


def test_segments_rule(project: Project) -> None:
    """A device's clock that runs wrong would put what it did on another day; what it can't correct must stand as told."""
    sent_late = {
        "originalTimestamp": "2026-01-31T23:59:00+01:00",
        "sentAt": "2026-02-01T06:00:00Z",
        "receivedAt": "2026-02-01T07:00:00Z",
    }
    lines = [
        sent_late | {"timestamp": "2020-01-01"},
        {"timestamp": "2026-01-31T10:00:00Z", "sentAt": "2026-01-31T10:00:05Z", "receivedAt": "2026-01-31T11:00:00Z"},
        {"originalTimestamp": "2026-01-31T10:00:00Z", "receivedAt": "2026-01-31T11:00:00Z"},
        {"sentAt": "2026-01-31T10:00:05Z", "receivedAt": "2026-01-31T11:00:00Z"},
        {"receivedAt": "2026-01-31T11:00:00Z"},
    ]
    project.write("segment/events/e.ndjson", "".join(message(i, **times) for i, times in enumerate(lines)))
    project.load()
    assert [f"{at:%d %H:%M:%S}" for at in happened(project)] == [
        "31 23:59:00", "31 10:00:00", "31 10:00:00", "31 10:00:05", "31 11:00:00",
    ]  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(
    made=st.datetimes(datetime(2001, 1, 1), datetime(2025, 1, 1)),
    waited=st.timedeltas(timedelta(0), timedelta(days=400)),
    fast=st.timedeltas(timedelta(days=-1000), timedelta(days=1000)),
)
def test_no_clock_error_is_left(one_file: OneFile, made: datetime, waited: timedelta, fast: timedelta) -> None:
    """Whatever a device believes the time to be, and however long it was offline, its event has the time it happened at."""
    times = {"originalTimestamp": made + fast, "sentAt": made + waited + fast, "receivedAt": made + waited}
    content = message(one_file.count, **{name: at.isoformat() for name, at in times.items()})
    assert one_file.load_all("segment.events", [("ndjson", content.encode())])[0][:2] == (1, 1)
    assert one_file.con.execute("select _happened_at from raw_segment.events order by _batch desc limit 1").fetchone() == (made,)


def test_times_that_cannot_be(project: Project) -> None:
    """An event of 2037 would be the newest of everybody for years; one of 1999 would start every history."""
    lines = [
        event(1, timestamp="1999-12-31T23:59:59Z"),
        event(2, timestamp="2000-01-01T00:00:00Z"),
        event(3, timestamp="2037-01-01T00:00:00Z"),
        event(4, timestamp=f"{datetime.now(UTC) + timedelta(hours=23):%Y-%m-%dT%H:%M:%SZ}"),
        event(5, timestamp="2024-02-29T12:00:00Z"),
        event(6, timestamp="2023-02-29T12:00:00Z"),
    ]
    project.write("generic/events/e.ndjson", "\n".join(lines))
    project.load()
    assert project.rows("select message_id from raw_generic.events order by 1") == [("m2",), ("m4",), ("m5",)]
    assert [(line, reason) for _, line, reason, _ in project.quarantine()] == [
        (1, "`timestamp` lies before the year 2000"),
        (3, "`timestamp` lies in the future"),
        (6, "`timestamp` is not a time (ISO 8601 or Unix epoch)"),
    ]


def test_device_in_2037(project: Project) -> None:
    """A phone that lives in 2037 tells the truth of how long ago something was: only what stays wrong is refused."""
    device = {"originalTimestamp": "2037-05-01T10:00:00Z", "sentAt": "2037-05-01T10:00:10Z"}
    project.write(
        "segment/events/e.ndjson",
        message(1, **device, timestamp="2037-05-01T10:00:00Z", receivedAt="2026-01-31T10:00:10Z")
        + message(2, **device)
        + message(3, originalTimestamp="1970-01-01T00:00:00Z", sentAt="1970-01-01T00:00:05Z", receivedAt="2026-01-31T10:00:10Z")
        + message(4, originalTimestamp="2026-01-31T10:00:00Z", sentAt="1970-01-01T00:00:05Z", receivedAt="2026-01-31T10:00:00Z"),
    )
    project.load()
    assert happened(project) == [datetime(2026, 1, 31, 10), datetime(2026, 1, 31, 10, 0, 5)]
    first, second = [reason for _, _, reason, _ in project.quarantine()]
    assert first == "`original_timestamp` (from `originalTimestamp`) lies in the future"
    assert second.startswith("`original_timestamp` (from `originalTimestamp`), corrected by") and second.endswith("in the future")


def test_a_contact_may_come_from_anywhen(project: Project) -> None:
    """A person's record is of use whatever its date says."""
    project.write("generic/contacts/c.csv", "contact_id,created_at\na,2037-01-01\nb,1987-06-05\n")
    project.load()
    assert project.ledger("generic/contacts/c.csv") == (2, 2, 0, 0)
    assert happened(project, "raw_generic.contacts") == [datetime(2037, 1, 1), datetime(1987, 6, 5)]


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2026-01-15 12:00", datetime(2026, 1, 15, 11)),
        ("2026-07-15 12:00", datetime(2026, 7, 15, 10)),
        ("2026-03-29 02:30", datetime(2026, 3, 29, 1, 30)),  # skipped: as if the clock had not been put forward yet
        ("2025-10-26 02:30", datetime(2025, 10, 26, 1, 30)),  # twice: the later one
        ("2024-02-29 00:30", datetime(2024, 2, 28, 23, 30)),
        ("2026-03-29T02:30:00+02:00", datetime(2026, 3, 29, 0, 30)),
        ("2026-03-29T02:30:00Z", datetime(2026, 3, 29, 2, 30)),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_a_source_in_local_time(project: Project, local: str, utc: datetime, kind: str) -> None:
    """Times of a source that names no zone would be an hour or two off, and on another day around midnight."""
    project.configure(PARIS)
    row = {"order_id": "a", "ordered_at": local, "total": "1"}
    text = json.dumps(row) if kind == "ndjson" else "\n".join([",".join(row), ",".join(row.values())])
    project.write(f"generic/orders/o.{kind}", text)
    project.load()
    assert project.rows("select ordered_at, _happened_at from raw_generic.orders") == [(utc, utc)]


def test_late_news_of_any_age(project: Project) -> None:
    """An event that comes years late belongs to the day it happened on."""
    project.write("generic/events/a.ndjson", event(1, timestamp="2026-01-31T10:00:00Z"))
    project.load()
    project.write("generic/events/b.ndjson", event(2, timestamp="2003-01-31T10:00:00Z", received_at="2026-02-01T10:00:00Z"))
    project.load()
    assert project.rows("select message_id, _happened_at, _batch from raw_generic.events order by _batch") == [
        ("m1", datetime(2026, 1, 31, 10), 1), ("m2", datetime(2003, 1, 31, 10), 2),
    ]  # fmt: skip


@pytest.mark.parametrize(("as_of", "accepted"), [("2037-06-01", 1), ("2037-01-01", 1), ("2036-12-30", 0)])
def test_a_project_with_a_clock_of_its_own(project: Project, as_of: str, accepted: int) -> None:
    """A project that lives in another year than the machine takes what has happened by its own clock."""
    project.configure(f"as_of: {as_of}\n")
    project.write("generic/events/e.ndjson", event(1, timestamp="2037-01-01T10:00:00Z"))
    project.load()
    assert project.ledger("generic/events/e.ndjson") == (1, accepted, 0, 1 - accepted)


def test_what_a_future_row_hides(project: Project) -> None:
    """A row that is refused for its time must not stand in the way of the same event told rightly."""
    project.write(
        "generic/events/e.ndjson", "\n".join([event(1, timestamp="2037-01-01"), event(1), event(1, timestamp="2037-01-02")])
    )
    project.load()
    assert project.ledger("generic/events/e.ndjson") == (3, 1, 0, 2)


def test_a_warehouse_from_before_the_clock(project: Project) -> None:
    """Rows loaded by an older version would have no time, and the newest event of the shop would be unknown."""
    project.write("segment/events/e.ndjson", message(1, timestamp="2026-01-31T10:00:00Z"))
    project.write("generic/contacts/c.csv", "contact_id\na\n")
    project.load()
    with project.warehouse() as con:
        con.execute("alter table raw_segment.events drop column _happened_at")
        ensure_raw_tables(con, {"segment": ["events"], "generic": ["contacts"]})
    assert happened(project) == [datetime(2026, 1, 31, 10)]
    assert happened(project, "raw_generic.contacts") == [None]


def test_reasons_hold_no_values(project: Project) -> None:
    """A time in a report may be somebody's: reasons name columns and rules."""
    values: list[Any] = ["2037-01-02T03:04:05Z", "1999-01-02T03:04:05Z"]
    project.write("generic/events/e.ndjson", "\n".join(event(i, timestamp=value) for i, value in enumerate(values)))
    project.load()
    assert not [reason for _, _, reason, _ in project.quarantine() if "03:04" in reason or "1999-" in reason]


def test_what_lies_ahead_sets_no_horizon(project: Project) -> None:
    """A subscription that begins next year would make every look back one at its middle, and each of them build all afresh; spend
    of a later day than the one looked back at must be left out, though nothing else has happened since.
    """
    as_of = datetime(2026, 2, 1)
    project.write("generic/subscriptions/a.csv", "subscription_id,started_at\na,2026-01-01\nb,2199-01-01\n")
    project.write("generic/exchange_rates/a.csv", "date,from_currency,to_currency,rate\n2026-01-31,USD,EUR,0.9\n")
    project.load()
    with project.warehouse() as con:
        assert horizon(con, as_of) is None
    project.write("generic/ad_spend/a.csv", "date,platform,campaign_id,spend\n2026-02-01,tiktok,a,1\n")
    project.load()
    with project.warehouse() as con:
        assert horizon(con, as_of) == as_of
