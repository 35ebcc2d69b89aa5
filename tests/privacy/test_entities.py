"""Every table of every contract: the person's rows are found in it, and nobody else's who bears the same number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import duckdb
import pytest

from dagster_project.explain.held import raw_rows
from dagster_project.loads.books import ensure_books
from dagster_project.loads.casts import identifier
from dagster_project.loads.contract import Entity, load_contracts
from dagster_project.privacy.claims import ACCOUNTS, claims_of, vendors
from dagster_project.privacy.person import person_of
from dagster_project.privacy.raw import Counts, keep_others_traces, list_traces, take_rows
from dagster_project.privacy.salt import set_salt
from dagster_project.privacy.values import set_country
from dagster_project.privacy.wanted import find_rows, rows_left

ENTITIES = [
    entity
    for entities in load_contracts().values()
    for entity in entities.values()
    if claims_of(entity) and entity.name != "erasures"
]
END = datetime(2026, 6, 1)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """All raw tables, empty, and an identity room."""
    with duckdb.connect() as con:
        set_country(con, "FR")
        set_salt(con, "salt")
        ensure_books(con)
        con.execute(
            """create schema identity; create table identity.identifiers (
                identifier_type varchar, identifier varchar, profile_id varchar, first_seen timestamp);
            create table identity.refused_identifiers (identifier_type varchar, identifier varchar, reason varchar);
            create table identity.normalised (kind varchar, raw varchar, region varchar, value varchar);
            insert into identity.normalised values ('phone', '+33612345678', 'FR', '+33612345678');
            create schema profiles; create table profiles.sessions (
                device varchar, identifier_type varchar, identifier varchar, started_at timestamp, ended_at timestamp)"""
        )
        for entity in {entity.table: entity for of in load_contracts().values() for entity in of.values()}.values():
            con.execute(f'create schema if not exists "raw_{entity.source}"')
            columns = ", ".join(f"{identifier(name)} {kind}" for name, kind in entity.all_columns.items())
            con.execute(f"create table {entity.table} ({columns})")
        yield con


def land(con: duckdb.DuckDBPyConnection, entity: Entity, key: str, **cells: str) -> None:
    told = {"_key": key, "_file": "f", "_line": 1, "_batch": 1, "_happened_at": datetime(2026, 1, 1)} | cells
    names = ", ".join(map(identifier, told))
    con.execute(f"insert into {entity.table} ({names}) values ({', '.join('?' * len(told))})", list(told.values()))


def known(con: duckdb.DuckDBPyConnection, profile_id: str, *ends: tuple[str, str]) -> None:
    for kind, value in ends:
        con.execute("insert into identity.identifiers values (?, ?, ?, timestamp '2026-01-01')", [kind, value, profile_id])


def found(con: duckdb.DuckDBPyConnection, asked: tuple[str, str]) -> set[tuple[str, str]]:
    find_rows(con, person_of(con, [asked]), END)
    return set(con.execute("select entity, key from privacy_rows").fetchall())


def test_an_erasure_and_an_answer_go_through_every_table(con: duckdb.DuckDBPyConnection) -> None:
    """A column that is called as one of the erasure's own (`id`) ends every erasure once that table has been loaded."""
    values = {"email": "ann@x.fr", "phone": "+33612345678", "order_id": "A-900"}
    expected = set()
    for entity in ENTITIES:
        claim = claims_of(entity)[0]
        value = values.get(claim.type, f"A-{claim.type}")
        kind = "customer_id" if claim.type == "typed" else claim.type
        cells = {claim.column: '{"email":"ann@x.fr","phone":"+33612345678"}' if claim.spec.path else value}
        if claim.spec.type_from:
            cells[claim.spec.type_from] = kind
        land(con, entity, "hers", **cells | {other: words[0] for other, words in claim.spec.when.items()})
        known(con, "p-ann", (kind, claim.known_as(value)))
        expected.add(f"{entity.source}.{entity.name}")
    known(con, "p-bob", ("customer_id", "B-1"), ("email", "bob@x.fr"))
    person = person_of(con, [("email", "ann@x.fr")])
    told, of_others = raw_rows(con, person, "FR")
    assert set(told) == expected and of_others == {}
    hits = find_rows(con, person, END)
    list_traces(con, hits)
    take_rows(con, hits, END, Counts())
    keep_others_traces(con)
    left = find_rows(con, person, END)
    assert [hit.entity.name for hit in left if hit.entity.anonymous is None] == []
    assert not rows_left(con, person)


def test_a_number_is_its_system_s(con: duckdb.DuckDBPyConnection) -> None:
    """Customer 777 of the till and customer 777 of the shop are two people, and so are their orders of one number: erasing one
    must neither touch nor show the other."""
    by_system: dict[str, set[tuple[str, str]]] = {}
    for entity in ENTITIES:
        numbers = {claim.column for claim in claims_of(entity) if claim.type in ACCOUNTS and not claim.spec.path}
        if numbers:
            land(con, entity, "here", **dict.fromkeys(numbers, "777"))
            system = entity.source if entity.source in vendors() else "own"
            by_system.setdefault(system, set()).add((f"{entity.source}.{entity.name}", "here"))
    for kind in ACCOUNTS:
        known(con, "p-colin", (kind, "777"))
        for vendor in vendors():
            known(con, f"p-{vendor}", (kind, f"{vendor}:777"))
    shop, till = load_contracts()["shopify"], load_contracts()["generic"]
    land(con, till["orders"], "order", order_id="5", customer_id="777")
    land(con, till["order_lines"], "line", order_id="5", line_id="1")
    land(con, shop["order"], "order", id="5", customer_id="777")
    land(con, shop["order_line"], "line", order_id="5", id="9")
    # Identity takes an order that two systems report for one.
    known(con, "p-shopify", ("order_id", "5"))
    by_system["own"] |= {("generic.orders", "order"), ("generic.order_lines", "line")}
    by_system["shopify"] |= {("shopify.order", "order"), ("shopify.order_line", "line")}
    assert set(by_system) == {"own", *vendors()}
    assert found(con, ("customer_id", "777")) == by_system["own"]
    assert found(con, ("customer_id", "shopify:777")) == by_system["shopify"]
    assert found(con, ("contact_id", "hubspot:777")) == by_system["hubspot"]
