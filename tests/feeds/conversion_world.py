"""A shop whose conversions are told to ad platforms run by run: the models without dbt, the files as the room writes them."""

from __future__ import annotations

import csv
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.activation.build import ActivationResult, run_activation
from dagster_project.activation.feeds import read_feeds
from dagster_project.activation.reconcile import reconcile
from dagster_project.control import SENT_RECORDS
from dagster_project.settings import SHIPPED, load_settings
from tests.identity.light_dbt import LightDbt, insert
from tests.today import today_view

GOOGLE, ADJUSTMENTS, META = "google_offline_conversions", "google_conversion_adjustments", "meta_offline_conversions"
PURPOSES = ("ads", "platform_matching", "ad_user_data", "ad_personalization")

TABLES = {
    "control.run": "run_id varchar, as_of timestamp",
    "control.company": "timezone varchar, currency varchar",
    "person_orders": "profile_id varchar, order_id varchar, ordered_at timestamp, is_revenue boolean, currency varchar, "
    "total decimal(18, 4), net_total decimal(18, 4), total_company decimal(18, 4), net_company decimal(18, 4), "
    "refunded_amount decimal(18, 4), refunded_at timestamp, channel varchar, source varchar",
    "unified_orders": "order_id varchar, click_id_type varchar, click_id varchar, ordered_at timestamp, is_test boolean",
    "unified_leads": "lead_id varchar, source varchar, created_at timestamp, qualified_at timestamp, converted_at timestamp, "
    "click_id_type varchar, click_id varchar, traits varchar",
    "unified_contacts": "contact_id varchar, source varchar, created_at timestamp, traits varchar",
    "unified_event_registrations": "registration_id varchar, source varchar, starts_at timestamp, email varchar, phone varchar, "
    "event_name varchar, event_kind varchar, status varchar",
    "unified_subscriptions": "subscription_id varchar, source varchar, customer_id varchar, email varchar, started_at timestamp, "
    "trial_ends_at timestamp, ended_at timestamp, amount decimal(18, 4), amount_company decimal(18, 4), currency varchar",
    "sessions": "identifier_type varchar, identifier varchar, click_id_type varchar, click_id varchar, started_at timestamp",
    "identity.identifiers": "identifier_type varchar, identifier varchar, profile_id varchar, first_seen timestamp",
    "profiles.profiles": "profile_id varchar, email varchar, phone varchar, first_name varchar, last_name varchar, city varchar, "
    "postal_code varchar, region varchar, country varchar, birth_date date, gender varchar, is_internal boolean",
    "profiles.consents": "profile_id varchar, purpose varchar, status varchar, identifier varchar",
    "profiles.identifier_consents": "profile_id varchar, purpose varchar, identifier_type varchar, "
    "identifier varchar, status varchar",
    "unified.contacts": "email varchar, phone varchar, birth_date date, first_name varchar",
}

VIEWS = """
create schema feeds;
create view main.identifiers as select * from identity.identifiers;
create view main.profiles as select * from profiles.profiles;
create view main.profile_consents as select * from profiles.consents;
set search_path = 'main,control';
"""

_DBT = LightDbt()


class World:
    """One project; times are UTC, the company's clock is that of Paris."""

    def __init__(self, folder: Path):
        (folder / "landing").mkdir(parents=True)
        company = "company: {name: Shop, currency: EUR, timezone: Europe/Paris, country: FR}\n"
        (folder / "relance.yml").write_text(company, encoding="utf-8")
        self.settings = load_settings(folder)
        self.feeds = {feed.name: feed for feed in read_feeds(self.settings)}
        self.con = duckdb.connect()
        self.con.execute("set TimeZone = 'UTC'; set threads = 1")
        for name, columns in TABLES.items():
            self.con.execute(f"create schema if not exists {name.split('.')[0]}" if "." in name else "select 1")
            self.con.execute(f"create table {name} ({columns})")
        self.con.execute(
            f"create table conversion_values as from read_csv('{SHIPPED}/seeds/conversion_values.csv', all_varchar=true)"
        )
        self.con.execute("alter table conversion_values alter value type decimal(18, 4)")
        self.con.execute(VIEWS)
        self.con.execute(today_view())
        insert(self.con, "control.company", [("Europe/Paris", "EUR")])
        reconcile(self.con, self.settings)
        self.runs = 0

    def person(self, name: str, *, contacts: bool = True, internal: bool = False, **consents: str) -> None:
        """Somebody who agrees to everything but what `consents` says; their browser is `<name>-browser`."""
        email, phone = (f"{name}@example.com", f"+3361234{len(name):05d}") if contacts else (None, None)
        traits = (name.title(), "Martin", "Lyon", "69001", None, "FR", None, "f")
        insert(self.con, "profiles.profiles", [(name, email, phone, *traits, internal)])
        known = [("anonymous_id", f"{name}-browser"), ("email", email), ("phone", phone)]
        insert(self.con, "identity.identifiers", [(kind, value, name, None) for kind, value in known if value])
        for purpose in PURPOSES:
            self.say(name, purpose, consents.get(purpose, "granted"))

    def say(self, name: str, purpose: str, status: str, identifier: str | None = None) -> None:
        self.con.execute("delete from profiles.consents where profile_id = ? and purpose = ?", [name, purpose])
        insert(self.con, "profiles.consents", [(name, purpose, status, identifier or f"user_id:{name}")])

    def click(self, name: str, at: datetime, click_id: str, kind: str = "gclid") -> None:
        insert(self.con, "sessions", [("anonymous_id", f"{name}-browser", kind, click_id, at)])

    def order(self, name: str, order_id: str, at: datetime, total: str | Decimal, channel: str | None = "store") -> None:
        paid = Decimal(total)
        row = (name, order_id, at, True, "EUR", paid, paid, paid, paid, Decimal(0), None, channel, "generic")
        insert(self.con, "person_orders", [row])
        insert(self.con, "identity.identifiers", [("order_id", order_id, name, at)])

    def refund(self, order_id: str, amount: str | Decimal) -> None:
        """What has been given back of an order in all, now."""
        self.con.execute(
            """update person_orders set refunded_amount = $1::decimal(18, 4), net_total = total - $1::decimal(18, 4),
               net_company = total - $1::decimal(18, 4) where order_id = $2""",
            [str(amount), order_id],
        )

    def cancel(self, order_id: str) -> None:
        self.con.execute("update person_orders set is_revenue = false where order_id = ?", [order_id])

    def erase(self, name: str) -> None:
        """What an erasure leaves: the order is of nobody, the ledger's row under a pseudonym."""
        for table in ("profiles.profiles", "profiles.consents", "identity.identifiers"):
            self.con.execute(f"delete from {table} where profile_id = ?", [name])
        self.con.execute("update person_orders set profile_id = 'order of nobody' where profile_id = ?", [name])
        insert(self.con, "profiles.profiles", [("order of nobody", *[None] * 10, False)])
        self.con.execute("update activation.ledger set profile_id = 'erased-1' where profile_id = ?", [name])

    def build(self, at: datetime, run_id: str | None = None) -> None:
        """The tables as of a moment."""
        self.runs += 1
        self.con.execute("delete from control.run")
        insert(self.con, "control.run", [(run_id or f"run{self.runs}", at)])
        self.con.execute(SENT_RECORDS)
        _DBT.build(self.con, "click_ids", "conversions", GOOGLE, ADJUSTMENTS, META)
        for table in (GOOGLE, ADJUSTMENTS, META):
            self.con.execute(f"create or replace view feeds.{table} as select * from main.{table}")

    def export(self, at: datetime, *names: str, run_id: str | None = None) -> dict[str, ActivationResult]:
        """A whole run: the tables are built, then the files of these feeds (all) are written."""
        reconcile(self.con, self.settings)
        self.build(at, run_id)
        (name,) = self.con.execute("select run_id from run").fetchone() or ("",)
        chosen = names or (GOOGLE, ADJUSTMENTS, META)
        return {feed: run_activation(self.settings, self.con, self.feeds[feed], name, at) for feed in chosen}


def rows(result: ActivationResult) -> list[dict[str, str]]:
    """What an export adds; nothing where it wrote no file."""
    path = result.folder / "add.csv" if result.folder else None
    if path is None or result.status == "already_published":
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Platform:
    """What Google Ads makes of the files: an order is counted once, a retracted one is gone for good."""

    def __init__(self) -> None:
        self.values: dict[str, Decimal] = {}
        self.retracted: set[str] = set()
        self.seen: set[str] = set()

    def take(self, results: dict[str, Any]) -> None:
        for row in rows(results[GOOGLE]):
            assert row["Order ID"] not in self.seen, "a conversion is sent once"
            self.seen.add(row["Order ID"])
            self.values[row["Order ID"]] = Decimal(row["Conversion Value"])
        for row in rows(results[ADJUSTMENTS]):
            order = row["Order ID"]
            assert order in self.values and order not in self.retracted, "nothing can be adjusted but what is held"
            if row["Adjustment Type"] == "RETRACT":
                assert row["Adjusted Value"] == "" == row["Adjusted Value Currency"]
                self.retracted.add(order)
                del self.values[order]
            else:
                assert Decimal(row["Adjusted Value"]) > 0, "a restatement to nothing can't be taken back"
                self.values[order] = Decimal(row["Adjusted Value"])
