"""Leads and customers of whom it is known what they did and what became of them, and what the models make of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
from identity.light_dbt import LightDbt

from dagster_project.score_settings import Scores, write_scores
from tests.today import today_view

AS_OF = datetime(2026, 6, 30, 22)
MODELS = (
    "prediction_people", "prediction_leads", "prediction_examples", "known_identifiers", "training_features",
    "prediction_moment", "prediction_candidates", "prediction_fits", "prediction_bins", "prediction_nodes", "prediction_terms",
    "predictions", "prediction_reasons", "model_cards",
)  # fmt: skip

_LEADS = [
    "email", "phone", "postal_code", "country", "acquisition_source", "supplier", "campaign", "form", "heard_via", "utm_source",
    "utm_medium", "utm_campaign", "click_id_type", "exclusive", "status", "traits",
]  # fmt: skip
TABLES = {
    "run": "as_of timestamp, as_of_date date",
    "company": "timezone varchar",
    "denied_features": "pattern varchar, reason varchar",
    "scoring_forbidden": "pattern varchar, reason varchar",
    "profile_people": "profile_id varchar, is_known boolean",
    "not_profiled": "profile_id varchar",
    "internal_people": "profile_id varchar",
    "identifiers": "identifier_type varchar, identifier varchar, profile_id varchar",
    "edges": "left_type varchar, left_identifier varchar, right_type varchar, right_identifier varchar, first_seen timestamp, "
    "accepted boolean",
    "unified_leads": "lead_id varchar, source varchar, created_at timestamp, converted_at timestamp, "
    "purchase_intent_at timestamp, cost decimal(18, 4), " + ", ".join(f"{name} varchar" for name in _LEADS),
    "person_orders": "profile_id varchar, order_id varchar, ordered_at timestamp, is_revenue boolean",
    "order_totals": "profile_id varchar, order_count bigint, last_order_at timestamp",
    "actions": "identifier_type varchar, identifier varchar, action varchar, action_date date, times bigint, seconds bigint, "
    "amount decimal(18, 4), first_at timestamp, last_at timestamp",
}  # fmt: skip


@dataclass
class World:
    """Rows to come, by table; people are added by what they did."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in TABLES})
    scores: Scores = field(default_factory=Scores)

    def add(self, table: str, **row: Any) -> None:
        self.rows[table].append(row)

    def person(self, profile: str, **identifiers: str) -> None:
        self.add("profile_people", profile_id=profile, is_known=True)
        for kind, identifier in identifiers.items():
            self.add("identifiers", identifier_type=kind, identifier=identifier, profile_id=profile)

    def link(self, left: str, right: str, seen: datetime, accepted: bool = True) -> None:
        """Two identifiers, as `type:value`, seen together."""
        sides = {"left": left.partition(":"), "right": right.partition(":")}
        ends = {f"{side}_{part}": each[place] for side, each in sides.items() for part, place in (("type", 0), ("identifier", 2))}
        self.add("edges", **ends, first_seen=seen, accepted=accepted)

    def lead(self, profile: str, created: datetime, converted: datetime | None = None, **columns: Any) -> None:
        """The lead `l-<profile>`."""
        self.add("unified_leads", lead_id=f"l-{profile}", source="generic", created_at=created, converted_at=converted, **columns)
        self.act("lead_id", f"l-{profile}", "form", created)

    def order(self, profile: str, number: str, at: datetime, amount: float = 10) -> None:
        """An order of a customer whose customer number is known."""
        self.add("person_orders", profile_id=profile, order_id=number, ordered_at=at, is_revenue=True)
        self.add("identifiers", identifier_type="order_id", identifier=number, profile_id=profile)
        self.link(f"order_id:{number}", f"customer_id:{profile}", at)
        self.act("order_id", number, "order", at, amount=amount)

    def act(self, kind: str, identifier: str, action: str, at: datetime, times: int = 1, amount: float | None = None) -> None:
        self.add("actions", identifier_type=kind, identifier=identifier, action=action, action_date=at.date(), times=times,
            seconds=None, amount=amount, first_at=at, last_at=at)  # fmt: skip

    def tables(self, con: duckdb.DuckDBPyConnection, as_of: datetime = AS_OF) -> None:
        """What models read, as it stands at a moment."""
        con.execute("set threads = 1; set timezone = 'UTC'; create schema if not exists control")
        write_scores(con, self.scores, as_of, "Europe/Paris")
        for name in ("scores", "score_moments"):
            con.execute(f"create or replace table main.{name} as from control.{name}")
        fixed = {
            "run": [{"as_of": as_of, "as_of_date": as_of.date()}],
            "company": [{"timezone": "Europe/Paris"}],
            "order_totals": self._totals(),
            "denied_features": [{"pattern": "duration", "reason": "known afterwards"}, *self.rows["denied_features"]],
        }
        for name, columns in TABLES.items():
            con.execute(f"create or replace table {name} ({columns})")
            if rows := fixed.get(name, self.rows[name]):
                names = list(dict.fromkeys(key for row in rows for key in row))
                table = pa.table({key: [row.get(key) for row in rows] for key in names})
                con.register("given", table)
                con.execute(f"insert into {name} by name from given")
                con.unregister("given")
        con.execute(today_view())

    def _totals(self) -> list[dict[str, Any]]:
        orders: dict[str, list[datetime]] = {}
        for order in self.rows["person_orders"]:
            orders.setdefault(order["profile_id"], []).append(order["ordered_at"])
        return [{"profile_id": who, "order_count": len(each), "last_order_at": max(each)} for who, each in orders.items()]

    def build(self, con: duckdb.DuckDBPyConnection, as_of: datetime = AS_OF, models: tuple[str, ...] = MODELS) -> None:
        self.tables(con, as_of)
        LightDbt().build(con, *models)


def card(con: duckdb.DuckDBPyConnection, model: str) -> dict[str, Any]:
    found = con.execute("select * from model_cards where model = ?", [model])
    names = [column[0] for column in found.description]
    return dict(zip(names, found.fetchone() or (), strict=True))


def ago(days: float) -> datetime:
    return AS_OF - timedelta(days=days)
