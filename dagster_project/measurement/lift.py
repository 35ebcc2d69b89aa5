"""The dbt model measurement.holdout_lift: what speaking to people brought, beside those who were spared."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from math import ceil, isfinite
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from dagster_project.measurement.intervals import (
    CONFIDENCE,
    Baskets,
    confidence_of_looks,
    detectable,
    revenue_difference,
    revenue_error,
    sample_ratio_p,
    share_difference,
)

MISMATCH_P = 0.001
"""A split that chance makes less often than this is no accident (Fabijan et al. 2019)."""
FEWEST_PEOPLE, FEWEST_CONVERTED = 30, 10
"""In each group, and in both together: of fewer, no interval of shares."""
SUREST = 1 - 1e-9
"""Of one look: above, as at the first looks at a trial that was planned for many people, there is nothing to conclude."""
LONGEST_DAYS = 3650
"""A trial that takes longer is no plan."""
LARGEST_PART = 0.5
"""Of the spread of all purchases: above, one person decides, and no interval is to be believed."""

LIFT = pa.schema(
    [
        *((name, pa.string()) for name in ("audience", "metric", "goal", "unit", "currency", "period_kind")),
        ("period", pa.date32()),
        *((name, pa.timestamp("us")) for name in ("started_at", "ended_at")),
        ("outcome_days", pa.int64()),
        *((name, pa.int64()) for name in ("treated_assigned", "control_assigned", "treated_people", "control_people")),
        *((name, pa.int64()) for name in ("treated_converted", "control_converted")),
        *((name, pa.int64()) for name in ("treated_conversions", "control_conversions")),
        *((name, pa.decimal128(18, 4)) for name in ("treated_revenue", "control_revenue")),
        *((name, pa.float64()) for name in ("treated", "control", "lift", "lift_low", "lift_high", "lift_percent", "p_value")),
        *((name, pa.float64()) for name in ("sure_low", "sure_high", "brought", "brought_low", "brought_high")),
        *((name, pa.float64()) for name in ("share_asked", "share_found", "sample_ratio_p")),
        ("is_mismatched", pa.bool_()),
        *((name, pa.float64()) for name in ("people_a_day", "detectable", "target")),
        ("days_to_target", pa.int64()),
        ("verdict", pa.string()),
        ("says", pa.string()),
    ]
)
"""Two rows per audience. `treated` and `control` are per person: a share of people, or an amount."""

Row = dict[str, Any]
Bounds = tuple[np.ndarray, np.ndarray, np.ndarray]


def holdout_lift(groups: duckdb.DuckDBPyRelation) -> pa.Table:
    """Compare the groups of every audience.

    Args:
        groups: measurement.holdout_groups, two rows per audience: sizes, sums and sums of squares.

    Returns:
        A table of LIFT, in order of audience and metric.
    """
    rows = groups.order("audience, is_held_out").to_arrow_table().to_pylist()
    pairs = list(zip(rows[::2], rows[1::2], strict=True))
    told = [told for treated, control in pairs for told in (_conversion(treated, control), _revenue(treated, control))]
    return pa.Table.from_pylist(told, schema=LIFT)


def _conversion(treated: Row, control: Row) -> Row:
    """The share of people who did what the audience asks for."""
    x1, n1, x2, n2 = treated["converted"], treated["people"], control["converted"], control["people"]
    told = _row(treated, control, "conversion", "share", x1, x2)
    if min(n1, n2) < FEWEST_PEOPLE or x1 + x2 < FEWEST_CONVERTED:
        return _concluded(told)
    share = (x1 + x2) / (n1 + n2)
    told |= _planned(told, np.sqrt(share * (1 - share) * (1 / n1 + 1 / n2)))
    return _concluded(told | _bounds(told, lambda confidence: share_difference(x1, n1, x2, n2, confidence)))


def _revenue(treated: Row, control: Row) -> Row:
    """What a person brought, whoever brought nothing included."""
    told = _row(treated, control, "revenue", "currency", float(treated["revenue"]), float(control["revenue"]))
    arms = [
        Baskets(*(float(group[name]) for name in ("people", "buyers", "revenue", "revenue_squares")))
        for group in (treated, control)
    ]
    told |= _planned(told, revenue_error(*arms))
    if told["detectable"] is None:
        return _concluded(told)
    if _hangs_on_one(treated, control):
        return _concluded(told, "hangs_on_one")
    return _concluded(told | _bounds(told, lambda confidence: revenue_difference(*arms, confidence)))


def _hangs_on_one(*groups: Row) -> bool:
    spread, largest = 0.0, 0.0
    for group in groups:
        mean = float(group["revenue"]) / group["buyers"]
        spread += float(group["revenue_squares"]) - group["buyers"] * mean**2
        largest = max(largest, float(group["largest_revenue"]) - mean)
    return largest > 0 and largest**2 > LARGEST_PART * spread


def _row(treated: Row, control: Row, metric: str, unit: str, sum1: float, sum2: float) -> Row:
    """What was found, before anything is concluded from it."""
    n1, n2, assigned = treated["people"], control["people"], treated["assigned"] + control["assigned"]
    one, other = sum1 / n1 if n1 else None, sum2 / n2 if n2 else None
    lift = one - other if one is not None and other is not None else None
    ratio_p = _number(sample_ratio_p(control["assigned"], assigned, treated["share"]))
    a_day = (
        (treated["entered_recently"] + control["entered_recently"]) / treated["recent_days"] if treated["recent_days"] else 0.0
    )
    counts = ("assigned", "people", "converted", "conversions")
    return {
        **{name: treated[name] for name in ("audience", "goal", "currency", "started_at", "ended_at", "outcome_days")},
        "metric": metric,
        "unit": unit,
        "period_kind": "all",
        "period": treated["started_on"],
        **{f"treated_{name}": treated[name] for name in counts},
        **{f"control_{name}": control[name] for name in counts},
        "treated_revenue": Decimal(treated["revenue"]),
        "control_revenue": Decimal(control["revenue"]),
        "treated": _number(one),
        "control": _number(other),
        "lift": _number(lift),
        "lift_percent": _number(lift / other * 100) if lift is not None and other else None,
        "brought": _number(lift * n1) if lift is not None else None,
        **dict.fromkeys(("lift_low", "lift_high", "p_value", "sure_low", "sure_high", "brought_low", "brought_high")),
        "share_asked": treated["share"],
        "share_found": _number(control["assigned"] / assigned) if assigned else None,
        "sample_ratio_p": ratio_p,
        "is_mismatched": ratio_p is not None and ratio_p < MISMATCH_P,
        "people_a_day": _number(a_day),
        "detectable": None,
        "target": _number(treated["target"] * other) if other else None,
        "days_to_target": None,
    }


def _planned(told: Row, error: float | np.ndarray) -> Row:
    """What so many people can show, and how many more days it takes to show the target, at the rate at which people enter now:
    what can be shown shrinks with the root of their number."""
    seen = _number(detectable(error)) or None
    if seen is None or told["target"] is None:
        return {"detectable": seen}
    missing = (told["treated_people"] + told["control_people"]) * ((seen / told["target"]) ** 2 - 1)
    if missing <= 0:
        return {"detectable": seen, "days_to_target": 0}
    days = ceil(missing / told["people_a_day"]) if told["people_a_day"] else None
    return {"detectable": seen, "days_to_target": days if days is not None and days <= LONGEST_DAYS else None}


def _bounds(told: Row, look_at: Callable[[float], Bounds]) -> Row:
    """The interval of one look, and that which holds over all. Where the spared do nothing there is no target to plan for, and
    what can be shown now stands in for it. Where next to nothing is known yet, that over all looks would hold everything."""
    low, high, p = (_number(each) for each in look_at(CONFIDENCE))
    people = told["treated_people"]
    bounds = {
        "lift_low": low,
        "lift_high": high,
        "p_value": p,
        "brought_low": _number(low * people) if low is not None else None,
        "brought_high": _number(high * people) if high is not None else None,
    }
    if told["detectable"] is None:
        return bounds
    confidence = float(confidence_of_looks(told["detectable"], told["target"] or told["detectable"]))
    if confidence > SUREST:
        return bounds
    sure_low, sure_high, _ = (_number(each) for each in look_at(confidence))
    return bounds | {"sure_low": sure_low, "sure_high": sure_high}


def _concluded(told: Row, verdict: str | None = None) -> Row:
    if not told["control_assigned"] or not told["treated_assigned"]:
        verdict = "no_comparison"
    elif told["is_mismatched"]:
        verdict = "mismatch"
    verdict = verdict or _verdict(told)
    return told | {"verdict": verdict, "says": _says(told, verdict)}


def _verdict(told: Row) -> str:
    """By the interval that holds over all looks, which does not mind how often somebody looks, or when they stop."""
    low, high, target = told["sure_low"], told["sure_high"], told["target"]
    if low is None or high is None:
        return "too_early"
    if low > 0:
        return "lift"
    if high < 0:
        return "harm"
    return "none_seen" if target is not None and -target < low and high < target else "too_early"


def _says(told: Row, verdict: str) -> str:
    match verdict:
        case "no_comparison":
            return "everybody is in one group: nothing to compare"
        case "mismatch":
            return "the groups are not split as asked: people were lost on the way, and no comparison holds"
        case "hangs_on_one":
            return "one person's purchases decide the difference: no conclusion"
        case "lift":
            return "who was to be spoken to brings more: more than chance does"
        case "harm":
            return "who was to be spoken to brings less: more than chance does"
    target, days = told["target"], told["days_to_target"]
    smallest = "" if target is None else _points(target) if told["metric"] == "conversion" else f"{target:.2f} a person"
    if verdict == "none_seen":
        return f"no difference of {smallest} or more: it would have shown"
    if not told["treated_people"] or not told["control_people"]:
        return f"nobody's {told['outcome_days']} days are over yet"
    if told["detectable"] is None:
        return "too few people have converted: the sample is too small for an interval"
    if not smallest:
        return "none of the spared has converted: how long it takes can't be told yet"
    if days is None:
        return f"too few people enter to see {smallest} within ten years"
    if days == 0:
        return f"a difference of {smallest} is neither shown nor ruled out yet"
    return f"run {days} more day{'' if days == 1 else 's'} to see {smallest}"


def _points(share: float) -> str:
    points = f"{share * 100:.2g}"
    return f"{points} point{'' if points == '1' else 's'}"


def _number(value: Any) -> float | None:
    """A finite number, rounded so that it is the same on every processor; None of all else."""
    if value is None or not isfinite(value):
        return None
    return round(float(value), 8)
