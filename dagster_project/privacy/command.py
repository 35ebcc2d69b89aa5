"""`relance erase`: what the terminal shows and asks."""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from dagster_project.activation.reconcile import reconcile
from dagster_project.errors import RelanceError
from dagster_project.privacy.erase import Found, Wish, erase, finish, look_for, now_utc
from dagster_project.privacy.typed import HOW, KNOWN_TYPES, WHERE, End, Typed
from dagster_project.settings import Settings
from dagster_project.warehouse import open_warehouse, run_lock

_BY_FORM = ("email", "phone", "hashed_email")
"""Types whose identifiers show that they are well written: of an unknown person, later files may yet tell."""
_WORDS = {"gone": "erased", "anonymous": "kept without the person", "freed": "of others, kept without a mention of the person"}


def erase_project(settings: Settings, text: str, dry_run: bool, agreed: Callable[[list[str]], bool]) -> list[str]:
    """Erase whom an identifier stands for.

    Args:
        text: as somebody typed it; it is never repeated.
        agreed: whether to go on, given lines that say what would go.

    Returns:
        Lines that say what happened.

    Raises:
        RelanceError: it can't be told whom the text stands for; nothing was loaded yet; another command of this project is
            running.
    """
    if not settings.warehouse_path.exists():
        raise RelanceError("Nothing has been loaded yet", str(settings.warehouse_path), "run `relance run` first")
    with run_lock(settings):
        with open_warehouse(settings) as con:
            reconcile(con, settings)
            asked, is_known = _asked(con, settings, text)
            found = look_for(con, settings, asked)
        if not (is_known or found.rows or found.refused or asked[0] in _BY_FORM):
            # Who asks again after a crash may find everything gone.
            if not dry_run and (paths := finish(settings)):
                return [f"Certificate: {path}" for path in paths]
            told = f"Nobody is known by this {asked[0]}, and no row names it: nothing was erased"
            raise RelanceError(told, WHERE, f"check the spelling; {HOW}")
        lines = _told(found)
        if dry_run:
            return [*lines, "Nothing was changed."]
        if not agreed(lines):
            finish(settings)
            return ["Nothing was changed."]
        paths = erase(settings, [Wish((asked,), "request", now_utc())])
    told = [f"Certificate: {path}" for path in paths]
    later = "The next `relance run` makes the tables anew and writes the removals."
    return [*lines, *told, later]


def _asked(con: duckdb.DuckDBPyConnection, settings: Settings, text: str) -> tuple[End, bool]:
    """Whom a text means, and whether identity knows them.

    Raises:
        RelanceError: it can't be told.
    """
    typed = Typed(con, text, settings.company.country.upper())
    if typed.end:
        return typed.end, bool(typed.known)
    if typed.names_no_type:
        raise RelanceError("Nobody is known by this identifier, and no type is called so", WHERE, KNOWN_TYPES)
    raise RelanceError("This is neither an address, nor a valid phone number, nor a known identifier", WHERE, HOW)


def _told(found: Found) -> list[str]:
    types = ", ".join(f"{count} {kind}" for kind, count in found.identifiers.items())
    lines = [f"Identifiers: {types}"]
    lines += [
        f"{table}: " + ", ".join(f"{count:,} rows {_WORDS[outcome]}" for outcome, count in sorted(outcomes.items()))
        for table, outcomes in found.rows.items()
    ]
    lines += [f"quality.quarantine: {found.refused:,} refused rows blanked"] if found.refused else []
    if not (found.rows or found.refused):
        lines.append("No loaded row names this person; later ones from before today will be stopped.")
    lines += [f"{destination}: {rows:,} rows to be removed there" for destination, rows in found.removals.items()]
    lines += [f"{place} names this person: take the line out, nothing else will" for place in found.seeds]
    return lines
