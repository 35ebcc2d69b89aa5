"""Normalised and hashed values, each distinct raw value worked out once and kept in `activation.match_keys`.

With the cache warm, building an upload file is SQL joins and a COPY; Python sees new values only.
"""

from __future__ import annotations

import re

import duckdb
import pyarrow as pa

from dagster_project.activation.normalisers import VERSION, match_value
from dagster_project.activation.record_normalisers import TEXTS, shortened
from dagster_project.activation.specs import Column

SEPARATOR = "\x1f"
BATCH = 100_000

_WITH_COUNTRY = frozenset({"postal_code", "zip_lower", "state_letters"})


def cache_name(column: Column) -> str:
    """Under which name the column's values are kept: another version, form or pattern is another value."""
    form = f"sha256 {column.digest}" if column.digest else f"plain {column.pattern}" if column.pattern else "plain"
    form += f" of {column.max_length}" if column.max_length else ""
    return f"{column.normaliser} v{VERSION} {form}"


def raw_sql(column: Column, value: str, country: str) -> str:
    """SQL text of the cache's `raw`: the value, with the country where the rule depends on it."""
    if column.normaliser in _WITH_COUNTRY:
        return f"{value} || chr(31) || coalesce({country}, '')"
    return value


def learn(con: duckdb.DuckDBPyConnection, column: Column, raws: str) -> int:
    """Normalise what the cache doesn't know yet.

    Args:
        raws: SQL of a query with one VARCHAR column, `raw`.

    Returns:
        How many raw values were new.
    """
    name = cache_name(column)
    unknown = con.execute(
        f"""select distinct new.raw from ({raws}) as new where new.raw is not null
            and not exists (select 1 from activation.match_keys known where known.normaliser = ? and known.raw = new.raw)""",
        [name],
    ).to_arrow_table()["raw"]
    for start in range(0, len(unknown), BATCH):
        raw = unknown.slice(start, BATCH).to_pylist()
        batch = pa.table(
            {"raw": pa.array(raw, pa.string()), "value": pa.array([_value(column, text) for text in raw], pa.string())}
        )
        con.register("new_match_keys", batch)
        try:
            con.execute("insert into activation.match_keys select ?, raw, value from new_match_keys", [name])
        finally:
            con.unregister("new_match_keys")
    return len(unknown)


def _value(column: Column, raw: str) -> str | None:
    value, _, country = raw.partition(SEPARATOR)
    found = match_value(column.normaliser, value, country or None, digest=column.digest)
    if found is not None and column.max_length and len(found) > column.max_length:
        found = shortened(found, column.max_length) if column.normaliser in TEXTS else None
    if found is not None and column.digest is None and not re.fullmatch(column.cell_pattern, found):
        return None
    return found
