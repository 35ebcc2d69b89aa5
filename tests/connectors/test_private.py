"""What is fetched holds people's data: nobody else with an account on the machine can read it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pytest

from dagster_project.connectors import mirror
from dagster_project.connectors.mirror import fetch_landing
from dagster_project.connectors.pull import pull_entity
from dagster_project.errors import RelanceError
from dagster_project.settings import Settings

from .api import Api, contact, pull_of

Make = Callable[..., Settings]


@pytest.fixture(autouse=True)
def open_to_all() -> Iterator[None]:
    """The most careless umask there is."""
    before = os.umask(0)
    yield
    os.umask(before)


def open_to_others(*folders: Path) -> list[str]:
    """What others could read or enter; locks hold nothing."""
    paths = [path for folder in folders for path in (folder, *folder.rglob("*")) if path.suffix != ".lock"]
    return [path.name for path in paths if path.stat().st_mode & 0o777 != (0o700 if path.is_dir() else 0o600)]


def test_pulled_rows(make_project: Make, api: Api) -> None:
    """Contacts from an API must not lie open in the landing folder."""
    api.rows = [contact(1)]
    project = make_project(pull_of(api.url))
    file = pull_entity(project, "generic", "contacts").file
    assert file and (project.landing_path / file).is_file()
    assert open_to_others(project.landing_path / "generic") == []
    assert (project.base / ".relance/pulls").stat().st_mode & 0o777 == 0o700


def test_the_mirror_and_its_unfinished_parts(make_project: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a broken connection left behind is as personal as a whole file."""
    fsspec.filesystem("memory").pipe_file("/private-shop/generic/contacts/dt=1/a.csv", b"contact_id\n1\n")
    fsspec.filesystem("memory").pipe_file("/private-shop/generic/orders/b.csv", b"order_id\n1\n")
    project = make_project("landing: memory://private-shop\n")
    whole = mirror._chunks

    def breaking(store, name, start, size):
        yield from whole(store, name, start, size)
        if name.endswith("b.csv"):
            raise ConnectionError

    monkeypatch.setattr(mirror, "_chunks", breaking)
    with pytest.raises(RelanceError):
        fetch_landing(project)
    state = project.base / ".relance"
    assert {"a.csv", "landing.parts"} <= {path.name for path in state.rglob("*")} and any((state / "landing.parts").iterdir())
    assert open_to_others(state) == []
