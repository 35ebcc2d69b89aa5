"""A small shop with one person who asks to be forgotten, and others who must not be touched."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dagster_project.loads.books import unbalanced
from dagster_project.loads.normalise import normalise_identifiers
from dagster_project.privacy.erase import Wish, erase
from dagster_project.warehouse import open_warehouse
from tests.loads.landing import Project

EMAIL, PHONE, NAME = "annabella.quist@example.com", "+33612345678", "Annabella"
TRACES = ("annabella", "quist", "612345678", "06 12 34 56 78")
"""What no file may hold of her, in lower case."""

CONTACTS = """contact_id,email,phone,first_name,last_name,created_at,updated_at,nickname
c-ann,Annabella.Quist@Example.com,06 12 34 56 78,Annabella,Quist,2026-01-01T00:00:00Z,2026-05-01T00:00:00Z,quisty
c-bob,bob@example.com,06 11 11 11 11,Bob,Stone,2026-01-01T00:00:00Z,2026-05-01T00:00:00Z,
c-tim,annabella.quist@example.com,06 22 22 22 22,Tim,Small,2026-01-01T00:00:00Z,2026-05-01T00:00:00Z,
,annabella.quist@example.com,,Annabella,Quist,2026-01-01T00:00:00Z,,
"""
ORDERS = """order_id,customer_id,email,phone,ordered_at,total,currency,postal_code,gift_note
o-1,k-ann,annabella.quist@example.com,,2026-01-10T10:00:00Z,100.50,EUR,75001,for Annabella
o-2,k-ann,,06 12 34 56 78,2026-02-10T10:00:00Z,50,EUR,75001,
o-3,k-bob,bob@example.com,,2026-01-11T10:00:00Z,30,EUR,69001,
"""
LINES = """order_id,line_id,product_id,quantity,unit_price,engraving
o-1,1,vase,1,100.50,Annabella
o-2,1,lamp,1,50,
o-3,1,lamp,1,30,Bob
"""
CONSENTS = """identifier_type,identifier,purpose,status,occurred_at
email,annabella.quist@example.com,email,granted,2026-01-02T00:00:00Z
phone,0612345678,sms,granted,2026-01-02T00:00:00Z
email,bob@example.com,email,granted,2026-01-02T00:00:00Z
"""


def event(number: int, device: str, at: str, **more: Any) -> dict[str, Any]:
    return {"messageId": f"m{number}", "type": "track", "event": "Product Viewed", "anonymousId": device, "timestamp": at, **more}


def events() -> list[dict[str, Any]]:
    """Her own device, one she shares with Bob, an order told by the site, and an address in the traits of a device of its own."""
    bought = {"order_id": "o-1", "total": 100.5, "currency": "EUR", "products": [{"product_id": "vase"}], "email": EMAIL}
    return [
        event(1, "d-own", "2026-01-09T10:00:00Z", context={"ip": "203.0.113.7", "userAgent": "Quistbrowser/1"}),
        event(2, "d-own", "2026-01-10T10:00:00Z", event="Order Completed", properties=bought),
        event(3, "d-shared", "2026-01-11T10:00:00Z", userId="u-ann-1"),
        event(4, "d-shared", "2026-01-11T11:00:00Z", userId="u-bob-1", context={"ip": "203.0.113.9"}),
        event(5, "d-bob", "2026-01-12T10:00:00Z", userId="u-bob-1", properties={"email": EMAIL, "product_id": "lamp"}),
    ]


def ndjson(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


IDENTITY = {
    "p-ann": [
        ("email", EMAIL), ("phone", PHONE), ("contact_id", "c-ann"), ("customer_id", "k-ann"), ("order_id", "o-1"),
        ("order_id", "o-2"), ("user_id", "u-ann-1"), ("anonymous_id", "d-own"),
    ],
    "p-bob": [
        ("email", "bob@example.com"), ("phone", "+33611111111"), ("contact_id", "c-bob"), ("customer_id", "k-bob"),
        ("order_id", "o-3"), ("user_id", "u-bob-1"), ("anonymous_id", "d-bob"),
    ],
    "p-tim": [("contact_id", "c-tim"), ("phone", "+33622222222")],
}  # fmt: skip
"""As the identity room would have it: a child's account stays apart though it names a parent's address."""


class Company(Project):
    """A project whose people are known; `traces` looks for what is left of her."""

    def copied(self, base: Path) -> Company:
        shutil.copytree(self.base, base)
        other = Company.__new__(Company)
        other.base, other.landing = base, base / "landing"
        return other

    def known(self) -> None:
        """Stand in for the identity room and what is made of it, a growing table among them."""
        with open_warehouse(self.settings) as con:
            normalise_identifiers(con, self.settings)
            con.execute("create schema if not exists profiles; create schema if not exists unified")
            con.execute(
                """create or replace table identity.identifiers (identifier_type varchar, identifier varchar, profile_id varchar,
                    first_seen timestamp)"""
            )
            rows = [(kind, value, profile) for profile, ends in IDENTITY.items() for kind, value in ends]
            con.executemany("insert into identity.identifiers values (?, ?, ?, timestamp '2026-01-01')", rows)
            con.execute("create or replace table profiles.profiles (profile_id varchar, email varchar, first_name varchar)")
            con.execute(
                "insert into profiles.profiles values ('p-ann', ?, ?), ('p-bob', 'bob@example.com', 'Bob')", [EMAIL, NAME]
            )
            con.execute(
                """create or replace table unified.events as
                select message_id, anonymous_id, user_id, _happened_at as occurred_at, 'segment' as source, _batch
                from raw_segment.events"""
            )
            con.execute(
                """create or replace table unified.orders as
                select order_id, customer_id, email, phone, total, postal_code from raw_generic.orders"""
            )

    def forget(self, requested_at: datetime | None = None) -> list[Path]:
        wish = Wish((("email", EMAIL),), "request", requested_at or datetime(2026, 6, 1))
        paths = erase(self.settings, [wish])
        with open_warehouse(self.settings) as con:
            assert unbalanced(con) == []
        return paths

    def traces(self, *apart: Path) -> list[str]:
        """Files that hold something of her, but for the company's own landing files."""
        found = []
        for path in sorted(self.base.rglob("*")):
            if path.is_file() and not path.is_relative_to(self.landing) and path not in apart:
                content = path.read_bytes().lower()
                found += [f"{path.relative_to(self.base)}: {text}" for text in TRACES if text.encode() in content]
        return found

    def raw(self, *but: str) -> dict[str, list[tuple]]:
        """Every raw table without what tells when its rows came."""
        tables = self.rows("select schema_name, table_name from duckdb_tables() where schema_name like 'raw_%' order by all")
        apart = ", ".join(["_batch", "_loaded_at", "_file", "_line", *but])
        return {
            f"{schema}.{table}": self.rows(f'select * exclude ({apart}) from "{schema}"."{table}" order by all')
            for schema, table in tables
        }


def land(company: Project, suffix: str = "") -> None:
    company.write(f"generic/contacts/a{suffix}.csv", CONTACTS)
    company.write(f"generic/orders/a{suffix}.csv", ORDERS)
    company.write(f"generic/order_lines/a{suffix}.csv", LINES)
    company.write(f"generic/consents/a{suffix}.csv", CONSENTS)
    company.write(f"segment/events/a{suffix}.ndjson", ndjson(events()))


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Loaded, known, and not erased yet. Tests copy it."""
    shop = Company(tmp_path_factory.mktemp("loaded") / "shop")
    land(shop)
    shop.load()
    shop.known()
    return shop


@pytest.fixture(scope="session")
def forgotten(loaded: Company, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The same after the erasure. Tests read it and leave it as it is."""
    shop = loaded.copied(tmp_path_factory.mktemp("forgotten") / "shop")
    shop.forget()
    return shop


@pytest.fixture
def company(loaded: Company, tmp_path: Path) -> Company:
    return loaded.copied(tmp_path / "shop")
