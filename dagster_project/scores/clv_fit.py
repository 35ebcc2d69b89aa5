"""The fit behind customer value: the models, how far off they were on orders they had not seen, and why one is not used."""

from __future__ import annotations

import math
from dataclasses import asdict, astuple, dataclass
from typing import Any

import numpy as np

from dagster_project.scores import bgnbd
from dagster_project.scores.bgnbd import BgNbd
from dagster_project.scores.clv_histories import WEEK, Days, Histories, histories
from dagster_project.scores.clv_value import ValueFit, correlation, fit_value

MOST_MEAN = 1.5
"""Multiple of the mean value seen beyond which the model's mean over all customers comes from a tail that nobody has seen."""
SHORTEST_HOLDOUT = 28
"""Days; in fewer, too little is ordered to compare anything with."""


@dataclass(frozen=True)
class Held:
    """The last quarter of the history, predicted from the rest of it.

    mae: mean absolute error per customer, in orders; simple_mae: that of everybody's run rate.
    """

    days: int
    customers: int
    actual: int
    predicted: float
    mae: float
    simple_mae: float


def run_rate(known: Histories) -> BgNbd | None:
    """The model without leaving: everybody's own rate, drawn to that of all as if by one order; None if nobody ordered again."""
    orders, weeks = known.x.sum(), known.age.sum()
    return BgNbd(1.0, float(weeks / orders), 0.0, 1.0) if orders > 0 and weeks > 0 else None


def fit_orders(known: Histories, near: BgNbd | None = None) -> bgnbd.Fit | None:
    """BG/NBD on histories, equal ones counted; `near`: a model that it can't be far from, where the search then begins."""
    rows, counts = np.unique(np.stack([known.x, known.t_x, known.age], axis=1), axis=0, return_counts=True)
    starts = bgnbd.STARTS if near is None else [astuple(near)]
    return bgnbd.fit(rows[:, 0], rows[:, 1], rows[:, 2], counts, starts)


def holdout(days: Days, until: int, least: int, whole: BgNbd | None = None) -> Held | None:
    """How the models do on the last quarter; None where it is short or what precedes it has fewer than `least` repeat buyers.

    Args:
        whole: the model of the whole history.
    """
    begin = int(np.quantile(days.day[np.unique(days.customer, return_index=True)[1]], 0.01)) if len(days.day) else until
    split = until - (until - begin) // 4
    known = histories(days, split)
    simple = run_rate(known)
    if until - split < SHORTEST_HOLDOUT or known.repeat_buyers < least or simple is None:
        return None
    found = fit_orders(known, whole)
    if found is None:
        return None
    coming = days.customer[days.day >= split]
    actual = np.bincount(np.searchsorted(known.customer, coming[np.isin(coming, known.customer)]), minlength=len(known.x))
    predicted, plain = (_expected(model, known, (until - split) / WEEK) for model in (found.model, simple))
    errors = (float(np.abs(each - actual).mean()) for each in (predicted, plain))
    return Held(until - split, len(known.x), int(actual.sum()), float(predicted.sum()), *errors)


def _expected(model: BgNbd, known: Histories, weeks: float) -> np.ndarray:
    orders, _ = model.expected_orders(known.x, known.age, weeks)
    return orders * model.p_alive(known.x, known.t_x, known.age)


def card(days: Days, until: int, least: int) -> dict[str, Any]:
    """Parameters and figures of a fit as of the eve of day `until`, by column; NULL parameters have their reason beside them."""
    known = histories(days, until)
    told: dict[str, Any] = {
        "customers_fitted": len(known.x),
        "repeat_buyers": known.repeat_buyers,
        "history_days": int(until - days.before(until).day.min()) if len(known.x) else 0,
        "orders_reason": None,
        "value_reason": None,
    }
    if known.repeat_buyers < least:
        few = f"{known.repeat_buyers} customers ordered on a second day, {least} are needed"
        return told | {"orders_reason": few, "value_reason": few}
    orders = fit_orders(known)
    if orders is None:
        told["orders_reason"] = "the search for the parameters came to no end"
    else:
        told |= asdict(orders.model) | {"log_likelihood": orders.log_likelihood}
        told |= _errors(("r", "alpha", "a", "b"), orders.errors)
    paying = known.value > 0
    value = fit_value(known.x[paying], known.value[paying]) if paying.sum() >= least else None
    told["value_reason"] = _value_reason(
        value, float(known.value[paying].mean()) if paying.any() else 0.0, int(paying.sum()), least
    )
    if value is not None:
        told |= asdict(value.model) | {"value_log_likelihood": value.log_likelihood}
        told |= _errors(("p", "q", "v"), value.errors)
        told["value_correlation"] = correlation(known.x[paying], known.value[paying])
    held = holdout(days, until, least, orders and orders.model)
    if held is None:
        return told
    if held.mae > held.simple_mae and told["orders_reason"] is None:
        told["orders_reason"] = "customers' own rates were nearer to the last quarter of the history"
    return told | {f"holdout_{name}": each for name, each in asdict(held).items()}


def _value_reason(value: ValueFit | None, mean: float, paying: int, least: int) -> str | None:
    """Why the model of values is not to be used; None if it is."""
    if paying < least:
        return f"{paying} customers paid something on a later day, {least} are needed"
    if value is None:
        return "the search for the parameters came to no end"
    if value.model.q <= 1:
        return "values are spread so widely that the model has no mean (q <= 1)"
    if value.model.mean > MOST_MEAN * mean:
        return f"the model's mean value is more than {MOST_MEAN:g} times the one seen"
    return None


def _errors(names: tuple[str, ...], errors: tuple[float, ...]) -> dict[str, float | None]:
    return {f"{name}_error": each if math.isfinite(each) else None for name, each in zip(names, errors, strict=True)}
