"""The project's secret salt, and digests made with it.

Identifiers of erased people are kept as salted SHA-256 only. Telephone numbers and addresses can be guessed, so a digest protects
them only while the salt is secret: it stands in a private file (`.relance/privacy/salt`, mode 0600, made once) and never in the
warehouse, which analysts read and copies of which travel. A look back at the past shares it.
"""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

import duckdb

from dagster_project.errors import RelanceError
from dagster_project.private import owner_only, private_folder
from dagster_project.settings import Settings

VARIABLE = "relance_salt"
"""Where SQL finds it: a variable of the session, which is written nowhere."""


def privacy_folder(settings: Settings) -> Path:
    return settings.base / ".relance" / "privacy"


def salt_file(settings: Settings) -> Path:
    return privacy_folder(settings) / "salt"


def read_salt(settings: Settings, known_as: set[str]) -> str:
    """The salt; made where there is none.

    Args:
        known_as: `salt_id` of the salts that tombstones were made with.

    Raises:
        RelanceError: the salt of earlier erasures is gone: erased people could come back unseen.
    """
    path = salt_file(settings)
    how = "bring the file back from a backup: without it, the data of people who were erased can't be told from others'"
    try:
        salt = path.read_text(encoding="ascii").strip() if path.is_file() else ""
        if not salt and not known_as:
            private_folder(path.parent)
            salt = secrets.token_hex(32)
            with open(path, "w", encoding="ascii", opener=owner_only) as file:
                file.write(salt + "\n")
    except (OSError, UnicodeDecodeError):
        raise RelanceError("The salt of erasures can't be read", str(path), how) from None
    if known_as - {salt_id(salt)}:
        raise RelanceError("The salt of earlier erasures is missing, or another one lies in its place", str(path), how)
    return salt


def salt_id(salt: str) -> str:
    """By which a salt is known again, and nothing of it is told."""
    return hashlib.sha256(f"relance salt {salt}".encode()).hexdigest()[:12]


def digest(salt: str, identifier_type: str, identifier: str) -> str:
    """What a tombstone keeps of an identifier."""
    return hashlib.sha256(f"{salt}\x1f{identifier_type}\x1f{identifier}".encode()).hexdigest()


def digest_sql(identifier_type: str, identifier: str) -> str:
    """SQL of the same; the session's variable has the salt."""
    return f"sha256(concat(getvariable('{VARIABLE}'), chr(31), {identifier_type}, chr(31), {identifier}))"


def set_salt(con: duckdb.DuckDBPyConnection, salt: str) -> None:
    con.execute(f"set variable {VARIABLE} = '{salt}'")


def pseudonym_sql(text: str) -> str:
    """SQL of what stands for a name that must stay the same in all tables and yet tell nobody: `erased-` and 20 digits."""
    return f"'erased-' || substr({digest_sql(chr(39) + 'name' + chr(39), text)}, 1, 20)"
