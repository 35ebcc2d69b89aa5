"""Rows into the raw table, straight from the files; and which records could not go there, and why.

All of it happens in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

import duckdb

from dagster_project.loads.books import book_replaced
from dagster_project.loads.casts import identifier
from dagster_project.loads.contract import Entity
from dagster_project.loads.plan import Plan
from dagster_project.loads.read import Landed
from dagster_project.loads.stage import stage_sql


def write_rows(con: duckdb.DuckDBPyConnection, plan: Plan, landed: Landed, batch: int, now: datetime) -> None:
    """Insert every usable record that is not in load_dupes; rows in load_replaced go, and the books say so."""
    entity = plan.entity
    replace_rows(con, entity, batch, now)
    told = ["_hash"] if entity.mode == "versions" else []
    wanted = [*entity.columns, "_extra", "_key", *told, "_happened_at", "_path", "_record", "_landed_on"]
    rows = stage_sql(plan, landed, [*wanted, "_fileno", "_reason"])
    own = ", ".join(identifier(name) for name in entity.columns)
    with _any_order(con):
        con.execute(
            f"""insert into {entity.table} by name
            select {own}, _extra, _key, {", ".join([*told, "_happened_at"])}, _path as _file, _record as _line, _landed_on,
                $batch::bigint as _batch, $now::timestamp as _loaded_at
            from ({rows}) as s anti join load_dupes as d on d._fileno = s._fileno and d._record = s._record
            where _reason is null""",
            {"batch": batch, "now": now},
        )


@contextmanager
def _any_order(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Rows may be written in any order: they carry their file and number.

    Kept in order, the parts that threads write are cut where the reader's parts end, and DuckDB, which wants them of one size,
    writes all of them once more at the next checkpoint: twice the time, twice the space.
    """
    con.execute("set preserve_insertion_order = false")
    try:
        yield
    finally:
        con.execute("set preserve_insertion_order = true")


def replace_rows(con: duckdb.DuckDBPyConnection, entity: Entity, batch: int, now: datetime) -> None:
    """Rows in load_replaced go, and the books and the journal say so."""
    gone = con.execute("select _file, _batch, count(*) from load_replaced group by all order by all").fetchall()
    if not gone:
        return
    con.execute(f"delete from {entity.table} where rowid in (select id from load_replaced)")
    for file, of_batch, count in gone:
        book_replaced(con, entity, file, of_batch, count)
    con.execute(
        """insert into quality.replaced by name
        select $source as source, $entity as entity, _key, $batch::bigint as batch, $now::timestamp as replaced_at
        from load_replaced where is_told_otherwise order by _key""",
        {"source": entity.source, "entity": entity.name, "batch": batch, "now": now},
    )


def new_rows(entity: Entity, batch: int, now: datetime) -> str:
    """SQL of the rows that `write_rows` put into the raw table, with the _fileno of their files."""
    return f"""(
        select r.*, f.fileno as _fileno from {entity.table} as r join load_files as f on f.path = r._file
        where r._batch = {batch:d} and r._loaded_at = timestamp '{now.isoformat(sep=" ")}'
    )"""


def note_faults(con: duckdb.DuckDBPyConnection, plan: Plan, landed: Landed, only: str | None = None) -> None:
    """Fill load_faulty with the records that can't be used: the contract's columns, _fileno, _record, _reason.

    Args:
        only: the table with the (_fileno, _record) of the records to look at; by default all are.
    """
    rows = stage_sql(plan, landed, [*plan.entity.columns, "_fileno", "_record", "_reason"], only)
    con.execute(f"create or replace temp table load_faulty as from ({rows}) where _reason is not null")


def find_missing(con: duckdb.DuckDBPyConnection, written: str, read: Mapping[int, int]) -> None:
    """Fill load_missing with the (_fileno, _record) that are neither `written` nor known as duplicate or unreadable.

    Args:
        read: files to look at (place → number of records).
    """
    numbers = [f"select {file} as _fileno, unnest(range(1, {count + 1})) as _record" for file, count in read.items()]
    con.execute(
        f"""create or replace temp table load_missing as
        select _fileno, _record from ({" union all ".join(numbers)})
        anti join load_dupes using (_fileno, _record)
        anti join load_refused using (_fileno, _record)
        anti join (select _fileno, _line as _record from {written}) using (_fileno, _record)"""
    )
