"""What tables the warehouse has."""

from __future__ import annotations

import duckdb

from dagster_project.loads.casts import identifier


def columns_of(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> set[str]:
    """Column names of a table or view; empty where there is none."""
    # Asked for by name: DuckDB's lists of all columns are made anew for every question, which takes it twenty times as long.
    try:
        rows = con.execute(f"describe {identifier(schema)}.{identifier(table)}").fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):
        return set()
    return {row[0] for row in rows}


def has_table(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    return bool(columns_of(con, schema, table))
