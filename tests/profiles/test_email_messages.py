"""What became of messages, rolled up as the news of it come."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.profiles.models import build, build_on

KEY = ["source", "email", "campaign_id", "day"]
START = datetime(2026, 3, 20)
"""Days of Paris begin at 23:00, and from 29 March on at 22:00."""

events = st.tuples(
    st.integers(0, 3),
    st.sampled_from(["a@example.com", "b@example.com"]),
    st.sampled_from(["delivered", "delivered", "opened", "clicked", "replied", "unsubscribed", "bounced"]),
    st.integers(0, 14 * 24 * 4).map(lambda quarters: START + timedelta(minutes=15 * quarters)),
    st.sampled_from(["news", None]),
    st.sampled_from([True, False, None]),
)


def paris(at: datetime) -> date:
    return at.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo("Europe/Paris")).date()


def warehouse() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'; set threads = 1; create table company as select 'Europe/Paris' as timezone")
    con.execute(
        """create table unified_email_events (_batch bigint, email varchar, type varchar, occurred_at timestamp,
            campaign_id varchar, is_machine boolean, source varchar)"""
    )
    return con


def add(con: duckdb.DuckDBPyConnection, *told: tuple) -> None:
    con.executemany("insert into unified_email_events values (?, ?, ?, ?, ?, ?, 'generic')", told)


@settings(max_examples=40, deadline=None)
@given(st.lists(events, min_size=1, max_size=14))
def test_batch_by_batch_gives_what_all_at_once_gives(told: list[tuple]) -> None:
    """Late deliveries and answers of long ago would leave figures that only a full refresh mends."""
    rows = "select * exclude (_batch) from email_messages order by all"
    with warehouse() as con:
        build(con, "email_messages")
        for batch in range(4):
            if news := [event for event in told if event[0] == batch]:
                add(con, *news)
                build_on(con, "email_messages", KEY)
        grown = con.execute(rows).fetchall()
        build(con, "email_messages")
        assert grown == con.execute(rows).fetchall()
        found = con.execute("select email, campaign_id, day from email_messages where delivered = 1 and opened = 1").fetchall()
    days = [(email, campaign or "", paris(at), kind, machine) for _batch, email, kind, at, campaign, machine in told]
    opened = set()
    for email, campaign, day, kind, machine in days:
        sent = [row[2] for row in days if row[:2] == (email, campaign) and row[3] == "delivered" and row[2] <= day]
        if kind == "opened" and not machine and sent:
            opened.add((email, campaign, max(sent)))
    assert set(found) == opened


def test_an_increment_reads_what_it_touches() -> None:
    """Each newsletter would be paid for with all newsletters before it."""
    with warehouse() as con:
        add(con, *((0, "a@example.com", "delivered", START + timedelta(days=day), None, False) for day in range(3)))
        build(con, "email_messages")
        # No run tells of this: if it is seen, history was read.
        con.execute("update unified_email_events set type = 'bounced' where occurred_at < ?", [START + timedelta(days=2)])
        add(con, (1, "a@example.com", "opened", START + timedelta(days=5), None, False))
        build_on(con, "email_messages", KEY)
        found = con.execute("select delivered, opened from email_messages order by day").fetchall()
    assert found == [(1, 0), (1, 0), (1, 1), (0, 0)]
