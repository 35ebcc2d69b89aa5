"""What a crash left between two steps of an export, finished or undone. Safe at any time, for whoever holds the run lock."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path

import duckdb

from dagster_project.activation.files import sha256_of
from dagster_project.activation.ledger import MANIFEST, commit, point_latest
from dagster_project.activation.outbox import outbox_file
from dagster_project.activation.publish import TEMPORARY
from dagster_project.activation.tables import create_tables
from dagster_project.errors import RelanceError
from dagster_project.settings import Settings

_STAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z")


def reconcile(con: duckdb.DuckDBPyConnection, settings: Settings) -> list[str]:
    """Make exports folder, outbox and ledger agree.

    * a temporary folder: removed with its run's outbox file, nobody has seen it;
    * an export folder that the ledger doesn't know: entered in the ledger if whole, removed if damaged; left alone, and told,
      where its outbox file is gone (a crash can't do that);
    * an outbox file of an export that neither the ledger nor a folder knows: kept, and told. It may hold the last copy of
      what was sent, where the warehouse is lost and the exports folder archived or not mounted;
    * `latest`: pointed at the newest export again.

    Returns:
        What was done, one sentence each, without personal data; empty where all agreed.

    Raises:
        RelanceError: the exports folder can't be changed.
    """
    create_tables(con)
    try:
        return _reconcile(con, settings)
    except OSError as error:
        what = f"The exports folder can't be changed: {error.strerror or type(error).__name__}"
        raise RelanceError(
            what, str(error.filename or settings.exports_path), "give it back to its owner, then run again"
        ) from None


def _reconcile(con: duckdb.DuckDBPyConnection, settings: Settings) -> list[str]:
    done: list[str] = []
    for home in sorted(settings.exports_path.glob("*/*/")):
        for stale in sorted(home.glob(f"{TEMPORARY}*")):
            _forget_unpublished(con, settings, stale)
            shutil.rmtree(stale)
            done.append(f"removed the unfinished export {_told(settings, stale)}")
        known = {
            run
            for (run,) in con.execute("select distinct run_id from activation.files where activation = ?", [home.name]).fetchall()
        }
        exports = [path for path in home.glob("*/*/") if _STAMP.fullmatch(path.parent.name) and path.name not in known]
        for folder in _as_published(settings, exports):
            if not is_whole(folder):
                shutil.rmtree(folder)
                done.append(f"removed the damaged export {_told(settings, folder)}")
            elif outbox_file(settings, home.name, folder.name).is_file():
                commit(con, settings, folder)
                done.append(f"entered the finished export {_told(settings, folder)} in the ledger")
            else:
                done.append(f"left {_told(settings, folder)} alone: the ledger doesn't know it and its outbox file is gone")
        if point_latest(con, settings, home.parent.name, home.name):
            done.append(f"pointed {_told(settings, home)}/latest at the newest export")
    return done + _outbox_files_without_export(con, settings)


def is_whole(folder: Path) -> bool:
    """Every file the manifest names is there with the content it had, or has gone since its time was over."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return "pruned_at" in manifest or all(sha256_of(folder / file["name"]) == file["sha256"] for file in manifest["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _as_published(settings: Settings, folders: list[Path]) -> list[Path]:
    """Folders in the order in which they were published: by moment, within one moment each after its `previous`.

    The order decides what the ledger takes for the newest word on a row.
    """
    previous = {_told(settings, folder): _previous(folder) for folder in folders}

    def steps(folder: Path) -> int:
        seen: list[str] = []
        place: str | None = _told(settings, folder)
        while place is not None and place in previous and place not in seen:
            seen.append(place)
            place = previous[place]
        return len(seen)

    return sorted(folders, key=lambda folder: (folder.parent.name, steps(folder), folder.name))


def _previous(folder: Path) -> str | None:
    """The export before this one, as its manifest says; None for the first and for a damaged one."""
    try:
        return json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["previous"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _forget_unpublished(con: duckdb.DuckDBPyConnection, settings: Settings, stale: Path) -> None:
    """Remove the outbox file that was written after a temporary folder: had its run been published, that were renamed."""
    home, run_id = stale.parent, stale.name.removeprefix(TEMPORARY)
    if (home.name, run_id) in _runs_in_ledger(con) or any(home.glob(f"*/{run_id}/")):
        return
    path = outbox_file(settings, home.name, run_id)
    # An older file of that name is of an earlier export, which a lost ledger no longer tells.
    if path.is_file() and path.stat().st_mtime_ns >= stale.stat().st_mtime_ns:
        path.unlink()


def _outbox_files_without_export(con: duckdb.DuckDBPyConnection, settings: Settings) -> list[str]:
    known = _runs_in_ledger(con)
    kept: Counter[str] = Counter()
    done = []
    for path in sorted((settings.state_path / "outbox").glob("*/*")):
        activation, run_id = path.parent.name, path.stem
        if path.suffix == ".tmp":
            path.unlink()
            done.append(f"removed the half-written outbox file of the run {run_id} of {activation}")
        elif (activation, run_id) not in known and not any(settings.exports_path.glob(f"*/{activation}/*/{run_id}/")):
            kept[activation] += 1
    how = "bring back the exports folder, or delete them if that destination holds nobody"
    return done + [f"kept {count} outbox files of {name} without export or ledger: {how}" for name, count in kept.items()]


def _runs_in_ledger(con: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    return set(con.execute("select distinct activation, run_id from activation.ledger").fetchall())


def _told(settings: Settings, path: Path) -> str:
    return path.relative_to(settings.exports_path).as_posix()
