"""A small world of visits, clicks, orders and campaigns, and what is made of it. Times are UTC; the company is in Paris."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import duckdb

from dagster_project.measurement.markov import removal_table
from dagster_project.settings import SHIPPED
from tests.profiles.models import build
from tests.today import today_view

MONEY = "decimal(18, 4)"
TAGS = "utm_source varchar, utm_medium varchar, utm_campaign varchar, click_id_type varchar, click_id varchar"
TABLES = {
    "run": "as_of timestamp",
    "company": "timezone varchar, currency varchar",
    "measurement": "lookback_days bigint, half_life_days double, position_first double, position_last double",
    "own_domains": "domain varchar",
    "identifiers": "identifier_type varchar, identifier varchar, profile_id varchar",
    "internal_people": "profile_id varchar",
    "sessions": "device varchar, page_views bigint, identifier_type varchar, identifier varchar, first_message_id varchar, "
    f"started_at timestamp, ended_at timestamp, landing_url varchar, referrer varchar, {TAGS}",
    "click_ids": "profile_id varchar, click_id_type varchar, click_id varchar, clicked_at timestamp",
    "unified_email_events": "event_id varchar, email varchar, type varchar, occurred_at timestamp, campaign_id varchar, "
    "campaign_name varchar, url varchar, is_machine boolean, source varchar",
    "unified_message_events": "event_id varchar, channel varchar, identifier varchar, type varchar, occurred_at timestamp, "
    "campaign_id varchar, source varchar",
    "unified_leads": f"lead_id varchar, created_at timestamp, supplier varchar, campaign varchar, heard_via varchar, {TAGS}, "
    f"source varchar, cost {MONEY}",
    "person_orders": f"profile_id varchar, order_id varchar, ordered_at timestamp, coupon_codes varchar, "
    f"heard_via varchar, {TAGS}",
    "unified_orders": f"order_id varchar, {TAGS}",
    "unified_promo_codes": "code varchar, campaign_id varchar, channel varchar, influencer varchar, valid_from timestamp, "
    "valid_to timestamp",
    "unified_influencers": "influencer varchar",
    "unified_calls": "call_id varchar, phone varchar, tracking_number varchar, direction varchar, "
    "occurred_at timestamp, source varchar",
    "unified_event_registrations": "registration_id varchar, event_name varchar, event_kind varchar, starts_at timestamp, "
    "email varchar, phone varchar, status varchar, source varchar",
    "unified_ad_spend": f"date date, platform varchar, campaign_id varchar, campaign_name varchar, utm_campaign varchar, "
    f"clicks bigint, spend {MONEY}",
    "unified_marketing_costs": "campaign_id varchar, channel varchar, starts_on date, ends_on date",
    "conversions": "kind varchar, conversion_id varchar, profile_id varchar, occurred_at timestamp, is_sale boolean, "
    f"reference varchar, net_company {MONEY}, source varchar",
    "touchpoints": "touch_id varchar, profile_id varchar, touched_at timestamp, touch_date date, kind varchar, channel varchar, "
    "campaign varchar, campaign_key varchar, is_direct boolean, influencer varchar, supplier varchar",
}
SEEDS = ("channel_rules", "referrers", "payment_providers", "conversion_values", "tracking_numbers", "offline_channels")
SHOP = "https://www.shop.example/"


class World:
    """Tables by the last part of their names; what a row does not name is empty."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        self.con.execute("set TimeZone = 'UTC'; set threads = 1")
        for name, columns in TABLES.items():
            self.con.execute(f"create table {name} ({columns})")
        for seed in SEEDS:
            path = SHIPPED / "seeds" / f"{seed}.csv"
            self.con.execute(f"create table {seed} as from read_csv('{path}', all_varchar = true, header = true)")
        self.con.execute("alter table channel_rules alter position type integer")
        self.con.execute(f"alter table conversion_values alter value type {MONEY}")
        self.add("run", as_of="2026-06-30 22:00:00")
        self.con.execute(today_view())
        self.add("company", timezone="Europe/Paris", currency="EUR")
        self.add("measurement", lookback_days=90, half_life_days=7, position_first=0.4, position_last=0.4)
        self.messages = 0

    def add(self, table: str, **values: Any) -> None:
        marks = ", ".join("?" for _ in values)
        self.con.execute(f"insert into {table} ({', '.join(values)}) values ({marks})", list(values.values()))

    def person(self, name: str, **identifiers: str) -> None:
        for kind, identifier in identifiers.items():
            self.add("identifiers", identifier_type=kind, identifier=identifier, profile_id=name)

    def visit(self, visitor: str | None, at: str, **values: Any) -> None:
        """Ten minutes on the site."""
        self.messages += 1
        values = {
            "landing_url": SHOP,
            "first_message_id": f"m{self.messages:04}",
            "device": f"a:{visitor}",
            "page_views": 1,
        } | values
        self.add(
            "sessions", identifier_type="anonymous_id" if visitor else "refused", identifier=visitor, started_at=at, **values
        )
        self.con.execute("update sessions set ended_at = started_at + interval 10 minutes")

    def spend(
        self, campaign: str, platform: str, name: str | None, utm: str | None, clicks: int, day: str = "2026-05-01"
    ) -> None:
        """A day of an ad account's campaign, at 10."""
        self.add(
            "unified_ad_spend", date=day, platform=platform, campaign_id=campaign, campaign_name=name, utm_campaign=utm,
            clicks=clicks, spend=10,
        )  # fmt: skip

    def touch(self) -> list[tuple[Any, ...]]:
        """(person, kind, channel, campaign_key) of all touches, in order of time."""
        build(self.con, "told_channels", "campaign_names", "traffic_sources", "touchpoints", "campaigns")
        return self.ask(
            "select profile_id, kind, channel, campaign_key from touchpoints order by profile_id, touched_at, touch_id"
        )

    def attribute(self) -> None:
        """From the conversions and touchpoints there are."""
        build(self.con, "conversion_worth", "journeys", "channel_transitions")
        effects = removal_table(self.con.table("channel_transitions"))
        self.con.register("told_effects", effects)
        self.con.execute("create or replace table removal_effects as from told_effects")
        build(self.con, "attribution", "declared_sources")

    def touched(self, person: str, *touches: tuple[str, str] | tuple[str, str, str]) -> None:
        """Touches as they come out of the model: (moment, channel, campaign)."""
        for at, channel, *campaign in touches:
            self.messages += 1
            name = campaign[0] if campaign else ""
            self.add(
                "touchpoints", touch_id=f"t{self.messages:04}", profile_id=person, touched_at=at, touch_date=at[:10],
                kind="session", channel=channel, campaign=name, campaign_key=name, is_direct=channel == "direct",
            )  # fmt: skip

    def converted(
        self, person: str, at: str, value: Any, kind: str = "purchase", reference: str | None = None, is_told_twice: bool = False
    ) -> None:
        self.messages += 1
        reference = reference or f"c{self.messages:04}"
        self.add(
            "conversions", kind=kind, conversion_id=f"{kind}:shop:{reference}", profile_id=person, occurred_at=at,
            is_sale=kind in ("purchase", "subscription") and not is_told_twice, reference=reference, net_company=value,
            source="shop",
        )  # fmt: skip

    def ask(self, sql: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        return self.con.execute(sql, list(values)).fetchall()
