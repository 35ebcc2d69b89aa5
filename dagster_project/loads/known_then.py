"""Which landed files a run of the past had: those that the books say were loaded by then, and have not changed since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dagster_project.catalog import has_table
from dagster_project.errors import RelanceError
from dagster_project.settings import Settings
from dagster_project.warehouse import open_warehouse


@dataclass(frozen=True)
class KnownThen:
    """files: paths relative to the landing folder; changed: files loaded by then whose content has been replaced since, so that
    what they said is lost."""

    files: frozenset[str]
    changed: tuple[str, ...]


def files_known_then(settings: Settings, as_of: datetime) -> KnownThen:
    """
    Args:
        as_of: naive UTC; the wall clock of the loads is held against it.

    Raises:
        RelanceError: nothing had been loaded by then.
    """
    with open_warehouse(settings, read_only=True) as con:
        rows = []
        if has_table(con, "quality", "load_ledger"):
            rows = con.execute(
                """select file, max_by(sha256, loaded_at) filter (loaded_at <= $as_of) <> max_by(sha256, loaded_at) as is_changed
                from quality.load_ledger group by file having min(loaded_at) <= $as_of order by file""",
                {"as_of": as_of},
            ).fetchall()
    if not rows:
        how = "look back without --known-then, by what is known now, or name a moment after the first load"
        raise RelanceError(f"Nothing had been loaded by {as_of:%Y-%m-%d %H:%M} UTC", "--known-then", how)
    return KnownThen(
        frozenset(file for file, is_changed in rows if not is_changed), tuple(file for file, is_changed in rows if is_changed)
    )
