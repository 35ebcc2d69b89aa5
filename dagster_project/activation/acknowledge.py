"""`relance ack`: a platform has taken an export, so its removals need not be asked for again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePath

import duckdb

from dagster_project.activation.reconcile import reconcile
from dagster_project.config_file import near_miss
from dagster_project.errors import RelanceError
from dagster_project.settings import Settings
from dagster_project.warehouse import open_warehouse, run_lock

_HOW = "name it as destination/activation/moment/run, or one file of it, or destination/activation for all of its exports so far"


def acknowledge(settings: Settings, export: str) -> list[str]:
    """Record that an export was taken.

    Args:
        export: a folder below the exports folder, a file in it, or destination/activation for all of them; also with the path
            of the exports folder before it.

    Returns:
        One line per activation: what was recorded.

    Raises:
        RelanceError: there is no such export; nothing was exported yet; another command of this project is running.
    """
    if not settings.warehouse_path.exists():
        raise RelanceError("Nothing has been exported yet", str(settings.warehouse_path), "run `relance run` first")
    place = _place(settings, export)
    with run_lock(settings), open_warehouse(settings) as con:
        reconcile(con, settings)
        meant = "(file = $place or starts_with(file, $place || '/'))"
        known = {"place": place}
        if not con.execute(f"select 1 from activation.ledger where {meant} limit 1", known).fetchone():
            raise RelanceError(f"There is no export `{place}`{_near(con, place)}", str(settings.exports_path), _HOW)
        found = con.execute(
            f"""select activation, count(*) filter (operation = 'add'), count(*) filter (operation = 'remove')
                from activation.ledger where {meant} and acknowledged_at is null group by 1 order by 1""",
            known,
        ).fetchall()
        now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        con.execute(
            f"update activation.ledger set acknowledged_at = $now::timestamp where {meant} and acknowledged_at is null",
            known | {"now": now},
        )
    lines = [f"{name}: {adds:,} additions and {removes:,} removals are acknowledged" for name, adds, removes in found]
    return lines or ["All of it was acknowledged before."]


def _place(settings: Settings, export: str) -> str:
    """The path below the exports folder, `/`-separated."""
    path, exports = PurePath(export), settings.exports_path
    if not path.is_absolute() and exports.is_relative_to(settings.base):
        exports = exports.relative_to(settings.base)
    return (path.relative_to(exports) if path.is_relative_to(exports) else path).as_posix()


def _near(con: duckdb.DuckDBPyConnection, place: str) -> str:
    depth = place.count("/") + 1
    places = {
        "/".join(file.split("/")[:depth]) for (file,) in con.execute("select distinct file from activation.ledger").fetchall()
    }
    return near_miss(place, places)
