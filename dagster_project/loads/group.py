"""One group of files, from reading to commit: rows, refusals and books go in together or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from dagster_project.errors import RelanceError
from dagster_project.loads.books import FileLoad, LandedFile, book
from dagster_project.loads.casts import identifier
from dagster_project.loads.dedupe import mark_duplicates
from dagster_project.loads.discover import Feed
from dagster_project.loads.plan import Plan, make_plan, refusal
from dagster_project.loads.read import Landed, Mismatch, read_fast
from dagster_project.loads.record_by_record import insert_arrow, locate, read_exact, refuse_all
from dagster_project.loads.stage import stage_sql

_NOT_THE_FILES_FAULT = (duckdb.OutOfMemoryException, duckdb.FatalException, duckdb.InterruptException)

Loaded = tuple[list[FileLoad], list[str]]
"""What became of each file, and warnings."""


def load_group(con: duckdb.DuckDBPyConnection, feed: Feed, files: list[LandedFile], batch: int) -> Iterator[Loaded]:
    """Load files of one format and shape, in one part or, where that fails, file by file; yields after each commit.

    The fast path reads all at once. When the reader fails, or its count is not the one made from the bytes, each file is
    tried alone, and the one at fault goes down the exact path.

    Raises:
        RelanceError: the books of a file do not balance on the exact path either.
    """
    if len(files) == 1 and files[0].scan.trouble:
        yield _load_exactly(con, feed, files[0], batch, ", ".join(sorted(files[0].scan.trouble)))
        return
    try:
        _prepare(con, files)
        loaded = _finish(con, feed, files, batch, read_fast(con, feed, [file.scan for file in files]))
    except (duckdb.Error, Mismatch) as error:
        if isinstance(error, _NOT_THE_FILES_FAULT):
            raise
        why = str(error) if isinstance(error, Mismatch) else f"DuckDB's reader fails ({type(error).__name__})"
    else:
        yield loaded
        return
    if len(files) == 1:
        yield _load_exactly(con, feed, files[0], batch, why)
        return
    for file in files:
        yield from load_group(con, feed, [file], batch)


def _load_exactly(con: duckdb.DuckDBPyConnection, feed: Feed, file: LandedFile, batch: int, why: str) -> Loaded:
    _prepare(con, [file])
    landed = read_exact(con, feed, file.scan)
    landed.note = f"read record by record: {why}"
    try:
        return _finish(con, feed, [file], batch, landed)
    except Mismatch as error:
        how = "this is a fault of the loads: report it with a file that shows it, and move the file away meanwhile"
        raise RelanceError(f"The books do not balance: {error}", file.path, how) from None


def _prepare(con: duckdb.DuckDBPyConnection, files: list[LandedFile]) -> None:
    firsts = [0]
    for file in files:
        firsts.append(firsts[-1] + file.scan.records)
    columns = {
        "fileno": list(range(len(files))),
        "path": pa.array([file.path for file in files], pa.string()),
        "landed_on": pa.array([file.landed_on for file in files], pa.date32()),
        "first_row": firsts[:-1],
        "sha256": [file.scan.sha256 for file in files],
    }
    insert_arrow(con, "create or replace temp table load_files as from load_slice", pa.table(columns))
    con.execute(
        "create or replace temp table load_refused (_fileno bigint, _record bigint, line bigint, reason varchar, raw varchar)"
    )


def _finish(con: duckdb.DuckDBPyConnection, feed: Feed, files: list[LandedFile], batch: int, landed: Landed) -> Loaded:
    plan = make_plan(feed, landed.columns, landed.record)
    warnings = _unmatched(feed, files, plan)
    scans = [file.scan for file in files]
    if plan.missing and not landed.json_lines and not landed.unreadable and any(landed.read):
        reason = refusal(plan, landed.header)
        warnings += [f"{file.path} can't be loaded into {feed.label}: {reason}" for file in files if file.scan.records]
        _prepare(con, files)
        landed.read = refuse_all(con, scans, landed, reason)
        nothing = f"select *, 0 as _fileno, 0 as _record, '' as _reason from {feed.entity.table} limit 0"
        con.execute(f"create or replace temp table load_staged as {nothing}")
    else:
        con.execute(f"create or replace temp table load_staged as {stage_sql(plan, landed)}")
    mark_duplicates(con, feed.entity)
    locate(con, scans, landed)
    results = _balance(con, files, landed)
    con.execute("drop table if exists temp.load_landed")
    _commit(con, feed, results, batch)
    con.execute("drop table temp.load_staged")
    return results, warnings


def _unmatched(feed: Feed, files: list[LandedFile], plan: Plan) -> list[str]:
    if not plan.unmatched or not any(file.scan.records for file in files):
        return []
    names = ", ".join(f"`{name}`" for name in dict.fromkeys(plan.unmatched))
    return [f"relance.yml takes {names} for {feed.label}, which {file.path} does not have" for file in files]


def _balance(con: duckdb.DuckDBPyConnection, files: list[LandedFile], landed: Landed) -> list[FileLoad]:
    """What became of each file's records.

    Raises:
        Mismatch: records have come or gone between the count of the bytes and here.
    """
    counted = con.execute(
        """select f.fileno, coalesce(s.good, 0), coalesce(s.repeated, 0), coalesce(r.refused, 0)
        from load_files as f
        left join (
            select _fileno, count(*) as good, count(d.id) as repeated
            from load_staged as s left join load_dupes as d on d.id = s.rowid where _reason is null group by 1
        ) as s on s._fileno = f.fileno
        left join (select _fileno, count(*) as refused from load_refused group by 1) as r on r._fileno = f.fileno
        order by 1"""
    ).fetchall()
    results = []
    for number, good, repeated, refused in counted:
        if landed.read[number] != good + refused:
            raise Mismatch(f"{files[number].path}: {landed.read[number]} records read, {good + refused} accounted for")
        results.append(FileLoad(files[number], landed.read[number], good - repeated, repeated, refused, landed.note))
    return results


def _commit(con: duckdb.DuckDBPyConnection, feed: Feed, results: list[FileLoad], batch: int) -> None:
    """Rows, refusals and books in one transaction."""
    entity, now = feed.entity, datetime.now(UTC).replace(tzinfo=None)
    own = ", ".join(identifier(name) for name in entity.columns)
    fresh = "and s.rowid not in (select id from load_dupes)" if any(result.duplicate for result in results) else ""
    con.execute("begin")
    try:
        inserted = con.execute(
            f"""insert into {entity.table} by name
            select {own}, _extra, _key, _hash, f.path as _file, s._record as _line, f.landed_on as _landed_on,
                $batch::bigint as _batch, $now::timestamp as _loaded_at
            from load_staged as s join load_files as f on f.fileno = s._fileno
            where s._reason is null {fresh}""",
            {"batch": batch, "now": now},
        ).fetchone()
        accepted = sum(result.accepted for result in results)
        if inserted is None or inserted[0] != accepted:
            raise Mismatch(f"{feed.label}: {inserted} rows written, {accepted} booked")
        con.execute(
            """insert into quality.quarantine by name
            select f.path as file, q.line, $source as source, $entity as entity, q.reason, q.raw, q._record as record, f.sha256,
                $batch::bigint as batch, $now::timestamp as quarantined_at
            from load_refused as q join load_files as f on f.fileno = q._fileno
            order by q._fileno, q._record""",
            {"source": entity.source, "entity": entity.name, "batch": batch, "now": now},
        )
        book(con, feed, results, batch, now)
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
