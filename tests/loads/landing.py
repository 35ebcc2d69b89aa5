"""A throw-away project: land files, load them, read what came of it."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.loads.books import unbalanced
from dagster_project.loads.load import LoadSummary, load_landing
from dagster_project.settings import Settings, load_settings
from dagster_project.warehouse import open_warehouse

COMPANY = "company: {name: Test, currency: EUR, timezone: Europe/Paris, country: FR}\n"
GOOD = "generic/orders/good.csv"


class Project:
    """A throw-away project. `write` lands a file, `load` loads, `rows` queries the warehouse."""

    def __init__(self, base: Path):
        self.base = base
        self.landing = base / "landing"
        self.landing.mkdir(parents=True)
        self.configure("")

    def configure(self, text: str) -> None:
        (self.base / "relance.yml").write_text(COMPANY + text, encoding="utf-8")

    @property
    def settings(self) -> Settings:
        return load_settings(self.base / "relance.yml")

    def write(self, path: str, content: str | bytes) -> Path:
        """Land a file; text is UTF-8, and a name ending in .gz is packed."""
        target = self.landing / path
        target.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        target.write_bytes(gzip.compress(data, mtime=0) if path.endswith(".gz") and isinstance(content, str) else data)
        return target

    def warehouse(self, settings: Settings | None = None) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        return open_warehouse(settings or self.settings)

    def load(self) -> LoadSummary:
        """Load, and insist that the books balance and nothing temporary is left."""
        with self.warehouse() as con:
            summary = load_landing(self.settings, con)
            assert unbalanced(con) == []
        return summary

    def rows(self, query: str, *parameters: Any) -> list[tuple]:
        with self.warehouse() as con:
            return con.execute(query, list(parameters)).fetchall()

    def value(self, query: str) -> Any:
        return self.rows(query)[0][0]

    def ledger(self, file: str) -> tuple[int, int, int, int]:
        """(read, accepted, duplicate, quarantined) of a file's newest line."""
        query = """select rows_read, rows_accepted, rows_duplicate, rows_quarantined from quality.load_ledger
            where file = ? order by loaded_at desc limit 1"""
        return self.rows(query, file)[0]

    def quarantine(self) -> list[tuple[str, int, str, str]]:
        """(file, line, reason, raw) in order."""
        return self.rows("select file, line, reason, raw from quality.quarantine order by file, record")

    def note(self, file: str) -> str | None:
        """Why a file was read record by record; None if the fast path took it."""
        return self.rows("select note from quality.load_ledger where file = ?", file)[0][0]


class OneFile:
    """A project whose warehouse stays open in memory, for many loads of a file or a few: they land, are loaded and cleared away.

    An entity is named `source.entity`; without a source it is generic. `part` counts the files of the last load from 0.
    """

    def __init__(self, project: Project):
        self.project, self.settings = project, project.settings
        self.con = duckdb.connect(config={"threads": 1})
        self.count = 0

    def load(self, entity: str, ending: str, content: bytes) -> tuple[int, int, int, int]:
        """(read, accepted, duplicate, quarantined) of a file."""
        return self.load_all(entity, [(ending, content)])[0]

    def load_all(
        self, entity: str, files: Sequence[tuple[str, bytes]], folder: str = "", twice: bool = True
    ) -> list[tuple[int, int, int, int]]:
        """Files, each by ending and content, loaded together: (read, accepted, duplicate, quarantined) of each.

        `twice` loads once more, which must bring nothing.
        """
        self.count += 1
        landed = [
            self.project.write(f"{_folder(entity)}/{folder}x{self.count}.{part}.{ending}", content)
            for part, (ending, content) in enumerate(files)
        ]
        try:
            load_landing(self.settings, self.con)
            assert not twice or load_landing(self.settings, self.con).files == 0, "a file was loaded twice"
        finally:
            for path in landed:
                path.unlink()
        columns = "rows_read, rows_accepted, rows_duplicate, rows_quarantined"
        books = [
            self.con.execute(f"select {columns} from quality.load_ledger where {self._own('file', part)}").fetchall()
            for part in range(len(files))
        ]
        assert all(len(lines) == 1 for lines in books), "not every file has one line in the ledger"
        return [lines[0] for lines in books]

    def newest(self, entity: str, columns: str, part: int = 0) -> list[tuple]:
        """Columns of the rows that a file of the last load brought, in its order."""
        source, name = _folder(entity).split("/")
        query = f'select {columns} from "raw_{source}"."{name}" where {self._own("_file", part)} order by _line'
        return self.con.execute(query).fetchall()

    def refused(self, part: int = 0) -> list[tuple[int, str, str]]:
        """(line, reason, raw) of the rows of a file of the last load that were refused, in its order."""
        query = f"select line, reason, raw from quality.quarantine where {self._own('file', part)} order by record"
        return self.con.execute(query).fetchall()

    def _own(self, column: str, part: int) -> str:
        return f"{column} like '%/x{self.count}.{part}.%'"


def _folder(entity: str) -> str:
    source, _, name = entity.rpartition(".")
    return f"{source or 'generic'}/{name}"


def event(number: int, **changes: Any) -> str:
    """One generic event as a JSON line."""
    fields = {"message_id": f"m{number}", "type": "track", "event": "Product Viewed", "timestamp": "2026-01-31T10:00:00Z"}
    return json.dumps(fields | changes)


def orders_csv(*rows: str) -> str:
    """A CSV of orders with the columns order_id, ordered_at, total, email."""
    return "\n".join(["order_id,ordered_at,total,email", *rows, ""])


def events(*numbers: int) -> str:
    """Generic events as JSON lines."""
    return "".join(event(number) + "\n" for number in numbers)


def land_good(project: Project) -> None:
    """Land the file that every test of bad input expects to load whatever lies beside it."""
    project.write(GOOD, orders_csv("g1,2026-01-31,10.00,", "g2,2026-01-31,20.00,"))


def beside_good(project: Project) -> list[str]:
    """The orders that were loaded beside those of the good file, which must all be there."""
    assert project.ledger(GOOD) == (2, 2, 0, 0)
    return [order for (order,) in project.rows("select order_id from raw_generic.orders order by 1") if not order.startswith("g")]


def parquet_bytes(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()
