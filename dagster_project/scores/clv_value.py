"""What an order of a customer is worth: the gamma-gamma model, fitted by maximum likelihood.

The values of a customer's orders are spread around a mean of their own as a gamma of shape p, the means among customers so that
their scale is a gamma (q, v): P. Fader and B. Hardie, "The gamma-gamma model of monetary value", 2013. It takes for granted that
how much customers spend has nothing to do with how often they order; `correlation` tells how true that is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dagster_project.scores.clv_search import Levels, highest

Floats = NDArray[np.float64]

STARTS = ((1.0, 2.0, 1.0), (6.0, 4.0, 0.5), (0.5, 1.5, 3.0))
BOUNDS = ((1e-3, 1e4), (1e-3, 1e3), (1e-6, 1e6))
"""The scale v is searched for in units of the mean value."""


@dataclass(frozen=True)
class GammaGamma:
    """Parameters; `v` in units of money. The mean over all customers is p v / (q - 1), and none where q <= 1."""

    p: float
    q: float
    v: float

    @property
    def mean(self) -> float:
        return self.p * self.v / (self.q - 1) if self.q > 1 else float("inf")


@dataclass(frozen=True)
class ValueFit:
    """A model, the log-likelihood of what it was fitted to, and the standard error of each parameter (NaN if undetermined)."""

    model: GammaGamma
    log_likelihood: float
    errors: tuple[float, ...]


def fit_value(orders: ArrayLike, mean_value: ArrayLike) -> ValueFit | None:
    """The parameters that make customers' mean values most likely; None where no search ends.

    Args:
        orders, mean_value: how many orders a customer's mean is of, and the mean; 1-D, all above 0.
    """
    x, mean = np.asarray(orders, dtype=float), np.asarray(mean_value, dtype=float)
    unit = float(mean.mean())
    scaled, count, counts = mean / unit, len(mean), Levels(x)

    def objective(logs: Floats) -> tuple[float, Floats]:
        value, slope = _log_likelihood(np.exp(logs), counts, scaled)
        return -value / count, -slope * np.exp(logs) / count

    found = highest(objective, STARTS, BOUNDS)
    if found is None:
        return None
    p, q, v = found.values
    errors = found.errors(count)
    # The density of a mean is per unit of money.
    return ValueFit(
        GammaGamma(p, q, v * unit), -found.lowest * count - count * float(np.log(unit)), (*errors[:2], errors[2] * unit)
    )


def correlation(orders: ArrayLike, mean_value: ArrayLike) -> float | None:
    """Pearson's correlation of how often and for how much; None where either is the same for all."""
    x, mean = np.asarray(orders, dtype=float), np.asarray(mean_value, dtype=float)
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(mean) == 0:
        return None
    return float(np.corrcoef(x, mean)[0, 1])


def _log_likelihood(values: Floats, counts: Levels, mean: Floats) -> tuple[float, Floats]:
    """The logarithm of the density of the means (equation 1a), and its slope in each parameter."""
    from scipy.special import digamma, gammaln

    p, q, v = values
    shapes = p * counts.of
    of_count = counts.each(gammaln(shapes + q) - gammaln(shapes) - gammaln(q))
    slope_p = counts.each(digamma(shapes + q) - digamma(shapes))
    slope_q = counts.each(digamma(shapes + q) - digamma(q))

    x = counts.each(counts.of)
    shape, total = p * x, x * mean + v
    log_own, log_others = np.log(x * mean / total), np.log(v / total)
    log = of_count + q * log_others + shape * log_own - np.log(mean)
    slopes = (x * (slope_p + log_own), slope_q + log_others, q / v - (shape + q) / total)
    return float(log.sum()), np.array([slope.sum() for slope in slopes])
