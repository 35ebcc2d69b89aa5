"""What keeps two contacts apart however probable they are: families, twins, fathers and sons of one name.

People of one household agree on surname, street, city and telephone, twins on the birth date as well. No weighing of fields
tells them from one person whose first name was mistyped, so some contradictions decide by themselves, and a link needs facts
that a family does not share.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import duckdb

from dagster_project.identity.comparisons import SWAPPED, near

CROWD = 50
"""Contacts that probable links would join into one person; more are no person."""

BEARERS, OF_THE_OTHER = 3, 0.02
"""A first name borne together with this many different last names, and with this share of those of the name it resembles, is
a name and no slip of the pen: Leo is not Lea mistyped."""

_NAMES_ALIKE = f"coalesce({near('first_name_l', 'first_name_r')}, false)"
_BOTH_ARE_NAMES = (
    "(first_name_l <> first_name_r and least(bearers_l, bearers_r) >= "
    f"greatest({BEARERS}, {OF_THE_OTHER} * greatest(bearers_l, bearers_r)))"
)
# A digit wrong, two neighbours exchanged, or day for month.
_DATES_NEAR = (
    "coalesce(damerau_levenshtein(birth_date_l, birth_date_r) <= 1 "
    "or birth_date_l = substr(birth_date_r, 1, 5) || substr(birth_date_r, 9, 2) || substr(birth_date_r, 5, 3), false)"
)
_DATES_COMPATIBLE = (
    f"({_DATES_NEAR} or (substr(birth_date_l, 1, 4) = substr(birth_date_r, 1, 4) "
    "and damerau_levenshtein(birth_date_l, birth_date_r) <= 2))"
)
_LAST_NAMES_ALIKE = f"coalesce({near('last_name_l', 'last_name_r')}, false)"
_SAME_STREET = (
    "coalesce(damerau_levenshtein(street_l, street_r) <= 2 and coalesce(house_l = house_r, true) and ("
    "coalesce(postal_code_l = postal_code_r, false) or coalesce(jaro_winkler_similarity(city_l, city_r) >= 0.88, false)), false)"
)
_SAME_CONTACT = "(coalesce(email_l = email_r, false) or coalesce(phone_l = phone_r, false))"
_SAME_BIRTHDAY = "coalesce(birth_date_l = birth_date_r, false)"


def _contradiction(names_alike: str) -> str:
    return f"""case
    when gender_l <> gender_r then 'genders_differ'
    when (is_minor_l or is_minor_r) and (first_name_l is distinct from first_name_r or birth_date_l is distinct from birth_date_r)
        then 'minor'
    when birth_date_l is not null and birth_date_r is not null and not {_DATES_COMPATIBLE} then 'birth_dates_differ'
    when first_name_l is not null and first_name_r is not null
        and not {SWAPPED} and (not {names_alike} or {_BOTH_ARE_NAMES})
        then 'first_names_differ'
end"""


CONTRADICTION = _contradiction(_NAMES_ALIKE)
"""SQL: the fact that makes two contacts two people; NULL if there is none."""

_OF_THIRDS = _contradiction("jaro_winkler_similarity(first_name_l, first_name_r) >= 0.75")
"""The same for two contacts that a third one joins: both may have mistyped its name."""

TOO_LITTLE = f"""case
    when {SWAPPED} or ({_NAMES_ALIKE} and coalesce({near("last_name_l", "last_name_r")}, true)) then
        case when not ({_DATES_NEAR} or {_SAME_CONTACT} or {_SAME_STREET}) then 'too_little_in_common' end
    -- A maiden name, or no first name: the birth date and one more fact have to agree.
    when not ({_SAME_BIRTHDAY} and ({_NAMES_ALIKE} or {_LAST_NAMES_ALIKE})
        and ({_SAME_CONTACT} or {_SAME_STREET} or coalesce(postal_code_l = postal_code_r, false))) then 'too_little_in_common'
end"""
"""SQL: set where two contacts agree on nothing that a namesake or a family would not share."""

UNRELATED = (
    f"(first_name_l is not null and first_name_r is not null and not {SWAPPED} and not {_NAMES_ALIKE} and not {_SAME_BIRTHDAY})"
)
"""SQL: other first name, other birth date. Husband and wife: not worth a review."""

_COLUMNS = (
    "first_name", "last_name", "birth_date", "gender", "street", "house", "postal_code", "city", "email", "phone",
    "is_minor", "bearers",
)  # fmt: skip


def side_by_side(pairs: str) -> str:
    """SQL: the pairs (n_l, n_r) of a relation, with all that CONTRADICTION and TOO_LITTLE look at."""
    columns = ", ".join(f"{side}.{column} as {column}_{side}" for column in _COLUMNS for side in "lr")
    return (
        f"select pairs.*, {columns} from {pairs} as pairs "
        "join contacts as l on l.n = pairs.n_l join contacts as r on r.n = pairs.n_r"
    )


def hold_back(con: duckdb.DuckDBPyConnection, links: Sequence[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """Links that would bring together contacts that contradict each other by way of a third one → why they are held back.

    Links are taken from the most to the least probable, so each contradiction costs the weakest link on the way.

    Args:
        links: (n_l, n_r), the most probable first, none of them a contradiction by itself.
    """
    roots: dict[int, int] = {}
    for left, right in links:
        _join(roots, left, right)
    members: dict[int, list[int]] = defaultdict(list)
    for contact in sorted(roots):
        members[_root(roots, contact)].append(contact)
    crowds = {root for root, found in members.items() if len(found) > CROWD}
    apart = _contradictions(con, [found for root, found in members.items() if len(found) > 2 and root not in crowds])
    held: dict[tuple[int, int], str] = {}
    people: dict[int, set[int]] = {}
    for left, right in links:
        if _root(roots, left) in crowds:
            held[left, right] = "crowd"
            continue
        ours, theirs = people.setdefault(left, {left}), people.setdefault(right, {right})
        if ours is theirs:
            continue
        if any(apart[one] & theirs for one in ours if one in apart):
            held[left, right] = "contradicts_a_third"
            continue
        ours |= theirs
        for one in theirs:
            people[one] = ours
    return held


def _contradictions(con: duckdb.DuckDBPyConnection, groups: Iterable[list[int]]) -> dict[int, set[int]]:
    pairs = [(one, other) for group in groups for place, one in enumerate(group) for other in group[place + 1 :]]
    con.execute("create or replace temp table within (n_l bigint, n_r bigint)")
    lefts, rights = [one for one, _ in pairs], [other for _, other in pairs]
    con.execute("insert into within select unnest($1::bigint[]), unnest($2::bigint[])", [lefts, rights])
    rows = con.execute(f"select n_l, n_r from ({side_by_side('within')}) where {_OF_THIRDS} is not null").fetchall()
    con.execute("drop table within")
    apart: dict[int, set[int]] = defaultdict(set)
    for one, other in rows:
        apart[one].add(other)
        apart[other].add(one)
    return apart


def _root(roots: dict[int, int], contact: int) -> int:
    while roots.setdefault(contact, contact) != contact:
        roots[contact] = roots[roots[contact]]
        contact = roots[contact]
    return contact


def _join(roots: dict[int, int], one: int, other: int) -> None:
    first, second = sorted((_root(roots, one), _root(roots, other)))
    roots[second] = first
