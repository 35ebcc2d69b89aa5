"""Whether a run could leave anything otherwise than it stands: asked before Dagster is imported, which takes longer.

A whole run that leaves nothing to be done notes what it stood on and what it left. While both are as they were, to the byte or to
the file's time, the same moment gives the same tables, files and page. Whatever is not exactly so is for a run to judge, which
finds its work done where it is. So is what lies elsewhere and can't be known from here: a landing in an object store, pulls,
deliveries.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from stat import S_ISDIR

import duckdb

from dagster_project.assets.scope import Scope, ground_of, scope_of
from dagster_project.control import horizon, identify_run
from dagster_project.errors import RelanceError
from dagster_project.loads.discover import Landing, discover
from dagster_project.loads.load import unread
from dagster_project.report.last_run import LastRun, newest_kept
from dagster_project.report.make import newest_page
from dagster_project.settings import SHIPPED, Settings
from dagster_project.warehouse import open_warehouse, run_lock

_SHIPPED_FOLDERS = ("dagster_project", "dbt_models", "seeds", "activations")
_OWN_FOLDERS = ("seeds", "audiences", "activations")
_KEPT_FOLDERS = ("outbox", "privacy")
_KEPT_FILES = ("feeds.json", "last_run.json", "published_run.json")


def stands_on(settings: Settings) -> str | None:
    """A hash of what a run begins with: its settings, models, seeds, audiences and activations, Relance itself, and the names of
    the landed files (how these lie there is in the books of the loads). None where some of it lies elsewhere.
    """
    return None if _lies_elsewhere(settings) else _stands_on(settings, discover(settings))


def _stands_on(settings: Settings, landing: Landing) -> str:
    digest = hashlib.sha256(settings.model_dump_json().encode())
    for folder in (*(SHIPPED / name for name in _SHIPPED_FOLDERS), *(settings.base / name for name in _OWN_FOLDERS)):
        for path in _files(folder):
            digest.update(f"\0{folder.name}/{os.path.relpath(path, folder)}\0".encode(errors="surrogateescape"))
            digest.update(_content(path))
    digest.update(repr([(feed.label, feed.files) for feed in landing.feeds]).encode())
    digest.update(repr(landing.warnings).encode())
    return digest.hexdigest()


def note(settings: Settings, stood_on: str, as_of: datetime) -> None:
    """Note that a run left nothing to be done; whoever calls this holds the run lock, and has closed the warehouse.

    Args:
        stood_on: `stands_on` from before the run read anything, so that what came meanwhile is news to the next.
    """
    with suppress(OSError):  # the next run looks itself then
        _note(settings).write_text(_seal(settings, stood_on, as_of), encoding="ascii")


@contextmanager
def standing_run(settings: Settings, as_of: datetime) -> Iterator[tuple[duckdb.DuckDBPyConnection, LastRun] | None]:
    """The run that left everything as it is and as another one would leave it, with its warehouse, while no run can begin; None
    where a run has to look.

    Raises:
        RelanceError: the warehouse is in use by another program.
    """
    with ExitStack() as held:
        yield _find(settings, as_of, held)


def _find(settings: Settings, as_of: datetime, held: ExitStack) -> tuple[duckdb.DuckDBPyConnection, LastRun] | None:
    if _lies_elsewhere(settings) or not _note(settings).is_file():
        return None
    try:
        held.enter_context(run_lock(settings))
    except RelanceError:  # what that run leaves is for the next to see
        return None
    run, read = newest_kept(settings), newest_kept(settings, of_readers=True)
    if run is None or not run.succeeded or run.as_of != as_of or not newest_page(settings).is_file():
        return None
    if settings.published_path and (read is None or (read.run_id, read.as_of) != (run.run_id, run.as_of)):
        return None
    landing = discover(settings)
    if _note(settings).read_text(encoding="ascii") != _seal(settings, _stands_on(settings, landing), as_of):
        return None
    con = held.enter_context(open_warehouse(settings))
    return (con, run) if _finds_its_work_done(con, settings, run, landing) else None


def _finds_its_work_done(con: duckdb.DuckDBPyConnection, settings: Settings, run: LastRun, landing: Landing) -> bool:
    """The questions that a run asks on its way. What the clock on the wall decides, and what could not be read before, is told by
    no file's time."""
    identified = identify_run(con, settings, run.as_of)
    return (
        con.execute("select run_id, as_of from control.run").fetchone() == (run.run_id, run.as_of)
        and identified.run_id == run.run_id
        and scope_of(con, ground_of(con, settings, run.run_id)) is Scope.NOTHING
        and con.execute("select horizon from control.company").fetchone() == (horizon(con, run.as_of),)
        and not any(unread(con, settings.landing_path, feed) for feed in landing.feeds)
    )


def _lies_elsewhere(settings: Settings) -> bool:
    return bool(settings.landing.is_remote or settings.pulls or any(settings.activations.delivery.values()))


def _note(settings: Settings) -> Path:
    return settings.state_path / "nothing_to_do"


def _seal(settings: Settings, stood_on: str, as_of: datetime) -> str:
    """One hash of a moment, of what a run stood on, and of how what it left lies there now."""
    digest = hashlib.sha256(f"{as_of.isoformat()} {stood_on}".encode())
    warehouse, published = settings.warehouse_path, settings.published_path
    files = [warehouse, warehouse.with_name(f"{warehouse.name}.wal"), *([published] if published else [])]
    files += [settings.state_path / name for name in _KEPT_FILES]
    folders = [settings.exports_path, *(settings.state_path / name for name in _KEPT_FOLDERS)]
    for path in (*files, *(path for folder in folders for path in _tree(folder))):
        told = f"{os.path.relpath(path, settings.base)}\0{_how_it_lies(path)}\n"
        digest.update(told.encode(errors="surrogateescape"))
    return digest.hexdigest()


def _files(folder: Path) -> list[str]:
    """Files below a folder; hidden ones and what Python compiles belong to tools."""
    found = [(path, os.path.relpath(path, folder).split(os.sep)) for path in _tree(folder) if os.path.isfile(path)]
    return [path for path, parts in found if not any(part.startswith(".") or part == "__pycache__" for part in parts)]


def _tree(folder: Path) -> list[str]:
    """Everything below a folder, links followed."""
    walk = os.walk(folder, followlinks=True)
    return sorted(os.path.join(above, name) for above, folders, names in walk for name in (*folders, *names))


def _content(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        return repr(error).encode()


def _how_it_lies(path: str | Path) -> str:
    """Bytes of a file, and when it was written; of a folder, that it is one."""
    try:
        stat = os.stat(path)
    except OSError:
        return "nowhere"
    return "folder" if S_ISDIR(stat.st_mode) else f"{stat.st_size} {stat.st_mtime_ns}"
