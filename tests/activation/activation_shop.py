"""A hand-built warehouse with just the tables the activation room reads."""

from __future__ import annotations

import csv
import functools
import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.activation.activations import Activation
from dagster_project.activation.build import ActivationResult, run_activation
from dagster_project.activation.reconcile import is_whole, reconcile
from dagster_project.activation.specs import Destination, load_destinations
from dagster_project.catalog import has_table
from dagster_project.settings import Company, Settings

AS_OF = datetime(2026, 3, 1, 6, 0)

DDL = """
create schema audiences; create schema profiles; create schema identity; create schema control;
create table control.audience_suppressions (audience varchar, suppression varchar, channel varchar);
insert into control.audience_suppressions values ('buyers', 'recent_buyers', null);
create table audiences.frequency_caps (profile_id varchar, channel varchar, audience varchar);
create table audiences.members (audience varchar, kind varchar, profile_id varchar, entered_at timestamp, holdout boolean);
create table profiles.profiles (profile_id varchar, email varchar, phone varchar, first_name varchar, last_name varchar,
    city varchar, postal_code varchar, region varchar, country varchar, birth_date date, gender varchar);
create table profiles.consents (profile_id varchar, purpose varchar, status varchar, identifier varchar);
create table profiles.identifier_consents (
    profile_id varchar, purpose varchar, identifier_type varchar, identifier varchar, status varchar);
create table identity.identifiers (identifier_type varchar, identifier varchar, profile_id varchar);
create table profiles.consent_people (profile_id varchar, region varchar, is_professional boolean);
create table audiences.message_history (profile_id varchar, channel varchar, kind varchar, happened_at timestamp);
"""

TABLES = ("audiences.members", "profiles.profiles", "profiles.consents", "profiles.identifier_consents", "identity.identifiers")
ALL_PURPOSES = ("ads", "platform_matching", "ad_user_data", "ad_personalization", "email")


@dataclass
class Person:
    id: str
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    first_name: str | None = None
    last_name: str | None = None
    postal_code: str | None = None
    country: str | None = "FR"
    city: str | None = None
    birth_date: date | None = None
    holdout: bool = False
    suppressed: bool = False
    member: bool = True
    consents: dict[str, str] = field(default_factory=lambda: dict.fromkeys(ALL_PURPOSES, "granted"))
    consented_email: str | None = None
    """The e-mail that all consents name; by default they were given with an account."""


def people(count: int, start: int = 0) -> list[Person]:
    """Ordinary, fully consenting members with one e-mail each."""
    return [
        Person(f"p{n:04d}", [f"person{n:04d}@example.com"], first_name="Zoé", last_name="O'Brien")
        for n in range(start, start + count)
    ]


@functools.cache
def shipped_destinations() -> dict[str, Destination]:
    nowhere = Settings(company=Company(name="Shop", currency="EUR", timezone="Europe/Paris", country="FR"))
    nowhere._base = Path("/nonexistent")
    return load_destinations(nowhere)


class Shop:
    """A project folder, its warehouse (made where there is none yet) and its clock."""

    def __init__(self, base: Path, database: str | None = None):
        (base / "landing").mkdir(parents=True, exist_ok=True)
        company = {"name": "Shop", "currency": "EUR", "timezone": "Europe/Paris", "country": "FR"}
        self.settings = Settings.model_validate({"company": company})
        self.settings._base = base
        self.con = duckdb.connect(database or str(base / "warehouse.duckdb"))
        self.con.execute("set TimeZone = 'UTC'")
        self.con.execute("set threads = 1")
        if not has_table(self.con, "audiences", "members"):
            self.con.execute(DDL)
        self.as_of = AS_OF
        self.runs = 0

    @property
    def exports(self) -> Path:
        return self.settings.exports_path

    def destination(self, name: str, **limits: int) -> Destination:
        """A shipped destination; `minimum_rows=…` and other limits changed so that small tests fit."""
        shipped = shipped_destinations()[name]
        return shipped.model_copy(update={"limits": shipped.limits.model_copy(update=limits)})

    def activation(self, destination: str = "meta_custom_audience", mode: str = "delta", **options: Any) -> Activation:
        keys = options.pop("match_keys", None)
        suppressions = options.pop("suppressions", None)
        more = {name: options.pop(name) for name in ("offer", "exclusive", "rivals", "empty_full") if name in options}
        name = options.pop("name", "test")
        spec = self.destination(destination, **({"minimum_rows": 1} | options))
        default = {"meta_custom_audience": ("email", "phone", "first_name", "last_name", "country")}
        chosen = keys or default.get(destination, tuple(spec.keys))
        return Activation(name, "A test.", spec, "buyers", mode, tuple(chosen), 1, suppressions, Path("test.yml"), **more)  # type: ignore[arg-type]

    def fill(self, everybody: list[Person]) -> None:
        """The world as of now, in place of what was."""
        for table in TABLES:
            self.con.execute(f"delete from {table}")
        members, profiles, consents, addresses, identifiers = [], [], [], [], []
        for p in everybody:
            if p.member:
                members.append(("buyers", "retargeting", p.id, None, p.holdout))
            if p.suppressed:
                members.append(("recent_buyers", "suppression", p.id, None, False))
            email = p.emails[0] if p.emails else None
            phone = p.phones[0] if p.phones else None
            profiles.append(
                (p.id, email, phone, p.first_name, p.last_name, p.city, p.postal_code, None, p.country, p.birth_date, None)
            )
            said_with = f"email:{p.consented_email}" if p.consented_email else f"user_id:{p.id}"
            consents += [(p.id, purpose, status, said_with) for purpose, status in p.consents.items()]
            addresses += [
                (p.id, "email", "email", value, p.consents.get("email") if value == (p.consented_email or value) else "unknown")
                for value in p.emails
            ]
            identifiers += [("email", value, p.id) for value in p.emails] + [("phone", value, p.id) for value in p.phones]
        for table, rows in (
            ("audiences.members", members), ("profiles.profiles", profiles),
            ("profiles.consents", consents), ("profiles.identifier_consents", addresses), ("identity.identifiers", identifiers),
        ):  # fmt: skip
            if rows:
                marks = ", ".join(["(" + ", ".join("?" * len(rows[0])) + ")"] * len(rows))
                self.con.execute(f"insert into {table} values {marks}", [cell for row in rows for cell in row])

    def run(self, activation: Activation | None = None, run_id: str | None = None, days: int = 1) -> ActivationResult:
        """A command: reconcile, then export; the clock moves on a day."""
        self.runs += 1
        self.as_of += timedelta(days=days)
        reconcile(self.con, self.settings)
        return run_activation(self.settings, self.con, activation or self.activation(), run_id or f"run{self.runs}", self.as_of)

    def tree(self) -> dict[str, bytes]:
        """Every file below the exports folder with its content."""
        return {str(p.relative_to(self.exports)): p.read_bytes() for p in sorted(self.exports.rglob("*")) if p.is_file()}

    def ledger(self) -> list[tuple]:
        return self.con.execute("select operation, reason, profile_id from activation.ledger order by sequence").fetchall()


def cells(path: Path, delimiter: str = ",") -> list[list[str]]:
    """Rows of an export file, header first."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


def rows(result: ActivationResult, name: str, delimiter: str = ",") -> list[list[str]]:
    """Data rows of one of the result's files; none where it was not written."""
    path = result.folder / name if result.folder else None
    return cells(path, delimiter)[1:] if path and path.exists() else []


def manifest(result: ActivationResult) -> dict[str, Any]:
    assert result.folder
    return json.loads((result.folder / "manifest.json").read_text(encoding="utf-8"))


class Killed(BaseException):
    """Stands for a killed process: no `except Exception` sees it, nothing is cleaned up."""


def agree(shop: Shop) -> None:
    """Folders, ledger, outbox and `latest` tell the same story."""
    folders = {
        path.parent.relative_to(shop.exports).as_posix(): path.parent for path in shop.exports.glob("*/*/*/*/manifest.json")
    }
    told = {
        place
        for (place,) in shop.con.execute("select distinct regexp_replace(file, '/[^/]*$', '') from activation.ledger").fetchall()
    }
    listed = shop.con.execute("select path, rows, sha256 from activation.files").fetchall()
    assert told == set(folders) == {path.rpartition("/")[0] for path, _, _ in listed}
    assert not list(shop.exports.rglob(".*"))
    for path, count, digest in listed:
        content = (shop.exports / path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
        assert content.count(b"\n") == count + 1
    for folder in folders.values():
        assert is_whole(folder)
        name = json.loads((folder / "manifest.json").read_text())["activation"]
        assert (shop.settings.state_path / "outbox" / name / f"{folder.name}.parquet").is_file()
        latest = folder.parent.parent / "latest"
        assert (folder.parent.parent / latest.read_text().strip()).is_dir()
