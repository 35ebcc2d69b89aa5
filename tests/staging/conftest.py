"""A company whose landing folder holds every trap that staging and unified models have to get right, built once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.control import Run, write_control
from dagster_project.dbt_run import DbtResults, dbt_build
from dagster_project.dbt_workspace import prepare_workspace
from dagster_project.loads.load import load_landing
from dagster_project.loads.normalise import normalise_identifiers
from dagster_project.settings import Settings, load_settings
from dagster_project.warehouse import open_warehouse

from . import landed

MODELS = [
    *("resource_type:seed", "actions", "person_actions"),
    *(f"path:models/{room}" for room in ("staging", "unified", "identity", "profiles")),
]
GROWING = [
    *("+unified_order_events", "+unified_email_events", "+unified_device_consents"),
    *("+sessions", "+product_days", "+event_days", "+event_links"),
]
"""The models that a load adds to, with what they are made of; all others are made anew each time."""


def land(settings: Settings, files: dict[str, list[dict[str, Any]]]) -> None:
    """Write files of the landing folder: path → rows, one JSON object each, or a Parquet file if the path says so."""
    for path, rows in files.items():
        target = settings.landing_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.endswith(".parquet"):
            names = list(dict.fromkeys(name for row in rows for name in row))
            pq.write_table(pa.table({name: [row.get(name) for row in rows] for name in names}), target)
            continue
        target.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def build(settings: Settings, models: list[str] = MODELS) -> DbtResults:
    """Load what lies in the landing folder and build the unified tables."""
    with open_warehouse(settings) as con:
        load_landing(settings, con)
        normalise_identifiers(con, settings)
        write_control(con, settings, Run("test", settings.moment("2026-03-01")))
    return dbt_build(prepare_workspace(settings), select=models)


@dataclass(frozen=True)
class Shop:
    """A built project. `query` answers with one dict per row."""

    settings: Settings
    results: DbtResults

    def query(self, sql: str) -> list[dict[str, Any]]:
        with open_warehouse(self.settings, read_only=True) as con:
            found = con.execute(sql)
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def one(self, sql: str) -> dict[str, Any]:
        rows = self.query(sql)
        assert len(rows) == 1, f"{len(rows)} rows instead of one"
        return rows[0]


@pytest.fixture(scope="session")
def make_shop(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Settings]:
    def make(name: str) -> Settings:
        folder = tmp_path_factory.mktemp("staging") / name
        (folder / "landing").mkdir(parents=True)
        (folder / "relance.yml").write_text(landed.CONFIGURATION, encoding="utf-8")
        return load_settings(folder)

    return make


@pytest.fixture(scope="session")
def shop(make_shop: Callable[[str], Settings]) -> Shop:
    """Built in two steps, as days go: the second load comes on top of the first. Tests read it and leave it as it is."""
    settings = make_shop("shop")
    land(settings, landed.FIRST_DAY)
    build(settings, GROWING)
    land(settings, landed.SECOND_DAY)
    return Shop(settings, build(settings))


@pytest.fixture
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB by itself, for SQL that macros write."""
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        yield con


@pytest.fixture(scope="session")
def macros() -> Path:
    return Path(__file__).resolve().parents[2] / "dbt_models" / "macros"
