"""Records that the fast path can't be trusted with: read one by one, refused one by one, and found again for their lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.loads import lines
from dagster_project.loads.casts import given, literal
from dagster_project.loads.discover import Feed
from dagster_project.loads.exact import Record, exact_records
from dagster_project.loads.plan import SourceColumn
from dagster_project.loads.read import Landed, csv_layout, pick_keys, unique_names
from dagster_project.loads.scan import LINE_LIMIT, NO_PARQUET, Scan

SLICE = 20_000
"""Records that are held in memory at once, at most."""


def read_exact(con: duckdb.DuckDBPyConnection, feed: Feed, scan: Scan) -> Landed:
    """Read one file record by record; records that can't be read go to load_refused, each with its line and reason."""
    if scan.format == "parquet":
        return _exact_parquet(con, scan)
    if scan.format == "ndjson":
        con.execute("create or replace temp table load_landed (_record bigint, j json)")
        landed = Landed([], file="0", json_lines=True)

        def lines(good: list[Record]) -> dict[str, pa.Array]:
            return {"j": _texts(record.raw for record in good)}

        landed.read = [_land(con, exact_records(scan), lines, ["case when json_valid(j) then j end"])]
        pick_keys(con, feed, landed)
        return landed
    delimiter, names = csv_layout(feed, scan)
    columns = [f"c{i}" for i in range(len(names))]
    con.execute(f"create or replace temp table load_landed (_record bigint{''.join(f', {c} varchar' for c in columns)})")
    found = [SourceColumn(name, column) for name, column in zip(names, columns, strict=True)]
    landed = Landed(found, file="0", delimiter=delimiter, header=names)

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
            select f.fileno, {landed.record}, {landed.record}, {literal(reason)}, {_row_text(landed)}, true
            from {landed.source()}"""
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
    """Add the records in load_faulty to load_refused, with their line and raw text.

    The file is gone through once more, for the records wanted only.
    """
    wanted = con.execute("select _fileno, list(_record order by _record) from load_faulty group by 1 order by 1").fetchall()
    if not wanted:
        return
    con.execute(
        """create or replace temp table load_located (
            _fileno bigint, _record bigint, line bigint, raw varchar, whole boolean)"""
    )
    if landed.relation == lines.NAME:
        con.execute(
            f"""insert into load_located select _fileno, _record, line, regexp_replace(j, '\r?\n$', ''), true
            from {lines.NAME} semi join load_faulty using (_fileno, _record)"""
        )
    elif scans[0].format == "parquet":
        con.execute(
            f"""insert into load_located select f.fileno, {landed.record}, {landed.record}, {_row_text(landed)}, true
            from {landed.source(only="load_faulty")}"""
        )
    else:
        for number, records in wanted:
            chosen = set(records)
            hits = (record for record in exact_records(scans[number], landed.delimiter) if record.number in chosen)
            for part in _slices(hits):
                insert_arrow(con, f"insert into load_located select {number}, n, l, r, w from load_slice", _table(part))
    con.execute(
        """insert into load_refused
        select s._fileno, s._record, coalesce(p.line, s._record), s._reason, p.raw, coalesce(p.whole, false)
        from load_faulty as s left join load_located as p using (_fileno, _record)"""
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
    rows = _table(records, reason)
    insert_arrow(con, f"insert into load_refused select {number}, n, l, t, r, w from load_slice", rows)


def _table(records: list[Record], reason: str | None = None) -> pa.Table:
    """Number, line, reason ("t"), raw text and whether that is whole; `reason` is for those that have none of their own."""
    columns = {
        "n": pa.array((record.number for record in records), pa.int64()),
        "l": pa.array((record.line for record in records), pa.int64()),
        "t": _texts(record.reason or reason for record in records),
        "r": _texts(record.raw for record in records),
        "w": pa.array((record.whole for record in records), pa.bool_()),
    }
    return pa.table(columns)


def _row_text(landed: Landed) -> str:
    """SQL of a Parquet row as JSON under the names of its file. JSON has no word for NaN, which stands for nothing anyway."""
    values = [(c.name, c.sql if c.type == "VARCHAR" else given(c.sql, c.type)) for c in landed.columns]
    return f"cast(json_object({', '.join(f'{literal(name)}, {value}' for name, value in values)}) as varchar)"


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
        _refuse(con, 0, [Record(1, 1, "", f"the file is {NO_PARQUET}", whole=False)])
        con.execute("create or replace temp table load_landed (_record bigint)")
        return Landed([], file="0", read=[1], unreadable=True, broken=NO_PARQUET)
    with file:
        names = unique_names([str(name) for name in file.schema_arrow.names])
        columns = [f"c{i}" for i in range(len(names))]
        # An empty table goes first: it makes load_landed even when every row group is broken.
        _land_rows(
            con, file.schema_arrow.empty_table(), columns, 1, "create or replace temp table load_landed as from load_slice"
        )
        first, damaged = 1, False
        for group in range(file.metadata.num_row_groups):
            numbers = range(first, first + file.metadata.row_group(group).num_rows)
            try:
                _land_group(con, file.read_row_group(group), columns, first)
            except (pa.ArrowException, OSError, ValueError) as error:
                damaged = True
                reason = (
                    f"row group {group + 1} of {file.metadata.num_row_groups} of the Parquet file can't be read: {_why(error)}"
                )
                _refuse(con, 0, [Record(n, n, "", reason, whole=False) for n in numbers])
            first = numbers.stop
    kinds = [kind for _, kind, *_ in con.execute("describe load_landed").fetchall()]
    columns = [SourceColumn(name, f"l.c{i}", kinds[i]) for i, name in enumerate(names)]
    broken = "a part of it is damaged" if damaged else None
    return Landed(columns, file="0", header=names, read=[first - 1], broken=broken)


def _why(error: Exception) -> str:
    """What Arrow says of damaged bytes: it counts and names codecs, and quotes nothing."""
    return " ".join(str(error).split())[:100] or type(error).__name__


def _land_group(con: duckdb.DuckDBPyConnection, rows: pa.Table, columns: list[str], first: int) -> None:
    """Rows to load_landed; halved until one that DuckDB can't hold (a time beyond its years) stands alone and is refused."""
    try:
        _land_rows(con, rows, columns, first, "insert into load_landed from load_slice")
    except (duckdb.DataError, duckdb.NotSupportedError, pa.ArrowInvalid):
        if rows.num_rows == 1:
            _refuse(
                con,
                0,
                [Record(first, first, rows.to_string(preview_cols=rows.num_columns), "a value is beyond what can be held")],
            )
            return
        half = rows.num_rows // 2
        _land_group(con, rows.slice(0, half), columns, first)
        _land_group(con, rows.slice(half), columns, first + half)


def _land_rows(con: duckdb.DuckDBPyConnection, rows: pa.Table, columns: list[str], first: int, query: str) -> None:
    numbers = pa.array(range(first, first + rows.num_rows), pa.int64())
    rows = pa.table([_holdable(column) for column in rows.columns], names=rows.column_names)
    insert_arrow(con, query, rows.rename_columns(columns).append_column("_record", numbers))


def _holdable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column in a type that DuckDB takes from Arrow and casts without failing: it knows no decimals of more than 38 digits
    and no half floats, and stops at a time of milliseconds that microseconds can't hold.

    Raises:
        pa.ArrowInvalid: a time is beyond the years that microseconds reach.
    """
    kind = column.type
    if pa.types.is_decimal256(kind):
        return column.cast(pa.string())
    if pa.types.is_float16(kind):
        return column.cast(pa.float32())
    if pa.types.is_timestamp(kind) and kind.unit in ("s", "ms"):
        return column.cast(pa.timestamp("us", kind.tz))
    return column
