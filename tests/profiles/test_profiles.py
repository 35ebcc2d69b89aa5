"""Where somebody stands with the company, and what is known of how they read its mail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb
import pytest

from tests.today import today_view

from .consent_world import AS_OF, ago
from .models import build

TABLES = {
    "run": "as_of timestamp",
    "company": "timezone varchar, currency varchar, lapsed_after_days bigint, professional_lapsed_after_days bigint, "
    "lead_days bigint",
    "identifiers": "identifier_type varchar, identifier varchar, profile_id varchar, first_seen timestamp",
    "sessions": "identifier_type varchar, identifier varchar, ended_at timestamp",
    "company_visits": "profile_id varchar, company varchar, last_seen_at timestamp",
    "cart_lines": "profile_id varchar, value decimal(18, 4), cart_updated_at timestamp",
    "order_totals": "profile_id varchar, order_count bigint, net_revenue decimal(18, 4), orders_without_rate bigint, "
    "first_order_at timestamp, last_order_at timestamp, last_checkout_at timestamp",
    "unified_bounced_addresses": "email varchar, bounced_at timestamp",
    "internal_people": "profile_id varchar",
    "unified_leads": "lead_id varchar, source varchar, created_at timestamp",
    "unified_subscriptions": "customer_id varchar, email varchar, source varchar, started_at timestamp, trial_ends_at timestamp, "
    "ended_at timestamp, subscription_id varchar",
    "profile_fields": "profile_id varchar, field varchar, value varchar",
    "unified_email_events": "event_id varchar, email varchar, type varchar, occurred_at timestamp, campaign_id varchar, "
    "is_machine boolean, source varchar, _batch bigint",
    "identifier_consents": "profile_id varchar, purpose varchar, identifier_type varchar, identifier varchar, status varchar",
}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("set threads = 1")
        for name, columns in TABLES.items():
            con.execute(f"create table {name} ({columns})")
        con.execute("insert into run values (?)", [AS_OF])
        con.execute(today_view())
        con.execute("insert into company values ('Europe/Paris', 'EUR', 365, 700, 90)")
        yield con


def known(con: duckdb.DuckDBPyConnection, person: str, kind: str = "customer_id") -> None:
    con.execute("insert into identifiers values (?, ?, ?, ?)", [kind, person, person, ago(3000)])


STAGES: dict[str, tuple[str, dict[str, Any]]] = {
    # Who → the stage, and what is known of them (days ago).
    "bought": ("customer", {"order": 364}),
    "bought_long_ago": ("lapsed", {"order": 366}),
    "professional": ("customer", {"order": 699, "professional": True}),
    "professional_long_ago": ("lapsed", {"order": 701, "professional": True}),
    "subscriber": ("customer", {"subscription": (2000, None, None)}),
    "bought_and_pays": ("customer", {"order": 2000, "subscription": (1000, None, None)}),
    "left_lately": ("customer", {"subscription": (900, None, 300)}),
    "left_long_ago": ("lapsed", {"subscription": (900, None, 400)}),
    "on_trial": ("prospect", {"subscription": (5, -9, None)}),
    "left_after_trial": ("prospect", {"subscription": (40, 10, 10)}),
    "begins_soon": ("prospect", {"subscription": (-5, None, None)}),
    "ends_soon": ("customer", {"subscription": (900, None, -30)}),
    "asked": ("lead", {"lead": 89}),
    "asked_long_ago": ("prospect", {"lead": 91}),
    "asked_and_bought": ("customer", {"lead": 20, "order": 10}),
    "known": ("prospect", {}),
    "stranger": ("visitor", {"kind": "anonymous_id"}),
}


def at(days: float | None) -> datetime | None:
    return None if days is None else ago(days)


def test_stages_of_a_customer_s_life(con: duckdb.DuckDBPyConnection) -> None:
    """A paying subscriber mailed as lapsed, a trial counted as a customer, a lead of years ago handed to sales."""
    for person, (_, facts) in STAGES.items():
        known(con, person, facts.get("kind", "customer_id"))
        if "order" in facts:
            moment = ago(facts["order"])
            con.execute("insert into order_totals values (?, 1, 10, 0, ?, ?, ?)", [person, moment, moment, moment])
        if "subscription" in facts:
            started, trial, ended = map(at, facts["subscription"])
            con.execute(
                "insert into unified_subscriptions values (?, null, 'generic', ?, ?, ?, ?)",
                [person, started, trial, ended, person],
            )
        if "lead" in facts:
            con.execute("insert into identifiers values ('lead_id', ?, ?, ?)", [f"l-{person}", person, ago(3000)])
            con.execute("insert into unified_leads values (?, 'generic', ?)", [f"l-{person}", ago(facts["lead"])])
        if facts.get("professional"):
            con.execute("insert into profile_fields values (?, 'person_kind', 'professional')", [person])
    build(con, "profile_people", "paid_subscriptions", "subscribers", "email_messages", "email_engagement", "profiles")
    found = dict(con.execute("select profile_id, lifecycle_stage from profiles").fetchall())
    assert found == {person: stage for person, (stage, _) in STAGES.items()}


def test_opens_are_known_only_where_they_may_be(con: duckdb.DuckDBPyConnection) -> None:
    """An open rate made of pixels that people refused, or of a mail provider's machine that opens everything."""
    people = {"allowed": "granted", "refused": "denied", "silent": "unknown"}
    for person, status in people.items():
        con.execute("insert into identifiers values ('email', ?, ?, ?)", [f"{person}@example.com", person, ago(3000)])
        con.execute(
            "insert into identifier_consents values (?, 'email_tracking', 'email', ?, ?)",
            [person, f"{person}@example.com", status],
        )
    # A second address of the same person, which never allowed it.
    con.execute("insert into identifiers values ('email', 'other@example.com', 'allowed', ?)", [ago(3000)])
    events = [
        (f"{name}@example.com", kind, campaign, machine)
        for name in (*people, "other")
        for kind, campaign, machine in [
            *(("delivered", c, False) for c in "abcd"),
            *(("opened", c, True) for c in "abcd"),
            ("opened", "a", False), ("opened", "a", None), ("clicked", "b", False), ("clicked", "c", True),
        ]
    ]  # fmt: skip
    for number, (email, kind, campaign, machine) in enumerate(events):
        campaign = f"{email}-{campaign}"
        con.execute(
            "insert into unified_email_events values (?, ?, ?, ?, ?, ?, 'generic', 1)",
            [f"e{number}", email, kind, ago(5), campaign, machine],
        )
    build(con, "profile_people", "paid_subscriptions", "subscribers", "email_messages", "email_engagement", "profiles")
    found = {
        row[0]: row[1:] for row in con.execute("select profile_id, email_open_rate, email_click_rate from profiles").fetchall()
    }
    assert found == {"allowed": (0.25, 0.25), "refused": (None, 0.25), "silent": (None, 0.25)}
