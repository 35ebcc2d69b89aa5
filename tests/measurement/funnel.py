"""A company's visits, sales, mail and guests, made by hand: the tables that the figures of AARRR are counted from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
from hypothesis import strategies as st

from tests.profiles.models import build
from tests.today import today_view

AS_OF = datetime(2026, 4, 8, 10, 0)
"""A Wednesday noon in Paris (UTC+2): the day, the week and the month are under way."""
PARIS = ZoneInfo("Europe/Paris")
LAPSED_AFTER = 40
MONTHS = [date(2026, month, 1) for month in (1, 2, 3, 4)]
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 4, 8, 9, 59)).map(lambda at: at.replace(microsecond=0))

TABLES = """
    create table run (as_of timestamp);
    create table paid_subscriptions (profile_id varchar, begun_at timestamp, paid_until timestamp);
    create table company (currency varchar, timezone varchar, session_seconds bigint, lapsed_after_days bigint,
        professional_lapsed_after_days bigint);
    create table measurement (lookback_days bigint, margin decimal(18, 4));
    create table identifiers (identifier_type varchar, identifier varchar, profile_id varchar);
    create table internal_people (profile_id varchar, reason varchar);
    create table internal_identifiers (identifier_type varchar, identifier varchar);
    create table profiles (profile_id varchar, person_kind varchar, city varchar, postal_code varchar);
    create table clv (profile_id varchar, historical_value decimal(18, 4), clv_12m decimal(18, 4));
    create table sessions (device varchar, event_date date, session_number integer, identifier_type varchar, identifier varchar,
        started_at timestamp, ended_at timestamp, page_views bigint, referrer varchar, utm_source varchar, utm_medium varchar,
        utm_campaign varchar, click_id_type varchar);
    create table traffic_sources (utm_source varchar, utm_medium varchar, utm_campaign varchar, click_id_type varchar,
        referrer_host varchar, channel varchar, is_continued boolean);
    create table touchpoints (touch_id varchar, profile_id varchar, touched_at timestamp, channel varchar, campaign_key varchar,
        is_direct boolean);
    create table event_days (device varchar, event_date date, identifier_type varchar, identifier varchar, event varchar,
        times bigint, first_at timestamp);
    create table conversions (kind varchar, conversion_id varchar, profile_id varchar, occurred_at timestamp, is_sale boolean,
        channel varchar, net_company decimal(18, 4));
    create table costs (day date, channel varchar, campaign varchar, campaign_key varchar, origin varchar, amount decimal(18, 4),
        impressions bigint, clicks bigint);
    create table unified_email_events (_batch bigint, event_id varchar, email varchar, type varchar, occurred_at timestamp,
        campaign_id varchar, is_machine boolean, source varchar);
    create table identifier_consents (identifier_type varchar, identifier varchar, purpose varchar, status varchar);
    create table unified_referrals (referral_id varchar, referrer varchar, referred varchar, created_at timestamp,
        converted_at timestamp, source varchar);
    create table unified_reviews (review_id varchar, customer_id varchar, email varchar, rating decimal(18, 4),
        created_at timestamp, source varchar);
    create table unified_surveys (response_id varchar, customer_id varchar, email varchar, score decimal(18, 4),
        answered_at timestamp, source varchar);
    create table unified_social_interactions (interaction_id varchar, kind varchar, email varchar, occurred_at timestamp,
        source varchar);
    create table unified_event_registrations (registration_id varchar, event_name varchar, event_kind varchar,
        starts_at timestamp, email varchar, phone varchar, city varchar, postal_code varchar, status varchar, source varchar);
    create table open_days (event_name varchar, event_kind varchar, starts_at timestamp, city varchar, postal_code varchar);
    create table members (audience varchar, profile_id varchar, anchor_at timestamp, context varchar, holdout boolean);
    create table messages_due (sequence varchar, audience varchar, kind varchar, profile_id varchar, anchor_at timestamp,
        is_due boolean);
    create table sent_steps (sequence varchar, audience varchar, kind varchar, profile_id varchar, anchor_at timestamp,
        sent_at timestamp);
"""


def first_day(kind: str, day: date) -> date:
    return {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[kind]


def local_day(at: datetime) -> date:
    """The day on which a UTC moment falls in Paris."""
    return at.replace(tzinfo=ZoneInfo("UTC")).astimezone(PARIS).date()


class Funnel:
    """The company: what happened is put in by name, the figures are read back."""

    def __init__(self, con: duckdb.DuckDBPyConnection, as_of: datetime = AS_OF) -> None:
        self.con = con
        self.added = 0
        con.execute(TABLES)
        self.add("run", as_of=as_of)
        con.execute(today_view())
        self.add(
            "company",
            currency="EUR",
            timezone="Europe/Paris",
            session_seconds=1800,
            lapsed_after_days=LAPSED_AFTER,
            professional_lapsed_after_days=LAPSED_AFTER,
        )
        self.add("measurement", lookback_days=30)
        untold = dict.fromkeys(("utm_medium", "utm_campaign", "click_id_type", "referrer_host"), "")
        for source, channel in [("", "direct"), ("google", "paid_search"), ("bank", "referral")]:
            self.add("traffic_sources", utm_source=source, channel=channel, is_continued=source == "bank", **untold)

    def add(self, table: str, **values: Any) -> None:
        marks = ", ".join("?" for _ in values)
        self.con.execute(f"insert into {table} ({', '.join(values)}) values ({marks})", list(values.values()))

    def number(self) -> str:
        self.added += 1
        return f"n{self.added:05}"

    def known(self, person: str, internal: bool = False) -> None:
        """A person with a login and an address of their own."""
        self.add("identifiers", identifier_type="user_id", identifier=person, profile_id=person)
        self.add("identifiers", identifier_type="customer_id", identifier=person, profile_id=person)
        self.add("identifiers", identifier_type="email", identifier=f"{person}@example.com", profile_id=person)
        if internal:
            self.add("internal_people", profile_id=person, reason="staff")
            build(self.con, "internal_identifiers")

    def visit(
        self,
        at: datetime,
        seconds: int = 60,
        pages: int = 2,
        who: str | None = "anonymous",
        source: str | None = None,
        **more: Any,
    ) -> str:
        """Of a login, of an unknown device (`anonymous`), or of somebody who refused trackers (None). Returns the device."""
        device = f"a:{self.number()}"
        values = {
            "device": device,
            "event_date": local_day(at),
            "session_number": 1,
            "identifier_type": {None: "refused", "anonymous": "anonymous_id"}.get(who, "user_id"),
            "identifier": device if who == "anonymous" else who,
            "started_at": at,
            "ended_at": at + timedelta(seconds=seconds),
            "page_views": pages,
            "utm_source": source,
        }
        self.add("sessions", **values | more)
        return device

    def sale(
        self,
        person: str,
        at: datetime,
        amount: float | None = 100,
        channel: str | None = "web",
        kind: str = "purchase",
        is_told_twice: bool = False,
    ) -> None:
        number = self.number()
        # At a till nobody is known but the order.
        is_known = channel != "till"
        self.add(
            "identifiers",
            identifier_type="customer_id" if is_known else "order_id",
            identifier=person if is_known else number,
            profile_id=person,
        )
        self.add(
            "conversions",
            kind=kind,
            conversion_id=f"{kind}:{number}",
            profile_id=person,
            occurred_at=at,
            is_sale=kind in ("purchase", "subscription") and not is_told_twice,
            channel=channel,
            net_company=amount,
        )

    def touch(self, person: str, at: datetime, channel: str) -> None:
        self.add(
            "touchpoints",
            touch_id=self.number(),
            profile_id=person,
            touched_at=at,
            channel=channel,
            campaign_key="",
            is_direct=channel == "direct",
        )

    def cost(
        self, day: date | None, amount: float | None, channel: str = "paid_search", origin: str = "marketing_costs", **more: Any
    ) -> None:
        values = {"day": day, "amount": amount, "channel": channel, "origin": origin, "campaign_key": "", "campaign": ""}
        self.add("costs", **values | more)

    def mail(
        self,
        person: str,
        kind: str,
        at: datetime,
        campaign: str | None = "news",
        is_machine: bool = False,
        source: str = "generic",
    ) -> None:
        self.add(
            "unified_email_events",
            _batch=1,
            event_id=self.number(),
            email=f"{person}@example.com",
            type=kind,
            occurred_at=at,
            campaign_id=campaign,
            is_machine=is_machine,
            source=source,
        )

    def watched(self, person: str, status: str = "granted") -> None:
        """Whether the opens of somebody's mail may be known."""
        address = f"{person}@example.com"
        self.add("identifier_consents", identifier_type="email", identifier=address, purpose="email_tracking", status=status)

    def count(self) -> None:
        """Make the tables of figures."""
        build(self.con, "sales", "acquired_customers", "email_messages", "referrals", "daily_figures", "aarrr")

    def value(self, metric: str, period: date, kind: str = "day", channel: str = "all") -> float | None:
        """Of a figure that has a row."""
        found = self.con.execute(
            "select value from aarrr where metric = ? and period = ? and period_kind = ? and channel = ?",
            [metric, period, kind, channel],
        ).fetchall()
        assert len(found) == 1, (metric, period, kind, channel)
        return found[0][0]


@contextmanager
def funnel(as_of: datetime = AS_OF) -> Iterator[Funnel]:
    with duckdb.connect() as con:
        con.execute("set threads = 1")
        yield Funnel(con, as_of)
