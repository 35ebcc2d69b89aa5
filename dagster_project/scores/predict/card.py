"""Model cards as a person reads them."""

from __future__ import annotations

import json
from typing import Any

import duckdb

TITLES = {
    "lead_converts": "A lead becomes a customer within {days} days",
    "customer_buys": "A customer buys within {days} days",
    "customer_churns": "A customer orders nothing for {days} days",
}


def cards_in_markdown(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Model → its card, from scores.model_cards."""
    found = con.execute("select * from scores.model_cards order by model")
    names = [column[0] for column in found.description]
    return {row["model"]: _markdown(row) for row in (dict(zip(names, values, strict=True)) for values in found.fetchall())}


def _markdown(card: dict[str, Any]) -> str:
    lines = [
        f"### {TITLES[card['model']].format(days=card['days'])}",
        "",
        f"**{card['method']}**: {card['method_reason']}.",
        "",
        f"Fitted as of {card['fit_at']:%Y-%m-%d %H:%M} UTC on {card['examples']} examples ({card['events']} times it happened), "
        f"which stand for {card['stands_for']} moments from {_day(card['first_moment'])} to {_day(card['last_moment'])}.",
        f"The rules to beat: {card['rules']} (at past moments there are no points to go by).",
        "",
        "| judged on | AUC | lift of the first tenth | Brier | Brier of one for all | calibration slope | examples |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for judged, said in [
        ("time", "times after it was fitted"),
        ("random", "other people, at random"),
        ("all", "the same, at all moments"),
    ]:
        if card[f"{judged}_auc"] is not None:
            figures = [card[f"{judged}_{name}"] for name in ("auc", "lift", "brier", "brier_base", "slope")]
            cells = " | ".join("" if figure is None else f"{figure:.3f}" for figure in figures)
            lines.append(f"| {said} | {cells} | {card[f'{judged}_examples']} |")
    others = {
        "the rules": card["rules_time_auc"],
        "points alone": card["logistic_time_auc"],
        "points and trees": card["boosting_time_auc"],
    }
    lines += ["", *(f"AUC out of time of {who}: {auc:.3f}" for who, auc in others.items() if auc is not None)]
    if card["boosting_random_auc"] is not None and card["boosting_time_auc"] is None and card["logistic_time_auc"] is not None:
        compared = f"AUC {card['boosting_random_auc']:.3f}; points alone: {card['logistic_random_auc']:.3f}"
        lines.append(f"Points and trees were hardly ahead on other people, if at all ({compared}): not tried out of time.")
    left_out = json.loads(card["left_out"] or "{}")
    lines += ["", *(f"- `{name}` left out: {reason}" for name, reason in sorted(left_out.items()))]
    if card["drift"] is not None:
        lines += [
            "",
            f"Drift since: {card['drift']} (population stability index {card['drift_psi']:.3f} over {card['scored']} people).",
        ]
    return "\n".join(lines)


def _day(moment: Any) -> str:
    return "–" if moment is None else f"{moment:%Y-%m-%d}"
