"""Charts of who moves between segments, tiers and grades."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dagster_project.report.charts import DAYS, DOWN, UP, Spec, day_text, grid, spec_of
from dagster_project.report.language import Language


def flows(rows: Sequence[tuple[str, str, int]], title: str, _: Language) -> Spec:
    """Who moved from where to where, as a grid with the number of people in each cell.

    Args:
        rows: from, to, people.
        title: what a screen reader says of the whole chart.
    """
    names = sorted({_.word(name) for row in rows for name in row[:2]})
    cells = [(_.word(new), _.word(old), people, _.count(people)) for old, new, people in rows]
    return grid(title, cells, _("moved to"), _("moved from"), order=(names, names))


def risers_and_fallers(rows: Sequence[tuple[str, datetime, int, int]], title: str, _: Language) -> Spec:
    """How many rose and how many fell, week by week, one strip per kind; those who fell hang below the line.

    Args:
        rows: kind, first day of the week, people who rose, people who fell.
        title: what a screen reader says of the whole chart.
    """
    ways = [(_("rose"), 1), (_("fell"), -1)]
    values = [
        {"kind": _.word(kind), "week": day_text(week), "way": way, "people": people, "height": sign * people}
        for kind, week, *counts in rows
        for (way, sign), people in zip(ways, counts, strict=True)
    ]
    return spec_of(
        title,
        values,
        {
            "width": max(240, 26 * len({week for _kind, week, *_counts in rows})),
            "height": 110,
            "mark": {"type": "bar", "tooltip": True},
            "encoding": {
                "row": {"field": "kind", "type": "nominal", "title": None, "header": {"orient": "top", "labelAnchor": "start"}},
                "x": {"field": "week", "type": "ordinal", "timeUnit": "yearmonthdate", "title": _("week from"),
                      "axis": {"format": DAYS, "labelOverlap": True, "labelAngle": 0}},
                "y": {"field": "height", "type": "quantitative", "title": _("people"),
                      "axis": {"labelExpr": "format(abs(datum.value), ',')", "tickMinStep": 1}},
                "color": {"field": "way", "type": "nominal", "title": None,
                          "scale": {"domain": [way for way, _sign in ways], "range": [UP, DOWN]}},
                "tooltip": [{"field": "week", "type": "temporal", "format": DAYS, "title": _("week from")},
                            {"field": "way", "type": "nominal", "title": " "},
                            {"field": "people", "type": "quantitative", "format": ",", "title": _("people")}],
            },
        },
    )  # fmt: skip
