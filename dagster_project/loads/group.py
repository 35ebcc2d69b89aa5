"""One group of files, from reading to commit: rows, refusals and books go in together or not at all."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

import duckdb
import pyarrow as pa

from dagster_project.errors import RelanceError
from dagster_project.loads import lines
from dagster_project.loads.books import FileLoad, LandedFile, book
from dagster_project.loads.dedupe import mark_duplicates
from dagster_project.loads.discover import Feed
from dagster_project.loads.known import renewed_files, set_aside, withdraw
from dagster_project.loads.layout import layouts, unknown_header
from dagster_project.loads.plan import Plan, headless, hiding, make_plan, refusal
from dagster_project.loads.progress import Meter, Tell, share_of_query, watched
from dagster_project.loads.read import Landed, Mismatch, read_fast
from dagster_project.loads.record_by_record import insert_arrow, locate, read_exact, refuse_all
from dagster_project.loads.write import find_missing, new_rows, note_faults, write_rows
from dagster_project.privacy.stop import create_stopped, mark_stopped, stop_refused, stopped, write_stopped

_NOT_THE_FILES_FAULT = (duckdb.OutOfMemoryException, duckdb.FatalException, duckdb.InterruptException)

Loaded = tuple[list[FileLoad], list[str]]
"""What became of each file, and warnings."""


class Unsettled(Exception):
    """A file has changed or gone since it was scanned: what was read of it is not what its hash stands for."""


class _Unusable(Exception):
    """By today's rules no row of files can be used that were read by others before; told with the warnings of the reading."""

    def __init__(self, warnings: list[str]):
        super().__init__()
        self.warnings = warnings


def load_group(
    con: duckdb.DuckDBPyConnection, feed: Feed, files: list[LandedFile], batch: int, tell: Tell | None = None
) -> Iterator[Loaded]:
    """Load files of one format and shape, in one part or, where that fails, file by file; yields after each commit.

    `tell` hears how far a long read has come.

    The fast path reads all at once. When the reader fails, or its count is not the one made from the bytes, each file is
    tried alone, and the one at fault goes down the exact path.

    Raises:
        RelanceError: the books of a file do not balance on the exact path either.
    """
    if len(files) == 1 and files[0].scan.trouble:
        yield _load_exactly(con, feed, files[0], batch, ", ".join(sorted(files[0].scan.trouble)))
        return
    why = "another file changed meanwhile"
    try:
        with _told(con, feed, files, tell) as on_bytes:
            prepare(con, files)
            loaded = _finish(con, feed, files, batch, read_fast(con, feed, [file.scan for file in files], on_bytes))
    except (duckdb.Error, Mismatch) as error:
        if isinstance(error, _NOT_THE_FILES_FAULT):
            raise
        why = str(error) if isinstance(error, Mismatch) else f"DuckDB's reader fails ({type(error).__name__})"
    except (Unsettled, OSError) as error:
        if len(files) == 1:
            yield [], [_left_alone(files[0], error)]
            return
    except _Unusable as error:
        if len(files) == 1:
            yield [], _kept(feed, files[0], error)
            return
    else:
        yield loaded
        return
    if len(files) == 1:
        yield _load_exactly(con, feed, files[0], batch, why)
        return
    for file in files:
        yield from load_group(con, feed, [file], batch, tell)


@contextmanager
def _told(
    con: duckdb.DuckDBPyConnection, feed: Feed, files: list[LandedFile], tell: Tell | None
) -> Iterator[Callable[[int], None]]:
    """Tells how far these files are read; yields what is to hear of the bytes of text that are."""
    what = f"{feed.label}: reading {sum(file.scan.records for file in files):,} rows"
    meter = Meter(lines.PASSES * sum(file.scan.size for file in files))
    of_bytes = files[0].scan.format == "ndjson"
    with watched(tell, what, meter.share if of_bytes else partial(share_of_query, con)):
        yield meter.add


def _load_exactly(con: duckdb.DuckDBPyConnection, feed: Feed, file: LandedFile, batch: int, why: str) -> Loaded:
    try:
        _insist_settled([file])
        prepare(con, [file])
        landed = read_exact(con, feed, file.scan)
        landed.note = f"read record by record: {why}"
        return _finish(con, feed, [file], batch, landed)
    except (Unsettled, OSError) as error:
        return [], [_left_alone(file, error)]
    except _Unusable as error:
        return [], _kept(feed, file, error)
    except Mismatch as error:
        how = "this is a fault of the loads: report it with a file that shows it, and move the file away meanwhile"
        raise RelanceError(f"The books do not balance: {error}", file.path, how) from None


def _left_alone(file: LandedFile, error: Exception) -> str:
    if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
        return f"{file.path} can't be read: {error.strerror}"
    return f"{file.path} changed or went while it was being read: what is there then is left to the next load"


def _kept(feed: Feed, file: LandedFile, error: _Unusable) -> list[str]:
    told = (
        f"{file.path}: by the rules that now hold for {feed.label}, none of its rows can be used, so they stay as they were read"
    )
    return [*error.warnings, f"{told} before; correct relance.yml, or move the file away"]


def _insist_settled(files: list[LandedFile]) -> None:
    """Raises Unsettled if a file is no longer what was scanned."""
    for file in files:
        try:
            now = os.stat(file.scan.path)
        except OSError:
            raise Unsettled from None
        if (now.st_size, now.st_mtime_ns) != (file.scan.size, file.scan.mtime_ns):
            raise Unsettled


def prepare(con: duckdb.DuckDBPyConnection, files: list[LandedFile]) -> None:
    """Fill load_files, and make load_refused, where records go that can't be used, and load_aside, for rows that will go."""
    firsts = [0]
    for file in files:
        firsts.append(firsts[-1] + file.scan.records)
    columns = {
        "fileno": list(range(len(files))),
        "path": pa.array([file.path for file in files], pa.string()),
        "landed_on": pa.array([file.landed_on for file in files], pa.timestamp("us")),
        "first_row": firsts[:-1],
        "sha256": [file.scan.sha256 for file in files],
    }
    insert_arrow(con, "create or replace temp table load_files as from load_slice", pa.table(columns))
    con.execute(
        """create or replace temp table load_refused (
            _fileno bigint, _record bigint, line bigint, reason varchar, raw varchar, whole boolean)"""
    )
    con.execute("create or replace temp table load_dupes (_fileno bigint, _record bigint)")
    con.execute("create or replace temp table load_aside (id bigint, line bigint)")
    create_stopped(con)


def _finish(con: duckdb.DuckDBPyConnection, feed: Feed, files: list[LandedFile], batch: int, landed: Landed) -> Loaded:
    """Rows, refusals and books in one transaction, in which what was read of the files by other rules is taken back.

    Raises:
        Mismatch: records have come or gone between the count of the bytes and the raw table.
        _Unusable: all rows would go that were read before, for want of columns.
        Unsettled: a file has changed since.
    """
    plan = make_plan(feed, landed.columns, landed.record)
    warnings = _unmatched(feed, files, plan)
    if told := hiding(plan):
        warnings += [f"{file.path}: {told}" for file in files if file.scan.records]
    scans = [file.scan for file in files]
    now = datetime.now(UTC).replace(tzinfo=None)
    lacking = bool(plan.missing) and not landed.json_lines and not landed.unreadable and bool(landed.header)
    unusable = lacking and any(landed.read)
    reason = refusal(plan, landed.header) if lacking else ""
    if lacking:
        # A file of one line, which is a row, has no record at all for him who takes that line for the header.
        no_header = headless(plan, landed.header)
        told = [file for file in files if file.scan.records or no_header]
        warnings += [f"{file.path} can't be loaded into {feed.label}: {reason}" for file in told]
    if unusable:
        prepare(con, files)
        landed.read = refuse_all(con, scans, landed, reason)
    else:
        set_aside(con, feed)
        mark_stopped(con, plan, landed)
        mark_duplicates(con, plan, landed, renewed_files(con, feed))
    con.execute("begin")
    try:
        taken = withdraw(con, feed, [file.path for file in files], batch, now)
        if not unusable:
            write_rows(con, plan, landed, batch, now)
            write_stopped(con, plan, landed, batch, now)
        results = _account(con, plan, landed, files, new_rows(feed.entity, batch, now))
        if taken and plan.missing and not any(result.accepted or result.duplicate for result in results):
            raise _Unusable(warnings)
        header = unknown_header(plan, landed, scans[0].format) if unusable else None
        _quarantine(con, feed, batch, now, header)
        book(con, feed, results, batch, now)
        _insist_settled(files)
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("drop table if exists temp.load_landed")
    return results, warnings


def _unmatched(feed: Feed, files: list[LandedFile], plan: Plan) -> list[str]:
    if not plan.unmatched or not any(file.scan.records for file in files):
        return []
    names = ", ".join(f"`{name}`" for name in dict.fromkeys(plan.unmatched))
    return [f"relance.yml takes {names} for {feed.label}, which {file.path} does not have" for file in files]


def _account(con: duckdb.DuckDBPyConnection, plan: Plan, landed: Landed, files: list[LandedFile], written: str) -> list[FileLoad]:
    """What became of each file's records; those that are neither `written` nor duplicates are looked into.

    Raises:
        Mismatch: a record is unaccounted for.
    """
    scans = [file.scan for file in files]
    stop_refused(con)
    gone = stopped(con)
    # Of what was stopped, all stands among the duplicates, and what stays of it also in the raw table.
    accepted = _counts(con, written) - gone.anonymous
    repeated = _counts(con, "load_dupes") - gone.tombstoned - gone.freed
    refused = _counts(con, "load_refused")
    short = {
        number: read
        for number, read in enumerate(landed.read)
        if read > accepted[number] + repeated[number] + refused[number] + gone.tombstoned[number]
    }
    if short:
        find_missing(con, written, short)
        note_faults(con, plan, landed, "load_missing")
        locate(con, scans, landed)
        stop_refused(con)
        gone, refused = stopped(con), _counts(con, "load_refused")
    shapes = layouts(con, plan, landed, scans, written if short else None)
    results = []
    for number, file in enumerate(files):
        counts = accepted[number], repeated[number], refused[number], gone.tombstoned[number]
        if landed.read[number] != sum(counts):
            raise Mismatch(f"{file.path}: {landed.read[number]} records read, {sum(counts)} accounted for")
        broken = file.scan.broken or landed.broken
        results.append(FileLoad(file, landed.read[number], *counts, gone.anonymous[number], landed.note, shapes[number], broken))
    return results


def _counts(con: duckdb.DuckDBPyConnection, table: str) -> Counter[int]:
    """File number → records in a table."""
    return Counter(dict(con.execute(f"select _fileno, count(*) from {table} group by 1").fetchall()))


def _quarantine(con: duckdb.DuckDBPyConnection, feed: Feed, batch: int, now: datetime, header: str | None) -> None:
    con.execute(
        """insert into quality.quarantine by name
        select f.path as file, q.line, $source as source, $entity as entity, q.reason, q.raw, q._record as record, f.sha256,
            q.whole as is_whole, $batch::bigint as batch, $now::timestamp as quarantined_at, $header::varchar as header
        from load_refused as q join load_files as f on f.fileno = q._fileno
        order by q._fileno, q._record""",
        {"source": feed.entity.source, "entity": feed.entity.name, "batch": batch, "now": now, "header": header},
    )
