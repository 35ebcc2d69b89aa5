"""What each audience says of one person: in or not, clause by clause, and the one thing that kept them out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import duckdb

from dagster_project.catalog import has_table
from dagster_project.explain.facts import of_person, profile_of, rows_of
from dagster_project.loads.casts import literal

BOUNDS = {"min": "at least", "max": "at most", "above": "more than", "below": "less than", "is": "equal to"}
"""Ending of a column of an audience's model → how it is said (see the macro audience_candidates)."""

_INTERNAL = "one of the company's own"
_PROFILING = "may not be profiled, and this audience is made from scores"
_FOR_OTHERS = {
    "identified": "only for people who left an address, a number or an account",
    "anonymous": "only for people nobody knows",
}
_SPANNING = "; held out under one of their names and not under another, so in no file and no measurement"


@dataclass(frozen=True)
class Clause:
    """What an audience asks for. `holds` is NULL of whom it never looked at."""

    name: str
    says: str
    holds: bool | None


@dataclass(frozen=True)
class Verdict:
    """One audience about one person. `clauses` of who is no candidate tell what is asked, and of the first that it does not
    hold; `reason` and `context` (JSON) stand with members alone."""

    audience: str
    kind: str
    included: bool
    blocked_by: str | None
    clauses: tuple[Clause, ...]
    people: str = "any"
    """Whom the audience is for, if that is what the person is not: identified or anonymous."""
    membership: dict[str, Any] = field(default_factory=dict)
    """entered_at, anchor_at, value, holdout, reason, context of a member."""

    @property
    def why(self) -> str:
        """In a line."""
        if self.included:
            told = "; ".join(clause.says for clause in self.clauses)
            if self.membership.get("is_of_both"):
                return told + _SPANNING
            return told + ("; in the holdout, so in no file" if self.membership.get("holdout") else "")
        if self.blocked_by is None and self.people != "any":
            return _FOR_OTHERS[self.people]
        if self.blocked_by is None:
            return f"no candidate; asked for first: {self.clauses[0].says}" if self.clauses else "no candidate"
        how, _, other = self.blocked_by.partition(":")
        if other:
            return {
                "excluded": f"left out because they are in {other}",
                "priority": f"left out because they are in {other}, which comes first in its group",
                "same_offer": f"left out because {other} speaks to them of the same offer",
            }[how]
        if self.blocked_by in ("internal", "profiling"):
            return _INTERNAL if self.blocked_by == "internal" else _PROFILING
        says = {clause.name: clause.says for clause in self.clauses}
        return f"this does not hold: {says.get(self.blocked_by, self.blocked_by)}"


def verdicts_of(con: duckdb.DuckDBPyConnection, profile_id: str) -> list[Verdict]:
    """What each audience says of the person, by kind and name."""
    if not (has_table(con, "control", "audiences") and has_table(con, "audiences", "decisions")):
        return []
    asked = dict(con.execute("select audience, any_value(clauses) from audiences.decisions group by 1").fetchall())
    says = {(row["audience"], row["clause"]): row["says"] for row in rows_of(con, "select * from control.audience_says")}
    decided = {row["audience"]: row for row in of_person(con, "audiences", "decisions", profile_id)}
    member = {row["audience"]: row for row in of_person(con, "audiences", "members", profile_id)}
    is_known = bool(profile_of(con, profile_id).get("is_known"))
    found = []
    for row in rows_of(con, "select * from control.audiences order by kind, audience"):
        audience, people = row["audience"], row.get("people")  # a run of an earlier version wrote no `people`
        missed = people if people == ("anonymous" if is_known else "identified") else "any"
        decision = decided.get(audience)
        bits = decision["clauses_met"] if decision else 0
        names = [name for name in asked.get(audience, "").split(",") if name]
        clauses = tuple(
            Clause(name, says.get((audience, name), name.replace("_", " ")), bool(bits >> place & 1) if bits else None)
            for place, name in enumerate(names)
        )
        included = bool(decision and decision["included"])
        blocked_by = decision["blocked_by"] if decision else None
        found.append(Verdict(audience, row["kind"], included, blocked_by, clauses, missed, member.get(audience, {})))
    return found


def kept_from_files(con: duckdb.DuckDBPyConnection, audience: str, verdicts: list[Verdict]) -> list[tuple[str, str, str]]:
    """Suppression audience, channels and why, of those that hold the person and so keep them out of this audience's files."""
    if not has_table(con, "control", "audience_suppressions"):
        return []
    channels = dict(
        con.execute(
            f"""select suppression, coalesce(string_agg(channel, ', ' order by channel), 'every channel')
            from control.audience_suppressions where audience = {literal(audience)} group by 1"""
        ).fetchall()
    )
    return [
        (verdict.audience, channels[verdict.audience], verdict.why)
        for verdict in verdicts
        if verdict.included and verdict.audience in channels
    ]


def sides_of(con: duckdb.DuckDBPyConnection, audience: str, profile_id: str) -> dict[str, tuple[Any, str, Any]]:
    """Clause → the person's own value, how it was compared (`at least`) and with what, of clauses that compare."""
    if not has_table(con, "audiences", audience):
        return {}
    (row,) = rows_of(con, f'select * from audiences."{audience}" where profile_id = {literal(profile_id)}') or [{}]
    found = {}
    for column, value in row.items():
        clause, _, side = column.rpartition("__")
        if clause and side == "value":
            bound, said = next((bound, said) for bound, said in BOUNDS.items() if f"{clause}__{bound}" in row)
            found[clause] = (value, said, row[f"{clause}__{bound}"])
    return found
