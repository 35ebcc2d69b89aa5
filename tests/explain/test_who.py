"""Whom an identifier stands for, and people of whom there is very much."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime

import duckdb
import pytest
from rich.console import Console

from dagster_project.errors import RelanceError
from dagster_project.explain.links import own_id
from dagster_project.explain.person import explain_person
from dagster_project.explain.show import show
from dagster_project.explain.who import Who, find_person
from dagster_project.privacy.salt import digest, read_salt, salt_id
from dagster_project.privacy.tombstones import Tombstone, file_tombstones


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with the tables of the identity room alone."""
    with duckdb.connect() as con:
        con.execute(
            """create schema identity;
            create table identity.identifiers (
                identifier_type varchar, identifier varchar, profile_id varchar, first_seen timestamp);
            create table identity.refused_identifiers (identifier_type varchar, identifier varchar, reason varchar);
            create table identity.aliases (alias varchar, profile_id varchar);
            create table identity.edges (
                left_type varchar, left_identifier varchar, right_type varchar, right_identifier varchar, rule varchar,
                tier integer, first_seen timestamp, last_seen timestamp, observations bigint, source varchar, evidence varchar,
                accepted boolean, refused_reason varchar)"""
        )
        yield con


def known(con: duckdb.DuckDBPyConnection, profile_id: str, *ends: tuple[str, str]) -> None:
    for kind, value in ends:
        con.execute("insert into identity.identifiers values (?, ?, ?, timestamp '2026-01-01')", [kind, value, profile_id])


def refused(con: duckdb.DuckDBPyConnection, settings, text: str) -> str:
    with pytest.raises(RelanceError) as told:
        find_person(con, settings, text)
    return str(told.value)


def test_a_former_name_leads_to_the_person_of_today(con, make_project):
    """Exports and tickets of last year bear ids that have merged since."""
    old, new = own_id(("email", "a@b.fr")), own_id(("user_id", "1"))
    known(con, new, ("user_id", "1"), ("email", "a@b.fr"))
    con.execute("insert into identity.aliases values (?, ?)", [old, new])
    assert find_person(con, make_project(), old) == Who(new, former=old)


def test_a_number_of_two_people_is_asked_back(con, make_project):
    """Showing the first of two customers 4711 shows a stranger's orders."""
    known(con, "p1", ("customer_id", "shopify:4711"))
    known(con, "p2", ("customer_id", "hubspot:4711"), ("order_id", "4711"))
    settings = make_project()
    for nobody in ("p" + 20 * "0", "profile_id:p0"):
        assert "Nobody is known" in refused(con, settings, nobody)
    assert "no type is called so" in refused(con, settings, "customer:4711")
    assert "several people, as customer_id" in refused(con, settings, "4711")
    assert "several people" in refused(con, settings, "customer_id:4711")
    assert find_person(con, settings, "customer_id:shopify:4711").profile_id == "p1"
    assert find_person(con, settings, "order_id:4711").profile_id == "p2"


def test_who_an_address_is_shared_by_is_counted(con, make_project):
    """`not found` for the address that stands on 30 accounts sends support looking for a person who is none."""
    con.execute("insert into identity.refused_identifiers values ('email', 'desk@shop.fr', 'fan_out')")
    con.execute(
        """insert into identity.edges by name select 'customer_id' as left_type, 'C' || i as left_identifier,
            'email' as right_type, 'desk@shop.fr' as right_identifier, 'order' as rule, false as accepted
        from range(30) as r(i)"""
    )
    assert "This email stands for nobody: it is shared by 30 of type customer_id" in refused(con, make_project(), "Desk@Shop.fr")


def test_an_erased_person_is_told_as_erased_and_who_came_back_is_shown(con, make_project):
    """`Nobody` of who was erased makes people send the file again; and who buys again is a customer."""
    settings = make_project()
    salt, at = read_salt(settings, set()), datetime(2026, 3, 4)
    stone = Tombstone("email", digest(salt, "email", "gone@b.fr"), "gone", at, at, "r1", salt_id(salt))
    file_tombstones(settings, [stone])
    assert "was erased on 2026-03-04" in refused(con, settings, "Gone@b.fr")
    assert "gone@b.fr" not in refused(con, settings, "Gone@b.fr")
    assert "Nobody is known" in refused(con, settings, "other@b.fr")
    known(con, "p1", ("email", "gone@b.fr"))
    assert find_person(con, settings, "gone@b.fr") == Who("p1", ("email", "gone@b.fr"), erased_at=at)


def test_ten_thousand_identifiers_fit_on_a_screen(con):
    """A till, or a test account, must not flood the terminal, nor an identifier obey it."""
    known(con, "p1", ("user_id", "till"), ("anonymous_id", "\x1b[31mred[/bold]" + "x" * 10_000))
    con.execute(
        """insert into identity.identifiers
        select 'order_id', 'O' || i, 'p1', timestamp '2026-01-01' from range(10000) as r(i);
        insert into identity.edges
        select 'order_id', 'O' || i, 'user_id', 'till', 'ordered_on_site', 1, timestamp '2026-01-01', timestamp '2026-01-01',
            1, 'generic', '{"first": "m", "last": "m"}', true, null from range(10000) as r(i);
        insert into identity.edges
        select 'anonymous_id', identifier, 'user_id', 'till', 'login', 4, timestamp '2026-01-01', timestamp '2026-01-01',
            1, 'generic', null, true, null from identity.identifiers where identifier_type = 'anonymous_id'"""
    )
    told = explain_person(con, Who("p1", ("anonymous_id", "\x1b[31mred[/bold]" + "x" * 10_000)), evidence_of=30)
    assert len(told.tree) == 10_002
    out = io.StringIO()
    show(told, Console(file=out, width=170))
    text = out.getvalue()
    assert "10,000 order_id" in text and "red[/bold]" in text and "\x1b" not in text
    assert len(text.splitlines()) < 60
