"""Schema drift: what deviates, file by file, from the columns that earlier files of the feed had.

Told from the layouts in the ledger, in the order of batch, day of landing and name, so it does not hang on the order in which
a load happened to read its files. Tables: quality.drift, one row per file and deviation; quality.feed_columns, one row per
column that a feed has ever had. Both hold names of columns, never values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from dagster_project.loads.casts import MEANING
from dagster_project.loads.contract import Entity, load_contracts
from dagster_project.loads.earlier import File, files_of, first_batch
from dagster_project.loads.layout import EXTRA, LaidColumn
from dagster_project.loads.names import plain, shown

USUAL = 0.5
"""Share of the records of NDJSON files that have a key, from which on its absence is told."""
EXPECTED = 7
"""Records of an NDJSON file that should have a key, which some leave out, from which on its absence says something: were
they drawn by chance, less than one file in a thousand would have none (e⁻⁷)."""
COLUMNS_TOLD = 8
"""Columns of a file that are named in one line."""
NAMES_TOLD = 50
"""Deviations of one kind that are told of one file; a feed with ids for keys would fill the table."""

_TABLES = """
create table if not exists quality.drift (
    file varchar, source varchar, entity varchar, column_name varchar, kind varchar, compared_with varchar, detail varchar,
    batch bigint, found_at timestamp);
create table if not exists quality.feed_columns (
    source varchar, entity varchar, column_name varchar, target varchar, type varchar, first_file varchar, last_file varchar);
"""

DRIFTED = """
with loads as (
    select source, entity, max(batch) as newest, min(batch) as first from quality.load_ledger
    where drifted is not null and rows_read > 0 group by all)
select source, entity, file, column_name, kind, detail
from quality.drift join loads using (source, entity)
where batch = newest and newest > first
order by source, entity, file, kind, column_name, detail
"""
"""What `files_that_drifted` tells, for those who may only read."""

_GONE = {EXTRA: "is no longer in _extra", None: "was used as relance.yml says"}


@dataclass(frozen=True)
class Deviation:
    """One way in which a file deviates. `kind`: new, gone, renamed, retyped or required_missing; `compared_with`: `earlier
    files` or `contract`.
    """

    column: str
    kind: str
    compared_with: str
    detail: str


def note_drift(con: duckdb.DuckDBPyConnection) -> None:
    """Compare every file that was not compared yet with the files of its feed before it, and write what deviates.

    A file without records has drifted from nothing: exports of a quiet day write what columns they like.
    """
    con.execute(_TABLES)
    con.execute("update quality.load_ledger set drifted = 0 where drifted is null and layout is not null and rows_read = 0")
    waiting = con.execute(
        "select distinct source, entity from quality.load_ledger where drifted is null and layout is not null order by all"
    ).fetchall()
    contracts = load_contracts()
    for source, name in waiting:
        if name not in contracts.get(source, {}):
            continue
        con.execute("begin")
        try:
            _note_feed(con, contracts[source][name])
            con.execute("commit")
        except BaseException:
            con.execute("rollback")
            raise


def _note_feed(con: duckdb.DuckDBPyConnection, entity: Entity) -> None:
    place = {"source": entity.source, "entity": entity.name}
    known = con.execute(
        """select column_name, target, type, first_file, last_file from quality.feed_columns
        where source = $source and entity = $entity""",
        place,
    ).fetchall()
    columns = {name: list(rest) for name, *rest in known}
    waiting, before = files_of(con, place)
    first = first_batch(con, place)
    rows: dict[str, list] = {"file": [], "batch": [], "column_name": [], "kind": [], "compared_with": [], "detail": []}
    counts: dict[str, list] = {"file": [], "batch": [], "drifted": []}
    for file in waiting:
        found = list(deviations(entity, file, before.like(file), set(columns), is_first=file.batch == first))
        for deviation in found:
            rows["file"].append(file.path)
            rows["batch"].append(file.batch)
            rows["column_name"].append(deviation.column)
            rows["kind"].append(deviation.kind)
            rows["compared_with"].append(deviation.compared_with)
            rows["detail"].append(deviation.detail)
        counts["file"].append(file.path)
        counts["batch"].append(file.batch)
        counts["drifted"].append(len(found))
        for name, column in file.columns.items():
            since = columns[name][2] if name in columns else file.path
            columns[name] = [column.target, column.type, since, file.path]
        before.add(file)
    _write(con, entity, rows, counts, columns)


def _write(con: duckdb.DuckDBPyConnection, entity: Entity, rows: dict, counts: dict, columns: dict[str, list]) -> None:
    place, now = {"source": entity.source, "entity": entity.name}, datetime.now(UTC).replace(tzinfo=None)
    if rows["file"]:
        con.register("drift_rows", pa.table(rows))
        con.execute(
            """insert into quality.drift by name select *, $source as source, $entity as entity, $now::timestamp as found_at
            from drift_rows""",
            place | {"now": now},
        )
        con.unregister("drift_rows")
    con.register("drift_counts", pa.table(counts))
    con.execute(
        """update quality.load_ledger as l set drifted = c.drifted from drift_counts as c
        where l.file = c.file and l.batch = c.batch and l.source = $source and l.entity = $entity""",
        place,
    )
    con.unregister("drift_counts")
    con.execute("delete from quality.feed_columns where source = $source and entity = $entity", place)
    kept = [(*place.values(), name, *rest) for name, rest in sorted(columns.items())]
    if kept:
        con.executemany("insert into quality.feed_columns values (?, ?, ?, ?, ?, ?, ?)", kept)


def deviations(entity: Entity, file: File, like: Sequence[File], seen: set[str], is_first: bool = False) -> Iterator[Deviation]:
    """What deviates in one file.

    Args:
        like: the files to compare it with, newest last.
        seen: every column the feed has ever had.
        is_first: it came with the first files of its feed, which deviate from nothing but the contract, each in its own way.
    """
    layout = file.layout
    for target in layout.missing:
        yield Deviation(target, "required_missing", "contract", "every row needs it; the rows without it are in quarantine")
    for target in layout.retyped:
        what = MEANING[entity.columns[target].type]
        yield Deviation(target, "retyped", "contract", f"most values are not {what}; their rows are in quarantine")
    if is_first:
        yield from _other_spellings(entity, file)
        return
    replaced: set[str] = set()
    told = {"new": 0, "gone": 0}
    for column in file.columns.values():
        before = sorted(_names_of(column.target, like) - file.columns.keys())
        if column.name in seen:
            were = _types_of(column.name, like)
            if column.type and were and column.type not in were:
                yield Deviation(
                    plain(column.name), "retyped", "earlier files", f"{_short(were[-1])} before, {_short(column.type)} now"
                )
        elif column.target not in (EXTRA, None) and before:
            replaced.update(before)
            detail = f"fills `{column.target}`, as did {', '.join(shown(name) for name in before)} before"
            yield Deviation(plain(column.name), "renamed", "earlier files", detail)
        else:
            told["new"] += 1
            if told["new"] <= NAMES_TOLD:
                yield Deviation(plain(column.name), "new", "earlier files", _place_of(column))
    filled = {column.target for column in file.columns.values()} - {EXTRA, None}
    for name in sorted({name for other in like for name in other.columns} - file.columns.keys() - replaced):
        target = next(other.columns[name].target for other in reversed(like) if name in other.columns)
        if target in filled or target in layout.missing or not _is_missed(name, file, like):
            continue
        told["gone"] += 1
        if told["gone"] <= NAMES_TOLD:
            yield Deviation(plain(name), "gone", "earlier files", _GONE.get(target, f"leaves `{target}` empty"))
    for kind, count in told.items():
        if count > NAMES_TOLD:
            yield Deviation("", kind, "earlier files", f"{count - NAMES_TOLD} more columns")


def _other_spellings(entity: Entity, file: File) -> Iterator[Deviation]:
    """Columns whose names neither the contract nor relance.yml has, and that are read all the same."""
    for column in file.columns.values():
        spec = entity.columns.get(column.target or "")
        if spec and column.name not in (column.target, *spec.aliases) and f'"{column.name}"' not in file.mapping:
            yield Deviation(plain(column.name), "renamed", "contract", f"fills `{column.target}`, by another spelling")


def _names_of(target: str | None, like: Sequence[File]) -> set[str]:
    """The names under which files had a contract column."""
    return {column.name for file in like for column in file.columns.values() if column.target == target}


def _types_of(name: str, like: Sequence[File]) -> list[str]:
    return [kind for file in like if name in file.columns and (kind := file.columns[name].type)]


def _is_missed(name: str, file: File, like: Sequence[File]) -> bool:
    """Whether a file should have had a column: every file like it had it, but for those too small to show it.

    Records of NDJSON files may leave keys out: of those, what most records have is missed.
    """
    # How many rows have a value in a column of a CSV or Parquet is not known; files of JSON lines tell, where there are any.
    counted = [other for other in like if other.is_counted]
    has = sum(other.columns[name].records or 0 for other in counted if name in other.columns)
    read = sum(other.records for other in counted)

    def tells(other: File) -> bool:
        """Whether that it has not the column says anything."""
        if not other.is_counted:
            return True
        return has >= read or (has >= USUAL * read and other.records * has >= EXPECTED * read)

    return tells(file) and not any(tells(other) for other in like if name not in other.columns)


def _place_of(column: LaidColumn) -> str:
    if column.target == EXTRA:
        return "kept in _extra"
    return f"fills `{column.target}`" if column.target else "used as relance.yml says"


def _short(kind: str) -> str:
    return kind if len(kind) <= 60 else f"{kind[:60]}…"


def drift_lines(con: duckdb.DuckDBPyConnection) -> list[str]:
    """What is told of drift: how many files, then a line for each."""
    by_file: dict[str, list[str]] = {}
    for _, _, file, column, kind, _ in files_that_drifted(con):
        by_file.setdefault(file, []).append(f"{kind.replace('_', ' ')}: {column}" if column else f"more {kind} ones")
    lines = [
        f"{file} ({', '.join(told[:COLUMNS_TOLD])}{', …' if len(told) > COLUMNS_TOLD else ''})" for file, told in by_file.items()
    ]
    return [f"{len(by_file)} {'files' if len(by_file) > 1 else 'file'} drifted", *lines] if lines else []


def files_that_drifted(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str, str, str, str]]:
    """(source, entity, file, column, kind, detail) of the files that each feed's newest load brought.

    What the first files of a feed have of their own is listed in quality.drift, but nothing has drifted.
    """
    con.execute(_TABLES)
    return con.execute(DRIFTED).fetchall()
