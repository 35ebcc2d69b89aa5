"""The files that the benchmark of the loads reads: a shop's events as one Parquet and one NDJSON file, and a day's news."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from bench.shop import EVENTS_PER_CUSTOMER, INCREMENT
from dagster_project.demo import write_demo
from dagster_project.demo.delivery import json_lines
from dagster_project.errors import RelanceError

SPARE = 1.25
"""Events generated per event wanted: the newest days of a shop lie in files of another kind."""
FORMATS = ("parquet", "ndjson")
_BATCH = 50_000


@dataclass(frozen=True)
class EventFiles:
    """Events in order of arrival: `rows` of them in full.<format>, the next hundredth in news.<format>."""

    folder: Path
    rows: int
    news: int
    as_of: str

    def path(self, part: str, kind: str) -> Path:
        return self.folder / f"{part}.{kind}"


def prepare_files(home: Path, rows: int) -> EventFiles:
    """The files for so many rows below `home`; made if they are not there yet.

    Raises:
        RelanceError: the generated shop has too few events.
    """
    folder = home / f"loads-{rows}"
    mark = folder / "files.json"
    news = max(1, int(rows * INCREMENT))
    if not mark.exists():
        events = int(rows * SPARE) + 5_000
        demo = write_demo(folder / "shop", customers=max(50, events // EVENTS_PER_CUSTOMER), events=events)
        months = sorted((folder / "shop" / "landing" / "segment" / "events").glob("*/*.parquet"))
        start = 0
        for part, count in (("full", rows), ("news", news)):
            _write_parquet(months, folder / f"{part}.parquet", start, count)
            _write_lines(folder / f"{part}.parquet", folder / f"{part}.ndjson")
            start += count
        mark.write_text(json.dumps({"as_of": demo.totals["as_of"]}))
    return EventFiles(folder, rows, news, json.loads(mark.read_text())["as_of"])


def _write_parquet(months: list[Path], target: Path, start: int, count: int) -> None:
    files = ", ".join(f"'{path}'" for path in months)
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        written = con.execute(
            f"""copy (
                select * from read_parquet([{files}], hive_partitioning = false)
                where "messageId" is not null and "timestamp" is not null limit {count} offset {start}
            ) to '{target}' (format parquet)"""
        ).fetchone()
    if written is None or written[0] != count:
        raise RelanceError("The generated shop has too few events", str(target.parent), "remove the folder and run again")


def _write_lines(source: Path, target: Path) -> None:
    with open(target, "wb") as file:
        for rows in _slices(source):
            file.write("\n".join(json_lines(rows).to_pylist()).encode() + b"\n")


def _slices(source: Path) -> Iterator[pa.Table]:
    with pq.ParquetFile(source) as file:
        for batch in file.iter_batches(_BATCH):
            table = pa.Table.from_batches([batch])
            times = [i for i, field in enumerate(table.schema) if pa.types.is_timestamp(field.type)]
            for place in times:
                name = table.schema.field(place).name
                table = table.set_column(place, name, table[name].cast(pa.timestamp("ms", "UTC")))
            yield table
