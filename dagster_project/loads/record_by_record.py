"""Records that the fast path can't be trusted with: read one by one, refused one by one, and found again for their lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.loads.casts import literal
from dagster_project.loads.discover import Feed
from dagster_project.loads.exact import Record, exact_records
from dagster_project.loads.plan import SourceColumn
from dagster_project.loads.read import Landed, csv_layout, pick_keys, unique_names
from dagster_project.loads.scan import LINE_LIMIT, Scan

SLICE = 20_000
"""Records that are held in memory at once, at most."""


def read_exact(con: duckdb.DuckDBPyConnection, feed: Feed, scan: Scan) -> Landed:
    """Read one file record by record; records that can't be read go to load_refused, each with its line and reason."""
    if scan.format == "parquet":
        return _exact_parquet(con, scan)
    if scan.format == "ndjson":
        con.execute("create or replace temp table load_landed (_record bigint, j json)")
        landed = Landed([], "l._record", "0", json_lines=True)

        def lines(good: list[Record]) -> dict[str, pa.Array]:
            return {"j": _texts(record.raw for record in good)}

        landed.read = [_land(con, exact_records(scan), lines, ["case when json_valid(j) then j end"])]
        pick_keys(con, feed, landed)
        return landed
    delimiter, names = csv_layout(feed, scan)
    columns = [f"c{i}" for i in range(len(names))]
    con.execute(f"create or replace temp table load_landed (_record bigint{''.join(f', {c} varchar' for c in columns)})")
    found = [SourceColumn(name, column) for name, column in zip(names, columns, strict=True)]
    landed = Landed(found, "l._record", "0", delimiter=delimiter, header=names)

    def values(good: list[Record]) -> dict[str, pa.Array]:
        rows = zip(*(record.fields or [] for record in good), strict=True)
        return {column: _texts(row) for column, row in zip(columns, rows, strict=True)}

    landed.read = [_land(con, exact_records(scan, delimiter, len(names)), values, columns)]
    return landed


def refuse_all(con: duckdb.DuckDBPyConnection, scans: list[Scan], landed: Landed, reason: str) -> list[int]:
    """Every record of these files to load_refused for the same reason; returns how many of each file."""
    if scans[0].format == "parquet":
        con.execute(
            f"""insert into load_refused
            select f.fileno, {landed.record}, {landed.record}, {literal(reason)}, cast(to_json(l) as varchar)
            from {landed.source}"""
        )
        return [scan.records for scan in scans]
    counts = []
    for number, scan in enumerate(scans):
        counts.append(0)
        for part in _slices(exact_records(scan, landed.delimiter)):
            _refuse(con, number, part, reason)
            counts[number] += len(part)
    return counts


def locate(con: duckdb.DuckDBPyConnection, scans: list[Scan], landed: Landed) -> None:
    """Add the rows of load_staged that failed validation to load_refused, with their line and raw text.

    DuckDB's readers keep neither, so the file is gone through once more, for the records wanted only.
    """
    wanted = con.execute(
        "select _fileno, list(_record order by _record) from load_staged where _reason is not null group by 1 order by 1"
    ).fetchall()
    if not wanted:
        return
    con.execute("create or replace temp table load_located (_fileno bigint, _record bigint, line bigint, raw varchar)")
    if scans[0].format == "parquet":
        con.execute(
            f"""insert into load_located
            select f.fileno, {landed.record}, {landed.record}, cast(to_json(l) as varchar) from {landed.source}
            where (f.fileno, {landed.record}) in (select (_fileno, _record) from load_staged where _reason is not null)"""
        )
    else:
        for number, records in wanted:
            chosen = set(records)
            hits = (record for record in exact_records(scans[number], landed.delimiter) if record.number in chosen)
            for part in _slices(hits):
                rows = pa.table({"n": [r.number for r in part], "l": [r.line for r in part], "r": _texts(r.raw for r in part)})
                insert_arrow(con, f"insert into load_located select {number}, n, l, r from load_slice", rows)
    con.execute(
        """insert into load_refused
        select s._fileno, s._record, coalesce(p.line, s._record), s._reason, p.raw
        from load_staged as s left join load_located as p on p._fileno = s._fileno and p._record = s._record
        where s._reason is not null"""
    )


def _slices(records: Iterator[Record]) -> Iterator[list[Record]]:
    """Records in lists that fit in memory, however long each is."""
    part: list[Record] = []
    size = 0
    for record in records:
        part.append(record)
        size += len(record.raw)
        if len(part) >= SLICE or size > 4 * LINE_LIMIT:
            yield part
            part, size = [], 0
    if part:
        yield part


def _land(
    con: duckdb.DuckDBPyConnection,
    records: Iterator[Record],
    values: Callable[[list[Record]], dict[str, pa.Array]],
    columns: list[str],
) -> int:
    """Records to load_landed, broken ones to load_refused; returns how many there were of both."""
    count = 0
    for part in _slices(records):
        good = [record for record in part if record.reason is None]
        _refuse(con, 0, [record for record in part if record.reason is not None])
        count += len(part)
        if good:
            rows = pa.table({"_record": [record.number for record in good], **values(good)})
            insert_arrow(con, f"insert into load_landed select {', '.join(['_record', *columns])} from load_slice", rows)
    return count


def _refuse(con: duckdb.DuckDBPyConnection, number: int, records: list[Record], reason: str | None = None) -> None:
    if not records:
        return
    columns = {
        "n": pa.array((record.number for record in records), pa.int64()),
        "l": pa.array((record.line for record in records), pa.int64()),
        "t": _texts(record.reason or reason for record in records),
        "r": _texts(record.raw for record in records),
    }
    insert_arrow(con, f"insert into load_refused select {number}, n, l, t, r from load_slice", pa.table(columns))


def _texts(values: Iterable[str | None]) -> pa.Array:
    return pa.array(values, pa.string())


def insert_arrow(con: duckdb.DuckDBPyConnection, query: str, rows: pa.Table) -> None:
    """Run a query that reads `rows` under the name load_slice."""
    con.register("load_slice", rows)
    con.execute(query)
    con.unregister("load_slice")


def _exact_parquet(con: duckdb.DuckDBPyConnection, scan: Scan) -> Landed:
    """A Parquet file row group by row group: one that can't be read costs its own rows only."""
    try:
        file = pq.ParquetFile(scan.path)
    except (pa.ArrowException, OSError, ValueError):
        _refuse(con, 0, [Record(1, 1, "", "the file is not a Parquet file")])
        con.execute("create or replace temp table load_landed (_record bigint)")
        return Landed([], "l._record", "0", read=[1], unreadable=True)
    with file:
        names = unique_names([str(name) for name in file.schema_arrow.names])
        columns = [f"c{i}" for i in range(len(names))]
        # An empty table goes first: it makes load_landed even when every row group is broken.
        _land_rows(
            con, file.schema_arrow.empty_table(), columns, 1, "create or replace temp table load_landed as from load_slice"
        )
        first = 1
        for group in range(file.metadata.num_row_groups):
            numbers = range(first, first + file.metadata.row_group(group).num_rows)
            try:
                _land_rows(con, file.read_row_group(group), columns, first, "insert into load_landed from load_slice")
            except (pa.ArrowException, OSError, ValueError):
                _refuse(con, 0, [Record(n, n, "", "this part of the Parquet file is damaged") for n in numbers])
            first = numbers.stop
    kinds = [kind for _, kind, *_ in con.execute("describe load_landed").fetchall()]
    columns = [SourceColumn(name, f"l.c{i}", kinds[i]) for i, name in enumerate(names)]
    return Landed(columns, "l._record", "0", header=names, read=[first - 1])


def _land_rows(con: duckdb.DuckDBPyConnection, rows: pa.Table, columns: list[str], first: int, query: str) -> None:
    numbers = pa.array(range(first, first + rows.num_rows), pa.int64())
    insert_arrow(con, query, rows.rename_columns(columns).append_column("_record", numbers))
