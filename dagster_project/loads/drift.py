"""Schema drift: what deviates, file by file, from the columns that earlier files of the feed had.

Told from the layouts in the ledger, in the order of batch, day of landing and name, so it does not hang on the order in which
a load happened to read its files. Tables: quality.drift, one row per file and deviation; quality.feed_columns, one row per
column that a feed has ever had. Both hold names of columns, never values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from dagster_project.loads.casts import MEANING
from dagster_project.loads.contract import Entity, load_contracts
from dagster_project.loads.layout import EXTRA, LaidColumn, Layout, looks_like_value, shown

RECENT = 10
"""Files that the usual shape of a feed is taken from."""
USUAL = 0.5
"""Share of the recent files that have a column, and of their records that have a key, from which on its absence is told."""
EXPECTED = 7
"""Records of an NDJSON file that should have a key, which some leave out, from which on its absence is told: were they drawn by
chance, less than one file in a thousand would have none (e⁻⁷)."""
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


@dataclass(frozen=True)
class _File:
    path: str
    batch: int
    records: int
    layout: Layout
    mapping: str


def note_drift(con: duckdb.DuckDBPyConnection) -> None:
    """Compare every file that was not compared yet with the files of its feed before it, and write what deviates."""
    con.execute(_TABLES)
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
    place = [entity.source, entity.name]
    known = con.execute(
        "select column_name, target, type, first_file, last_file from quality.feed_columns where source = ? and entity = ?", place
    ).fetchall()
    columns = {name: list(rest) for name, *rest in known}
    order = "batch {0}, landed_on {0} nulls last, file {0}"
    query = "select file, batch, rows_read, layout, mapping from quality.load_ledger where source = ? and entity = ? and layout "
    query += "is not null and drifted is {} null order by {}"
    before = con.execute(query.format("not", order.format("desc")) + f" limit {RECENT}", place).fetchall()
    recent = [_file(row) for row in reversed(before)]
    rows: dict[str, list] = {"file": [], "batch": [], "column_name": [], "kind": [], "compared_with": [], "detail": []}
    counts: dict[str, list] = {"file": [], "batch": [], "drifted": []}
    for file in [_file(row) for row in con.execute(query.format("", order.format("asc")), place).fetchall()]:
        found = list(deviations(entity, file.layout, file.records, file.mapping, recent, set(columns)))
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
        for column in file.layout.columns:
            first = columns[column.name][2] if column.name in columns else file.path
            columns[column.name] = [column.target, column.type, first, file.path]
        recent = [*recent, file][-RECENT:]
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


def _file(row: tuple) -> _File:
    path, batch, records, layout, mapping = row
    return _File(path, batch, records, Layout.load(layout), mapping)


def deviations(
    entity: Entity, layout: Layout, records: int, mapping: str, recent: list[_File], seen: set[str]
) -> Iterator[Deviation]:
    """What deviates in one file; nothing of the first of a feed, but for what the contract itself misses in it.

    Args:
        mapping: what relance.yml said of the feed: names that it maps are no deviation from the contract.
        recent: the files before it, newest last.
        seen: every column the feed has ever had.
    """
    for target in layout.missing:
        yield Deviation(target, "required_missing", "contract", "every row needs it; the rows without it are in quarantine")
    for target in layout.retyped:
        what = MEANING[entity.columns[target].type]
        yield Deviation(target, "retyped", "contract", f"most values are not {what}; their rows are in quarantine")
    if not recent:
        yield from _other_spellings(entity, layout, mapping)
        return
    replaced: set[str] = set()
    told = {"new": 0, "gone": 0}
    for column in layout.columns:
        before = sorted(_names_of(column.target, recent) - set(layout.names))
        if column.name in seen:
            was = _type_of(column.name, recent)
            if column.type and was and was != column.type:
                yield Deviation(column.name, "retyped", "earlier files", f"{_short(was)} before, {_short(column.type)} now")
        elif column.target not in (EXTRA, None) and before:
            replaced.update(before)
            detail = f"fills `{column.target}`, as did {', '.join(shown(name) for name in before)} before"
            yield Deviation(_plain(column.name), "renamed", "earlier files", detail)
        else:
            told["new"] += 1
            if told["new"] <= NAMES_TOLD:
                yield Deviation(_plain(column.name), "new", "earlier files", _place_of(column))
    for name in sorted({name for file in recent for name in file.layout.names} - set(layout.names) - replaced):
        target = _target_of(name, recent)
        taken = target not in (EXTRA, None) and any(column.target == target for column in layout.columns)
        if taken or target in layout.missing or not _is_missed(name, layout, records, recent):
            continue
        told["gone"] += 1
        if told["gone"] <= NAMES_TOLD:
            yield Deviation(_plain(name), "gone", "earlier files", _GONE.get(target, f"leaves `{target}` empty"))
    for kind, count in told.items():
        if count > NAMES_TOLD:
            yield Deviation("", kind, "earlier files", f"{count - NAMES_TOLD} more columns")


def _other_spellings(entity: Entity, layout: Layout, mapping: str) -> Iterator[Deviation]:
    """Columns whose names the contract does not have, and that are read all the same."""
    for column in layout.columns:
        spec = entity.columns.get(column.target or "")
        if spec and column.name not in (column.target, *spec.aliases) and f'"{column.name}"' not in mapping:
            yield Deviation(column.name, "renamed", "contract", f"fills `{column.target}`, by another spelling")


def _names_of(target: str | None, recent: list[_File]) -> set[str]:
    """The names under which recent files had a contract column."""
    return {column.name for file in recent for column in file.layout.columns if column.target == target}


def _target_of(name: str, recent: list[_File]) -> str | None:
    return next(c.target for file in reversed(recent) for c in file.layout.columns if c.name == name)


def _type_of(name: str, recent: list[_File]) -> str | None:
    return next((c.type for file in reversed(recent) for c in file.layout.columns if c.name == name and c.type), None)


def _is_missed(name: str, layout: Layout, records: int, recent: list[_File]) -> bool:
    """Whether a file should have had a column. Keys of JSON lines may be left out: of those, what most records have is missed."""
    having = [(file, c) for file in recent for c in file.layout.columns if c.name == name]
    if len(having) < USUAL * len(recent):
        return False
    if all(column.records is None for column in layout.columns):
        return True
    # How many rows have a value in a column of a CSV or Parquet is not known; files of JSON lines tell, where there are any.
    counted = [file for file in recent if any(c.records is not None for c in file.layout.columns)]
    has = sum(c.records for _, c in having if c.records is not None)
    read = sum(file.records for file in counted)
    return has >= read or (has >= USUAL * read and records * has >= EXPECTED * read)


def _place_of(column: LaidColumn) -> str:
    if column.target == EXTRA:
        return "kept in _extra"
    return f"fills `{column.target}`" if column.target else "used as relance.yml says"


def _plain(name: str) -> str:
    return "(a name that looks like a value)" if looks_like_value(name) else name


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

    A first file that spells columns in its own way is listed in quality.drift, but has drifted from nothing.
    """
    con.execute(_TABLES)
    return con.execute(
        """with newest as (
               select source, entity, max(batch) as batch from quality.load_ledger where drifted is not null group by all)
           select source, entity, file, column_name, kind, detail
           from quality.drift join newest using (source, entity, batch)
           where not (kind = 'renamed' and compared_with = 'contract')
           order by source, entity, file, kind, column_name, detail"""
    ).fetchall()
