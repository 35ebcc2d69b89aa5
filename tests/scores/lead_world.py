"""People and what is known of them, as the models of leads find it: with a project's seeds and its control tables."""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml

from dagster_project.score_settings import write_scores
from dagster_project.scores.lead_policy import write_lead_policy
from dagster_project.scores.prequalification import write_prequalification
from dagster_project.seed_rows import seed_path
from dagster_project.settings import SHIPPED, Settings
from tests.profiles.models import build
from tests.today import today_view

AS_OF = datetime(2026, 6, 30, 22)
TODAY = date(2026, 6, 30)

PROFILE = (
    "profile_id varchar, lifecycle_stage varchar, is_internal boolean, email varchar, phone varchar, first_name varchar, "
    "last_name varchar, gender varchar, person_kind varchar, city varchar, postal_code varchar, region varchar, country varchar, "
    "company varchar, visiting_company varchar, job_title varchar, income_band varchar, owner varchar, "
    "acquisition_source varchar, birth_date date, loyalty_points decimal(18, 4), session_count bigint, "
    "cart_value decimal(18, 4), email_open_rate double, "
    "email_click_rate double, email_bounced_at timestamp, first_seen_at timestamp, first_order_at timestamp"
)
TABLES = {
    "run": "as_of timestamp",
    "company": "timezone varchar",
    "profiles": PROFILE,
    "consent_people": "profile_id varchar, region varchar",
    "not_profiled": "profile_id varchar",
    "identifiers": "identifier_type varchar, identifier varchar, profile_id varchar",
    "unified_leads": "lead_id varchar, created_at timestamp, converted_at timestamp, status varchar, supplier varchar, "
    "campaign varchar, form varchar, heard_via varchar, exclusive boolean, utm_source varchar, utm_medium varchar, "
    "utm_campaign varchar, purchase_intent_at timestamp, email varchar, phone varchar, traits varchar, source varchar",
    "unified_contacts": "contact_id varchar, traits varchar, created_at timestamp, updated_at timestamp, source varchar",
    "email_engagement": "profile_id varchar, opened bigint, trackable bigint",
    "last_actions": "profile_id varchar, last_action_at timestamp",
    "predictions": "profile_id varchar, model varchar, probability double, method varchar",
    "actions": "identifier_type varchar, identifier varchar, action varchar, action_date date, times bigint, seconds bigint, "
    "amount decimal(18, 4)",
    "prediction_examples": "example bigint, model varchar, is_new boolean, outcome boolean, weight double",
    "training_features": "example bigint, feature varchar, number double, category varchar",
}
MODELS = (
    "supplier_names", "lead_arrivals", "lead_people", "lead_terms", "lead_term_values", "lead_term_actions", "lead_facts",
    "lead_checks", "lead_rule_points", "lead_contributions", "lead_points",
)  # fmt: skip


def ago(days: float) -> datetime:
    return AS_OF - timedelta(days=days)


def own_seed(settings: Settings, seed: str, rows: list[dict[str, Any]]) -> Path:
    """A project's own seed: these rows below the shipped header, or below their own names where there is none of that name."""
    with (SHIPPED / "seeds" / f"{seed}.csv").open(encoding="utf-8") as file:
        header = next(csv.reader(file))
    path = settings.base / "seeds" / f"{seed}.csv"
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def rule(attribute: str, operator: str, value: str = "", points: Any = 10, family: str = "behavioural", **more: Any) -> dict:
    """A row of lead_rules, called after its attribute."""
    told = {"rule_id": attribute, "family": family, "attribute": attribute, "operator": operator, "value": value}
    return {**told, "points": points, "enabled": "true", **more}


class World:
    """Fill in with `person`, `asked` and `did`, then `build`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.con = duckdb.connect()
        self.con.execute("set threads = 1; create schema control; set search_path = 'main,control'")
        for name, columns in TABLES.items():
            self.con.execute(f"create table {name} ({columns})")
        self.con.execute("insert into run values (?)", [AS_OF])
        self.con.execute(today_view())
        self.con.execute("insert into company values ('Europe/Paris')")

    def insert(self, table: str, **row: Any) -> None:
        columns = ", ".join(row)
        self.con.execute(f"insert into {table} ({columns}) values ({', '.join('?' * len(row))})", list(row.values()))

    def person(
        self, name: str, stage: str = "lead", policy: str = "fr", opens: tuple[int, int] | None = None, **row: Any
    ) -> None:
        """Somebody reachable whom nothing speaks for or against. policy: the region whose policy holds.
        opens: messages opened, and those whose opens may be known.
        """
        told = {"phone": "+33123456789", "is_internal": False, "first_seen_at": ago(1000), **row}
        if opens:
            told["email_open_rate"] = opens[0] / opens[1]
            self.insert("email_engagement", profile_id=name, opened=opens[0], trackable=opens[1])
        self.insert("profiles", profile_id=name, lifecycle_stage=stage, **told)
        self.insert("consent_people", profile_id=name, region=policy)

    def asked(self, name: str, lead_id: str, days: float, **row: Any) -> None:
        self.insert("identifiers", identifier_type="lead_id", identifier=lead_id, profile_id=name)
        self.insert("unified_leads", lead_id=lead_id, created_at=ago(days), source="generic", **row)

    def did(self, name: str, action: str, days: int, times: int = 1, **row: Any) -> None:
        login = {"identifier_type": "user_id", "identifier": name}
        if not self.rows(f"select 1 from identifiers where identifier_type = 'user_id' and identifier = '{name}'"):
            self.insert("identifiers", **login, profile_id=name)
        self.insert("actions", **login, action=action, action_date=TODAY - timedelta(days=days), times=times, **row)

    def build(self, *models: str) -> None:
        write_scores(self.con, self.settings.scores, AS_OF, "Europe/Paris")
        write_prequalification(self.con, self.settings)
        write_lead_policy(self.con, self.settings)
        for name, types in _seed_types(("lead_rules", "lead_families", "lead_grades", "spam_signs")).items():
            path = seed_path(self.settings, name)
            self.con.execute(
                f"create or replace table {name} as select * from read_csv(?, header = true, columns = {types})", [str(path)]
            )
        build(self.con, *MODELS, *models)

    def rows(self, query: str) -> list[tuple]:
        return self.con.execute(query).fetchall()

    def points(self) -> dict[str, dict[str, float]]:
        """Person → rule → points."""
        found: dict[str, dict[str, float]] = {}
        for name, rule_id, points in self.rows("select profile_id, rule_id, points from lead_contributions order by all"):
            found.setdefault(name, {})[rule_id] = float(points)
        return found


def _seed_types(names: tuple[str, ...]) -> dict[str, dict[str, str]]:
    told = yaml.safe_load((SHIPPED / "seeds" / "lead_seeds.yml").read_text(encoding="utf-8"))["seeds"]
    return {seed["name"]: seed["config"]["column_types"] for seed in told if seed["name"] in names}
