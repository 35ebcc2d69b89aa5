"""Identifiers as they are written → as they are compared: what identity.normalised knows, and the rest worked out here."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from dagster_project.catalog import has_table
from dagster_project.loads.normalise import normalise_email, normalise_phone, plain_email_sql

SLICE = 50_000

COUNTRY = "getvariable('relance_country')"
"""SQL of the country that phone numbers are read in whose row names none: a variable of the session."""


def set_country(con: duckdb.DuckDBPyConnection, country: str) -> None:
    con.execute("set variable relance_country = $1", [country.upper()])


def normalise_values(con: duckdb.DuckDBPyConnection, table: str, into: str) -> None:
    """Make the temporary table `into` (type, raw, region, value) from `table` (type, raw, region, vendor).

    A vendor's own number is known as `<vendor>:<number>`: bare, it may be somebody else's. What is no address or number is left
    out.
    """
    con.execute(
        f"""create or replace temp table {into} as with ids as (from {table} where type not in ('email', 'phone'))
        select type, raw, region,
            case
                when vendor is not null then vendor || ':' || trim(raw)
                when type = 'hashed_email' then lower(trim(raw))
                else trim(raw)
            end as value
        from ids
        union all
        select type, raw, region, lower(trim(raw)) from {table} where type = 'email' and {plain_email_sql("raw")}"""
    )
    rest = f"select distinct v.type, v.raw, v.region from {table} as v"
    hard = f"(v.type = 'phone' or (v.type = 'email' and not {plain_email_sql('v.raw')}))"
    if has_table(con, "identity", "normalised"):
        same = "n.kind = v.type and n.raw = v.raw and n.region = v.region"
        con.execute(
            f"""insert into {into} select distinct v.type, v.raw, v.region, n.value
            from {table} as v join identity.normalised as n on {same} where {hard} and n.value is not null"""
        )
        rest += f" anti join identity.normalised as n on {same}"
    pending = con.execute(f"{rest} where {hard}").fetchall()
    (country,) = con.execute(f"select {COUNTRY}").fetchone() or ("",)
    for start in range(0, len(pending), SLICE):
        part = pending[start : start + SLICE]
        values = [
            normalise_email(raw)[0] if kind == "email" else normalise_phone(raw, region, country)[0] for kind, raw, region in part
        ]
        names = ("type", "raw", "region")
        columns = {name: pa.array([row[place] for row in part], pa.string()) for place, name in enumerate(names)}
        con.register("privacy_slice", pa.table(columns | {"value": pa.array(values, pa.string())}))
        con.execute(f"insert into {into} select type, raw, region, value from privacy_slice where value is not null")
        con.unregister("privacy_slice")
