"""What the tests of the loads share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .landing import OneFile, Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "shop")


@pytest.fixture(scope="module")
def one_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneFile]:
    session = OneFile(Project(tmp_path_factory.mktemp("loads") / "shop"))
    yield session
    session.con.close()
