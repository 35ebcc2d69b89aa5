"""What people did, in one list: every kind of row under its name, on the company's day, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from identity.light_dbt import LightDbt

from tests.today import today_view

AS_OF = datetime(2026, 6, 30, 22)
"""Midnight in Paris: the run speaks of the 30th of June."""

EVENT = ", source varchar"
TABLES = {
    "run": "as_of timestamp",
    "company": "timezone varchar",
    "identifiers": "identifier_type varchar, identifier varchar, profile_id varchar",
    "identifier_consents": "identifier varchar, purpose varchar, status varchar",
    "unified_email_events": "event_id varchar, email varchar, type varchar, occurred_at timestamp, "
    "campaign_id varchar, is_machine boolean",
    "unified_message_events": "event_id varchar, channel varchar, identifier varchar, type varchar, "
    "occurred_at timestamp, campaign_id varchar",
    "unified_leads": "lead_id varchar, created_at timestamp" + EVENT,
    "unified_orders": "order_id varchar, ordered_at timestamp, is_revenue boolean, is_test boolean, "
    "total_company decimal(18, 4)" + EVENT,
    "unified_reviews": "customer_id varchar, email varchar, created_at timestamp" + EVENT,
    "unified_surveys": "customer_id varchar, email varchar, answered_at timestamp" + EVENT,
    "unified_subscriptions": "customer_id varchar, email varchar, started_at timestamp, amount_company decimal(18, 4)" + EVENT,
    "unified_event_registrations": "email varchar, phone varchar, starts_at timestamp, status varchar" + EVENT,
    "unified_social_interactions": "email varchar, kind varchar, occurred_at timestamp" + EVENT,
    "unified_calls": "phone varchar, outcome varchar, occurred_at timestamp" + EVENT,
    "unified_referrals": "referrer varchar, created_at timestamp" + EVENT,
    "sessions": "device varchar, event_date date, identifier_type varchar, identifier varchar, started_at timestamp, "
    "ended_at timestamp, page_views bigint",
    "event_days": "device varchar, event_date date, identifier_type varchar, identifier varchar, event varchar, times bigint, "
    "first_at timestamp, last_at timestamp",
}  # fmt: skip


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("set threads = 1; set timezone = 'UTC'")
        for name, columns in TABLES.items():
            con.execute(f"create table {name} ({columns})")
        con.execute("insert into run values (?)", [AS_OF])
        con.execute(today_view())
        con.execute("insert into company values ('Europe/Paris')")
        yield con


def add(con: duckdb.DuckDBPyConnection, table: str, **row: Any) -> None:
    con.execute(f"insert into {table} ({', '.join(row)}) values ({', '.join('?' * len(row))})", list(row.values()))


def told(con: duckdb.DuckDBPyConnection, columns: str = "identifier_type, identifier, action, times") -> list[tuple]:
    LightDbt().build(con, "actions")
    return con.execute(f"select {columns} from actions order by all").fetchall()


def test_a_message_counts_once_and_only_where_it_may_be_known(con: duckdb.DuckDBPyConnection) -> None:
    """Who opens one letter five times, or whose mail provider opens all, would look like the keenest reader."""
    for email, status in [("yes@example.com", "granted"), ("no@example.com", "denied")]:
        add(con, "identifier_consents", identifier=email, purpose="email_tracking", status=status)
        for number, (kind, campaign, machine) in enumerate(
            [
                ("opened", "a", False),
                ("opened", "a", None),
                ("opened", "b", True),
                ("clicked", "a", False),
                ("delivered", "a", None),
            ]
        ):
            at = datetime(2026, 6, 1 + number)
            add(con, "unified_email_events", event_id=f"{email}{number}", email=email, type=kind, occurred_at=at,
                campaign_id=campaign, is_machine=machine)  # fmt: skip
    both = {("delivered", 5), ("clicked", 4)}
    expected = {
        *(
            ("email", email, f"email_{kind}", date(2026, 6, day), 1)
            for email in ("yes@example.com", "no@example.com")
            for kind, day in both
        ),
        ("email", "yes@example.com", "email_opened", date(2026, 6, 1), 1),
    }  # fmt: skip
    assert set(told(con, "identifier_type, identifier, action, action_date, times")) == expected


def test_every_kind_of_row_is_somebody_s_doing(con: duckdb.DuckDBPyConnection) -> None:
    """A review told with number and address would count twice; a cancelled order or a visit of nobody would count at all."""
    at = datetime(2026, 6, 30, 21, 30)
    add(con, "unified_leads", lead_id="l1", created_at=at, source="hubspot")
    add(con, "unified_orders", order_id="o1", ordered_at=at, is_revenue=True, is_test=False, total_company=20)
    add(con, "unified_orders", order_id="o2", ordered_at=at, is_revenue=False, is_test=False, total_company=20)
    add(con, "unified_reviews", customer_id="7", email="a@example.com", created_at=at, source="generic")
    add(con, "unified_reviews", email="a@example.com", created_at=at, source="generic")
    add(con, "unified_event_registrations", email="a@example.com", starts_at=datetime(2026, 7, 9), status="registered")
    add(con, "unified_event_registrations", phone="+33611111111", starts_at=datetime(2026, 6, 1), status="no_show")
    add(con, "unified_calls", phone="+33611111111", outcome="no answer", occurred_at=at)
    add(con, "unified_calls", phone="+33611111111", outcome="connected", occurred_at=at)
    add(con, "unified_social_interactions", email="a@example.com", kind="Comment", occurred_at=at)
    add(con, "unified_referrals", referrer="a@example.com", created_at=at)
    add(con, "unified_referrals", referrer="7", created_at=at)
    add(con, "identifiers", identifier_type="user_id", identifier="u1", profile_id="p1")
    add(con, "unified_message_events", event_id="m1", channel="push", identifier="u1", type="clicked", occurred_at=at)
    add(con, "unified_message_events", event_id="m2", channel="sms", identifier="+33611111111", type="stop", occurred_at=at)
    add(con, "event_days", device="a:d", event_date=at.date(), identifier_type="user_id", identifier="u1", event="visit", times=3,
        first_at=at, last_at=at)  # fmt: skip
    for who in ("u1", None):
        add(con, "sessions", device="a:d", event_date=at.date(), identifier_type="user_id", identifier=who, started_at=at,
            ended_at=datetime(2026, 6, 30, 21, 31), page_views=4)  # fmt: skip
    assert set(told(con)) == {
        ("lead_id", "hubspot:l1", "form", 1), ("order_id", "o1", "order", 1),
        ("customer_id", "7", "review", 1), ("email", "a@example.com", "review", 1),
        ("email", "a@example.com", "event_registered", 1), ("phone", "+33611111111", "event_missed", 1),
        ("phone", "+33611111111", "call_missed", 1), ("phone", "+33611111111", "call_answered", 1),
        ("email", "a@example.com", "social_comment", 1), ("email", "a@example.com", "referral", 1),
        ("customer_id", "7", "referral", 1), ("user_id", "u1", "push_clicked", 1), ("phone", "+33611111111", "sms_stop", 1),
        ("user_id", "u1", "visit", 1), ("user_id", "u1", "site_visit", 3),
    }  # fmt: skip
    found = con.execute("select action, action_date, seconds, amount from actions where action in ('visit', 'order') order by 1")
    assert found.fetchall() == [("order", at.date(), None, Decimal(20)), ("visit", at.date(), 60, Decimal(4))]
    assert con.execute("select max(action_date), max(last_at) from actions").fetchone() == (date(2026, 6, 30), AS_OF)


def test_a_person_s_day_is_one_row_whatever_they_were_called(con: duckdb.DuckDBPyConnection) -> None:
    """Two addresses of one person would make two rows of a day, and scores that count days would count it twice."""
    for email in ("a@example.com", "b@example.com"):
        add(con, "identifiers", identifier_type="email", identifier=email, profile_id="p1")
        add(con, "unified_email_events", event_id=email, email=email, type="clicked", occurred_at=datetime(2026, 6, 30, 21, 59))
    LightDbt().build(con, "actions", "person_actions")
    assert con.execute("select profile_id, action, action_date, times from person_actions").fetchall() == [
        ("p1", "email_clicked", date(2026, 6, 30), 2)
    ]
