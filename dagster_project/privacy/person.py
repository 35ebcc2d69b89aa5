"""Who is to be erased: from one identifier, as a person types it, to all that the identity room knows of them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from dagster_project.errors import RelanceError
from dagster_project.loads.normalise import normalise_email, normalise_phone
from dagster_project.privacy.values import has_table

HOW = "give an e-mail address, a phone number, or `type:value`, such as customer_id:4711"

Identifiers = set[tuple[str, str]]
"""(identifier_type, identifier as it is compared)"""


@dataclass(frozen=True)
class Person:
    """One person, or several who are erased together: `identifiers` are all that go with what was asked for, `profile_ids` the
    names they have and had.
    """

    identifiers: frozenset[tuple[str, str]]
    profile_ids: frozenset[str]

    def of_type(self, *types: str) -> list[str]:
        return sorted(value for kind, value in self.identifiers if kind in types)


def read_identifier(con: duckdb.DuckDBPyConnection, text: str, country: str) -> tuple[str, str]:
    """(identifier_type, identifier) of what a person typed.

    Raises:
        RelanceError: it can't be told what it is. The text is not repeated: it may be somebody's address.
    """
    text = text.strip()
    kind, colon, value = text.partition(":")
    if colon and kind.strip() and kind.strip().replace("_", "").isalpha() and kind == kind.lower():
        return normal(kind.strip(), value.strip(), country)
    if "@" in text:
        return normal("email", text, country)
    phone = normalise_phone(text, country, country)[0]
    if phone:
        return "phone", phone
    types = _types_of(con, text)
    if len(types) == 1:
        return types[0], text
    if types:
        told = ", ".join(types)
        raise RelanceError(f"This identifier is known as several things: {told}", "IDENTIFIER", "name the type: `type:value`")
    raise RelanceError("This is neither an address, nor a valid phone number, nor a known identifier", "IDENTIFIER", HOW)


def normal(kind: str, value: str, country: str) -> tuple[str, str]:
    """An identifier of a known type in the form it is compared in.

    Raises:
        RelanceError: it is empty, or no address or number.
    """
    found: str | None = value
    reason: str | None = "nothing stands after the type"
    if kind == "email":
        found, reason = normalise_email(value)
    elif kind == "phone":
        found, reason = normalise_phone(value, country, country)
    if not found:
        raise RelanceError(f"This is no {kind}: {reason}", "IDENTIFIER", HOW)
    return kind, found


def _types_of(con: duckdb.DuckDBPyConnection, value: str) -> list[str]:
    if not has_table(con, "identity", "identifiers"):
        return []
    query = "select distinct identifier_type from identity.identifiers where identifier = ? order by 1"
    return [kind for (kind,) in con.execute(query, [value]).fetchall()]


def person_of(con: duckdb.DuckDBPyConnection, asked: Collection[tuple[str, str]]) -> Person:
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
    return Person(frozenset(identifiers), frozenset(profiles | _former(con, profiles)))


def _former(con: duckdb.DuckDBPyConnection, profiles: set[str]) -> set[str]:
    """Names that these people had before and nobody has now."""
    if not profiles or not has_table(con, "identity", "profile_changes"):
        return set()
    found = con.execute(
        """with recursive earlier as (
            select unnest($1::varchar[]) as profile_id
            union
            select changes.old_profile_id from identity.profile_changes as changes join earlier using (profile_id)
        )
        select profile_id from earlier
        where profile_id is not null
            and profile_id not in (select profile_id from identity.identifiers where profile_id is not null)
        """,
        [sorted(profiles)],
    ).fetchall()
    return {profile for (profile,) in found}
