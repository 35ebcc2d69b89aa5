"""What the tables of profiles, scores and audiences say of one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from dagster_project.catalog import has_table
from dagster_project.loads.casts import literal

Row = dict[str, Any]

SCORE_VIEWS = ("customer_contributions", "prediction_reasons", "movements")


def rows_of(con: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    """The rows of a query, each as column → value.

    Whoever answers at once writes values as literals: for the first parameter, DuckDB imports pandas, which takes seconds.
    """
    found = con.execute(query)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def of_person(con: duckdb.DuckDBPyConnection, schema: str, table: str, profile_id: str) -> list[Row]:
    """The person's rows of a table, without the profile_id, in a settled order; none where there is no such table."""
    if not has_table(con, schema, table):
        return []
    found = rows_of(con, f'select * from "{schema}"."{table}" where profile_id = {literal(profile_id)} order by all')
    return [{name: value for name, value in row.items() if name != "profile_id"} for row in found]


def profile_of(con: duckdb.DuckDBPyConnection, profile_id: str) -> Row:
    found = of_person(con, "profiles", "profiles", profile_id)
    return found[0] if found else {}


def changes_of(con: duckdb.DuckDBPyConnection, profile_id: str) -> list[Row]:
    """The past merges, splits and renamings by which identifiers came to the person or went from them, oldest first."""
    if not has_table(con, "identity", "profile_changes"):
        return []
    return rows_of(
        con,
        f"""with recursive names as (
            select {literal(profile_id)} as profile_id
            union
            select changes.old_profile_id from identity.profile_changes as changes join names using (profile_id)
            where changes.kind <> 'split'
        )
        select old_profile_id, profile_id, kind, "at", rule, evidence from identity.profile_changes
        where profile_id in (select profile_id from names) or old_profile_id in (select profile_id from names)
        order by "at", old_profile_id, profile_id, kind""",
    )


def scores_of(con: duckdb.DuckDBPyConnection, profile_id: str) -> dict[str, list[Row]]:
    """Score → its rows on the person: every table of the room that goes by profile_id, and what scores are made of.

    Other views there tell what profiles and unified tables hold, and would be worked out for everybody first.
    """
    tables = con.execute(
        """select table_name from duckdb_columns()
        where schema_name = 'scores' and column_name = 'profile_id' and not internal order by 1"""
    ).fetchall()
    views = {name for (name,) in con.execute("select view_name from duckdb_views() where schema_name = 'scores'").fetchall()}
    told = {
        table: of_person(con, "scores", table, profile_id) for (table,) in tables if table not in views or table in SCORE_VIEWS
    }
    return {table: rows for table, rows in told.items() if rows}


@dataclass(frozen=True)
class Verdict:
    """One audience about one person. `met` is clause → whether it holds, empty of who is no candidate at all; `reason` and
    `context` (JSON) stand with members alone."""

    audience: str
    kind: str
    included: bool
    blocked_by: str | None
    met: dict[str, bool]
    first_clause: str | None
    entered_at: Any = None
    holdout: bool | None = None
    value: Any = None
    reason: str | None = None
    context: str | None = None

    @property
    def why(self) -> str:
        """In a line."""
        if self.included:
            return ", ".join(self.met) + ("; in the holdout, so in no file" if self.holdout else "")
        if self.blocked_by and self.blocked_by.startswith("excluded:"):
            return f"left out because they are in {self.blocked_by.removeprefix('excluded:')}"
        if self.blocked_by == "internal":
            return "one of the company's own"
        if self.blocked_by == "profiling":
            return "may not be profiled, and this audience is made from scores"
        if not self.met:
            return f"no candidate: {self.first_clause} does not hold" if self.first_clause else "no candidate"
        return f"{self.blocked_by} does not hold"


def verdicts_of(con: duckdb.DuckDBPyConnection, profile_id: str) -> list[Verdict]:
    """What each audience says of the person, by kind and name."""
    if not (has_table(con, "control", "audiences") and has_table(con, "audiences", "decisions")):
        return []
    clauses = dict(con.execute("select audience, any_value(clauses) from audiences.decisions group by 1").fetchall())
    decided = {row["audience"]: row for row in of_person(con, "audiences", "decisions", profile_id)}
    member = {row["audience"]: row for row in of_person(con, "audiences", "members", profile_id)}
    found = []
    for audience, kind in con.execute("select audience, kind from control.audiences order by kind, audience").fetchall():
        names = clauses.get(audience, "").split(",")
        decision, own = decided.get(audience), member.get(audience, {})
        # Whoever is a candidate meets the first clause at least; of whom no score exists, none was looked at.
        bits = decision["clauses_met"] if decision else 0
        met = {name: bool(bits >> place & 1) for place, name in enumerate(names)} if bits else {}
        found.append(
            Verdict(
                audience,
                kind,
                bool(decision and decision["included"]),
                decision["blocked_by"] if decision else None,
                met,
                names[0] or None,
                **{name: own.get(name) for name in ("entered_at", "holdout", "value", "reason", "context")},
            )
        )
    return found
