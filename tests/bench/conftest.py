"""A tiny shop and the pipeline's run on it, shared by the tests of all benchmarks."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cases import run_pipeline
from bench.process import Measurement
from bench.shop import Shop, prepare_shop


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return prepare_shop(tmp_path_factory.mktemp("bench"), 8_000)


@pytest.fixture(scope="session")
def first_run(shop: Shop) -> tuple[Path, Measurement]:
    """The project folder, and what the run on everything but the newest news cost."""
    project = shop.new_project("project")
    return project, run_pipeline(project, shop.before)
