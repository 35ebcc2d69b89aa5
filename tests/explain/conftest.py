"""The demo's warehouse for reading, and its truth beside it."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from dagster_project.settings import Settings
from dagster_project.warehouse import open_warehouse


@pytest.fixture
def warehouse(demo: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(demo, read_only=True) as con:
        for file in (demo.base / "truth").glob("*.parquet"):
            con.execute(f"create temp view truth_{file.stem} as select * from '{file}'")
        yield con
