"""Loads stop the rows of erased people before they reach the warehouse.

A row is stopped if it names an erased identifier and its own date (`_happened_at`; never when it was updated) lies before the
request, or it has none. Later ones are taken: a person may become a customer again. Of rows that are amounts, the amounts are
taken, of nobody, as an erasure leaves them. A row of an account that is somebody else's is taken without the identifiers.

Nothing here costs anything where nobody was erased: `arm` has then not been here (tombstones.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import duckdb
import pyarrow as pa

from dagster_project.loads.casts import identifier
from dagster_project.loads.plan import Plan
from dagster_project.loads.read import Landed
from dagster_project.loads.stage import stage_sql
from dagster_project.privacy.anonymous import of_nobody, stays_sql, without
from dagster_project.privacy.claims import Claim, claims_of, needed_columns
from dagster_project.privacy.quotes import addresses_in, has_address_sql
from dagster_project.privacy.salt import digest_sql
from dagster_project.privacy.values import COUNTRY, SLICE, normalise_values


@dataclass(frozen=True)
class Stopped:
    """File number → records that were stopped; of those, the ones whose amounts were taken; others' that were taken."""

    tombstoned: Counter[int] = field(default_factory=Counter)
    anonymous: Counter[int] = field(default_factory=Counter)
    freed: Counter[int] = field(default_factory=Counter)


def create_stopped(con: duckdb.DuckDBPyConnection) -> None:
    """Make load_stopped (_fileno, _record, outcome: gone, anonymous, freed) and load_kept, those of them that were written."""
    con.execute("create or replace temp table load_stopped (_fileno bigint, _record bigint, outcome varchar)")
    con.execute("create or replace temp table load_kept (_fileno bigint, _record bigint)")


def mark_stopped(con: duckdb.DuckDBPyConnection, plan: Plan, landed: Landed) -> None:
    """Fill load_stopped with the records that tell of erased people."""
    claims = claims_of(plan.entity)
    if not claims or not _armed(con):
        return
    told = {name: identifier(name) for name in plan.entity.columns} | {"_extra": "_extra"}
    places = []
    for place, claim in enumerate(claims):
        places.append(f"{claim.type_sql(told.__getitem__)} as type_{place}")
        places.append(f"{claim.value_sql(told.__getitem__)} as value_{place}")
        places.append(f"{_region_sql(claim, told.__getitem__)} as region_{place}")
    places.append(f"{stays_sql(plan.entity, told.__getitem__)} as stays")
    key = ["_key"] if _has_visits(con) else []
    rows = stage_sql(plan, landed, ["_fileno", "_record", "_happened_at", *key, *needed_columns(plan.entity)])
    con.execute(
        f"""create or replace temp table load_claims as
        select {", ".join(["_fileno", "_record", "_happened_at", *key, *places])}
        from ({rows})"""
    )
    verdicts = _find_gone(con, claims)
    if "gone" in verdicts:
        _judge(con, plan, claims)
    if "visit" in verdicts and plan.entity.anonymous:
        _judge_visits(con, plan, claims)
    con.execute("drop table temp.load_claims")


def _armed(con: duckdb.DuckDBPyConnection) -> bool:
    query = "select 1 from duckdb_tables() where temporary and table_name = 'load_tombstones'"
    return con.execute(query).fetchone() is not None


def _has_visits(con: duckdb.DuckDBPyConnection) -> bool:
    return con.execute("select 1 from load_tombstones where verdict = 'visit' limit 1").fetchone() is not None


def _find_gone(con: duckdb.DuckDBPyConnection, claims: list[Claim]) -> set[str]:
    """Fill load_gone (type, raw, region, verdict, requested_at) with the values of load_claims that have a tombstone; returns the
    verdicts.
    """
    values = []
    for place, claim in enumerate(claims):
        value = f"unnest(value_{place})" if claim.in_list else f"value_{place}"
        vendor = f"'{claim.vendor}'" if claim.vendor else "null"
        values.append(
            f"select type_{place} as type, {value} as raw, region_{place} as region, {vendor} as vendor from load_claims"
        )
    con.execute(
        f"""create or replace temp table load_raw_values as
        select distinct type, raw, region, vendor from ({" union all ".join(values)}) where raw is not null"""
    )
    normalise_values(con, "load_raw_values", "load_normal_values")
    con.execute(
        f"""create or replace temp table load_gone as
        select v.type, v.raw, v.region, min(t.verdict) as verdict, max(t.requested_at) as requested_at
        from load_normal_values as v join load_tombstones as t
            on t.identifier_type = v.type and t.identifier_sha256 = {digest_sql("v.type", "v.value")}
        group by all"""
    )
    for table in ("load_raw_values", "load_normal_values"):
        con.execute(f"drop table temp.{table}")
    return {verdict for (verdict,) in con.execute("select distinct verdict from load_gone").fetchall()}


def _judge_visits(con: duckdb.DuckDBPyConnection, plan: Plan, claims: list[Claim]) -> None:
    """Add the rows of an erased person's visits on devices of several people: of these devices' rows, the keys are looked up."""
    devices = [place for place, claim in enumerate(claims) if claim.type == "anonymous_id" and not claim.in_list]
    known = " or ".join(
        f"value_{place} in (select raw from load_gone where type = 'anonymous_id' and verdict = 'visit')" for place in devices
    )
    row = f"'{plan.entity.source}.{plan.entity.name}:' || _key"
    con.execute(
        f"""insert into load_stopped
        select _fileno, _record, 'anonymous' from load_claims anti join load_stopped using (_fileno, _record)
        where ({known}) and {digest_sql("'row'", row)} in (
            select identifier_sha256 from load_tombstones where identifier_type = 'row')"""
    )


def _judge(con: duckdb.DuckDBPyConnection, plan: Plan, claims: list[Claim]) -> None:
    joins, gone, others = [], [], []
    before = "<=" if plan.entity.name == "erasures" else "<"
    for place, claim in enumerate(claims):
        same = f"list_contains(c.value_{place}, g{place}.raw)" if claim.in_list else f"g{place}.raw = c.value_{place}"
        on = f"g{place}.type = c.type_{place} and {same} and g{place}.region = c.region_{place}"
        joins.append(f"left join load_gone as g{place} on {on}")
        timely = f"(c._happened_at is null or c._happened_at {before} g{place}.requested_at)"
        gone.append(f"case when g{place}.verdict = 'gone' and {timely} then {claim.tier} end")
        others.append(f"case when g{place}.verdict = 'other' then {claim.tier} end")
    con.execute(
        f"""insert into load_stopped
        select _fileno, _record,
            case when bool_or(coalesce(other < gone, false)) then 'freed' when bool_or(stays) then 'anonymous' else 'gone' end
        from (
            select c._fileno, c._record, c.stays, least({", ".join([*gone, "null"])}) as gone,
                least({", ".join([*others, "null"])}) as other
            from load_claims as c {" ".join(joins)}
        ) where gone is not null group by all"""
    )


def write_stopped(con: duckdb.DuckDBPyConnection, plan: Plan, landed: Landed, batch: int, now: datetime) -> None:
    """Write what stays of the records in load_stopped, within the caller's transaction: amounts of nobody, and others' rows."""
    if not con.execute("select 1 from load_stopped where outcome <> 'gone' limit 1").fetchone():
        return
    entity = plan.entity
    told = ["_hash"] if entity.mode == "versions" else []
    wanted = [*entity.columns, "_extra", "_key", *told, "_happened_at", "_path", "_record", "_landed_on", "_fileno", "_reason"]
    rows = stage_sql(plan, landed, wanted, only="load_stopped")
    columns = {name: identifier(name) for name in [*entity.columns, "_extra", "_key"]}
    parts = []
    for outcome, made in (("anonymous", _of_nobody(plan)), ("freed", _freed(con, plan))):
        if made is not None:
            cells = ", ".join(f"{made.get(name, columns[name])} as {columns[name]}" for name in columns)
            rest = ", ".join(["_happened_at", *told, "s._path", "s._record", "_landed_on", "s._fileno"])
            parts.append(
                f"""select {cells}, {rest} from ({rows}) as s
                join load_stopped as d on d._fileno = s._fileno and d._record = s._record
                where _reason is null and d.outcome = '{outcome}'"""
            )
    ident = "_hash" if told else "_key"
    con.execute(
        f"""create or replace temp table load_remaining as
        select * from ({" union all ".join(parts)}) where {ident} not in (select {ident} from {entity.table})
        qualify row_number() over (partition by {ident} order by _landed_on nulls last, _path, _record) = 1"""
    )
    con.execute(
        f"""insert into {entity.table} by name
        select * exclude (_path, _record, _fileno), _path as _file, _record as _line, $batch::bigint as _batch,
            $now::timestamp as _loaded_at from load_remaining""",
        {"batch": batch, "now": now},
    )
    con.execute("insert into load_kept select _fileno, _record from load_remaining")
    con.execute("drop table temp.load_remaining")


def _of_nobody(plan: Plan) -> dict[str, str] | None:
    return of_nobody(plan.entity, identifier) if plan.entity.anonymous else None


def _freed(con: duckdb.DuckDBPyConnection, plan: Plan) -> dict[str, str] | None:
    if not con.execute("select 1 from load_stopped where outcome = 'freed' limit 1").fetchone():
        return None
    gone = "(select type, raw, region from load_gone where verdict = 'gone')"
    hits = [
        (claim, f"({claim.type_sql(identifier)}, {claim.value_sql(identifier)}, {_region_sql(claim, identifier)}) in {gone}")
        for claim in claims_of(plan.entity)
        if not claim.in_list and claim.type != "order_id"
    ]
    return without(plan.entity, identifier, hits)


def _region_sql(claim: Claim, column: Callable[[str], str]) -> str:
    """The region of a value of a claim: of a phone number its row's country, else the company's."""
    region = f"coalesce(nullif({claim.region_sql(column, COUNTRY)}, ''), {COUNTRY})"
    return f"case when {claim.type_sql(column)} = 'phone' then {region} else '' end"


def stop_refused(con: duckdb.DuckDBPyConnection) -> None:
    """Take out of load_refused the records that quote an erased person's address: they are stopped, not kept in quarantine."""
    if not _armed(con):
        return
    refused = con.execute(f"select _fileno, _record, raw from load_refused where {has_address_sql('raw')}")
    told: list[tuple[int, int, str]] = []
    while rows := refused.fetchmany(SLICE):
        told += [(file, record, address) for file, record, raw in rows for address in sorted(addresses_in(raw))]
    if not told:
        return
    files, records, addresses = zip(*told, strict=True)
    con.register("privacy_slice", pa.table({"_fileno": files, "_record": records, "address": addresses}))
    con.execute(
        f"""create or replace temp table load_quoting as
        select distinct _fileno, _record from privacy_slice where {digest_sql("'email'", "address")} in (
            select identifier_sha256 from load_tombstones where identifier_type = 'email' and verdict = 'gone')"""
    )
    con.unregister("privacy_slice")
    con.execute("""delete from load_refused as r using load_quoting as q where q._fileno = r._fileno and q._record = r._record""")
    con.execute("insert into load_stopped select _fileno, _record, 'gone' from load_quoting")
    con.execute("insert into load_dupes select _fileno, _record from load_quoting")
    con.execute("drop table temp.load_quoting")


def stopped(con: duckdb.DuckDBPyConnection) -> Stopped:
    """What became of the records in load_stopped, by file."""

    def count(condition: str) -> Counter[int]:
        query = f"""select s._fileno, count(*) from load_stopped as s left join load_kept as k using (_fileno, _record)
            where {condition} group by 1"""
        return Counter(dict(con.execute(query).fetchall()))

    return Stopped(
        count("outcome <> 'freed'"),
        count("outcome = 'anonymous' and k._record is not null"),
        count("outcome = 'freed' and k._record is not null"),
    )
