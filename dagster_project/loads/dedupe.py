"""Which records are known already, and which known rows must give way to them.

Only what tells rows apart is worked out for all records, as a number: whole rows are read and compared for the few that share it
with another. Sorting whole rows would cost many times more.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from dagster_project.loads.books import line_spans
from dagster_project.loads.casts import identifier
from dagster_project.loads.contract import Entity
from dagster_project.loads.discover import Feed
from dagster_project.loads.plan import Plan
from dagster_project.loads.read import Landed
from dagster_project.loads.stage import content_hash, stage_sql


def mark_duplicates(con: duckdb.DuckDBPyConnection, plan: Plan, landed: Landed, renewed: Sequence[int] = ()) -> None:
    """Fill load_dupes (_fileno, _record) with usable records that are not to be loaded (those of erased people, in load_stopped,
    among them, which give way to nobody and replace nobody), and load_replaced (id, _key, _file,
    _batch, is_told_otherwise) with the rows of the raw table that a record takes the place of. Rows in load_aside, which are
    about to go, are compared with nothing.

    Versions repeat by their content. Facts repeat by their key; of those that share one, the first by the contract's
    `prefer` is kept, then the one with the smallest content hash, so the choice does not hang on the order of files or loads.
    Of equal ones the row in the raw table stays, unless it is a version that is now known to have landed earlier.

    Args:
        renewed: the files whose path held something else before, or that are read by other rules than rows in the raw table
            were: see `_find_superseded`.
    """
    entity = plan.entity
    ident = "_key" if entity.mode == "facts" else "_hash"
    con.execute("create or replace temp table load_dupes as select _fileno, _record from load_stopped")
    _create_replaced(con)
    if not _find_candidates(con, plan, landed, ident, renewed):
        return
    ranks, before = (entity.prefer, entity.prefer_without) if entity.mode == "facts" else (["_landed_on"], None)
    order = [*([f"{identifier(before)} is not null"] if before else []), *(f"{identifier(name)} nulls last" for name in ranks)]
    ranks = [*ranks, *([before] if before else [])]
    versions = [*entity.version, "_landed_on"] if entity.mode == "versions" else []
    told = ["_fileno", "_record", "_path", "_key", "_hash", "_reason", *dict.fromkeys([*ranks, *versions])]
    told_sql = stage_sql(plan, landed, told, only="load_candidates")
    con.execute(
        f"""create or replace temp table load_told as
        select t.* from ({told_sql}) as t anti join load_stopped using (_fileno, _record) where _reason is null"""
    )
    if renewed:
        _find_superseded(con, plan)
    # Looked up by what tells them apart alone: of rows that are not concerned, no other column is read.
    con.execute(
        f"""create or replace temp table load_known as
        select rowid as id from {entity.table}
        where {ident} in (select {ident} from load_told)
            and rowid not in (select id from load_replaced union all select id from load_aside)"""
    )
    columns = ", ".join(identifier(name) for name in ranks) + ", " * bool(ranks)
    con.execute(
        f"""create or replace temp table load_ranked as
        select *, row_number() over (partition by ident order by
            {"".join(f"{term}, " for term in order)} _hash, id nulls last, _path, _record) as place
        from (
            select {columns} {ident} as ident, _key, _hash, null as id, _path, _record, _fileno, null as _batch from load_told
            union all
            select {columns} {ident}, _key, {_known_hash(entity)}, rowid, _file, _line, null, _batch from {entity.table}
            where rowid in (select id from load_known)
        )"""
    )
    con.execute("insert into load_dupes select _fileno, _record from load_ranked where id is null and place > 1")
    # A version gives way to the same content, landed earlier: nothing that was made of it changes.
    con.execute(
        """insert into load_replaced
        select id, _key, _path, _batch, $facts::boolean from load_ranked where id is not null and place > 1""",
        {"facts": entity.mode == "facts"},
    )
    for table in ("load_told", "load_known", "load_ranked"):
        con.execute(f"drop table temp.{table}")


def _find_candidates(con: duckdb.DuckDBPyConnection, plan: Plan, landed: Landed, ident: str, renewed: Sequence[int]) -> int:
    """Fill load_candidates with the records that may share what tells them apart with another, and all of `renewed` files;
    returns their number.

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
        select _fileno, _record from load_ids
        where id in (select id from load_shared) or list_contains($renewed::bigint[], _fileno)""",
        {"renewed": list(renewed)},
    )
    for table in ("load_ids", "load_shared"):
        con.execute(f"drop table temp.{table}")
    found = con.execute("select count(*) from load_candidates").fetchone()
    return found[0] if found else 0


def _find_superseded(con: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Put into load_replaced the rows that are corrected: their file, under the same path, now tells the same version of the same
    key otherwise, or a copy of it does. So are rows that were read by other rules than today's, whichever file tells them now.
    """
    entity = plan.entity
    con.execute(
        f"""insert into load_replaced
        with known as (
            select r.*, r.rowid as id, {_known_hash(entity)} as content, l.mapping <> $mapping as is_former
            from {entity.table} as r join ({line_spans(entity)}) as l
                on l.file = r._file and r._batch >= l.batch and r._batch < l.until
            where r._key in (select _key from load_told)
                and (l.mapping <> $mapping or r._file in (select file from load_former))
                and r.rowid not in (select id from load_aside)
        ), told as (
            select t.*, f.file as former from load_told as t join load_former as f on f.path = t._path
        )
        select id, _key, _file, _batch, true from known as k
        where exists (select 1 from told as t where {_same_version(entity)} and (t.former = k._file or k.is_former))
            and not exists (
                select 1 from told as t
                where t._key = k._key and t._hash = k.content and (t.former = k._file or k.is_former))""",
        {"mapping": plan.feed.fingerprint},
    )


def mark_retold(con: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """Fill load_replaced with the rows read by other rules than today's of which a row of today's reading tells the same version
    of the same key: their files could not be read again, and they were compared with nothing.
    """
    entity = feed.entity
    _create_replaced(con)
    con.execute(
        f"""insert into load_replaced
        with known as (
            select r.*, r.rowid as id, l.mapping <> $mapping as is_former
            from {entity.table} as r join ({line_spans(entity)}) as l
                on l.file = r._file and r._batch >= l.batch and r._batch < l.until
        )
        select id, _key, _file, _batch, true from known as k
        where is_former and exists (select 1 from known as t where not t.is_former and {_same_version(entity)})""",
        {"mapping": feed.fingerprint},
    )


def _create_replaced(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """create or replace temp table load_replaced (
            id bigint, _key varchar, _file varchar, _batch bigint, is_told_otherwise boolean)"""
    )


def _same_version(entity: Entity) -> str:
    """SQL of whether `t` and `k` tell the same version: the same version time or, without one, the same moment of landing; a fact
    has one version only.
    """
    same = "t._key = k._key"
    if entity.mode == "versions":
        times = [identifier(name) for name in entity.version]
        same += "".join(f" and t.{time} is not distinct from k.{time}" for time in times)
        dated = f"coalesce({', '.join(f'k.{time}' for time in times)}) is not null or " if times else ""
        same += f" and ({dated}t._landed_on is not distinct from k._landed_on)"
    return same


def _known_hash(entity: Entity) -> str:
    """The content hash of a row in the raw table: kept of versions, which are told apart by it."""
    if entity.mode == "versions":
        return "_hash"
    return content_hash(entity, lambda name: f"cast({identifier(name)} as varchar)")
