"""Whom a run has to erase by itself: by requests that landed, people who were erased and of whom more has been found since, and
those whose time is over.
"""

from __future__ import annotations

from datetime import datetime

import duckdb

from dagster_project.errors import RelanceError
from dagster_project.privacy.erase import Wish
from dagster_project.privacy.person import normal
from dagster_project.privacy.salt import digest_sql, read_salt, set_salt
from dagster_project.privacy.tombstones import all_tombstones
from dagster_project.privacy.values import has_table
from dagster_project.settings import Settings

BATCH = 200
"""People whose time is over that are erased together."""


def landed_wishes(con: duckdb.DuckDBPyConnection, settings: Settings) -> tuple[list[Wish], int]:
    """The requests of the `erasures` table, the oldest first, and how many can't be read. Carried out, they are gone from it."""
    if not has_table(con, "raw_generic", "erasures"):
        return [], 0
    rows = con.execute(
        """select lower(trim(identifier_type)), trim(identifier), max(requested_at) from raw_generic.erasures
        group by 1, 2 order by 3, 1, 2"""
    ).fetchall()
    wishes, unreadable = [], 0
    for kind, value, requested_at in rows:
        try:
            asked = normal(kind, value, settings.company.country.upper())
        except RelanceError:
            unreadable += 1
            continue
        wishes.append(Wish((asked,), "landed", requested_at))
    return wishes, unreadable


def found_since(con: duckdb.DuckDBPyConnection, settings: Settings) -> list[Wish]:
    """People who were erased and became customers again, of whose time before another identifier has come to light."""
    stones = [stone for stone in all_tombstones(settings, con) if stone.verdict == "gone"]
    if not stones or not has_table(con, "identity", "identifiers"):
        return []
    set_salt(con, read_salt(settings, {stone.salt_id for stone in stones}))
    rows = con.execute(
        f"""with known as (
            select identifier_type, identifier, profile_id, first_seen,
                {digest_sql("identifier_type", "identifier")} as identifier_sha256
            from identity.identifiers
        ),
        erased as (
            select known.identifier_type, known.identifier, known.profile_id, max(stones.requested_at) as requested_at
            from known join privacy.tombstones as stones using (identifier_type, identifier_sha256)
            where stones.verdict = 'gone' group by all
        )
        select min((erased.identifier_type, erased.identifier)), min(erased.requested_at) from erased
        join known using (profile_id)
        where known.first_seen < erased.requested_at and not exists (
            select 1 from privacy.tombstones as stones
            where stones.identifier_type = known.identifier_type and stones.identifier_sha256 = known.identifier_sha256)
        group by erased.profile_id order by 2, 1"""
    ).fetchall()
    return [Wish((asked,), "request", requested_at) for asked, requested_at in rows]


def time_is_over(con: duckdb.DuckDBPyConnection, as_of: datetime) -> list[Wish]:
    """People whom `retention:` no longer keeps."""
    if not has_table(con, "privacy", "retention_due"):
        return []
    rows = con.execute(
        """select min((identifiers.identifier_type, identifiers.identifier)) from privacy.retention_due as due
        join identity.identifiers as identifiers using (profile_id)
        where due.action = 'purge' and due.due_at <= $1 group by due.profile_id order by 1""",
        [as_of],
    ).fetchall()
    asked = [pair for (pair,) in rows]
    return [Wish(tuple(asked[start : start + BATCH]), "retention", as_of) for start in range(0, len(asked), BATCH)]
