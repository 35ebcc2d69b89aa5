"""Charts of the report as Vega-Lite specifications, and the script that draws them.

The script (Vega, Vega-Lite and vega-embed, from the package vl-convert-python) stands in the page itself, so that a report opened
ten years on, without a network, still shows its charts. They are drawn as SVG: sharp in print, and readable by a screen reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

Spec = dict[str, Any]

UP, DOWN = "#2f7ed8", "#d9622b"
"""Told apart by the colour-blind, and seen on light and dark paper alike."""

_CONFIG: Spec = {
    "background": "transparent",
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    # Colours of the page, light or dark as its reader has it.
    "axis": {
        "labelColor": "var(--soft)", "titleColor": "var(--soft)", "domainColor": "var(--line)", "tickColor": "var(--line)",
        "gridColor": "var(--line)", "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelLimit": 220,
    },
    "header": {"labelColor": "var(--ink)", "titleColor": "var(--soft)", "labelFontSize": 12, "labelFontWeight": "bold"},
    "legend": {"labelColor": "var(--ink)", "titleColor": "var(--soft)", "labelFontSize": 12, "titleFontWeight": "normal"},
}  # fmt: skip
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
"""Names the language the specification is written in; nothing is fetched from there."""


def flows(rows: Sequence[tuple[str, str, int]], title: str) -> Spec:
    """Who moved from where to where, as a grid with the number of people in each cell.

    Args:
        rows: from, to, people.
        title: what a screen reader says of the whole chart.
    """
    names = sorted({name for row in rows for name in row[:2]})
    most = max((row[2] for row in rows), default=0)
    place: Spec = {
        "x": {"field": "to", "type": "nominal", "title": "moved to", "sort": names, "axis": {"labelAngle": -40}},
        "y": {"field": "from", "type": "nominal", "title": "moved from", "sort": names},
    }
    shade = {"scheme": "blues", "domain": [0, most]}
    strength: Spec = {"field": "people", "type": "quantitative", "legend": None, "scale": shade}
    number = {"field": "people", "type": "quantitative", "format": ","}
    ink = {"condition": {"test": f"datum.people > {most / 2}", "value": "#ffffff"}, "value": "#16202c"}
    return _spec(
        title,
        [{"from": old, "to": new, "people": people} for old, new, people in rows],
        {
            "width": {"step": 54},
            "height": {"step": 28},
            "encoding": place,
            "layer": [
                {"mark": {"type": "rect", "cornerRadius": 3}, "encoding": {"color": strength}},
                {"mark": {"type": "text", "fontSize": 12}, "encoding": {"text": number, "color": ink}},
            ],
        },
    )


def risers_and_fallers(rows: Sequence[tuple[str, datetime, int, int]], title: str) -> Spec:
    """How many rose and how many fell, week by week, one strip per kind; those who fell hang below the line.

    Args:
        rows: kind, first day of the week, people who rose, people who fell.
        title: what a screen reader says of the whole chart.
    """
    ways = [("rose", 1), ("fell", -1)]
    values = [
        {"kind": kind, "week": f"{week:%Y-%m-%d}", "way": way, "people": people, "height": sign * people}
        for kind, week, *counts in rows
        for (way, sign), people in zip(ways, counts, strict=True)
    ]
    return _spec(
        title,
        values,
        {
            "width": max(240, 26 * len({week for _, week, *_ in rows})),
            "height": 110,
            "mark": {"type": "bar", "tooltip": True},
            "encoding": {
                "row": {"field": "kind", "type": "nominal", "title": None, "header": {"orient": "top", "labelAnchor": "start"}},
                "x": {"field": "week", "type": "ordinal", "timeUnit": "yearmonthdate", "title": "week from",
                      "axis": {"format": "%-d %b %Y", "labelOverlap": True, "labelAngle": 0}},
                "y": {"field": "height", "type": "quantitative", "title": "people",
                      "axis": {"labelExpr": "format(abs(datum.value), ',')", "tickMinStep": 1}},
                "color": {"field": "way", "type": "nominal", "title": None,
                          "scale": {"domain": [way for way, _ in ways], "range": [UP, DOWN]}},
                "tooltip": [{"field": "week", "type": "ordinal"}, {"field": "way", "type": "nominal"},
                            {"field": "people", "type": "quantitative", "format": ","}],
            },
        },
    )  # fmt: skip


def sizes(rows: Sequence[tuple[str, datetime, int]], title: str) -> Spec:
    """How many people each value held, moment by moment, one small strip per value with its own scale of the same kind.

    Args:
        rows: value, moment (UTC), people.
        title: what a screen reader says of the whole chart.
    """
    return _spec(
        title,
        [{"value": value, "at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "people": people} for value, at, people in rows],
        {
            "columns": 3,
            "facet": {"field": "value", "type": "nominal", "title": None},
            "spec": {
                "width": 173,
                "height": 70,
                "mark": {"type": "line", "point": True, "interpolate": "step-after", "color": UP, "tooltip": True},
                "encoding": {
                    "x": {"field": "at", "type": "temporal", "title": None, "axis": {"tickCount": 3, "labelOverlap": True}},
                    "y": {"field": "people", "type": "quantitative", "title": None, "axis": {"tickCount": 3, "tickMinStep": 1}},
                    "tooltip": [
                        {"field": "at", "type": "temporal", "format": "%-d %b %Y"},
                        {"field": "people", "type": "quantitative", "format": ","},
                    ],
                },
            },
            "resolve": {"scale": {"y": "independent"}},
        },
    )


def _spec(title: str, values: list[Spec], body: Spec) -> Spec:
    return {"$schema": _SCHEMA, "description": title, "config": _CONFIG, "data": {"values": values}, **body}


@cache
def script() -> str:
    """The text of the script that draws the specifications: `vegaEmbed(element, spec)`."""
    import vl_convert  # a second of work, for reports with a chart only

    return vl_convert.javascript_bundle()
