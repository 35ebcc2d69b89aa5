"""The dbt model measurement.holdout_lift: what speaking to people brought, beside those who were spared."""

from __future__ import annotations

from decimal import Decimal
from math import ceil, isfinite
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from dagster_project.measurement.intervals import detectable, mean_difference, pooled_variance, sample_ratio_p, share_difference

TARGET_POINTS = 0.01
"""The difference in the share of people who convert that a comparison should be able to see: one point."""
TARGET_REVENUE = 0.1
"""The difference in revenue per person that it should be able to see, as a share of what the spared bring."""
MISMATCH_P = 0.001
"""A split that chance makes less often than this is no accident (Fabijan et al. 2019)."""
FEWEST_PEOPLE, FEWEST_CONVERTED = 30, 10
"""In each group, and in both together: below, nothing is concluded."""
LARGEST_PART = 0.5
"""Of all that revenue varies by, what one person may account for: beyond it, a difference tells of that person alone."""

LIFT = pa.schema(
    [
        *((name, pa.string()) for name in ("audience", "metric", "unit", "currency", "period_kind")),
        ("period", pa.date32()),
        ("started_at", pa.timestamp("us")),
        *((name, pa.int64()) for name in ("treated_people", "control_people", "treated_converted", "control_converted")),
        *((name, pa.int64()) for name in ("treated_conversions", "control_conversions")),
        *((name, pa.decimal128(18, 4)) for name in ("treated_revenue", "control_revenue")),
        *((name, pa.float64()) for name in ("treated", "control", "lift", "lift_low", "lift_high", "lift_percent", "p_value")),
        *((name, pa.float64()) for name in ("brought", "brought_low", "brought_high")),
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
    """The share of people who converted."""
    x1, n1, x2, n2 = treated["converted"], treated["people"], control["converted"], control["people"]
    interval = share_difference(x1, n1, x2, n2)
    # What is to be seen is planned for without an effect: both groups at the share of all, and never at none.
    share = (x1 + x2 + 0.5) / (n1 + n2 + 1)
    error = np.sqrt(share * (1 - share) * (1 / n1 + 1 / n2)) if n1 and n2 else np.nan
    return _compared(treated, control, "conversion", "share", x1, x2, interval, error, TARGET_POINTS)


def _revenue(treated: Row, control: Row) -> Row:
    """What a person brought, whoever brought nothing included."""
    n1, sum1, squares1, n2, sum2, squares2 = (
        float(group[name]) for group in (treated, control) for name in ("people", "revenue", "revenue_squares")
    )
    spread = pooled_variance(n1, sum1, squares1, n2, sum2, squares2)
    error = np.sqrt(spread * (1 / n1 + 1 / n2)) if n1 and n2 else np.nan
    target = TARGET_REVENUE * sum2 / n2 if n2 and sum2 > 0 else None
    interval = mean_difference(n1, sum1, squares1, n2, sum2, squares2)
    told = _compared(treated, control, "revenue", "currency", sum1, sum2, interval, error, target)
    largest = max(
        float(group["largest_revenue"]) - float(group["revenue"]) / max(group["people"], 1) for group in (treated, control)
    )
    if told["verdict"] in ("lift", "harm", "none_seen") and largest**2 > LARGEST_PART * spread * (n1 + n2):
        told |= {"verdict": "hangs_on_one", "says": "one person's purchases decide the difference: no conclusion"}
    return told


def _compared(
    treated: Row,
    control: Row,
    metric: str,
    unit: str,
    sum1: float,
    sum2: float,
    interval: tuple[np.ndarray, np.ndarray, np.ndarray],
    error: float | np.ndarray,
    target: float | None,
) -> Row:
    n1, n2 = treated["people"], control["people"]
    one, other = sum1 / n1 if n1 else None, sum2 / n2 if n2 else None
    lift = one - other if one is not None and other is not None else None
    low, high, p = (_number(each) for each in interval)
    ratio_p = _number(sample_ratio_p(n2, n1 + n2, treated["share"]))
    seen = _number(detectable(error)) if _converted(treated, control) >= FEWEST_CONVERTED else None
    a_day = (
        (treated["entered_recently"] + control["entered_recently"]) / treated["recent_days"] if treated["recent_days"] else 0.0
    )
    told: Row = {
        "audience": treated["audience"],
        "metric": metric,
        "unit": unit,
        "currency": treated["currency"],
        "period_kind": "all",
        "period": treated["started_on"],
        "started_at": treated["started_at"],
        "treated_people": n1,
        "control_people": n2,
        "treated_converted": treated["converted"],
        "control_converted": control["converted"],
        "treated_conversions": treated["conversions"],
        "control_conversions": control["conversions"],
        "treated_revenue": Decimal(treated["revenue"]),
        "control_revenue": Decimal(control["revenue"]),
        "treated": _number(one),
        "control": _number(other),
        "lift": _number(lift),
        "lift_low": low,
        "lift_high": high,
        "lift_percent": _number(lift / other * 100) if lift is not None and other else None,
        "p_value": p,
        "brought": _number(lift * n1) if lift is not None else None,
        "brought_low": _number(low * n1) if low is not None else None,
        "brought_high": _number(high * n1) if high is not None else None,
        "share_asked": treated["share"],
        "share_found": _number(n2 / (n1 + n2)),
        "sample_ratio_p": ratio_p,
        "is_mismatched": ratio_p is not None and ratio_p < MISMATCH_P,
        "people_a_day": _number(a_day),
        "detectable": seen,
        "target": _number(target),
        "days_to_target": _days(n1 + n2, seen, target, a_day),
    }
    verdict = _verdict(told)
    return told | {"verdict": verdict, "says": _says(told, verdict)}


def _converted(treated: Row, control: Row) -> int:
    return treated["converted"] + control["converted"]


def _verdict(told: Row) -> str:
    if not told["control_people"] or not told["treated_people"]:
        return "no_comparison"
    if told["is_mismatched"]:
        return "mismatch"
    if (
        min(told["treated_people"], told["control_people"]) < FEWEST_PEOPLE
        or told["detectable"] is None
        or told["p_value"] is None
    ):
        return "too_early"
    if told["lift_low"] > 0:
        return "lift"
    if told["lift_high"] < 0:
        return "harm"
    return "none_seen" if told["days_to_target"] == 0 else "too_early"


def _days(people: int, seen: float | None, target: float | None, a_day: float) -> int | None:
    """Days until the target can be seen, at the rate at which people enter now: what can be seen shrinks with the root of their
    number. NULL where nobody enters."""
    if seen is None or target is None:
        return None
    missing = people * ((seen / target) ** 2 - 1)
    if missing <= 0:
        return 0
    return ceil(missing / a_day) if a_day > 0 else None


def _says(told: Row, verdict: str) -> str:
    smallest = "1 point" if told["metric"] == "conversion" else f"{TARGET_REVENUE:.0%} of what a person brings"
    match verdict:
        case "no_comparison":
            return "everybody is in one group: nothing to compare"
        case "mismatch":
            return "the groups are not split as asked: people were lost on the way, and no comparison holds"
        case "lift":
            return "who was to be spoken to brings more: more than chance does"
        case "harm":
            return "who was to be spoken to brings less: more than chance does"
        case "none_seen":
            return f"no difference seen, and one of {smallest} would have been"
    days = told["days_to_target"]
    if told["detectable"] is None or days == 0:
        return "too few people have converted to conclude, or to say how long it will take"
    if days is None:
        return f"too few people to see {smallest}, and nobody enters now"
    return f"run {days} more day{'' if days == 1 else 's'} to see {smallest}"


def _number(value: Any) -> float | None:
    """A finite number, rounded so that it is the same on every processor; None of all else."""
    if value is None or not isfinite(value):
        return None
    return round(float(value), 8)
