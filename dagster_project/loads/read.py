"""The fast path: files as DuckDB takes them in.

Parquet is read in place, NDJSON line by line (see lines.py), CSV by DuckDB's own reader into the temporary table load_landed. A
landed record has the columns of its file: text for CSV, native types for Parquet, the whole line `j` for NDJSON. A CSV record's
number follows from its place in the table, which holds only while the reader's count is that of the bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.loads import lines
from dagster_project.loads.casts import identifier, literal
from dagster_project.loads.contract import snake
from dagster_project.loads.discover import Feed
from dagster_project.loads.exact import header_of
from dagster_project.loads.plan import SourceColumn
from dagster_project.loads.scan import LINE_LIMIT, Scan

DELIMITERS = ",;\t|"


class Mismatch(Exception):
    """The fast reader can't be trusted with a file: its count of records is not the one made from the bytes, or it would change
    what stands there.
    """


@dataclass
class Landed:
    """What a read left behind: the columns of the file, and the SQL that tells a record's number and its file's.

    `read` is the number of records per file, refused ones included; `note` says why the exact path was taken. An
    `unreadable` file has no columns at all and is refused as a whole already. Of JSON lines, only the keys that are looked
    for are columns; `more_keys` tells whether there are others, and `keys` counts, per file, the records that have each. `broken`
    says that a part of the file is lost.
    """

    columns: list[SourceColumn]
    record: str = "l._record"
    file: str = "l._fileno"
    relation: str = "load_landed"
    json_lines: bool = False
    delimiter: str = ","
    header: list[str] = field(default_factory=list)
    read: list[int] = field(default_factory=list)
    note: str | None = None
    unreadable: bool = False
    more_keys: bool = False
    broken: str | None = None
    keys: list[dict[str, int]] = field(default_factory=list)

    def source(self, needed: Sequence[str] = (), only: str | None = None) -> str:
        """FROM clause: `l` is the landed record, `f` its file.

        Args:
            needed: SQL that reads from it; of JSON lines, the keys that occur in it are read.
            only: the table with the (_fileno, _record) of the records that are wanted; by default all are.
        """
        wanted = f"semi join {only} as o on o._fileno = {self.file} and o._record = {self.record}" if only else ""
        if not self.json_lines:
            return f"{self.relation} as l join load_files as f on f.fileno = {self.file} {wanted}"
        names = [column.name for column in self.columns if column.sql == _field(column.name)]
        names = [name for name in names if any(_field(name) in sql for sql in needed)]
        # All keys are read from a line in one go; a line that is no JSON has none.
        shape = literal(json.dumps(dict.fromkeys(names, "VARCHAR")))
        picked = f"try(from_json(j, {shape}))" if names else "null"
        return f"""(
            select {self.file} as _fileno, _record, j, {picked} as v from {self.relation} as l {wanted}
        ) as l join load_files as f on f.fileno = l._fileno"""


def _wanted(feed: Feed) -> tuple[set[str], set[str]]:
    """The column names looked for: in any spelling, and as relance.yml writes them (those it fills itself would be hidden)."""
    mapping = feed.mapping
    spelled = {snake(name) for column, spec in feed.entity.columns.items() for name in [column, *spec.aliases]}
    return spelled, {*mapping.columns.values(), *mapping.columns, *mapping.constants, *(mapping.key or [])}


def csv_layout(feed: Feed, scan: Scan) -> tuple[str, list[str]]:
    """(delimiter, column names) of a CSV: of the usual delimiters the one that yields most of the columns looked for."""
    spelled, named = _wanted(feed)
    headers = {delimiter: header_of(scan, delimiter) for delimiter in DELIMITERS}

    def score(delimiter: str) -> tuple[int, int]:
        names = [name.strip() for name in headers[delimiter]]
        return sum(name in named or snake(name) in spelled for name in names), len(names)

    # max() keeps the first of equals: a comma where nothing tells.
    best = max(DELIMITERS, key=score)
    return best, unique_names([name.strip() for name in headers[best]])


def unique_names(names: list[str]) -> list[str]:
    """Column names, the nameless by their place, the repeated with a number."""
    seen: dict[str, int] = {}
    unique = []
    for place, name in enumerate(names, 1):
        name = name or f"column_{place}"
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return unique


def read_fast(
    con: duckdb.DuckDBPyConnection, feed: Feed, scans: list[Scan], on_bytes: Callable[[int], object] = lambda _: None
) -> Landed:
    """Make files of one format and shape readable in SQL; `on_bytes` is told of what is read of them later on.

    Raises:
        duckdb.Error: the reader fails on a file.
        Mismatch: it counts other records than the bytes hold.
    """
    if scans[0].format == "parquet":
        return _read_parquet(con, scans)
    if scans[0].format == "csv":
        return _read_csv(con, feed, scans)
    con.register(lines.NAME, lines.Lines(scans, on_bytes))
    landed = Landed([], relation=lines.NAME, json_lines=True, read=[scan.records for scan in scans])
    pick_keys(con, feed, landed)
    return landed


def _paths(scans: list[Scan]) -> str:
    return "[" + ", ".join(literal(scan.path) for scan in scans) + "]"


def _read_csv(con: duckdb.DuckDBPyConnection, feed: Feed, scans: list[Scan]) -> Landed:
    delimiter, names = csv_layout(feed, scans[0])
    if not names:
        raise Mismatch("it has no header" if scans[0].records else "it is empty")
    packed = scans[0].path.name.lower().endswith(".gz")
    types = "{" + ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(names))) + "}"
    con.execute(
        f"""create or replace temp table load_landed as
        select {", ".join(f"c{i}" for i in range(len(names)))}, file_index as _fileno
        from read_csv({_paths(scans)}, columns={types}, delim={literal(delimiter)}, quote='"', escape='"', comment='', nullstr='',
            header=true, auto_detect=false, strict_mode=true, null_padding=false, max_line_size={LINE_LIMIT},
            hive_partitioning=false, compression='{"gzip" if packed else "none"}')"""
    )
    # Row numbers are exact only if every file's rows lie together and number what the bytes hold.
    found = con.execute("select _fileno, min(rowid), max(rowid), count(*) from load_landed group by 1").fetchall()
    by_file = {index: (first, last, count) for index, first, last, count in found}
    start = 0
    for index, scan in enumerate(scans):
        first, last, count = by_file.get(index, (start, start - 1, 0))
        if count != scan.records or first != start or last != start + count - 1:
            raise Mismatch(f"{scan.path.name}: {count} records read, {scan.records} counted")
        start += count
    columns = [SourceColumn(name, f"c{i}") for i, name in enumerate(names)]
    read = [scan.records for scan in scans]
    return Landed(columns, "l.rowid + 1 - f.first_row", delimiter=delimiter, header=names, read=read)


def pick_keys(con: duckdb.DuckDBPyConnection, feed: Feed, landed: Landed) -> None:
    """Make columns of the keys looked for, whichever line has them."""
    spelled, named = _wanted(feed)
    # Lines have few sets of keys: they are counted as such.
    counted = con.execute(
        f"""select fileno, keys, count(*)
        from (select {landed.file} as fileno, try(json_keys(j)) as keys from {landed.relation} as l)
        where len(keys) > 0 group by all order by all"""
    ).fetchall()
    landed.keys = [{} for _ in range(1 + max((file for file, *_ in counted), default=-1))]
    for file, names, count in counted:
        for name in set(names):
            landed.keys[file][name] = landed.keys[file].get(name, 0) + count
    keys = sorted({name for names in landed.keys for name in names})
    picked = [key for key in keys if key in named or snake(key) in spelled]
    # The names of a struct's fields differ by more than their case; of keys that don't, the first is one.
    fields = {key.lower(): key for key in reversed(picked)}
    landed.columns = [SourceColumn(key, _field(key) if fields[key.lower()] == key else _single(key)) for key in picked]
    landed.more_keys = len(picked) < len(keys)


def _field(key: str) -> str:
    return f"struct_extract(v, {literal(key)})"


def _single(key: str) -> str:
    # Of a key in quotes, a path could not be written; in a pointer, tilde and slash are.
    pointer = "/" + key.replace("~", "~0").replace("/", "~1")
    return f"case when json_valid(j) then json_extract_string(j, {literal(pointer)}) end"


def _read_parquet(con: duckdb.DuckDBPyConnection, scans: list[Scan]) -> Landed:
    # A path of the kind day=2026-01-31 tells when a file landed; it is no column of the file.
    relation = f"read_parquet({_paths(scans)}, hive_partitioning=false)"
    described = con.execute(f"describe select * from {relation}").fetchall()
    names = [name for name, *_ in described]
    if {"filename", "file_row_number", "file_index"} & {name.lower() for name in names}:
        raise Mismatch("a column hides DuckDB's own row numbers")
    if any(pa.types.is_decimal256(field.type) and field.type.precision > 38 for field in pq.read_schema(scans[0].path)):
        # DuckDB would read them as doubles, which lose cents.
        raise Mismatch("it has numbers of more than 38 digits")
    counts = dict(con.execute(f"select file_index, count(*) from {relation} group by 1").fetchall())
    for index, scan in enumerate(scans):
        if counts.get(index, 0) != scan.records:
            raise Mismatch(f"{scan.path.name}: {counts.get(index, 0)} records read, {scan.records} in the footer")
    columns = [SourceColumn(name, f"l.{identifier(name)}", kind) for name, kind, *_ in described]
    return Landed(columns, "l.file_row_number + 1", "l.file_index", relation, header=names, read=[scan.records for scan in scans])
