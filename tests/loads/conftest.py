"""What the tests of the loads share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dagster_project.loads.books import unbalanced

from .landing import OneFile, Project, land_good


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "shop")


@pytest.fixture
def shop(project: Project) -> Project:
    """A project with one good file, which loads whatever lies beside it."""
    land_good(project)
    return project


@pytest.fixture(scope="module")
def open_warehouses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], OneFile]]:
    """Makes projects with a warehouse of their own; when the module's tests are done, the books of each must balance."""
    sessions: list[OneFile] = []

    def make() -> OneFile:
        sessions.append(OneFile(Project(tmp_path_factory.mktemp("loads") / "shop")))
        return sessions[-1]

    yield make
    for session in sessions:
        assert unbalanced(session.con) == []
        session.con.close()


@pytest.fixture(scope="module")
def one_file(open_warehouses: Callable[[], OneFile]) -> OneFile:
    return open_warehouses()
