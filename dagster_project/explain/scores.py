"""A person's scores as people read them: each with what it is made of, without the tables that they are worked out in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dagster_project.explain.facts import Row
from dagster_project.report.section import Section

SCORES = ("rfm", "customers", "clv", "leads", "predictions")
"""Tables of one row per person (or per person and model), in the order in which they are told."""

MADE_OF = {"customers": "customer_contributions", "leads": "lead_contributions", "predictions": "prediction_reasons"}
"""Score → the table of what it is made of."""

BESIDE = ("lead_checks", "movements")

REASONS = 5
"""Reasons told of one prediction."""

_SHARES = ("probability", "p_convert", "p_alive")
"""Columns between 0 and 1, of which two places behind the point say too little."""

_TOLD_APART = ("found_", "points_")
"""Columns of customers that stand among what the score is made of."""


def score_sections(scores: dict[str, list[Row]], most: int) -> Iterator[Section]:
    """
    Args:
        scores: table → the person's rows, as facts.scores_of finds them.
        most: rows of one section; of more, the weightiest or newest.
    """
    for score in SCORES:
        rows = scores.get(score, [])
        if len(rows) == 1:
            told = {name: value for name, value in rows[0].items() if not name.startswith(_TOLD_APART)}
            lines = [(name, _said(name, value)) for name, value in told.items() if value is not None]
            yield Section(f"scores.{score}", ["what", "is"], lines)
        elif rows:
            yield _table(score, rows[:most], len(rows))
        parts = scores.get(MADE_OF.get(score, ""), [])
        if parts:
            yield _parts(MADE_OF[score], parts, most)
    for table in BESIDE:
        if rows := scores.get(table, []):
            rows = sorted(rows, key=lambda row: row.get("position") or 0)
            yield _table(table, rows[-most:], len(rows))


def _parts(table: str, rows: list[Row], most: int) -> Section:
    if "rank" in rows[0]:
        rows = sorted((row for row in rows if row["rank"] <= REASONS), key=lambda row: (row["model"], row["rank"]))
    if "points" not in rows[0]:
        return _table(table, rows[:most], len(rows))
    name = "rule_id" if "rule_id" in rows[0] else "criterion"
    ordered = sorted(rows, key=lambda row: (-abs(row["points"]), row[name]))
    told = [(row[name], row.get("family"), row["points"], _found(row["evidence"])) for row in ordered[:most]]
    note = f"the sum is the score: {sum(row['points'] for row in rows):,.2f}"
    if all(family is None for _, family, *_ in told):
        return Section(f"scores.{table}", [name, "points", "found"], [(part, *rest) for part, _, *rest in told], note)
    return Section(f"scores.{table}", [name, "family", "points", "found"], told, note)


def _found(evidence: str | None) -> str:
    """`age 52`; `times 3, days_ago 12` where several actions count; `sum 120, bound 100`."""
    told = {name: value for name, value in json.loads(evidence or "{}").items() if value is not None}
    attribute = told.pop("attribute", None)
    if attribute is not None:
        attribute = attribute.partition(".")[0] if "|" in attribute else attribute
        told = {attribute: told.pop("value", "not known"), **told}
    return ", ".join(f"{value}" if name == "value" else f"{name} {value}" for name, value in told.items())


def _table(table: str, rows: list[Row], count: int) -> Section:
    told = [tuple(_said(name, value) for name, value in row.items()) for row in rows]
    return Section(f"scores.{table}", list(rows[0]), told, f"{len(rows)} of {count}")


def _said(name: str, value: Any) -> Any:
    return f"{100 * value:.2f} %" if name in _SHARES and value is not None else value
