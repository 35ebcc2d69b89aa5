"""What a crash left between two steps of an export, finished or undone. Safe at any time, for whoever holds the run lock."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import duckdb

from dagster_project.activation.files import sha256_of
from dagster_project.activation.outbox import outbox_file
from dagster_project.activation.publish import MANIFEST, TEMPORARY, commit, point_latest
from dagster_project.activation.tables import create_tables
from dagster_project.settings import Settings

_STAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z")


def reconcile(con: duckdb.DuckDBPyConnection, settings: Settings) -> list[str]:
    """Make exports folder, outbox and ledger agree.

    * a temporary folder: removed, nobody has seen it;
    * an export folder that the ledger doesn't know: entered in the ledger if whole, removed if damaged; left alone, and told,
      where its outbox file is gone (a crash can't do that);
    * an outbox file whose export never appeared: removed;
    * `latest`: pointed at the newest export again.

    Returns:
        What was done, one sentence each, without personal data; empty where all agreed.
    """
    create_tables(con)
    done: list[str] = []
    for home in sorted(settings.exports_path.glob("*/*/")):
        for stale in sorted(home.glob(f"{TEMPORARY}*")):
            shutil.rmtree(stale)
            done.append(f"removed the unfinished export {_told(settings, stale)}")
        known = {
            run
            for (run,) in con.execute("select distinct run_id from activation.files where activation = ?", [home.name]).fetchall()
        }
        exports = [path for path in home.glob("*/*/") if _STAMP.fullmatch(path.parent.name)]
        for folder in sorted(exports):
            if folder.name in known:
                continue
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
    return done + _stray_outbox_files(con, settings)


def is_whole(folder: Path) -> bool:
    """Every file the manifest names is there with the content it had."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return all(sha256_of(folder / file["name"]) == file["sha256"] for file in manifest["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _stray_outbox_files(con: duckdb.DuckDBPyConnection, settings: Settings) -> list[str]:
    known = set(con.execute("select distinct activation, run_id from activation.ledger").fetchall())
    done = []
    for path in sorted((settings.state_path / "outbox").glob("*/*")):
        activation, run_id = path.parent.name, path.stem
        finished = (activation, run_id) in known or any(settings.exports_path.glob(f"*/{activation}/*/{run_id}/"))
        if path.suffix == ".tmp" or (path.suffix == ".parquet" and not finished):
            path.unlink()
            done.append(f"removed the outbox file of the unfinished run {run_id} of {activation}")
    return done


def _told(settings: Settings, path: Path) -> str:
    return path.relative_to(settings.exports_path).as_posix()
