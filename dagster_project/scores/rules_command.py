"""`relance rules`: the rules by which leads get points, what the company's conversions propose, and how that is taken over."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from rich.console import Console

from dagster_project.catalog import has_table
from dagster_project.config_file import near_miss, several
from dagster_project.dbt_workspace import wrong_seeds
from dagster_project.errors import RelanceError
from dagster_project.explain.facts import Row, rows_of
from dagster_project.published import open_published
from dagster_project.report.section import Section
from dagster_project.report.terminal import section_table
from dagster_project.scores.lead_rules import lead_rules, wrong_with
from dagster_project.seed_rows import Row as SeedRow
from dagster_project.seed_rows import seed_path
from dagster_project.settings import Settings

SHOWN = 40
"""Proposals of one table, those that differ most first."""

_MEASURED = {
    "lead_contributions": """
        select rule_id, count(*) as people, round(avg(points), 1) as average from scores.lead_contributions group by 1""",
    "rule_proposals": "select * from scores.rule_proposals order by abs(points) desc, people desc, proposal_id",
    "prequalification_advice": "select * from scores.prequalification_advice order by position",
}


def rules_project(settings: Settings, accept: str | None, console: Console) -> None:
    """List rules and proposals, or write a proposal as a rule into the project's seeds/lead_rules.csv.

    Raises:
        RelanceError: rules or other seeds have mistakes; there is no such proposal.
    """
    if mistakes := wrong_seeds(settings):
        raise several(mistakes)
    measured = _measured(settings)
    if accept is not None:
        path = _accept(settings, accept, measured["rule_proposals"])
        console.print(f"{path}: the rule {accept} is in force from the next run on.", markup=False, soft_wrap=True)
        return
    for section in (
        _rules(settings, measured["lead_contributions"]),
        _proposals(measured["rule_proposals"]),
        _advice(measured["prequalification_advice"]),
    ):
        if section.rows:
            console.print(section_table(section))


def _measured(settings: Settings) -> dict[str, list[Row]]:
    """What the last run found; nothing where none has looked yet."""
    if not settings.warehouse_path.exists():
        return {table: [] for table in _MEASURED}
    with open_published(settings) as con:
        return {table: rows_of(con, query) if has_table(con, "scores", table) else [] for table, query in _MEASURED.items()}


def _rules(settings: Settings, measured: list[Row]) -> Section:
    given = {row["rule_id"]: row for row in measured}
    rows = []
    for rule in lead_rules(settings):
        told, found = rule.row.values, given.get(rule.rule_id, {})
        condition = f"{told['attribute']} {told['operator']} {told['value']}".strip()
        condition += f" within {told['within_days']} days" if told["within_days"] else ""
        points = f"{rule.points.normalize():+f}" + (" each" if told["per"] == "each" else "")
        points += f", half after {told['half_life_days']} days" if told["half_life_days"] else ""
        people = found.get("people", 0) if rule.enabled else None
        in_force = "yes" if rule.enabled else "no"
        rows.append((rule.rule_id, told["family"], condition, points, in_force, people, found.get("average")))
    header = ["rule", "family", "holds where", "points", "in force", "leads", "points on average"]
    return Section("Rules for leads", header, rows, str(seed_path(settings, "lead_rules")))


def _proposals(found: list[Row]) -> Section:
    rows = [
        (row["proposal_id"], f"{row['attribute']} {row['operator']} {row['value']}", f"{row['points'].normalize():+f}",
         row["people"], _percent(row["share"]), f"{_percent(row['at_least'])} to {_percent(row['at_most'])}",
         _percent(row["share_of_all"]), f"×{row['ratio']:g}", row["status"])
        for row in found[:SHOWN]
    ]  # fmt: skip
    header = ["proposal", "holds where", "points", "leads", "convert", "likely range", "all convert", "ratio", "status"]
    note = f"{len(rows)} of {len(found)}, from the company's own conversions; take one over with --accept PROPOSAL"
    return Section("Proposed rules", header, rows, note)


def _advice(found: list[Row]) -> Section:
    rows = [
        (row["check_name"], row["strictness"], row["leads"], row["failing"], _percent(row["failing_conversion"]),
         _percent(row["others_conversion"]), row["advice"], row["reason"])
        for row in found
    ]  # fmt: skip
    header = ["check", "now", "leads", "fail it", "they convert", "others convert", "advice", "because"]
    return Section("Checks before scoring", header, rows, "scores: leads: prequalification: in relance.yml")


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"


def _accept(settings: Settings, name: str, proposals: list[Row]) -> Path:
    """Write a proposal as the last row of the project's own lead_rules.csv, which begins as a copy of the shipped one.

    It takes the place of a rule of its name that was turned off.

    Raises:
        RelanceError: there is no such proposal; it is in force already, under this name or another.
    """
    known = {row["proposal_id"]: row for row in proposals}
    if name not in known:
        how = (
            "name one that `relance rules` lists"
            if known
            else "run `relance run` first; proposals need conversions to learn from"
        )
        raise RelanceError(f"There is no proposal of this name{near_miss(name, known)}", "--accept", how)
    standing = next((rule for rule in lead_rules(settings) if rule.rule_id == name), None)
    if standing and standing.enabled:
        raise RelanceError(
            f"The rule `{name}` is in force already", standing.row.where, "change its points there, if they are wrong"
        )
    with seed_path(settings, "lead_rules").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    taken = [str(_rule(known[name]).get(column, "")) for column in header]
    place = header.index("rule_id")
    rows = [row for row in rows if row and (not standing or row[place].strip() != name)]
    own = settings.base / "seeds" / "lead_rules.csv"
    if mistakes := wrong_with(settings, SeedRow(f"--accept {name}", dict(zip(header, taken, strict=True)))):
        raise several(mistakes)
    own.parent.mkdir(exist_ok=True)
    # Whole or not at all: whoever runs meanwhile reads the one or the other.
    beside = own.with_suffix(".new")
    with beside.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows, taken])
    beside.replace(own)
    return own


def _rule(proposal: Row) -> dict[str, Any]:
    told = f"{_percent(proposal['share'])} of {proposal['people']:,} leads converted, of all {_percent(proposal['share_of_all'])}"
    points = f"{proposal['points'].normalize():f}"
    same = {name: proposal[name] for name in ("family", "attribute", "operator", "value")}
    description = f"{told}: ×{proposal['ratio']:g}"
    return {"rule_id": proposal["proposal_id"], **same, "points": points, "enabled": "true", "description": description}
