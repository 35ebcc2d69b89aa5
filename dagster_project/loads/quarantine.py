"""The rows in quarantine that nothing has settled yet: which they are, and how each is to be read again.

Their text is all there is: their files may have left the landing folder. The ledger kept the columns and the delimiter of a
CSV or, where it could not be told whether they are columns, the rows themselves did; of Parquet, the text is JSON.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from dagster_project.config_file import near_miss
from dagster_project.errors import RelanceError
from dagster_project.loads.books import LandedFile, ensure_books
from dagster_project.loads.contract import Entity, load_contracts
from dagster_project.loads.exact import split_record
from dagster_project.loads.layout import Layout
from dagster_project.loads.record_by_record import insert_arrow
from dagster_project.loads.scan import LINE_LIMIT, Scan

SLICE_ROWS, SLICE_BYTES = 20_000, 8 * LINE_LIMIT
"""Rows, and characters of their texts, that are in hand at once."""
NO_HEADER = "the columns of the file are not known; land it again with a header"


@dataclass(frozen=True)
class Shape:
    """Files of one entity that are read alike; `batches` are those they were loaded with. `header` are the columns of a CSV
    or Parquet, None where they are not known and for NDJSON, which names them in each line; `types` those of a Parquet.
    """

    entity: Entity
    format: str
    delimiter: str
    header: tuple[str, ...] | None
    files: tuple[LandedFile, ...]
    batches: tuple[int, ...]
    types: tuple[str, ...] = ()


@dataclass(frozen=True)
class OpenRow:
    """A row in quarantine. `place` is the place of its file in its shape; `whole` tells whether `raw` is all of it."""

    place: int
    record: int
    line: int
    reason: str
    raw: str
    whole: bool


@dataclass(frozen=True)
class Text:
    """What there is to read of a row: a JSON object as text, or why there is none."""

    json: str | None
    fault: str | None = None


def as_it_came(shape: Shape, row: OpenRow) -> Text:
    """A row as its file told it."""
    if not row.whole:
        return Text(None, row.reason)
    if shape.format != "csv":
        return Text(row.raw)
    if shape.header is None:
        return Text(None, NO_HEADER)
    fields, fault = split_record(row.raw, shape.delimiter, len(shape.header))
    return Text(None, fault) if fault or fields is None else Text(as_json(shape.header, fields))


def as_json(names: Iterable[str], values: Iterable[str]) -> str:
    """A CSV record as a JSON object; what is blank is not given."""
    given = {name: value for name, value in zip(names, values, strict=True) if value.strip(" ")}
    return json.dumps(given, ensure_ascii=False)


def open_shapes(con: duckdb.DuckDBPyConnection, source: str | None = None, entity: str | None = None) -> list[Shape]:
    """What has open rows, in order of source, entity and file; limited to a source and an entity where they are named.

    Raises:
        RelanceError: there is no such source or entity.
    """
    _check_names(source, entity)
    ensure_books(con)
    found = con.execute(
        """with open_rows as (
            select source, entity, file, batch, min(header) as header
            from quality.quarantine where settled_at is null group by all)
        select source, entity, format, coalesce(layout, header), file, landed_on, sha256, batch
        from quality.load_ledger as l join open_rows using (source, entity, file, batch)
        where source = coalesce($source, source) and entity = coalesce($entity, entity)
        order by source, entity, file, batch""",
        {"source": source, "entity": entity},
    ).fetchall()
    contracts = load_contracts()
    shapes: dict[tuple, list[tuple[LandedFile, int]]] = {}
    for owner, name, kind, text, path, landed_on, sha256, batch in found:
        if name in contracts.get(owner, {}):
            layout = Layout.load(text) if text and kind != "ndjson" else None
            types = tuple(column.type or "VARCHAR" for column in layout.columns) if layout and kind == "parquet" else ()
            how = (kind, layout.delimiter, tuple(layout.names), types) if layout else (kind, ",", None, ())
            file = LandedFile(path, landed_on, Scan(Path(path), kind, 0, 0, sha256, 0))
            shapes.setdefault((owner, name, *how), []).append((file, batch))
    return [
        Shape(contracts[owner][name], *how, tuple(file for file, _ in files), tuple(batch for _, batch in files), types)
        for (owner, name, *how, types), files in shapes.items()
    ]


def open_slices(con: duckdb.DuckDBPyConnection, shape: Shape) -> Iterator[list[OpenRow]]:
    """The open rows of a shape in order of file and record, in lists that fit in memory.

    They are noted before the first is handed out: what is loaded meanwhile leaves the quarantine. The temporary table
    replay_files (place, file, batch) stays.
    """
    places = {
        "place": list(range(len(shape.files))),
        "file": pa.array([file.path for file in shape.files], pa.string()),
        "batch": pa.array(shape.batches, pa.int64()),
    }
    insert_arrow(con, "create or replace temp table replay_files as from load_slice", pa.table(places))
    con.execute(
        f"""create or replace temp table replay_open as
        with rows as (
            select f.place, q.record, q.line, q.reason, q.raw, q.is_whole,
                row_number() over nth as n, sum(length(q.raw)) over nth as total
            from quality.quarantine as q join replay_files as f on f.file = q.file and f.batch = q.batch
            where q.source = $source and q.entity = $entity and q.settled_at is null
            window nth as (order by f.place, q.record rows unbounded preceding)
        )
        select * exclude (n, total), (n - 1) // {SLICE_ROWS} as block, total // {SLICE_BYTES} as part from rows""",
        {"source": shape.entity.source, "entity": shape.entity.name},
    )
    parts = con.execute("select distinct block, part from replay_open order by all").fetchall()
    for part in parts:
        query = "select place, record, line, reason, coalesce(raw, ''), coalesce(is_whole, true) from replay_open"
        rows = con.execute(f"{query} where block = ? and part = ? order by place, record", list(part)).fetchall()
        yield [OpenRow(*row) for row in rows]


def _check_names(source: str | None, entity: str | None) -> None:
    contracts = load_contracts()
    if source is not None and source not in contracts:
        what = f"There is no source `{source}`{near_miss(source, contracts)}"
        raise RelanceError(what, "--source", f"use one of {', '.join(sorted(contracts))}")
    names = sorted({name for owner, entities in contracts.items() if source in (None, owner) for name in entities})
    if entity is not None and entity not in names:
        close = difflib.get_close_matches(entity, names)
        hint = f" (did you mean {', '.join(f'`{name}`' for name in close)}?)" if close else ""
        how = "name an entity by its folder in the landing folder; `relance report` lists those with refused rows"
        raise RelanceError(f"There is no entity `{entity}`{hint}", "--entity", how)
