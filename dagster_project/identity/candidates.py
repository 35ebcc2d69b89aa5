"""Which pairs of contacts are worth comparing: those that agree on one of several keys.

Comparing everybody with everybody would take n² comparisons. A key that many share (a common name, a big city) proves little and
costs most: of each rule the largest groups are left out until its pairs are within bounds; the pairs that are duplicates
agree on some other key as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

RULES = {
    "birth date": "birth_date",
    "last name and postal code": "last_name || '|' || postal_code",
    "first name and postal code": "first_name || '|' || postal_code",
    "first and last name": "least(first_name, last_name) || '|' || greatest(first_name, last_name)",
    "street and house": "street || '|' || house",
    "street and place": "street || '|' || coalesce(postal_code, city)",
    "city and house": "city || '|' || house",
    "last name and birth year": "substr(last_name, 1, 3) || '|' || substr(birth_date, 1, 4)",
    "first name and birthday": "substr(first_name, 1, 3) || '|' || substr(birth_date, 6)",
    "e-mail": "email",
    "e-mail before the @": "case when strpos(email, '@') > 5 then split_part(email, '@', 1) end",
    "phone": "phone",
}
"""Rule → SQL of its key; NULL where a contact lacks a part of it."""

_FIRST = (
    "coalesce(jaro_winkler_similarity(l.first_name, r.first_name) >= 0.75 "
    "or jaro_winkler_similarity(l.first_name, r.last_name) >= 0.75, true)"
)
_LAST = (
    "coalesce(jaro_winkler_similarity(l.last_name, r.last_name) >= 0.75 "
    "or jaro_winkler_similarity(l.last_name, r.first_name) >= 0.75, true)"
)
_WORTH = f"(({_FIRST} and {_LAST}) or (l.birth_date = r.birth_date and ({_FIRST} or {_LAST})))"
"""SQL: names alike, or one of them and the birth date. All others are families and strangers, and most of the pairs."""

PAIRS_PER_CONTACT = 10
FEWEST = 50_000
"""A rule may bring ten pairs per contact; in any case this many."""


@dataclass(frozen=True)
class Candidates:
    """How many pairs there are to compare, and per rule how many contacts stand in groups that were too large for it."""

    pairs: int
    left_out: dict[str, int]


def collect_candidates(con: duckdb.DuckDBPyConnection) -> Candidates:
    """Fill the temporary table `candidates` (n_l < n_r) from the table `contacts`."""
    (count,) = con.execute("select count(*) from contacts").fetchone() or (0,)
    bound = max(FEWEST, PAIRS_PER_CONTACT * count)
    con.execute("create or replace temp table found_pairs (n_l bigint, n_r bigint)")
    left_out = {}
    for rule, key in RULES.items():
        con.execute(f"create or replace temp table keys as select n, {key} as key from contacts where {key} is not null")
        con.execute(
            """create or replace temp table groups as
            with sizes as (select key, count(*) as size from keys group by key having count(*) > 1),
            steps as (select size, sum(sum(size * (size - 1) // 2)) over (order by size) as pairs from sizes group by size)
            select sizes.key, sizes.size, steps.pairs <= $bound as within from sizes join steps using (size)""",
            {"bound": bound},
        )
        (crowded,) = con.execute("select coalesce(sum(size), 0)::bigint from groups where not within").fetchone() or (0,)
        if crowded:
            left_out[rule] = crowded
        con.execute(
            """insert into found_pairs
            select l.n, r.n
            from groups join keys as l using (key) join keys as r on l.key = r.key and l.n < r.n
            where groups.within"""
        )
    con.execute(
        f"""create or replace temp table candidates as
        select found.n_l, found.n_r
        from (select distinct n_l, n_r from found_pairs) as found
        join contacts as l on l.n = found.n_l join contacts as r on r.n = found.n_r
        where {_WORTH}"""
    )
    con.execute("drop table found_pairs; drop table keys; drop table groups")
    (pairs,) = con.execute("select count(*) from candidates").fetchone() or (0,)
    return Candidates(pairs, left_out)
