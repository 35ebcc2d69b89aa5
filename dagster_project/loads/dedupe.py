"""Which records are known already, and which known rows must give way to them.

Only what tells rows apart is worked out for all records, as a number: whole rows are read and compared for the few that share it
with another. Sorting whole rows would cost many times more.
"""

from __future__ import annotations

import duckdb

from dagster_project.loads.casts import identifier
from dagster_project.loads.contract import Entity
from dagster_project.loads.plan import Plan
from dagster_project.loads.read import Landed
from dagster_project.loads.stage import content_hash, stage_sql


def mark_duplicates(con: duckdb.DuckDBPyConnection, plan: Plan, landed: Landed) -> None:
    """Fill load_dupes (_fileno, _record) with usable records that are not to be loaded, and load_replaced (id, _key, _file,
    _batch) with the rows of the raw table that a record takes the place of.

    Versions repeat by their content. Facts repeat by their key; of those that share one, the first by the contract's
    `prefer` is kept, then the one with the smallest content hash, so the choice does not hang on the order of files or loads.
    Of equal ones the row in the raw table stays, unless it is a version that is now known to have landed on an earlier day.
    """
    entity = plan.entity
    ident = "_key" if entity.mode == "facts" else "_hash"
    con.execute("create or replace temp table load_dupes (_fileno bigint, _record bigint)")
    con.execute("create or replace temp table load_replaced (id bigint, _key varchar, _file varchar, _batch bigint)")
    if not _find_candidates(con, plan, landed, ident):
        return
    ranks, before = (entity.prefer, entity.prefer_without) if entity.mode == "facts" else (["_landed_on"], None)
    order = [*([f"{identifier(before)} is not null"] if before else []), *(f"{identifier(name)} nulls last" for name in ranks)]
    ranks = [*ranks, *([before] if before else [])]
    told = stage_sql(plan, landed, ["_fileno", "_record", "_path", ident, "_hash", "_reason", *ranks], only="load_candidates")
    con.execute(f"create or replace temp table load_told as from ({told}) where _reason is null")
    # Looked up by what tells them apart alone: of rows that are not concerned, no other column is read.
    con.execute(
        f"""create or replace temp table load_known as
        select rowid as id from {entity.table} where {ident} in (select {ident} from load_told)"""
    )
    columns = ", ".join(identifier(name) for name in ranks) + ", " * bool(ranks)
    con.execute(
        f"""create or replace temp table load_ranked as
        select *, row_number() over (partition by ident order by
            {"".join(f"{term}, " for term in order)} _hash, id nulls last, _path, _record) as place
        from (
            select {columns} {ident} as ident, _hash, null as id, _path, _record, _fileno, null as _batch from load_told
            union all
            select {columns} {ident}, {_known_hash(entity)}, rowid, _file, _line, null, _batch from {entity.table}
            where rowid in (select id from load_known)
        )"""
    )
    con.execute("insert into load_dupes select _fileno, _record from load_ranked where id is null and place > 1")
    con.execute("insert into load_replaced select id, ident, _path, _batch from load_ranked where id is not null and place > 1")
    for table in ("load_told", "load_known", "load_ranked"):
        con.execute(f"drop table temp.{table}")


def _find_candidates(con: duckdb.DuckDBPyConnection, plan: Plan, landed: Landed, ident: str) -> int:
    """Fill load_candidates with the records that may share what tells them apart with another, and count them.

    A number may, by chance, be shared by different ones: they are compared as a whole later on.
    """
    ids = stage_sql(plan, landed, ["_fileno", "_record", ident])
    con.execute(f"create or replace temp table load_ids as select _fileno, _record, hash({ident}) as id from ({ids})")
    con.execute(
        f"""create or replace temp table load_shared as
        select id from load_ids group by id having count(*) > 1
        union
        select id from (select hash({ident}) as id from {plan.entity.table}) where id in (select id from load_ids)"""
    )
    con.execute(
        """create or replace temp table load_candidates as
        select _fileno, _record from load_ids where id in (select id from load_shared)"""
    )
    for table in ("load_ids", "load_shared"):
        con.execute(f"drop table temp.{table}")
    found = con.execute("select count(*) from load_candidates").fetchone()
    return found[0] if found else 0


def _known_hash(entity: Entity) -> str:
    """The content hash of a row in the raw table: kept of versions, which are told apart by it."""
    if entity.mode == "versions":
        return "_hash"
    return content_hash(entity, lambda name: f"cast({identifier(name)} as varchar)")
