"""Tombstones: which identifiers were erased, as salted digests, and up to which moment their data stays away.

They stand in privacy.tombstones and in a private file, `.relance/privacy/tombstones.csv`, so that a warehouse that was deleted
and built again does not forget them. The file is written first.

A tombstone whose verdict is `other` protects somebody: an account that stays, though its rows name an erased identifier (parents
and children share addresses). One whose verdict is `visit` names a device of several people, or a row (`<source>.<entity>:<key>`)
that tells what the person did there.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from dagster_project.activation.files import make_private_folder, replace_private
from dagster_project.catalog import has_table
from dagster_project.errors import RelanceError
from dagster_project.privacy.salt import privacy_folder, read_salt, set_salt
from dagster_project.privacy.values import set_country
from dagster_project.settings import Settings

COLUMNS = ("identifier_type", "identifier_sha256", "verdict", "requested_at", "erased_at", "request_id", "salt_id")

_TABLE = """
create schema if not exists privacy;
create table if not exists privacy.tombstones (
    identifier_type varchar, identifier_sha256 varchar, verdict varchar, requested_at timestamp, erased_at timestamp,
    request_id varchar, salt_id varchar);
"""


@dataclass(frozen=True)
class Tombstone:
    """`identifier_sha256` is salted; times are naive UTC. verdict: gone, other or visit."""

    identifier_type: str
    identifier_sha256: str
    verdict: str
    requested_at: datetime
    erased_at: datetime
    request_id: str
    salt_id: str

    @property
    def key(self) -> tuple[str, str, str, datetime]:
        return self.identifier_type, self.identifier_sha256, self.verdict, self.requested_at


def tombstone_file(settings: Settings) -> Path:
    return privacy_folder(settings) / "tombstones.csv"


def filed(settings: Settings) -> list[Tombstone]:
    """The tombstones of the private file.

    Raises:
        RelanceError: it can't be read.
    """
    path = tombstone_file(settings)
    try:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        rows = list(csv.DictReader(io.StringIO(text)))
        return [_tombstone(row) for row in rows]
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError):
        how = "bring the file back from a backup: it says whose data must not come back"
        raise RelanceError("The tombstones of erased people can't be read", str(path), how) from None


def _tombstone(row: dict[str, str]) -> Tombstone:
    moments = {name: datetime.fromisoformat(row[name]) for name in ("requested_at", "erased_at")}
    return Tombstone(**{name: row[name] for name in COLUMNS if name not in moments}, **moments)


def in_warehouse(con: duckdb.DuckDBPyConnection) -> list[Tombstone]:
    if not has_table(con, "privacy", "tombstones"):
        return []
    return [Tombstone(*row) for row in con.execute(f"select {', '.join(COLUMNS)} from privacy.tombstones").fetchall()]


def all_tombstones(settings: Settings, con: duckdb.DuckDBPyConnection) -> list[Tombstone]:
    """Those of the file and of the warehouse, each once, in a settled order."""
    found = {tombstone.key: tombstone for tombstone in [*in_warehouse(con), *filed(settings)]}
    return [found[key] for key in sorted(found)]


def file_tombstones(settings: Settings, tombstones: Iterable[Tombstone]) -> None:
    """Make the private file hold these, whole or not at all."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for stone in sorted(tombstones, key=lambda stone: stone.key):
        values = [getattr(stone, name) for name in COLUMNS]
        writer.writerow([value.isoformat() if isinstance(value, datetime) else value for value in values])
    make_private_folder(tombstone_file(settings).parent)
    replace_private(tombstone_file(settings), text.getvalue().encode())


def store_tombstones(con: duckdb.DuckDBPyConnection, tombstones: Iterable[Tombstone]) -> None:
    """Make privacy.tombstones hold these, within the caller's transaction."""
    con.execute(_TABLE)
    have = {stone.key for stone in in_warehouse(con)}
    new = [stone for stone in tombstones if stone.key not in have]
    if new:
        register(con, "privacy_slice", new)
        con.execute("insert into privacy.tombstones by name select * from privacy_slice")
        con.unregister("privacy_slice")


def register(con: duckdb.DuckDBPyConnection, name: str, tombstones: list[Tombstone]) -> None:
    """Make tombstones a view of the session."""
    columns = {
        column: pa.array(
            [getattr(stone, column) for stone in tombstones], pa.timestamp("us") if column.endswith("_at") else pa.string()
        )
        for column in COLUMNS
    }
    con.register(name, pa.table(columns))


def arm(settings: Settings, con: duckdb.DuckDBPyConnection) -> bool:
    """Let the loads of this session stop erased people's rows: fills the temporary table load_tombstones (identifier_type,
    identifier_sha256, verdict, requested_at: the latest); False if there is nobody to stop.

    Raises:
        RelanceError: the tombstones or their salt can't be read.
    """
    stones = all_tombstones(settings, con)
    con.execute("drop table if exists temp.load_tombstones")
    if not stones:
        return False
    set_salt(con, read_salt(settings, {stone.salt_id for stone in stones}))
    store_tombstones(con, stones)
    con.execute(
        """create temp table load_tombstones as
        select identifier_type, identifier_sha256, verdict, max(requested_at) as requested_at
        from privacy.tombstones group by all"""
    )
    set_country(con, settings.company.country)
    return True
