"""Whom a run has to erase by itself: by requests that landed, people who were erased and of whom more has been found since, and
those whose time is over.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb

from dagster_project.catalog import has_table
from dagster_project.errors import RelanceError
from dagster_project.loads.casts import literal
from dagster_project.privacy.claims import vendors
from dagster_project.privacy.erase import Wish
from dagster_project.privacy.salt import digest_sql, read_salt, set_salt
from dagster_project.privacy.tombstones import all_tombstones
from dagster_project.privacy.typed import End, Typed, known_type
from dagster_project.settings import Settings

BATCH = 200
"""People whose time is over that are erased together."""


def landed_wishes(con: duckdb.DuckDBPyConnection, settings: Settings) -> tuple[list[Wish], int]:
    """The requests of the `erasures` table, the oldest first, and how many can't be read (no such type, no such identifier, an
    identifier of several people): these stay open. Carried out, they are gone from it.
    """
    if not has_table(con, "raw_generic", "erasures"):
        return [], 0
    rows = con.execute(
        """select lower(trim(identifier_type)), trim(identifier), max(requested_at) from raw_generic.erasures
        group by 1, 2 order by 3, 1, 2"""
    ).fetchall()
    wishes, unreadable = [], 0
    for kind, value, requested_at in rows:
        asked = _read(con, settings, kind, value)
        if asked:
            wishes.append(Wish((asked,), "landed", requested_at, ((kind, value),)))
        else:
            unreadable += 1
    return wishes, unreadable


def _read(con: duckdb.DuckDBPyConnection, settings: Settings, kind: str, value: str) -> End | None:
    """Whom a request means; None if that can't be told."""
    named = known_type(kind)
    try:
        return Typed(con, f"{named}:{value}", settings.company.country.upper()).end if named else None
    except RelanceError:
        return None


def found_since(con: duckdb.DuckDBPyConnection, settings: Settings) -> list[Wish]:
    """People who were erased and became customers again, of whose time before another identifier has come to light."""
    stones = [stone for stone in all_tombstones(settings, con) if stone.verdict == "gone"]
    if not stones or not has_table(con, "identity", "identifiers"):
        return []
    set_salt(con, read_salt(settings, {stone.salt_id for stone in stones}))
    # Erased orders are known by the number of the system that told of them.
    orders = [digest_sql("'order_id'", f"{literal(vendor + ':')} || known.identifier") for vendor in sorted(vendors())]
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
            where stones.identifier_type = known.identifier_type and (stones.identifier_sha256 = known.identifier_sha256
                or known.identifier_type = 'order_id' and stones.identifier_sha256 in ({", ".join(orders)})))
        group by erased.profile_id order by 2, 1"""
    ).fetchall()
    return [Wish((asked,), "request", requested_at) for asked, requested_at in rows]


def announce(con: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    """Keep privacy.announced (profile_id, announced_at): since which run people stand announced who are to be purged. Who did
    something since leaves it. Rebuilt tables don't forget it: else nobody would ever have stood there long enough.
    """
    due = "select 1 from privacy.retention_due where action = 'purge' limit 1"
    if not (has_table(con, "privacy", "retention_due") and con.execute(due).fetchone()):
        con.execute("drop table if exists privacy.announced")
        return
    con.execute("create table if not exists privacy.announced (profile_id varchar, announced_at timestamp)")
    if has_table(con, "identity", "aliases"):
        con.execute(
            """update privacy.announced as stood set profile_id = aliases.profile_id from identity.aliases as aliases
            where aliases.alias = stood.profile_id"""
        )
    con.execute(
        """create or replace temp table privacy_announced as
        select due.profile_id, coalesce(min(stood.announced_at), $1::timestamp) as announced_at
        from privacy.retention_due as due left join privacy.announced as stood using (profile_id)
        where due.action = 'purge' group by 1""",
        [as_of],
    )
    con.execute("delete from privacy.announced")
    con.execute("insert into privacy.announced select * from privacy_announced order by profile_id")


def time_is_over(con: duckdb.DuckDBPyConnection, as_of: datetime, announce_days: int) -> list[Wish]:
    """People whom `retention:` no longer keeps, and who stood in privacy.announced for so many days."""
    if not (has_table(con, "privacy", "retention_due") and has_table(con, "privacy", "announced")):
        return []
    rows = con.execute(
        """select min((identifiers.identifier_type, identifiers.identifier)) from privacy.retention_due as due
        join privacy.announced as stood using (profile_id)
        join identity.identifiers as identifiers using (profile_id)
        where due.action = 'purge' and due.due_at <= $1 and stood.announced_at <= $2
            and identifiers.identifier_type <> 'order_id'
        group by due.profile_id order by 1""",
        [as_of, as_of - timedelta(days=announce_days)],
    ).fetchall()
    asked = [pair for (pair,) in rows]
    return [Wish(tuple(asked[start : start + BATCH]), "retention", as_of) for start in range(0, len(asked), BATCH)]
