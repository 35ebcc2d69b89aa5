"""Rows held on a person outside of their tables."""

from __future__ import annotations

import duckdb

from dagster_project.explain.held import refused_rows
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
