from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_project.activation import publish
from dagster_project.quality.gx import CheckResult
from tests.activation.activation_shop import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path / "project", ":memory:")
    yield shop
    shop.con.close()


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Great Expectations and flushing to disk: they cost more than all else."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(publish, "check_file", lambda con, path, *_: CheckResult(path.name, True))
