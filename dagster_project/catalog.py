"""What tables the warehouse has."""

from __future__ import annotations

import duckdb

from dagster_project.loads.casts import literal


def columns_of(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> set[str]:
    """Column names of a table or view; empty where there is none."""
    # No parameters: for the first one, DuckDB imports pandas, and `relance check` would take twice its time.
    here = f"schema_name = {literal(schema)} and table_name = {literal(table)}"
    rows = con.execute(f"select column_name from duckdb_columns() where {here}").fetchall()
    return {name for (name,) in rows}


def has_table(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    return bool(columns_of(con, schema, table))
