"""People, what they said about consent, and what the models make of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from dagster_project.consent.policy import PolicyChanges, write_policy
from tests.today import today_view

from .models import build

AS_OF = datetime(2026, 6, 30, 22, 0)
MODELS = ("consent_statements", "identifier_consents", "profile_consents", "not_profiled")

TABLES = """
create table run (as_of timestamp);
create table identifiers (identifier_type varchar, identifier varchar, profile_id varchar);
create table edges (left_type varchar, left_identifier varchar, right_type varchar, right_identifier varchar, accepted boolean);
create table unified_consents (identifier_type varchar, identifier varchar, purpose varchar, status varchar,
    occurred_at timestamp, collected_by varchar, proof varchar);
create table unified_email_events (event_id varchar, email varchar, type varchar, occurred_at timestamp, campaign_id varchar,
    is_machine boolean);
create table unified_message_events (event_id varchar, channel varchar, identifier varchar, type varchar, occurred_at timestamp);
create table unified_leads (lead_id varchar, email varchar, phone varchar, created_at timestamp, consent_proof varchar);
create table unsubscriptions (identifier_type varchar, identifier varchar, occurred_at timestamp, message_id varchar);
create table consent_people (profile_id varchar, is_known boolean, first_seen_at timestamp, region varchar,
    is_professional boolean, last_sale_at timestamp, last_action_at timestamp);
create table person_orders (profile_id varchar, email varchar, phone varchar, is_revenue boolean);
create table unified_contacts (email varchar, phone varchar, person_kind varchar);
create table profile_fields (profile_id varchar, field varchar, value varchar);
"""


def ago(days: float) -> datetime:
    """So many days before the run's moment."""
    return AS_OF - timedelta(days=days)


@dataclass
class Person:
    """id, their identifiers as `type:value`, and what policies ask of them; the first e-mail and phone are the surviving ones."""

    id: str
    identifiers: list[str]
    region: str = "fr"
    professional: bool = False
    last_sale: datetime | None = None
    last_action: datetime | None = None
    sold_to: list[str] = field(default_factory=list)
    """Addresses on orders that brought money."""
    at_work: list[str] = field(default_factory=list)
    """Addresses that a contact record of a professional names."""
    known: bool = True

    def values(self, kind: str) -> list[str]:
        return [text.partition(":")[2] for text in self.identifiers if text.startswith(f"{kind}:")]


class Said(NamedTuple):
    """One statement; `who` is `type:value`."""

    who: str
    purpose: str
    status: str
    at: datetime
    proof: str | None = "log-1"
    by: str | None = "form"


class World:
    def __init__(self, **policy: Any):
        self.con = duckdb.connect()
        self.con.execute("set threads = 1")
        self.con.execute("create schema control; use control")
        self.con.execute(TABLES)
        self.con.execute("insert into run values (?)", [AS_OF])
        self.con.execute(today_view())
        write_policy(self.con, PolicyChanges.model_validate(policy), "FR")

    def fill(self, people: Iterable[Person], said: Iterable[Said], edges: Iterable[tuple[str, str]] = ()) -> World:
        """The world as of now, in place of what was; statements in the order given, models built."""
        people = list(people)
        rows: dict[str, list[tuple[Any, ...]]] = {
            "identifiers": [(*text.split(":", 1), p.id) for p in people for text in p.identifiers],
            "edges": [(*left.split(":", 1), *right.split(":", 1), True) for left, right in edges],
            "unified_consents": [(*s.who.split(":", 1), s.purpose, s.status, s.at, s.by, s.proof) for s in said],
            "consent_people": [(p.id, p.known, ago(2000), p.region, p.professional, p.last_sale, p.last_action) for p in people],
            "person_orders": [(p.id, a if "@" in a else None, None if "@" in a else a, True) for p in people for a in p.sold_to],
            "unified_contacts": [
                (a if "@" in a else None, None if "@" in a else a, "professional") for p in people for a in p.at_work
            ],
            "profile_fields": [(p.id, kind, p.values(kind)[0]) for p in people for kind in ("email", "phone") if p.values(kind)],
        }
        for table, lines in rows.items():
            self.con.execute(f"delete from {table}")
            if lines:
                schema = self.con.table(table).to_arrow_table().schema
                columns = [pa.array(cells, column.type) for cells, column in zip(zip(*lines, strict=True), schema, strict=True)]
                self.con.register("lines", pa.table(columns, schema=schema))
                self.con.execute(f"insert into {table} select * from lines")
        return self.build()

    def build(self) -> World:
        build(self.con, *MODELS)
        return self

    def consent(self, person: str, purpose: str) -> tuple[str, str | None, str | None] | None:
        """(status, basis, identifier) of a person; None without a row."""
        return self.con.execute(
            "select status, basis, identifier from profile_consents where profile_id = ? and purpose = ?", [person, purpose]
        ).fetchone()

    def addresses(self, person: str, purpose: str) -> dict[str, str]:
        """Address → status."""
        query = "select identifier, status from identifier_consents where profile_id = ? and purpose = ?"
        return dict(self.con.execute(query, [person, purpose]).fetchall())

    def everything(self) -> list[tuple[Any, ...]]:
        return [
            self.con.execute(f"select * from {table} order by all").fetchall() for table in MODELS[1:]
        ]  # fmt: skip
