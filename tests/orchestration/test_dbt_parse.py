"""A project's first parse begins from what another one with the same settings left, and ends where a parse from nothing ends."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dagster_project import kept_work
from dagster_project.dbt_parse import load_manifest, parsed_as, prepare_manifest
from dagster_project.dbt_workspace import Workspace, prepare_workspace
from dagster_project.settings import SHIPPED, Settings

_OF_THE_MOMENT = {"created_at", "metadata", "root_path", "invocation_id", "generated_at"}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv(kept_work.FOLDER, str(folder))
    return folder


def _parsed(settings: Settings) -> tuple[Workspace, dict[str, Any]]:
    workspace = prepare_workspace(settings)
    return workspace, _lasting(json.loads(prepare_manifest(workspace).read_bytes()))


def _lasting(told: Any) -> Any:
    """A manifest without clocks and folders; which of several parents or children is named first means nothing."""
    if isinstance(told, dict):
        return {key: _lasting(value) for key, value in told.items() if key not in _OF_THE_MOMENT}
    if isinstance(told, list):
        return sorted((_lasting(each) for each in told), key=lambda each: json.dumps(each, sort_keys=True))
    return told


def _from_nothing(settings: Settings) -> dict[str, Any]:
    """What dbt makes of the project's files when there is nothing to begin from."""
    shutil.rmtree(settings.state_path / "dbt")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(kept_work.FOLDER, "")
        return _parsed(settings)[1]


def test_another_project_with_own_seeds_is_read_as_from_nothing(make_project: Callable[..., Settings], cache: Path) -> None:
    """Whatever dbt took over from the other project by mistake would be in this one's tables and nobody would look there."""
    first = make_project(name="first")
    workspace, _ = _parsed(first)
    assert [path.suffix for path in cache.iterdir()] == [".parsed"]
    assert str(workspace.project_dir).encode() not in (kept_work.kept(next(cache.iterdir()).name) or b"")

    second = make_project(name="second")
    own = second.base / "seeds"
    own.mkdir()
    (own / "channels_of_ours.csv").write_text("channel\nradio\n")
    shipped = SHIPPED / "seeds" / "lead_grades.csv"
    (own / shipped.name).write_bytes(shipped.read_bytes() + b"\n")
    workspace, recalled = _parsed(second)
    roots = {node.root_path for node in load_manifest(workspace).nodes.values() if node.resource_type == "seed"}
    assert roots == {str(workspace.project_dir)}
    assert "seed.relance.channels_of_ours" in recalled["nodes"]
    assert recalled == _from_nothing(second)


def test_other_settings_begin_from_nothing(make_project: Callable[..., Settings], cache: Path) -> None:
    """A parse under other variables would tell of other models."""
    _parsed(make_project(name="first"))
    second = make_project("warehouse: {path: elsewhere.duckdb}\n", name="second")
    _, found = _parsed(second)
    assert len(list(cache.iterdir())) == 2
    assert {node["database"] for node in found["nodes"].values()} == {"elsewhere"}


def test_the_same_files_are_parsed_as_the_same_wherever_they_lie(make_project: Callable[..., Settings], cache: Path) -> None:
    """What is compiled of them is handed on by this name: it must tell of every file, and of no folder."""
    first, second = make_project(name="first"), make_project(name="second")
    names = [parsed_as(_parsed(each)[0]) for each in (first, second)]
    assert names[0] == names[1]
    (second.base / "seeds").mkdir()
    (second.base / "seeds" / "ours.csv").write_text("channel\nradio\n")
    assert parsed_as(_parsed(second)[0]) != names[0]


@pytest.mark.parametrize("damage", [b"", b"no gzip", None])
def test_what_is_damaged_is_worked_out_again(make_project: Callable[..., Settings], cache: Path, damage: bytes | None) -> None:
    """Anything may happen to a folder of caches."""
    _parsed(make_project(name="first"))
    (kept,) = cache.iterdir()
    if damage is None:
        kept_work.keep(kept.name, b"of another kind")
    else:
        kept.write_bytes(damage)
    second = make_project(name="second")
    _, found = _parsed(second)
    assert found == _from_nothing(second)
