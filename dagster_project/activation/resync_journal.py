"""Wishes that all of an activation be told anew (`relance resync`), in `activation.resyncs` until an export has met them.

A wish has two halves: everybody who should be on the list is an addition again, and whoever has ever been removed from it a
removal, acknowledged or not. Where a gate keeps the additions back, that half stays asked for.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb

from dagster_project.activation.specs import Operation

_HALVES: dict[Operation, str] = {"add": "adds_run_id", "remove": "removes_run_id"}


def ask(con: duckdb.DuckDBPyConnection, name: str, destination: str, now: datetime) -> bool:
    """Enter a wish; False where the same was asked for before and no half of it has been met."""
    if set(asked(con, name, destination)) == set(_HALVES):
        return False
    con.execute("insert into activation.resyncs values (?, ?, ?, null, null)", [name, destination, now])
    return True


def asked(con: duckdb.DuckDBPyConnection, name: str, destination: str) -> tuple[Operation, ...]:
    """The halves that are still to come."""
    halves = ", ".join(f"coalesce(bool_or({column} is null), false)" for column in _HALVES.values())
    query = f"select {halves} from activation.resyncs where activation = ? and destination = ?"
    found = con.execute(query, [name, destination]).fetchone() or (False, False)
    return tuple(operation for operation, is_asked in zip(_HALVES, found, strict=True) if is_asked)


def in_hand(con: duckdb.DuckDBPyConnection, name: str, destination: str, is_open: bool) -> tuple[Operation, ...]:
    """The halves that an export can meet now: removals always, additions where a full or add file may leave."""
    return tuple(each for each in asked(con, name, destination) if is_open or each == "remove")


def settle(con: duckdb.DuckDBPyConnection, manifest: dict[str, Any]) -> None:
    """Note which halves an export has met, within the transaction that enters it in the ledger."""
    for operation in manifest.get("resync", ()):
        column = _HALVES[operation]
        con.execute(
            f"update activation.resyncs set {column} = ? where activation = ? and destination = ? and {column} is null",
            [manifest["run_id"], manifest["activation"], manifest["destination"]],
        )
