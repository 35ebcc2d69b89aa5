"""The fast path: files read by DuckDB's own readers into the temporary table load_landed (Parquet is read in place).

A landed record has the columns of its file: text for CSV, native types for Parquet, the whole line `j` for NDJSON. A
record's number follows from its place in the table, which holds only while the reader's count is that of the bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

from dagster_project.loads.casts import identifier, literal
from dagster_project.loads.contract import snake
from dagster_project.loads.discover import Feed
from dagster_project.loads.exact import header_of
from dagster_project.loads.plan import SourceColumn
from dagster_project.loads.scan import LINE_LIMIT, Scan

DELIMITERS = ",;\t|"


class Mismatch(Exception):
    """The reader's count of records is not the one made from the bytes."""


@dataclass
class Landed:
    """What a read left behind: the columns of the file, and the SQL that tells a record's number and its file's.

    `read` is the number of records per file, refused ones included; `note` says why the exact path was taken. An
    `unreadable` file has no columns at all and is refused as a whole already. Of JSON lines, only the keys that are looked
    for are columns; `more_keys` tells whether there are others.
    """

    columns: list[SourceColumn]
    record: str
    file: str
    relation: str = "load_landed"
    json_lines: bool = False
    delimiter: str = ","
    header: list[str] = field(default_factory=list)
    read: list[int] = field(default_factory=list)
    note: str | None = None
    unreadable: bool = False
    more_keys: bool = False

    @property
    def source(self) -> str:
        """FROM clause: `l` is the landed record, `f` its file."""
        return f"{self.relation} as l join load_files as f on f.fileno = {self.file}"


def _wanted(feed: Feed) -> tuple[set[str], set[str]]:
    """The column names looked for: in any spelling, and as relance.yml writes them."""
    spelled = {snake(name) for column, spec in feed.entity.columns.items() for name in [column, *spec.aliases]}
    return spelled, {*feed.mapping.columns.values(), *(feed.mapping.key or [])}


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


def read_fast(con: duckdb.DuckDBPyConnection, feed: Feed, scans: list[Scan]) -> Landed:
    """Read files of one format and shape with DuckDB's reader.

    Raises:
        duckdb.Error: the reader fails on a file.
        Mismatch: it counts other records than the bytes hold.
    """
    files = "[" + ", ".join(literal(scan.path) for scan in scans) + "]"
    packed = scans[0].path.name.lower().endswith(".gz")
    if scans[0].format == "parquet":
        return _read_parquet(con, files, scans)
    if scans[0].format == "csv":
        delimiter, names = csv_layout(feed, scans[0])
        types = "{" + ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(names))) + "}"
        source = f"""select {", ".join(f"c{i}" for i in range(len(names)))}, file_index as _file_index
            from read_csv({files}, columns={types}, delim={literal(delimiter)}, quote='"', escape='"', comment='', nullstr='',
                header=true, auto_detect=false, strict_mode=true, null_padding=false, max_line_size={LINE_LIMIT},
                compression='{"gzip" if packed else "none"}')"""
        landed = Landed(
            [SourceColumn(name, f"c{i}") for i, name in enumerate(names)],
            "l.rowid + 1 - f.first_row",
            "l._file_index",
            delimiter=delimiter,
            header=names,
        )
    else:
        source = f"""select json as j, file_index as _file_index
            from read_ndjson_objects({files}, ignore_errors=true, maximum_object_size={LINE_LIMIT},
                compression='{"gzip" if packed else "uncompressed"}')"""
        landed = Landed([], "l.rowid + 1 - f.first_row", "l._file_index", json_lines=True)
    con.execute(f"create or replace temp table load_landed as {source}")
    # Row numbers are exact only if every file's rows lie together and number what the bytes hold.
    found = con.execute("select _file_index, min(rowid), max(rowid), count(*) from load_landed group by 1").fetchall()
    by_file = {index: (first, last, count) for index, first, last, count in found}
    start = 0
    for index, scan in enumerate(scans):
        first, last, count = by_file.get(index, (start, start - 1, 0))
        if count != scan.records or first != start or last != start + count - 1:
            raise Mismatch(f"{scan.path.name}: {count} records read, {scan.records} counted")
        start += count
    if landed.json_lines:
        pick_keys(con, feed, landed)
    landed.read = [scan.records for scan in scans]
    return landed


def pick_keys(con: duckdb.DuckDBPyConnection, feed: Feed, landed: Landed) -> None:
    """Make columns of the keys looked for, whichever line has them; all are picked from a line in one go."""
    spelled, named = _wanted(feed)
    keys = sorted(key for (key,) in con.execute("select distinct unnest(json_keys(j)) from load_landed").fetchall())
    # A quote mark can't be written in a JSON path; such a key stays in _extra.
    picked = [key for key in keys if (key in named or snake(key) in spelled) and '"' not in key]
    paths = ", ".join(literal(f'$."{key}"') for key in picked)
    landed.columns = [SourceColumn(key, f"v[{place}]") for place, key in enumerate(picked, 1)]
    landed.more_keys = len(picked) < len(keys)
    if picked:
        landed.relation = f"(select *, rowid, json_extract_string(j, [{paths}]) as v from load_landed)"


def _read_parquet(con: duckdb.DuckDBPyConnection, files: str, scans: list[Scan]) -> Landed:
    relation = f"read_parquet({files})"
    described = con.execute(f"describe select * from {relation}").fetchall()
    names = [name for name, *_ in described]
    if {"filename", "file_row_number", "file_index"} & {name.lower() for name in names}:
        raise Mismatch("a column hides DuckDB's own row numbers")
    counts = dict(con.execute(f"select file_index, count(*) from {relation} group by 1").fetchall())
    for index, scan in enumerate(scans):
        if counts.get(index, 0) != scan.records:
            raise Mismatch(f"{scan.path.name}: {counts.get(index, 0)} records read, {scan.records} in the footer")
    columns = [SourceColumn(name, f"l.{identifier(name)}", kind) for name, kind, *_ in described]
    return Landed(columns, "l.file_row_number + 1", "l.file_index", relation, header=names, read=[scan.records for scan in scans])
