"""dbt's reading of a project: only what changed since it last read it, or another project with the same settings."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from dagster_project.dbt_command import invoke, unreadable
from dagster_project.kept_work import keep, kept
from dagster_project.settings import SHIPPED

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

    from dagster_project.dbt_workspace import Workspace

_SUFFIXES = (".sql", ".py", ".yml", ".csv", ".md")
_HERE = "relance:project"
"""Stands for the project's folder in what is kept outside it."""
_OF_NO_PLACE = ("type", "method", "host", "schema", "path")


def prepare_manifest(workspace: Workspace) -> Path:
    """The path of an up-to-date manifest.json; dbt parses only if a file of the workspace changed since it last did.

    Raises:
        RelanceError: dbt can't make sense of the project.
    """
    state, seen = _state(workspace), _fingerprint(workspace)
    if not (workspace.manifest_path.exists() and state.exists() and _mark(workspace).get("seen") == seen):
        _mark_path(workspace).unlink(missing_ok=True)
        profile = _profile_of_no_place(workspace)
        name = f"{_digest(workspace, profile, _is_shipped)}.parsed"
        from_nothing = not state.exists() and not _recall(workspace, name)
        outcome = invoke(workspace, ["parse"], profiles_dir=profile.parent if profile else None)
        if not outcome.success:
            raise unreadable(outcome.exception, workspace)
        if from_nothing:
            keep(name, _told_of(state.read_bytes(), str(workspace.project_dir), _HERE))
        parsed_as = _digest(workspace, profile)
        _mark_path(workspace).write_text(json.dumps({"seen": seen, "parsed_as": parsed_as}), encoding="ascii")
    return workspace.manifest_path


def load_manifest(workspace: Workspace) -> Manifest:
    """The manifest as dbt's parser left it: reading it takes a tenth of the time of an empty partial parse."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    manifest = Manifest.from_msgpack(_state(workspace).read_bytes(), decoder=extended_mashumuro_decoder)
    manifest.build_flat_graph()
    return manifest


def parsed_as(workspace: Workspace) -> str:
    """A hash of the files that dbt parsed, wherever they lie: what hangs on them alone is the same where it is the same."""
    return _mark(workspace)["parsed_as"]


def _state(workspace: Workspace) -> Path:
    """What dbt's parser leaves for its next parse."""
    return workspace.target_dir / "partial_parse.msgpack"


def _mark_path(workspace: Workspace) -> Path:
    return workspace.target_dir / "parsed"


def _mark(workspace: Workspace) -> dict[str, str]:
    """What the files of the project were when dbt last parsed them; empty if it never did."""
    with suppress(OSError, ValueError):
        mark = json.loads(_mark_path(workspace).read_text(encoding="ascii"))
        if isinstance(mark, dict):
            return mark
    return {}


def _profile_of_no_place(workspace: Workspace) -> Path | None:
    """The workspace's profile without what differs from project to project: dbt would parse all again for another folder or
    another limit of memory, of which the parsed project knows nothing. It does know the database's name, which is the file's."""
    path = workspace.profiles_dir / "profiles.yml"
    if not path.exists():
        return None  # dbt tells it better
    profile = yaml.safe_load(path.read_text(encoding="utf-8"))
    for told in profile.values():
        told["outputs"] = {name: _of_no_place(output) for name, output in told["outputs"].items()}
    bare = workspace.target_dir / "parsing" / "profiles.yml"
    bare.parent.mkdir(parents=True, exist_ok=True)
    bare.write_text(yaml.safe_dump(profile), encoding="utf-8")
    return bare


def _of_no_place(output: dict[str, Any]) -> dict[str, Any]:
    return {key: Path(value).name if key == "path" else value for key, value in output.items() if key in _OF_NO_PLACE}


def _recall(workspace: Workspace, name: str) -> bool:
    """Whether another project with the same settings has left a parse to begin from; dbt finds what is otherwise here."""
    content = kept(name)
    if content is None:
        return False
    try:
        told = _told_of(content, _HERE, str(workspace.project_dir))
    except ValueError:
        return False
    workspace.target_dir.mkdir(parents=True, exist_ok=True)
    _state(workspace).write_bytes(told)
    return True


def _told_of(state: bytes, folder: str, other: str) -> bytes:
    """A parser's state as if the project lay in another folder.

    Raises:
        ValueError: it is no such state.
    """
    import msgpack

    def moved(told: Any) -> Any:
        if isinstance(told, str):
            return other + told[len(folder) :] if told == folder or told.startswith(folder + os.sep) else told
        if isinstance(told, dict):
            return {moved(key): moved(value) for key, value in told.items()}
        return [moved(each) for each in told] if isinstance(told, list) else told

    return msgpack.packb(moved(msgpack.unpackb(state, strict_map_key=False)))


def _fingerprint(workspace: Workspace) -> str:
    """Path, size and time of every file of the project, links followed, and dbt's versions."""
    digest = hashlib.sha256(f"{_versions()} {workspace.project_dir}".encode())
    for path in _files(workspace):
        stat = os.stat(path)
        digest.update(f"{path}\0{os.path.realpath(path)}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _digest(workspace: Workspace, profile: Path | None, only: Callable[[Path], bool] = lambda path: True) -> str:
    """A hash of what the project's files hold, of its options and profile, and of dbt's versions.

    Args:
        only: the models, macros, tests and seeds that count.
    """
    digest = hashlib.sha256(_versions().encode())
    options = [workspace.project_dir / "dbt_project.yml", *([profile] if profile else [])]
    files = (path for path in _files(workspace) if path.parent != workspace.project_dir and only(path))
    for path in (*options, *files):
        if path.exists():
            digest.update(f"\0{os.path.relpath(path, workspace.project_dir)}\0".encode(errors="surrogateescape"))
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files(workspace: Workspace) -> Iterator[Path]:
    for folder, folders, names in os.walk(workspace.project_dir, followlinks=True):
        folders[:] = sorted(name for name in folders if Path(folder, name) != workspace.target_dir)
        yield from (Path(folder, name) for name in sorted(names) if name.endswith(_SUFFIXES))


def _is_shipped(path: Path) -> bool:
    return path.resolve().is_relative_to(SHIPPED)


def _versions() -> str:
    return " ".join(map(version, ("dbt-core", "dbt-adapters", "dbt-duckdb")))
