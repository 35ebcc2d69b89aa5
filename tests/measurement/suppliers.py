"""Leads of suppliers and what came of them, made by hand, and the models made of that."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

import duckdb

from dagster_project.scores.prequalification import CHECKS
from tests.profiles.models import build
from tests.today import today_view

AS_OF = datetime(2026, 6, 30, 22)
INPUTS = {
    "unified_leads": "lead_id varchar, source varchar, email varchar, phone varchar, created_at timestamp, supplier varchar, "
    "cost decimal(18, 4), exclusive boolean, status varchar, qualified_at timestamp, converted_at timestamp, "
    "first_name varchar, last_name varchar, postal_code varchar, country varchar, traits varchar",
    "identifiers": "identifier_type varchar, identifier varchar, profile_id varchar",
    "unified_bounced_addresses": "email varchar, bounced_at timestamp",
    "unified_calls": "phone varchar, occurred_at timestamp, direction varchar, outcome varchar",
    "prequalification": "position bigint, check_name varchar, strictness varchar",
    "lead_targets": "attribute varchar, value varchar, low bigint, high bigint",
    "disposable_domains": "domain varchar",
    "spam_signs": "field varchar, pattern varchar, reason varchar",
    "not_profiled": "profile_id varchar",
    "conversions": "conversion_id varchar, profile_id varchar, kind varchar, is_sale boolean, occurred_at timestamp, "
    "channel varchar, net_company decimal(18, 4)",
    "costs": "day date, kind varchar, channel varchar, origin varchar, supplier varchar, amount decimal(18, 4)",
    "leads": "profile_id varchar, score decimal(18, 4)",
    "internal_people": "profile_id varchar",
}
RESULTS = ("supplier_names", "lead_arrivals", "lead_faults", "sales", "lead_results")


class World:
    """Leads, what came of them, and the models made of that. A lead's number is its person's but for what follows a dash."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        self.con.execute("create table run as select ?::timestamp as as_of", [AS_OF])
        self.con.execute(today_view("UTC"))
        self.con.execute("create table company as select 'EUR' as currency, 'UTC' as timezone")
        self.con.execute("create table scores as select 30 as duplicate_days")
        self.con.execute("create table measurement as select 90 as lookback_days, null::decimal(18, 4) as margin")
        self.clear()

    def clear(self) -> None:
        for name, columns in INPUTS.items():
            self.con.execute(f"create or replace table {name} ({columns})")
        self.con.execute("update measurement set margin = null")
        for position, check in enumerate(CHECKS, 1):
            row = {"position": position, "check_name": check, "strictness": "flag" if check == "email" else "refuse"}
            self.insert("prequalification", row)
        self.con.execute("update prequalification set strictness = 'off' where check_name = 'phone'")
        self.con.execute("insert into disposable_domains values ('throw.example')")
        self.sales = 0

    def lead(self, name: str, supplier: str | None, days_ago: float = 100, **more: Any) -> None:
        person = name.split("-")[0]
        told = {"email": f"{person}@example.com", "phone": phone(person), "cost": 10 if supplier else None} | more
        row = {"lead_id": name, "source": "generic", "created_at": ago(days_ago), "supplier": supplier} | told
        self.insert("unified_leads", row)
        self.insert("identifiers", {"identifier_type": "lead_id", "identifier": name, "profile_id": person})

    def sale(
        self, person: str, days_ago: float, amount: float | None = 100, kind: str = "purchase", is_told_twice: bool = False
    ) -> None:
        self.sales += 1
        row = {"conversion_id": f"{kind}:{self.sales}", "profile_id": person, "kind": kind, "occurred_at": ago(days_ago)}
        is_sale = kind in ("purchase", "subscription") and not is_told_twice
        self.insert("conversions", row | {"net_company": amount, "is_sale": is_sale})

    def call(self, person: str, days_ago: float, outcome: str | None, direction: str = "outbound") -> None:
        row = {"phone": phone(person), "occurred_at": ago(days_ago), "direction": direction, "outcome": outcome}
        self.insert("unified_calls", row)

    def insert(self, table: str, row: dict[str, Any]) -> None:
        marks = ", ".join("?" for _ in row)
        self.con.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))

    def received(self) -> dict[str, dict[str, Any]]:
        build(self.con, *RESULTS)
        return {row["lead_id"]: row for row in self.rows("from lead_results")}

    def suppliers(self, kind: str = "all") -> dict[str, dict[str, Any]]:
        build(self.con, *RESULTS, "lead_suppliers", "invalid_lead_claims")
        return {row["supplier"]: row for row in self.rows(f"from lead_suppliers where period_kind = '{kind}' order by period")}

    def claims(self) -> dict[str, dict[str, Any]]:
        return {row["lead_id"]: row for row in self.rows("from invalid_lead_claims")}

    def rows(self, query: str) -> list[dict[str, Any]]:
        return self.con.execute(query).to_arrow_table().to_pylist()


def ago(days: float) -> datetime:
    return AS_OF - timedelta(days=days)


def phone(person: str) -> str:
    return f"+33{crc32(person.encode()) % 10**9:09}"
