"""How many orders to expect of a customer: the BG/NBD model, fitted by maximum likelihood.

While a customer is one, orders come at a rate of their own; after each, the customer may leave for good. Rates are spread among
customers as a gamma (r, alpha), the chance of leaving as a beta (a, b): P. Fader, B. Hardie and K. Lee, "Counting your customers
the easy way", Marketing Science 24 (2005). Known of a customer are x, the orders after the first, t_x, the weeks from the first
to the last of them, and the age, the weeks since the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dagster_project.scores.clv_search import Levels, highest

Floats = NDArray[np.float64]

STARTS = ((1.0, 8.0, 1.0, 2.0), (0.25, 4.0, 0.8, 2.5), (3.0, 30.0, 0.1, 5.0), (0.5, 1.0, 3.0, 3.0))
"""Where the search begins: rare and frequent orders, customers who leave soon and who stay."""
BOUNDS = ((1e-4, 100.0), (1e-4, 1e6), (1e-4, 100.0), (1e-4, 1e5))
"""Beyond these, customers are as good as all alike, or none ever leaves, and the likelihood is flat."""

_NODE_CHUNK = 2_000_000
"""Values per step of the integration, 16 MB each."""


@dataclass(frozen=True)
class BgNbd:
    """Parameters; `alpha` in weeks. With `a` = 0 nobody ever leaves: what remains is a gamma-Poisson (NBD) model."""

    r: float
    alpha: float
    a: float
    b: float

    def p_alive(self, x: ArrayLike, t_x: ArrayLike, age: ArrayLike) -> Floats:
        """The probability that the customer has not left: 1 for everybody who ordered once (P. Fader, B. Hardie, "Computing
        P(alive) using the BG/NBD model", 2008)."""
        x, t_x, age = (np.asarray(each, dtype=float) for each in (x, t_x, age))
        if self.a == 0:
            return np.ones(np.broadcast_shapes(x.shape, t_x.shape, age.shape))
        odds = np.log(self.a) - np.log(self.b + np.maximum(x, 1) - 1)
        odds = odds + (self.r + x) * (np.log(self.alpha + age) - np.log(self.alpha + t_x))
        return np.where(x > 0, 1 / (1 + np.exp(np.minimum(odds, 700))), 1.0)

    def expected_orders(self, x: ArrayLike, age: ArrayLike, weeks: float) -> tuple[Floats, Floats]:
        """Mean of Y and of Y (Y - 1), Y being the orders in the coming weeks of a customer who has not left.

        For one customer, whose rate is l and chance of leaving p, the mean is (1 - exp(-l p t)) / p. Averaged over the rates,
        what remains is an integral over p: Euler's, for the hypergeometric function in the paper's equation 10. Summed as it
        stands, it has neither that function's overflow for many orders nor the paper's division by a - 1: in the logit of p the
        integrand is smooth and falls off exponentially on both sides, so a sum at even steps is exact to many digits (L.
        Trefethen and J. Weideman, "The exponentially convergent trapezoidal rule", SIAM Review 56, 2014), and what lies beyond
        the first and the last step is a geometric series.

        Args:
            x, age: orders after the first, and weeks since the first; 1-D, of equal length.
        """
        shape, per_week = self.r + np.asarray(x, dtype=float), weeks / (self.alpha + np.asarray(age, dtype=float))
        if self.a == 0:
            return shape * per_week, shape * (shape + 1) * per_week**2
        stay = self.b + np.asarray(x, dtype=float)
        from scipy.special import polygamma

        width = np.sqrt(polygamma(1, self.a) + polygamma(1, np.max(stay, initial=self.b)))
        step = float(min(0.5, 0.6 * width))
        reach = 18.0
        left = -reach - np.log(np.max(stay + shape * per_week, initial=1.0))
        right = reach + np.log(1 + self.a + np.max(shape * per_week / (1 + per_week), initial=0.0))
        logit = np.arange(left, right + step, step)
        chunk = max(1, _NODE_CHUNK // len(logit))
        parts = [
            _means(self.a, stay[at : at + chunk], shape[at : at + chunk], per_week[at : at + chunk], logit, step)
            for at in range(0, len(shape), chunk)
        ]
        return np.concatenate([mean for mean, _ in parts]), np.concatenate([pairs for _, pairs in parts])


def _means(a: float, stay: Floats, shape: Floats, per_week: Floats, logit: Floats, step: float) -> tuple[Floats, Floats]:
    p = 1 / (1 + np.exp(-logit))
    log_p, log_stays = -np.logaddexp(0, -logit), -np.logaddexp(0, logit)
    log_weight = a * log_p + stay[:, None] * log_stays
    weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    # What lies beyond the first and the last step: geometric series.
    weight[:, 0] /= -np.expm1(-a * step)
    weight[:, -1] /= -np.expm1(-stay * step)
    weight /= weight.sum(axis=1, keepdims=True)
    u, s = p * per_week[:, None], shape[:, None]
    never = np.exp(-s * np.log1p(u))
    mean = -np.expm1(-s * np.log1p(u)) / p
    few = (s + 2) * u < 1e-3
    series = s * (s + 1) * u**2 / 2 * (1 - 2 / 3 * (s + 2) * u + (s + 2) * (s + 3) * u**2 / 4)
    pairs = 2 * np.where(few, series, 1 - never - s * u * never / (1 + u)) * np.exp(log_stays) / p**2
    return (weight * mean).sum(axis=1), (weight * pairs).sum(axis=1)


@dataclass(frozen=True)
class Fit:
    """A model, the log-likelihood of what it was fitted to, and the standard error of each parameter (NaN if undetermined)."""

    model: BgNbd
    log_likelihood: float
    errors: tuple[float, ...]


def fit(
    x: ArrayLike, t_x: ArrayLike, age: ArrayLike, weights: ArrayLike, starts: Sequence[tuple[float, ...]] = STARTS
) -> Fit | None:
    """The parameters that make customers' histories most likely; None where no search ends.

    Args:
        x, t_x, age: 1-D, as above; weights: how many customers have this history; starts: where the search begins.
    """
    x, t_x, age, weights = (np.asarray(each, dtype=float) for each in (x, t_x, age, weights))
    orders = Levels(x)

    def objective(logs: Floats) -> tuple[float, Floats]:
        value, slope = _log_likelihood(np.exp(logs), orders, t_x, age, weights)
        return -value / weights.sum(), -slope * np.exp(logs) / weights.sum()

    found = highest(objective, starts, BOUNDS)
    if found is None:
        return None
    return Fit(BgNbd(*found.values), -found.lowest * float(weights.sum()), found.errors(float(weights.sum())))


def _log_likelihood(values: Floats, orders: Levels, t_x: Floats, age: Floats, weights: Floats) -> tuple[float, Floats]:
    """The logarithm of equation 6, and its slope in each parameter."""
    from scipy.special import digamma, gammaln

    r, alpha, a, b = values
    x = orders.of
    of_count = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + gammaln(a + b) - gammaln(b) + gammaln(b + x) - gammaln(a + b + x)
    slope_r = digamma(r + x) - digamma(r) + np.log(alpha)
    slope_a = digamma(a + b) - digamma(a + b + x)
    slope_b = slope_a - digamma(b) + digamma(b + x)
    # Who never came back has not left: leaving follows an order after the first.
    survived = b + np.maximum(x, 1) - 1
    leaving = np.where(x > 0, np.log(a) - np.log(survived), -np.inf)

    shape, log_age, log_last = orders.each(r + x), np.log(alpha + age), np.log(alpha + t_x)
    stayed, left = -shape * log_age, orders.each(leaving) - shape * log_last
    either = np.logaddexp(stayed, left)
    gone = np.exp(left - either)
    slopes = (
        orders.each(slope_r) - (1 - gone) * log_age - gone * log_last,
        r / alpha - shape * ((1 - gone) / (alpha + age) + gone / (alpha + t_x)),
        orders.each(slope_a) + gone / a,
        orders.each(slope_b) - gone / orders.each(survived),
    )
    total = orders.each(of_count) + either
    return float((weights * total).sum()), np.array([(weights * slope).sum() for slope in slopes])
