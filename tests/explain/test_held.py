"""Rows held on a person outside of their tables."""

from __future__ import annotations

import duckdb

from dagster_project.explain.held import Others, refused_rows, withhold_quotes
from dagster_project.privacy.person import Person
from dagster_project.privacy.wanted import list_wanted

ANN = Person(frozenset({("email", "ann@x.fr"), ("phone", "+33612345678"), ("customer_id", "shopify:4711000000")}), frozenset())


def test_refused_rows_are_told_to_whom_they_name_alone() -> None:
    """Another person's refused row in an answer to an access request is a breach; her own left out is a wrong answer."""
    hers = ["1,ANN@x.fr", "2,06 12 34 56 78", '{"url":"/?e=ann%40x.fr"}', "4711000000,never"]
    others = ["3,joann@x.fr", "4,ann@x.fr.example", "5,0612345678901", "14711000000,never", ""]
    with duckdb.connect() as con:
        con.execute("create schema quality")
        con.execute(
            """create table quality.quarantine as select 'f' as file, record as line, 'shopify' as source, 'orders' as entity,
                'why' as reason, raw, now() as quarantined_at, null::timestamp as settled_at, 1 as batch, record
            from (select unnest(range(9)) as record, unnest($1) as raw)""",
            [[*hers, *others]],
        )
        list_wanted(con, ANN)
        assert [row["raw"] for row in refused_rows(con, ANN, "FR", {})] == hers


def test_a_friends_address_in_what_she_filled_in_is_withheld() -> None:
    """An answer to an access request that tells of a friend what the company knows, is a breach."""
    ann = Person(ANN.identifiers, frozenset({"p-ann"}))
    gift = {"to": ["bob@x.fr", "ann@x.fr", "unknown@x.fr"], "total": 3}
    with duckdb.connect() as con:
        known = "('email', 'ann@x.fr', 'p-ann'), ('email', 'bob@x.fr', 'p-bob')"
        columns = "identifier_type, identifier, profile_id"
        con.execute(f"create schema identity; create table identity.identifiers as from (values {known}) as t ({columns})")
        held = {
            "unified": [{"properties": '{"email":"Bob@x.fr"}', "url": "/?e=ann%40x.fr"}],
            "raw": {"events": [{"properties": gift}]},
        }
        withhold_quotes(held, Others(con, ann, "FR"))
    assert held["unified"] == [{"properties": "withheld", "url": "/?e=ann%40x.fr"}]
    assert gift == {"to": ["withheld", "ann@x.fr", "unknown@x.fr"], "total": 3}
