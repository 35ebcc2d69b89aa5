"""An API, a project that pulls from it, and no long waits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dagster_project.connectors import extract, mirror
from dagster_project.loads.books import unbalanced
from dagster_project.loads.load import LoadSummary, load_landing
from dagster_project.settings import Settings
from dagster_project.warehouse import open_warehouse

from .api import Api, serve


@pytest.fixture(autouse=True)
def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries without their waits (what `Retry-After` asks for is still kept), and the secrets that relance.yml names."""
    for name, value in {
        "API_TOKEN": "t0ken",
        "WRONG_TOKEN": "wr0ng-token",
        "STORE_SECRET": "s3cret-key",
        "STORE_KEY": "k",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(extract, "BACKOFF_SECONDS", 0.001)
    monkeypatch.setattr(mirror, "WAITS", (0.0, 0.0, 0.0))


@pytest.fixture
def api() -> Iterator[Api]:
    held = Api()
    server = serve(held)
    yield held
    server.shutdown()
    server.server_close()


def files_of(settings: Settings) -> list[Path]:
    """Every file in the landing folder, hidden ones too."""
    return sorted(path for path in settings.landing_path.rglob("*") if path.is_file())


def rows_of(settings: Settings, file: str | None) -> list[dict[str, Any]]:
    assert file is not None
    return [json.loads(line) for line in (settings.landing_path / file).read_text(encoding="utf-8").splitlines()]


def load(settings: Settings, query: str) -> tuple[LoadSummary, list[tuple[Any, ...]]]:
    """Load the landing folder, see that the books balance, and ask the warehouse something."""
    with open_warehouse(settings) as con:
        summary = load_landing(settings, con)
        assert unbalanced(con) == []
        return summary, con.execute(query).fetchall()
