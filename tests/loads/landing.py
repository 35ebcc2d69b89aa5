"""A throw-away project: land files, load them, read what came of it."""

from __future__ import annotations

import gzip
import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.loads.books import unbalanced
from dagster_project.loads.load import LoadSummary, load_landing
from dagster_project.settings import Settings, load_settings
from dagster_project.warehouse import open_warehouse

COMPANY = "company: {name: Test, currency: EUR, timezone: Europe/Paris, country: FR}\n"


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
    """A project whose warehouse stays open in memory, for many loads of one file each: `load` lands, loads, clears away."""

    def __init__(self, project: Project):
        self.project, self.settings = project, project.settings
        self.con = duckdb.connect(config={"threads": 1})
        self.count = 0

    def load(self, entity: str, ending: str, content: bytes) -> tuple[int, int, int, int]:
        """(read, accepted, duplicate, quarantined); the file's rows are those of the newest batch."""
        self.count += 1
        path = self.project.write(f"generic/{entity}/x{self.count}.{ending}", content)
        load_landing(self.settings, self.con)
        assert load_landing(self.settings, self.con).files == 0, "a file was loaded twice"
        path.unlink()
        (line,) = self.con.execute(
            "select rows_read, rows_accepted, rows_duplicate, rows_quarantined from quality.load_ledger where file = ?",
            [path.relative_to(self.project.landing).as_posix()],
        ).fetchall()
        return line

    def newest(self, entity: str, columns: str) -> list[tuple]:
        """Columns of the rows the last load brought, in the order of its file."""
        file = f"generic/{entity}/x{self.count}.%"
        return self.con.execute(
            f"select {columns} from raw_generic.{entity} where _file like ? order by _line", [file]
        ).fetchall()


def event(number: int, **changes: Any) -> str:
    """One generic event as a JSON line."""
    fields = {"message_id": f"m{number}", "type": "track", "event": "Product Viewed", "timestamp": "2026-01-31T10:00:00Z"}
    return json.dumps(fields | changes)


def orders_csv(*rows: str) -> str:
    """A CSV of orders with the columns order_id, ordered_at, total, email."""
    return "\n".join(["order_id,ordered_at,total,email", *rows, ""])
