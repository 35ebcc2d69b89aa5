"""The warehouse as people read it: a copy that stands still while a run writes, put in place whole when the run ends.

DuckDB lets one process write a file or several read it, never both. So whoever looks opens the copy, and a run has the
warehouse to itself. The copy bears the warehouse's own file name: its views call the database by it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from dagster_project.activation.files import fsync_file, fsync_folder
from dagster_project.errors import RelanceError
from dagster_project.settings import Settings
from dagster_project.warehouse import open_file, run_lock


def publish(settings: Settings) -> None:
    """Put a copy of the warehouse, which nobody has open, where readers find it; they keep the one they have until they close it.

    Killed at any moment, the former copy or the new one is there, whole.

    Raises:
        RelanceError: the copy can't be written; the former one stays.
    """
    path, live = settings.published_path, settings.warehouse_path
    if path is None or not live.exists():
        return
    fresh = path.with_name(f".{path.name}.fresh")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        # Made with its final rights: at no moment may more people read the copy than the warehouse.
        os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, live.stat().st_mode & 0o777))
        shutil.copyfile(live, fresh)
        fsync_file(fresh)
        os.replace(fresh, path)
        fsync_folder(path.parent)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        what = f"The copy of the warehouse for readers can't be written: {error.strerror}"
        how = "make room for a second copy of the warehouse, or set `warehouse: {published: null}`"
        raise RelanceError(what, str(path), how) from None


def withdraw(settings: Settings) -> None:
    """Take the copy away: what it holds must not be read any more."""
    if settings.published_path is not None:
        settings.published_path.unlink(missing_ok=True)


@contextmanager
def readable(settings: Settings) -> Iterator[Path]:
    """The file to read from: the copy or, where none was made, the warehouse itself, which no run may write meanwhile.

    Raises:
        RelanceError: there is no copy, and a run is going on.
    """
    path = settings.published_path
    if path is not None and path.exists():
        yield path
    else:
        with run_lock(settings):
            yield settings.warehouse_path


@contextmanager
def open_published(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection for reading, which neither waits for a run nor holds one up, closed on every exit.

    Raises:
        RelanceError: there is no warehouse yet; it is no DuckDB database; there is no copy of it, and a run is going on.
    """
    with readable(settings) as path, open_file(path, settings, read_only=True) as con:
        yield con
