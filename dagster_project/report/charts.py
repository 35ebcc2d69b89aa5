"""Charts of the report as Vega-Lite specifications, and the script that draws them.

The script (Vega, Vega-Lite and vega-embed, from the package vl-convert-python) stands in the page itself, so that a report opened
ten years on, without a network, still shows its charts. They are drawn as SVG: sharp in print, and readable by a screen reader.
Labels and titles come in the reader's language; numbers and dates are written by the locale that the page hands to the script.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

Spec = dict[str, Any]

UP, DOWN = "#2f7ed8", "#d9622b"
"""Told apart by the colour-blind, and seen on light and dark paper alike."""
COLOURS = [UP, DOWN, "#1b9e77", "#a463c2", "#b58900", "#d6478f", "#6b7a8a", "#0e9fb5"]
"""Of series, in this order."""

COUNT, SHARE, NUMBER = ",d", ".0%", ",.2~f"
"""How axes and labels write values (d3-format)."""
MONTHS, DAYS = "%b %Y", "%-d %b %Y"
"""How axes write days (d3-time-format)."""

WIDTH, LETTER = 660, 6.3
"""Pixels: of a chart with its axes, at most, and of a letter on its axes."""
_FIT: Spec = {"width": WIDTH, "autosize": {"type": "fit-x", "contains": "padding"}}

_CONFIG: Spec = {
    "background": "transparent",
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "range": {"category": COLOURS},
    # Colours of the page, light or dark as its reader has it.
    "axis": {
        "labelColor": "var(--soft)", "titleColor": "var(--soft)", "domainColor": "var(--line)", "tickColor": "var(--line)",
        "gridColor": "var(--line)", "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelLimit": 240,
    },
    "header": {"labelColor": "var(--ink)", "titleColor": "var(--soft)", "labelFontSize": 12, "labelFontWeight": "bold"},
    "legend": {"labelColor": "var(--ink)", "titleColor": "var(--soft)", "labelFontSize": 12, "titleFontWeight": "normal",
               "labelLimit": 260},
    "title": {"color": "var(--ink)", "fontSize": 13, "anchor": "start"},
}  # fmt: skip

_INK: Spec = {"type": "text", "fontSize": 12, "color": "var(--ink)"}


def bars(
    title: str,
    rows: Iterable[tuple[str, Any]],
    of: str,
    form: str = COUNT,
    line: float | None = None,
    poor: float | None = None,
) -> Spec:
    """One bar per label, as long as its value, which stands beside it.

    Args:
        rows: label, value; rows without a value are left out.
        of: what the values are.
        form: d3 format of the values.
        line: a value to be held against, drawn as a line.
        poor: bars that fall short of it are of another colour; by default of `line`.
    """
    poor = line if poor is None else poor
    values = [
        {"label": label, "value": _number(value), "at": max(_number(value), 0)} for label, value in rows if value is not None
    ]
    place = {"field": "label", "type": "nominal", "sort": None, "title": None}
    length: Spec = {"field": "value", "type": "quantitative", "title": of, "axis": {"format": form, "tickCount": 5}}
    colour: Spec = {"value": UP}
    if line is not None:
        colour = {"condition": {"test": f"datum.value < {poor}", "value": DOWN}, "value": UP}
    layers: list[Spec] = [
        {"mark": {"type": "bar", "cornerRadiusEnd": 3, "tooltip": True}, "encoding": {"x": length, "color": colour}},
        {
            "mark": {**_INK, "align": "left", "dx": 5},
            "encoding": {"x": {"field": "at", "type": "quantitative"}, "text": {**_value(form)}},
        },
    ]
    if line is not None:
        layers.append(_rule("x", line))
    return spec_of(
        title,
        values,
        {
            **_FIT,
            "padding": {"left": 5, "top": 5, "bottom": 5, "right": 60},
            "height": 24 * len({value["label"] for value in values}),
            "encoding": {"y": place},
            "layer": layers,
        },
    )


def lines(
    title: str,
    rows: Iterable[tuple[date, str, Any]],
    of: str,
    form: str = COUNT,
    days: str = MONTHS,
    line: float | None = None,
) -> Spec:
    """One line per series over time.

    Args:
        rows: day, series, value; the colours follow the order in which series come.
        line: a value to be held against.
    """
    values = [
        {"day": day_text(day), "series": series, "value": _number(value)} for day, series, value in rows if value is not None
    ]
    names = list(dict.fromkeys(value["series"] for value in values))
    legend = {"orient": "top", "columns": 5} if len(names) > 1 else None
    encoding: Spec = {
        "x": {"field": "day", "type": "temporal", "title": None, "axis": {"format": days, "labelOverlap": True, "tickCount": 8}},
        "y": {"field": "value", "type": "quantitative", "title": of, "axis": {"format": form, "tickCount": 5}},
        "color": {"field": "series", "type": "nominal", "title": None, "sort": names, "legend": legend},
        "tooltip": [{"field": "series", "type": "nominal", "title": " "}, {"field": "day", "type": "temporal", "format": days,
                    "title": "·"}, {**_value(form), "title": of}],
    }  # fmt: skip
    layers: list[Spec] = [{"mark": {"type": "line", "point": {"size": 24}}, "encoding": encoding}]
    if line is not None:
        layers.append(_rule("y", line))
    return spec_of(title, values, {**_FIT, "height": 220, "layer": layers})


def calibration(title: str, rows: Iterable[tuple[str, float, float]], said: str, happened: str) -> Spec:
    """One small diagram per label: how often it happened against how often it was said to, beside the line where both are one.

    Args:
        rows: label, what was said, what happened (shares).
        said, happened: what the axes are called.
    """
    points = [{"label": label, "said": foretold, "happened": seen, "is_point": True} for label, foretold, seen in rows]
    ends = {
        label: max(max(p["said"], p["happened"]) for p in points if p["label"] == label) for label in _in_order(points, "label")
    }
    diagonals = [
        {"label": label, "said": at, "happened": at, "is_point": False} for label, end in ends.items() for at in (0, end)
    ]
    x: Spec = {"field": "said", "type": "quantitative", "title": said, "axis": {"format": SHARE, "tickCount": 4}}
    y: Spec = {"field": "happened", "type": "quantitative", "title": happened, "axis": {"format": SHARE, "tickCount": 4}}
    told = [{**_value(SHARE), "field": "said", "title": said}, {**_value(SHARE), "field": "happened", "title": happened}]
    return spec_of(
        title,
        [*points, *diagonals],
        {
            "columns": 3,
            "facet": {"field": "label", "type": "nominal", "title": None, "sort": list(ends)},
            "spec": {
                "width": 156,
                "height": 156,
                "layer": [
                    {
                        "transform": [{"filter": "!datum.is_point"}],
                        "mark": {"type": "line", "strokeDash": [4, 4], "color": DOWN},
                        "encoding": {"x": x, "y": y},
                    },
                    {
                        "transform": [{"filter": "datum.is_point"}],
                        "mark": {"type": "line", "point": True, "color": UP},
                        "encoding": {"x": x, "y": y, "tooltip": told},
                    },
                ],
            },
            "resolve": {"scale": {"x": "independent", "y": "independent"}},
        },
    )


def strips(
    title: str,
    rows: Iterable[tuple[str, date | datetime, Any]],
    of: str,
    form: str = COUNT,
    days: str = DAYS,
    heading: str | None = None,
) -> Spec:
    """One small line per label, each with a scale of its own.

    Args:
        rows: label, day, value.
        heading: what stands above them all, where a panel has several such charts.
    """
    values = [{"label": label, "day": day_text(day), "value": _number(value)} for label, day, value in rows if value is not None]
    return spec_of(
        title,
        values,
        {
            **({} if heading is None else {"title": {"text": heading, "offset": 14}}),
            "columns": 3,
            "align": "all",
            "facet": {"field": "label", "type": "nominal", "title": None, "sort": _in_order(values, "label")},
            "spec": {
                "width": 156,
                "height": 70,
                "mark": {"type": "line", "point": True, "interpolate": "step-after", "color": UP},
                "encoding": {
                    "x": {"field": "day", "type": "temporal", "title": None,
                          "axis": {"tickCount": 3, "labelOverlap": True, "format": "%-d %b"}},
                    "y": {"field": "value", "type": "quantitative", "title": None,
                          "axis": {"tickCount": 3, "tickMinStep": 1 if form == COUNT else 0, "format": form, "minExtent": 54}},
                    "tooltip": [{"field": "day", "type": "temporal", "format": days, "title": "·"},
                                {**_value(form), "title": of}],
                },
            },
            "resolve": {"scale": {"y": "independent"}},
        },
    )  # fmt: skip


def grid(
    title: str,
    rows: Sequence[tuple[str, str, Any, str]],
    across: str,
    down: str,
    step: tuple[int, int] = (54, 28),
    order: tuple[Sequence[str], Sequence[str]] | None = None,
    top: float | None = None,
) -> Spec:
    """A cell per pair, the darker the more, with a text in it (one line per `\\n`).

    Args:
        rows: column, row, value, text.
        across, down: what columns and rows are.
        step: width and height of a cell.
        order: of columns and of rows; by default as they come.
        top: the value that is darkest, by default the greatest.
    """
    values = [
        {"across": x, "down": y, "value": _number(value), "text": text.split("\n")}
        for x, y, value, text in rows
        if value is not None
    ]
    most = top if top is not None else max((value["value"] for value in values), default=0)
    columns, downs = order or (_in_order(values, "across"), _in_order(values, "down"))
    place: Spec = {
        "x": {"field": "across", "type": "nominal", "title": across, "sort": list(columns),
              "axis": {"labelAngle": 0 if max(map(len, columns), default=0) * LETTER < step[0] else -40, "labelLimit": 200}},
        "y": {"field": "down", "type": "nominal", "title": down, "sort": list(downs)},
    }  # fmt: skip
    shade = {"scheme": "blues", "domain": [0, most or 1], "clamp": True}
    ink = {"condition": {"test": f"datum.value > {most * 0.7}", "value": "#ffffff"}, "value": "#16202c"}
    colour: Spec = {"field": "value", "type": "quantitative", "legend": None, "scale": shade}
    return spec_of(
        title,
        values,
        {
            "width": {"step": step[0]},
            "height": {"step": step[1]},
            "encoding": place,
            "layer": [
                {"mark": {"type": "rect", "cornerRadius": 3}, "encoding": {"color": colour}},
                {
                    "mark": {"type": "text", "fontSize": 11, "lineBreak": "\n", "baseline": "middle"},
                    "encoding": {"text": {"field": "text"}, "color": ink},
                },
            ],
        },
    )


def intervals(
    title: str, rows: Iterable[tuple[str, Any, Any, Any]], of: str, form: str = SHARE, line: float | None = None
) -> Spec:
    """A value per label with the interval it lies in, and the line that an effect has to clear, where there is one.

    Args:
        rows: label, value, low end, high end.
    """
    values = [
        {"label": label, "value": _number(value), "low": _number(low), "high": _number(high)}
        for label, value, low, high in rows
        if None not in (value, low, high)
    ]
    place = {"field": "label", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 260}}
    ends: Spec = {
        "x": {"field": "low", "type": "quantitative", "title": of, "axis": {"format": form, "tickCount": 6}},
        "x2": {"field": "high"},
    }
    middle: Spec = {"x": {"field": "value", "type": "quantitative"}}
    tooltip = [{"field": name, "type": "quantitative", "format": form} for name in ("value", "low", "high")]
    layers: list[Spec] = [
        {"mark": {"type": "rule", "strokeWidth": 2, "color": UP}, "encoding": ends},
        {"mark": {"type": "point", "filled": True, "size": 70, "color": UP}, "encoding": {**middle, "tooltip": tooltip}},
        *([] if line is None else [_rule("x", line)]),
    ]
    return spec_of(
        title,
        values,
        {**_FIT, "height": 26 * len({value["label"] for value in values}), "encoding": {"y": place}, "layer": layers},
    )


def _rule(axis: str, at: float) -> Spec:
    """Across the whole chart, whatever its other axis is."""
    mark = {"type": "rule", "color": "var(--bad)", "strokeDash": [5, 4], "strokeWidth": 1.5}
    across: Spec = {"y": {"value": 0}, "y2": {"value": "height"}} if axis == "x" else {}
    place: Spec = {axis: {"field": "at", "type": "quantitative"}}
    return {"data": {"values": [{"at": at}]}, "mark": mark, "encoding": {**place, **across}}


def _in_order(values: list[Spec], field: str) -> list[str]:
    return list(dict.fromkeys(value[field] for value in values))


def _value(form: str) -> Spec:
    return {"field": "value", "type": "quantitative", "format": form}


def _number(value: Any) -> float:
    return float(value) if isinstance(value, Decimal) else value


def day_text(value: date | datetime) -> str:
    """Without a zone, so that the browser's own does not move it."""
    return f"{value:%Y-%m-%dT%H:%M:%S}" if isinstance(value, datetime) else f"{value:%Y-%m-%d}T00:00:00"


def spec_of(title: str, values: list[Spec], body: Spec) -> Spec:
    return {"description": title, "config": _CONFIG, "data": {"values": values}, **body}


def script(kept_in: Path) -> str:
    """The text of the script that draws the specifications: `vegaEmbed(element, spec, {mode: "vega-lite"})`.

    The names of namespaces in it look like addresses; with their slashes escaped, which changes no string of JavaScript, nothing
    in the page does, and whoever searches it for some finds none.

    Args:
        kept_in: the folder in which it lies from then on, since to bundle it takes seconds.
    """
    return _bundle(kept_in).replace("://", ":\\/\\/").replace("</script", "<\\/script")


def _bundle(kept_in: Path) -> str:
    kept = kept_in / f"charts-{version('vl-convert-python')}.js"
    with suppress(OSError):
        if bundle := kept.read_text(encoding="utf-8"):
            return bundle
    bundle = _bundled()
    with suppress(OSError):  # the next page is made with it as well
        for outdated in kept_in.glob("charts-*"):
            outdated.unlink(missing_ok=True)
        unfinished = kept_in / f"{kept.name}.{os.getpid()}"  # a page may be made while a run makes its own
        unfinished.write_text(bundle, encoding="utf-8")
        os.replace(unfinished, kept)
    return bundle


@cache
def _bundled() -> str:
    import vl_convert

    return vl_convert.javascript_bundle()
