"""What a change of the rules by which identifiers become people would do, before it takes effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from dagster_project.explain.scratch import catalog, scratch_build
from dagster_project.report.section import Section
from dagster_project.settings import Settings

EXAMPLES = 10

_SELECT = [f"path:models/{room},resource_type:model" for room in ("identity", "profiles", "scores", "audiences")]
_AS_THEY_ARE = [
    "event_links",
    "config.materialized:incremental,config.schema:profiles",
    "config.materialized:incremental,config.schema:audiences",
    "members",
    "sizes",
]
"""What is rolled up from events goes by device and login, whoever they belong to; journals tell of runs."""
_ANEW = {("identity", "profile_changes"), ("identity", "matching")}
"""A journal, and what is kept of earlier matching."""


@dataclass(frozen=True)
class Change:
    """What would become of people.

    sections: tables to be shown. profiles_before, profiles_after: people, known or anonymous.
    """

    profiles_before: int
    profiles_after: int
    sections: list[Section]

    @property
    def nothing(self) -> bool:
        return not any(section.rows for section in self.sections)


def preview_identity(settings: Settings, tell: Callable[[str], None]) -> Change:
    """Solve identity in a scratch copy by relance.yml and the seeds as they are now, and compare.

    Raises:
        RelanceError: see scratch_build.
    """
    with scratch_build(settings, _SELECT, _ANEW, tell, without=_AS_THEY_ARE) as con:
        tell("comparing")
        return compare(con, catalog(settings))


def compare(con: duckdb.DuckDBPyConnection, before: str) -> Change:
    # `moves`: every identifier with its person of today and then. `heirs`: as whom each person of today goes on, by the rule of
    # splits: as who has the identifier that they are named after, else as who has the most.
    con.execute(
        f"""create temp table moves as
        select coalesce(b.identifier_type, a.identifier_type) as identifier_type,
            coalesce(b.identifier, a.identifier) as identifier, b.profile_id as old_id, a.profile_id as new_id
        from {before}.identity.identifiers as b
        full join identity.identifiers as a on a.identifier_type = b.identifier_type and a.identifier = b.identifier;
        create temp table pairs as
        select *, count(*) over (partition by new_id) as people_in, count(*) over (partition by old_id) as people_out
        from (
            select old_id, new_id, count(*) as identifiers
            from moves where old_id is not null and new_id is not null group by all
        );
        create temp table heirs as
        select old_id, new_id from pairs left join (select alias, profile_id from identity.aliases) as aliases on alias = old_id
        qualify row_number() over (
            partition by old_id
            order by case when new_id = coalesce(profile_id, old_id) then 0 else 1 end, identifiers desc, new_id
        ) = 1"""
    )
    sections = [
        _counts(con),
        _merged(con),
        _split(con),
        _moved(con),
        _reasons(con, before),
        _audiences(con, before),
        _revenue(con, before),
    ]
    counted = [
        con.execute(f"select count(*) from {table}").fetchone() or (0,)
        for table in (f"{before}.profiles.profiles", "profiles.profiles")
    ]
    return Change(counted[0][0], counted[1][0], [section for section in sections if section.rows])


def _counts(con: duckdb.DuckDBPyConnection) -> Section:
    rows = con.execute(
        """select * from (
            select 1, 'people who become one with others', count(distinct old_id) from pairs where people_in > 1
            union all select 2, 'people they become', count(distinct new_id) from pairs where people_in > 1
            union all select 3, 'people who fall apart', count(distinct old_id) from pairs where people_out > 1
            union all select 4, 'people they fall into', count(distinct new_id) from pairs where people_out > 1
            union all select 5, 'identifiers of another person than today', count(*)
                from moves join heirs using (old_id) where moves.new_id <> heirs.new_id
            union all select 6, 'identifiers that stand for nobody any more', count(*) from moves where new_id is null
            union all select 7, 'identifiers that stand for somebody now', count(*) from moves where old_id is null
        ) order by 1"""
    ).fetchall()
    return Section("People", ["what", "how many"], [row[1:] for row in rows] if any(row[2] for row in rows) else [])


def _merged(con: duckdb.DuckDBPyConnection) -> Section:
    header = ["person", "made of", "identifiers", "people of today"]
    return Section("Merged", header, _largest(con, "new_id", "old_id", "people_in"), "the largest; at most five are named")


def _split(con: duckdb.DuckDBPyConnection) -> Section:
    header = ["person of today", "falls into", "identifiers", "people"]
    return Section("Split", header, _largest(con, "old_id", "new_id", "people_out"), "the largest; at most five are named")


def _largest(con: duckdb.DuckDBPyConnection, one: str, other: str, people: str) -> list[tuple]:
    return con.execute(
        f"""select {one}, {people}, sum(identifiers)::bigint,
            array_to_string(list({other} order by identifiers desc, {other})[:5], ' ')
        from pairs where {people} > 1 group by 1, 2 order by 2 desc, 3 desc, 1 limit {EXAMPLES}"""
    ).fetchall()


def _moved(con: duckdb.DuckDBPyConnection) -> Section:
    rows = con.execute(
        """select identifier_type, count(*) filter (where moves.new_id <> heirs.new_id),
            count(*) filter (where moves.new_id is null), count(*) filter (where moves.old_id is null)
        from moves left join heirs on moves.old_id = heirs.old_id
        group by 1 having count(*) filter (where moves.new_id is distinct from heirs.new_id) > 0 order by 1"""
    ).fetchall()
    return Section("Identifiers", ["type", "to another person", "to nobody", "from nobody"], rows)


def _reasons(con: duckdb.DuckDBPyConnection, before: str) -> Section:
    """Links by what is said of them, where that changes."""
    rows = con.execute(
        f"""with told as (
            select rule, refused_reason, count(*) as was, 0 as will_be from {before}.identity.edges group by 1, 2
            union all
            select rule, refused_reason, 0, count(*) from identity.edges group by 1, 2
        )
        select rule, coalesce(refused_reason, 'accepted'), sum(was)::bigint, sum(will_be)::bigint from told group by 1, 2
        having sum(was) <> sum(will_be) order by 1, 2"""
    ).fetchall()
    return Section("Links", ["rule", "accepted, or why not", "today", "then"], rows)


def _audiences(con: duckdb.DuckDBPyConnection, before: str) -> Section:
    """Who goes on in an audience under another name has neither entered nor left it."""
    rows = con.execute(
        f"""with was as (
            select members.audience, heirs.new_id as profile_id, count(*) as people
            from {before}.audiences.current_members as members left join heirs on members.profile_id = heirs.old_id
            group by 1, 2
        ),
        compared as (
            select coalesce(was.audience, now.audience) as audience, coalesce(was.people, 0) as people,
                now.profile_id is not null as stays, was.people is null as enters
            from was full join audiences.current_members as now
                on was.audience = now.audience and was.profile_id = now.profile_id
        )
        select audience, sum(people)::bigint, count(*) filter (where stays), count(*) filter (where enters),
            coalesce(sum(people) filter (where not stays), 0)::bigint,
            coalesce(sum(people - 1) filter (where stays and people > 1), 0)::bigint
        from compared group by 1 having sum(people) <> count(*) filter (where stays) or count(*) filter (where enters) > 0
        order by 1"""
    ).fetchall()
    header = ["audience", "members today", "then", "enter", "leave", "become one with another member"]
    return Section("Audiences", header, rows)


def _revenue(con: duckdb.DuckDBPyConnection, before: str) -> Section:
    rows = con.execute(
        f"""select count(*), count(distinct orders.profile_id), count(distinct moves.new_id), sum(orders.net_company)
        from {before}.profiles.person_orders as orders
        join moves on moves.identifier_type = 'order_id' and moves.identifier = orders.order_id
        join pairs on pairs.old_id = orders.profile_id and pairs.new_id = moves.new_id
        where orders.is_revenue and moves.new_id <> orders.profile_id and (people_in > 1 or people_out > 1)"""
    ).fetchall()
    return Section(
        "Revenue that moves between people",
        ["orders", "from people", "to people", "net revenue"],
        [row for row in rows if row[0]],
    )
