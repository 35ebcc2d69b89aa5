"""How two contacts are compared, field by field, for Splink.

Each comparison has levels from the best agreement down; a pair takes the first that holds. How often a level holds for two
records of one person (`m`) is stated here: it says how people mistype, marry and move, which a company's contacts can't teach
while few of them are known twice, and the same on every machine. How often it holds for two strangers (`u`) is counted among the
company's own contacts. Weights and probability are those of Fellegi and Sunter ("A Theory for Record Linkage", JASA 64, 1969).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import duckdb

FIELDS = ("first_name", "last_name", "birth_date", "street", "house", "postal_code", "city", "email", "phone")
"""Columns of a comparable contact, all texts in folded form; `birth_date` is YYYY-MM-DD."""

SAMPLE = 50_000
"""Pairs of strangers that are looked at to count `u`: a level that fewer reach counts as if one in so many did."""


def near(left: str, right: str) -> str:
    """SQL: two texts differ by no more than a slip of the pen. Jaro-Winkler at .88 is a step of Splink's own for names.

    Edits are counted only where the cheaper measure leaves a doubt: a CASE works out no more than it needs.
    """
    alike, short = f"jaro_winkler_similarity({left}, {right})", f"least(length({left}), length({right}))"
    return (
        f"case when {alike} >= 0.88 then true when {alike} < 0.5 or {short} < 3 then false "
        f"else damerau_levenshtein({left}, {right}) <= case when {short} >= 6 then 2 else 1 end end"
    )


SWAPPED = (
    f"case when {near('first_name_l', 'last_name_r')} then coalesce({near('last_name_l', 'first_name_r')}, false) else false end"
)
"""SQL: first and last name stand in each other's column; false where one of them is unknown."""

_STREETS_ALIKE = "jaro_winkler_similarity(street_l, street_r) >= 0.88"
_SAME_HOUSE = "coalesce(house_l = house_r, true)"
_CITIES_ALIKE = "coalesce(jaro_winkler_similarity(city_l, city_r) >= 0.88, false)"
_POSTAL_NEAR = "coalesce(damerau_levenshtein(postal_code_l, postal_code_r) <= 1, false)"
_NAME_PART = "split_part({0}, '@', 1)"


@dataclass(frozen=True)
class Level:
    """One step of a comparison: its name, when it holds (None: what is left), how often for two records of one person."""

    name: str
    condition: str | None
    m: float


@dataclass(frozen=True)
class Comparison:
    """One comparison; `unknown` is the condition under which it says nothing. `by_frequency`: agreeing on a rare value of this
    column weighs more than on a common one."""

    name: str
    unknown: str
    levels: tuple[Level, ...]
    by_frequency: str | None = None

    @property
    def names(self) -> dict[int, str]:
        """Splink's number of a level → its name: the best has the highest, what says nothing -1."""
        return {len(self.levels) - 1 - place: level.name for place, level in enumerate(self.levels)} | {-1: "unknown"}

    def sql(self) -> str:
        """SQL of the number of a pair's level."""
        steps = [f"when {self.unknown} then -1"]
        for place, level in enumerate(self.levels):
            number = len(self.levels) - 1 - place
            steps.append(f"when {level.condition} then {number}" if level.condition else f"else {number}")
        return f"case {' '.join(steps)} end"

    def splink(self, u: dict[int, float]) -> dict[str, Any]:
        """The comparison as Splink's settings have it."""
        levels: list[dict[str, Any]] = [
            {"sql_condition": self.unknown, "label_for_charts": "unknown", "is_null_level": True, "fix_m_probability": True}
        ]
        for place, level in enumerate(self.levels):
            entry: dict[str, Any] = {
                "sql_condition": level.condition or "ELSE",
                "label_for_charts": level.name,
                "m_probability": level.m,
                "u_probability": u[len(self.levels) - 1 - place],
            }
            if place == 0 and self.by_frequency:
                entry["tf_adjustment_column"] = self.by_frequency
            levels.append(entry)
        return {"output_column_name": self.name, "comparison_levels": levels}


def _either_missing(*columns: str) -> str:
    return " or ".join(f"{column}_{side} is null" for column in columns for side in "lr")


COMPARISONS = (
    Comparison(
        "first_name",
        _either_missing("first_name"),
        (
            Level("same", "first_name_l = first_name_r", 0.70),
            Level("swapped", SWAPPED, 0.04),
            Level("near", near("first_name_l", "first_name_r"), 0.16),
            Level("alike", "jaro_winkler_similarity(first_name_l, first_name_r) >= 0.8", 0.04),
            Level("different", None, 0.06),
        ),
        by_frequency="first_name",
    ),
    Comparison(
        "last_name",
        # Swapped names are weighed once, as first names.
        f"case when {_either_missing('last_name')} then true when last_name_l = last_name_r then false else {SWAPPED} end",
        (
            Level("same", "last_name_l = last_name_r", 0.70),
            Level("near", near("last_name_l", "last_name_r"), 0.14),
            Level("alike", "jaro_winkler_similarity(last_name_l, last_name_r) >= 0.8", 0.04),
            Level("different", None, 0.12),
        ),
        by_frequency="last_name",
    ),
    Comparison(
        "birth_date",
        _either_missing("birth_date"),
        (
            Level("same", "birth_date_l = birth_date_r", 0.88),
            Level("one_off", "damerau_levenshtein(birth_date_l, birth_date_r) <= 1", 0.06),
            Level("two_off", "damerau_levenshtein(birth_date_l, birth_date_r) <= 2", 0.02),
            Level("different", None, 0.04),
        ),
    ),
    # Street and house are one fact, postal code and city another: four separate ones would make each family one person.
    Comparison(
        "street",
        _either_missing("street"),
        (
            Level("same", f"street_l = street_r and {_SAME_HOUSE}", 0.42),
            Level("alike", f"{_STREETS_ALIKE} and {_SAME_HOUSE}", 0.18),
            Level("other_house", _STREETS_ALIKE, 0.15),
            Level("somewhat_alike", "jaro_winkler_similarity(street_l, street_r) >= 0.75", 0.05),
            Level("different", None, 0.20),
        ),
    ),
    Comparison(
        "place",
        "(postal_code_l is null or postal_code_r is null) and (city_l is null or city_r is null)",
        (
            Level("same", f"postal_code_l = postal_code_r and {_CITIES_ALIKE}", 0.52),
            Level("same_postal_code", "postal_code_l = postal_code_r", 0.10),
            Level("near", f"{_POSTAL_NEAR} and {_CITIES_ALIKE}", 0.10),
            Level("same_city", _CITIES_ALIKE, 0.08),
            Level("different", None, 0.20),
        ),
    ),
    Comparison(
        "email",
        _either_missing("email"),
        (
            Level("same", "email_l = email_r", 0.40),
            Level("other_domain", f"{_NAME_PART.format('email_l')} = {_NAME_PART.format('email_r')}", 0.15),
            Level("near", "damerau_levenshtein(email_l, email_r) <= 2", 0.10),
            Level("different", None, 0.35),
        ),
    ),
    Comparison(
        "phone",
        _either_missing("phone"),
        (
            Level("same", "phone_l = phone_r", 0.40),
            Level("one_off", "damerau_levenshtein(phone_l, phone_r) <= 1", 0.10),
            Level("different", None, 0.50),
        ),
    ),
)


def pair_columns(left: str = "l", right: str = "r") -> str:
    """SQL: the fields of two contacts side by side, `_l` and `_r`."""
    return ", ".join(f"{alias}.{field} as {field}_{side}" for field in FIELDS for alias, side in ((left, "l"), (right, "r")))


def count_strangers(con: duckdb.DuckDBPyConnection) -> dict[str, dict[int, float]]:
    """Comparison → number of a level → `u`; comparisons that say nothing of any pair are left out.

    Reads the table `contacts` (n from 1 without gaps). Every level gets one pair for nothing, so that a handful of contacts,
    among which agreement may be chance, convinces nobody.
    """
    (count,) = con.execute("select count(*) from contacts").fetchone() or (0,)
    # Each contact with those so many places further on, the last followed by the first: few of them are the same person.
    strides = range(1, count // 2 + 1)
    chosen = sorted(random.Random(1).sample(strides, min(len(strides), max(1, SAMPLE // max(count, 1)))))
    con.execute("create or replace temp table strides as select unnest($1::bigint[]) as stride", [chosen])
    con.execute(
        f"""create or replace temp table strangers as
        select n as n_l, (n + stride - 1) % {max(count, 1)} + 1 as n_r from contacts cross join strides"""
    )
    levels = ", ".join(f"{comparison.sql()} as {comparison.name}" for comparison in COMPARISONS)
    con.execute(
        f"""create or replace temp table agreement as
        select {levels} from (
            select {pair_columns()}
            from strangers join contacts as l on l.n = strangers.n_l join contacts as r on r.n = strangers.n_r
            where l.n <> r.n)"""
    )
    found = {}
    for comparison in COMPARISONS:
        numbers = range(len(comparison.levels))
        rows = con.execute(
            f"select {comparison.name}, count(*) from agreement where {comparison.name} >= 0 group by all order by all"
        ).fetchall()
        if rows:
            seen = dict(rows)
            total = sum(seen.values()) + len(numbers)
            found[comparison.name] = {number: (seen.get(number, 0) + 1) / total for number in numbers}
    con.execute("drop table strides; drop table strangers; drop table agreement")
    return found
