"""Who is to be erased: from one identifier to all that the identity room knows of them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from dagster_project.catalog import has_table

Identifiers = set[tuple[str, str]]
"""(identifier_type, identifier as it is compared)"""


@dataclass(frozen=True)
class Person:
    """One person, or several who are erased together: `identifiers` are all that go with what was asked for, `profile_ids` the
    names they have and had; `written` how a request names them (type and identifier as they stand in its row).
    """

    identifiers: frozenset[tuple[str, str]]
    profile_ids: frozenset[str]
    written: frozenset[tuple[str, str]] = frozenset()

    def of_type(self, *types: str) -> list[str]:
        return sorted(value for kind, value in self.identifiers if kind in types)


def person_of(
    con: duckdb.DuckDBPyConnection, asked: Collection[tuple[str, str]], written: Collection[tuple[str, str]] = ()
) -> Person:
    """Everything the identity room joins with these identifiers; an identifier alone where it knows nothing of it."""
    identifiers: Identifiers = set(asked)
    profiles: set[str] = set()
    if has_table(con, "identity", "identifiers"):
        ends = pa.table(
            {name: pa.array([end[place] for end in asked], pa.string()) for place, name in enumerate(("type", "raw"))}
        )
        con.register("privacy_slice", ends)
        query = """select distinct i.profile_id from identity.identifiers as i
            join privacy_slice as a on a.type = i.identifier_type and a.raw = i.identifier"""
        profiles = {profile for (profile,) in con.execute(query).fetchall() if profile}
        con.unregister("privacy_slice")
        known = "select identifier_type, identifier from identity.identifiers where list_contains($1::varchar[], profile_id)"
        identifiers |= set(con.execute(known, [sorted(profiles)]).fetchall())
    for kind, value in list(identifiers):
        if kind == "email":
            identifiers.add(("hashed_email", hashlib.sha256(value.encode()).hexdigest()))
    return Person(frozenset(identifiers), frozenset(profiles | _former(con, profiles)), frozenset(written))


def _former(con: duckdb.DuckDBPyConnection, profiles: set[str]) -> set[str]:
    """Names that these people had before and nobody has now: each leads to one person, also where it was split once."""
    if not profiles or not (has_table(con, "identity", "profile_changes") and has_table(con, "identity", "aliases")):
        return set()
    found = con.execute(
        """select alias from identity.aliases
        where list_contains($1::varchar[], profile_id) and alias in (select old_profile_id from identity.profile_changes)""",
        [sorted(profiles)],
    ).fetchall()
    return {profile for (profile,) in found}
