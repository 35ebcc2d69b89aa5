"""What the tables of profiles, scores and audiences say of one person."""

from __future__ import annotations

from typing import Any

import duckdb

from dagster_project.catalog import has_table
from dagster_project.loads.casts import literal

Row = dict[str, Any]

SCORE_VIEWS = ("customer_contributions", "prediction_reasons", "movements")


def rows_of(con: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    """The rows of a query, each as column → value.

    Whoever answers at once writes values as literals: for the first parameter, DuckDB imports pandas, which takes seconds.
    """
    found = con.execute(query)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def of_person(con: duckdb.DuckDBPyConnection, schema: str, table: str, profile_id: str) -> list[Row]:
    """The person's rows of a table, without the profile_id, in a settled order; none where there is no such table."""
    if not has_table(con, schema, table):
        return []
    found = rows_of(con, f'select * from "{schema}"."{table}" where profile_id = {literal(profile_id)} order by all')
    return [{name: value for name, value in row.items() if name != "profile_id"} for row in found]


def profile_of(con: duckdb.DuckDBPyConnection, profile_id: str) -> Row:
    found = of_person(con, "profiles", "profiles", profile_id)
    return found[0] if found else {}


def changes_of(con: duckdb.DuckDBPyConnection, profile_id: str) -> list[Row]:
    """The past merges, splits and renamings by which identifiers came to the person or went from them, oldest first."""
    if not has_table(con, "identity", "profile_changes"):
        return []
    return rows_of(
        con,
        f"""with recursive names as (
            select {literal(profile_id)} as profile_id
            union
            select changes.old_profile_id from identity.profile_changes as changes join names using (profile_id)
            where changes.kind <> 'split'
        )
        select old_profile_id, profile_id, kind, "at", rule, evidence from identity.profile_changes
        where profile_id in (select profile_id from names) or old_profile_id in (select profile_id from names)
        order by "at", old_profile_id, profile_id, kind""",
    )


def scores_of(con: duckdb.DuckDBPyConnection, profile_id: str) -> dict[str, list[Row]]:
    """Score → its rows on the person: every table of the room that goes by profile_id, and what scores are made of.

    Other views there tell what profiles and unified tables hold, and would be worked out for everybody first.
    """
    tables = con.execute(
        """select table_name from duckdb_columns()
        where schema_name = 'scores' and column_name = 'profile_id' and not internal order by 1"""
    ).fetchall()
    views = {name for (name,) in con.execute("select view_name from duckdb_views() where schema_name = 'scores'").fetchall()}
    told = {
        table: of_person(con, "scores", table, profile_id) for (table,) in tables if table not in views or table in SCORE_VIEWS
    }
    return {table: rows for table, rows in told.items() if rows}
