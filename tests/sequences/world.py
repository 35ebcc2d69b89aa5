"""A shop whose sequences run hour by hour: the models of messages without dbt, the files as the activation room writes them."""

from __future__ import annotations

import csv
import functools
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.activation.build import ActivationResult, run_activation
from dagster_project.activation.reconcile import reconcile
from dagster_project.activation.specs import Destination, load_destinations
from dagster_project.audiences import Audience, AudienceSpec, write_suppressions
from dagster_project.control import local_date
from dagster_project.sequence_spec import SequenceSpec
from dagster_project.sequence_tables import SENT, write_sequence_rules
from dagster_project.sequences import Sequence
from dagster_project.settings import Company, Settings, load_settings
from dagster_project.working_days import write_calendar
from tests.identity.light_dbt import LightDbt, insert

MODELS = (
    "sent_steps", "message_history", "message_pressure", "frequency_caps", "sequence_rounds", "sequence_places",
    "sequence_next_steps", "sequence_plans", "messages_due",
)  # fmt: skip

UNSUBSCRIBED = AudienceSpec(kind="suppression", window_days=3650, channels=["email"], owner="privacy")

TABLES = {
    "control.run": "run_id varchar, as_of timestamp, as_of_date date",
    "control.company": "timezone varchar",
    "control.audiences": "audience varchar, kind varchar, goal varchar",
    "members": "audience varchar, kind varchar, profile_id varchar, entered_at timestamp, anchor_at timestamp, holdout boolean, "
    "is_of_both boolean, offers varchar[], context varchar",
    "audience_decisions": "audience varchar, profile_id varchar, blocked_by varchar",
    "goal_moments": "profile_id varchar, goal varchar, reached_at timestamp",
    "profile_consents": "profile_id varchar, purpose varchar, status varchar",
    "aliases": "alias varchar, profile_id varchar",
    "identifiers": "identifier_type varchar, identifier varchar, profile_id varchar",
    "unified_email_events": "event_id varchar, email varchar, type varchar, occurred_at timestamp, campaign_id varchar, "
    "is_machine boolean",
    "unified_message_events": "event_id varchar, channel varchar, identifier varchar, type varchar, occurred_at timestamp, "
    "campaign_id varchar",
    "unified_calls": "call_id varchar, phone varchar, direction varchar, outcome varchar, occurred_at timestamp",
}

ROOMS = """
create schema profiles; create schema identity; create schema audiences;
create view audiences.members as select * from main.members;
create table profiles.profiles (profile_id varchar, email varchar, phone varchar, first_name varchar, last_name varchar,
    city varchar, postal_code varchar, region varchar, country varchar, birth_date date, gender varchar);
create view main.profiles as select * from profiles.profiles;
create table profiles.consent_people (profile_id varchar, region varchar, is_professional boolean);
create table profiles.profile_products (profile_id varchar, product_id varchar, last_viewed_at timestamp, bought_at timestamp);
create view profiles.consents as select *, cast(null as varchar) as identifier from main.profile_consents;
create view profiles.identifier_consents as
    select c.profile_id, c.purpose, i.identifier_type, i.identifier, c.status
    from main.profile_consents as c join main.identifiers as i using (profile_id);
create view identity.identifiers as select * from main.identifiers;
"""

COMPANY = "company: {name: Shop, currency: EUR, timezone: Europe/Paris, country: FR}\n"

_DBT = LightDbt()


class World:
    """One project with its own sequences, people and clock. Times are UTC."""

    def __init__(
        self, folder: Path, *sequences: dict[str, Any], extra: str = "", audiences: dict[str, dict[str, Any]] | None = None
    ):
        (folder / "landing").mkdir(parents=True)
        (folder / "relance.yml").write_text(COMPANY + extra, encoding="utf-8")
        self.settings: Settings = load_settings(folder)
        known = {name: audience(name, **more) for name, more in (audiences or {"carts": {}}).items()}
        read = [SequenceSpec.model_validate(sequence) for sequence in sequences]
        self.sequences = [
            Sequence(spec, destinations()[spec.destination], Path("test.yml"), known[spec.audience].spec.priority)
            for spec in read
        ]
        self.con = duckdb.connect()
        self.con.execute("set TimeZone = 'UTC'; set threads = 1; create schema control")
        for name, columns in TABLES.items():
            self.con.execute(f"create table {name} ({columns})")
        self.con.execute(ROOMS)
        self.con.execute("set search_path = 'main,control'")
        insert(self.con, "control.company", [("Europe/Paris",)])
        insert(self.con, "control.audiences", [(one.name, one.spec.kind, one.spec.goal) for one in known.values()])
        specs = {one.name: one.spec for one in known.values()}
        write_suppressions(self.con, specs | {"unsubscribed": UNSUBSCRIBED})
        reconcile(self.con, self.settings)
        write_sequence_rules(self.con, self.settings, self.sequences, list(known.values()))
        self.runs, self.people = 0, 0

    def person(self, name: str, audience: str = "carts", anchor: datetime | None = None, **more: Any) -> None:
        """Somebody with an e-mail address and a number, who has agreed to both, and who is in an audience since its anchor."""
        self.people += 1
        phone = f"+336123400{self.people:02d}"
        insert(self.con, "identifiers", [("email", f"{name}@example.com", name), ("phone", phone, name)])
        row = [name, f"{name}@example.com", None, name.title(), None, None, None, None, "FR", None, None]
        insert(self.con, "profiles.profiles", [tuple(row)])
        insert(self.con, "profile_consents", [(name, purpose, "granted") for purpose in ("email", "phone", "sms")])
        if anchor is not None:
            self.enter(name, audience, anchor, **more)

    def enter(self, name: str, audience: str, anchor: datetime, holdout: bool = False, products: str | None = None) -> None:
        context = f'{{"products": {products}}}' if products else None
        insert(self.con, "members", [(audience, "retargeting", name, anchor, anchor, holdout, False, [], context)])

    def leave(self, name: str, audience: str = "carts", why: str | None = None) -> None:
        self.con.execute("delete from members where profile_id = ? and audience = ?", [name, audience])
        if why:
            insert(self.con, "audience_decisions", [(audience, name, why)])

    def buy(self, name: str, at: datetime) -> None:
        insert(self.con, "goal_moments", [(name, "order", at)])
        self.leave(name, why="has_not_ordered")

    def mail(self, name: str, type: str, at: datetime, campaign: str | None = None) -> None:
        count = self.con.execute("select count(*) from unified_email_events").fetchone()[0]  # type: ignore[index]
        insert(self.con, "unified_email_events", [(f"e{count}", f"{name}@example.com", type, at, campaign, False)])

    def look(self, at: datetime, run_id: str | None = None) -> list[dict[str, Any]]:
        """Build the tables as of a moment; messages_due as records."""
        self.runs += 1
        self.con.execute("delete from control.run")
        today = local_date(self.settings, at)
        insert(self.con, "control.run", [(run_id or f"run{self.runs}", at, today)])
        self.con.execute(SENT)
        write_calendar(self.con, self.settings, today)
        _DBT.build(self.con, *MODELS)
        for table in ("messages_due", "frequency_caps", "message_history"):
            self.con.execute(f"create or replace view audiences.{table} as select * from main.{table}")
        return self.con.execute("select * from messages_due order by sequence, profile_id").to_arrow_table().to_pylist()

    def export(self, at: datetime, run_id: str | None = None) -> list[ActivationResult]:
        """A whole run: what a crash left is mended, tables are built, step files written."""
        reconcile(self.con, self.settings)
        self.look(at, run_id)
        name = self.con.execute("select run_id from run").fetchone()[0]  # type: ignore[index]
        return [run_activation(self.settings, self.con, one.activation, name, at) for one in self.sequences]

    def hours(self, since: datetime, until: datetime, every: int = 1) -> None:
        while since <= until:
            self.export(since)
            since += timedelta(hours=every)

    def sent(self, name: str | None = None) -> list[tuple[str, str, datetime]]:
        """(sequence, step, when) of all that was exported, of one person or of all."""
        query = """select sequence, step, sent_at from activation.messages
            where profile_id = coalesce(?, profile_id) order by sent_at, sequence"""
        return self.con.execute(query, [name]).fetchall()

    def row(self, name: str, sequence: str = "carts") -> dict[str, Any] | None:
        found = self.con.execute("select * from messages_due where profile_id = ? and sequence = ?", [name, sequence])
        rows = found.to_arrow_table().to_pylist()
        assert len(rows) <= 1
        return rows[0] if rows else None


def file_rows(result: ActivationResult, name: str, delimiter: str = ";") -> list[dict[str, str]]:
    """Rows of one of an export's files; none where it was not written."""
    path = result.folder / name if result.folder else None
    if path is None or not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def audience(name: str, **more: Any) -> Audience:
    spec = {"kind": "retargeting", "window_days": 30, "goal": "order", "owner": "crm"} | more
    return Audience(name, name, AudienceSpec.model_validate(spec), Path(f"{name}.sql"), Path(f"{name}.yml"))


@functools.cache
def destinations() -> dict[str, Destination]:
    nowhere = Settings(company=Company(name="Shop", currency="EUR", timezone="Europe/Paris", country="FR"))
    nowhere._base = Path("/nonexistent")
    return load_destinations(nowhere)


CARTS = {
    "name": "carts",
    "description": "A cart, three times.",
    "audience": "carts",
    "kind": "cart_recovery",
    "channel": "email",
    "destination": "brevo",
    "enter_within_days": 4,
    "steps": [
        {"name": "one", "after": {"hours": 24}, "hint": "the facts"},
        {"name": "two", "after": {"hours": 48}, "hint": "the guarantee"},
        {"name": "three", "after": {"hours": 48}, "hint": "a code", "code": "FREE"},
    ],
    "stops": ["replied"],
}
