"""The one way to open the warehouse, and the lock that keeps writers one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from dagster_project.errors import RelanceError
from dagster_project.room import memory_limit
from dagster_project.settings import Settings


def opening_options(settings: Settings) -> dict[str, str]:
    """What a DuckDB database is opened with, by dbt and by us alike: once something was spilled there, the temporary directory
    can't be set any more, not even to the same."""
    temporary = settings.state_path / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    return {"temp_directory": str(temporary), "checkpoint_threshold": "256MB"}


def duckdb_options(settings: Settings) -> dict[str, str | int]:
    """Settings every DuckDB session of a project shares: dbt's sessions and our own must agree on them."""
    options: dict[str, str | int] = {"TimeZone": "UTC", "preserve_insertion_order": "true"}
    options["memory_limit"] = memory_limit(settings)
    if settings.warehouse.threads:
        options["threads"] = settings.warehouse.threads
    return options


@contextmanager
def open_warehouse(settings: Settings, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the project's warehouse, closed on every exit. Who only looks at it opens what was published.

    Raises:
        RelanceError: the file is no DuckDB database, or another process holds it.
    """
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    with open_file(settings.warehouse_path, settings, read_only) as con:
        yield con


@contextmanager
def open_file(path: Path, settings: Settings, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a database file with the project's options; raises as `open_warehouse`."""
    try:
        connection = duckdb.connect(str(path), read_only=read_only, config=dict(opening_options(settings)))
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            how = "wait for the other run, or close the program that has the file open"
            raise RelanceError("The warehouse is in use by another process", str(path), how) from None
        if read_only and not path.exists():
            raise RelanceError("There is no warehouse yet", str(path), "run `relance run` first") from None
        raise RelanceError(
            "The warehouse file can't be opened as a DuckDB database", str(path), "move it away and run again"
        ) from None
    try:
        set_options(connection, settings)
        yield connection
    finally:
        connection.close()


def set_options(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Also of a cursor: some hold for one connection alone."""
    for name, value in duckdb_options(settings).items():
        con.execute(f"set {name} = '{value}'")


@contextmanager
def run_lock(settings: Settings, what: str = "run") -> Iterator[None]:
    """Holds the project's writer lock: runs from schedule, sensor and terminal exclude each other.

    The lock is the operating system's, so a killed run leaves none behind.

    Raises:
        RelanceError: another command of this project is running.
    """
    settings.state_path.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.state_path / "run.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RelanceError(
            f"Another {what} of this project is going on", str(settings.base), "wait until it ends, then run again"
        ) from None
    try:
        yield
    finally:
        lock.release()


def is_running(settings: Settings) -> bool:
    """Whether a command that writes holds the lock now."""
    try:
        with run_lock(settings):
            return False
    except RelanceError:
        return True
