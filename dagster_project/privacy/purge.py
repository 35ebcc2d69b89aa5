"""The warehouse in a new file: DuckDB keeps the bytes of deleted rows in the old one."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from dagster_project.activation.files import fsync_file, fsync_folder
from dagster_project.errors import RelanceError
from dagster_project.loads.casts import literal
from dagster_project.settings import Settings
from dagster_project.warehouse import open_warehouse


def write_anew(settings: Settings) -> None:
    """Copy what the warehouse holds into a new file and put it in the old one's place. Nobody else may have it open.

    Killed at any moment, one of the two is there, whole.

    Raises:
        RelanceError: there is no room for a second file; the old one is as it was.
    """
    path = settings.warehouse_path
    fresh = path.with_name(f".{path.name}.fresh")
    _remove(fresh)
    try:
        with open_warehouse(settings) as con:
            (name,) = con.execute("select current_database()").fetchone() or ("",)
            con.execute(f"attach {literal(str(fresh))} as relance_fresh")
            con.execute(f'copy from database "{name}" to relance_fresh')
            con.execute("checkpoint relance_fresh")
            con.execute("detach relance_fresh")
        fresh.chmod(path.stat().st_mode & 0o777)
        fsync_file(fresh)
        os.replace(fresh, path)
        path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
        fsync_folder(path.parent)
    except (duckdb.IOException, OSError) as error:
        _remove(fresh)
        reason = getattr(error, "strerror", None) or "input/output error"
        how = (
            "make room for a second copy of it, then run `relance erase` again: what was deleted is gone from its tables already"
        )
        raise RelanceError(f"The warehouse can't be written anew: {reason}", str(path), how) from None


def _remove(fresh: Path) -> None:
    for path in (fresh, fresh.with_name(f"{fresh.name}.wal")):
        path.unlink(missing_ok=True)
