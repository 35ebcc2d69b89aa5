"""Two groups compared: intervals, p-values and power, for many pairs of groups at once.

Every function takes and returns numpy arrays (or numbers) of one shape. Nothing is random, nothing needs the people themselves:
counts, sums and sums of squares are enough.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

Numbers = np.ndarray | float

CONFIDENCE = 0.95
POWER = 0.8
"""Of ruling out a difference that is not there."""
FEWEST_BUYERS = 30
"""In each group: of fewer, no interval of revenue."""
SHRINKAGE = 20
"""Buyers that what is known of both groups counts for in the spread of one."""
_STEPS = 50
"""Halvings: far below what a figure is rounded to."""
_SCALES, _PARTS = np.array([1, 4, 16, 64]), np.array([1 / 2, 1 / 6, 1 / 6, 1 / 6])
"""Of the difference planned for and of larger ones, which show sooner: what part each has in the chance to err."""
_ERRING = -2 * np.log((1 - CONFIDENCE) * _PARTS)
_PLANNED = 9.753
"""r = log(1 + r) + _ERRING[0]: the information, in units of the mixture's, at which its boundary lies closest."""
_BOUNDARY = float(np.sqrt(1 + _PLANNED))
_DETECTABLE = _BOUNDARY + float(special.ndtri(0.5 + POWER / 2))


def share_difference(
    x1: Numbers, n1: Numbers, x2: Numbers, n2: Numbers, confidence: Numbers = CONFIDENCE
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Interval and p-value of the difference of two shares, x1/n1 - x2/n2.

    The interval is the score interval of Miettinen and Nurminen ("Comparative analysis of two rates", Statistics in Medicine 4,
    1985), the p-value that of the test which it inverts: an interval without 0 and p below 5 % are one and the same. It holds its
    level where a group is small or its share near 0, as holdouts are, and Wald's does not (R. G. Newcombe, "Interval estimation
    for the difference between independent proportions", Statistics in Medicine 17, 1998).

    Returns:
        low, high, p; NaN where a group is empty.
    """
    x1, n1, x2, n2 = np.broadcast_arrays(*(np.asarray(each, dtype=float) for each in (x1, n1, x2, n2)))
    empty = (n1 == 0) | (n2 == 0)
    reach = special.ndtri(0.5 + np.asarray(confidence) / 2)
    n1, n2 = np.where(empty, 1, n1), np.where(empty, 1, n2)
    found = x1 / n1 - x2 / n2
    bounds = []
    for side in (-1, 1):
        inner, outer = found.copy(), np.full_like(found, side)
        for _ in range(_STEPS):
            middle = (inner + outer) / 2
            fits = np.abs(found - middle) <= reach * _score_error(middle, x1, n1, x2, n2)
            inner, outer = np.where(fits, middle, inner), np.where(fits, outer, middle)
        bounds.append(np.where(empty, np.nan, inner))
    error = _score_error(np.zeros_like(found), x1, n1, x2, n2)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(found == 0, 0, np.abs(found) / error)
    return bounds[0], bounds[1], np.where(empty, np.nan, 2 * special.ndtr(-z))


def _score_error(difference: np.ndarray, x1: np.ndarray, n1: np.ndarray, x2: np.ndarray, n2: np.ndarray) -> np.ndarray:
    """Standard error of the difference at the likeliest shares that differ by so much (Miettinen and Nurminen, appendix I)."""
    n, x = n1 + n2, x1 + x2
    l2 = (n + n2) * difference - n - x
    l1 = (n2 * difference - n - 2 * x2) * difference + x
    l0 = x2 * difference * (1 - difference)
    q = (l2 / (3 * n)) ** 3 - l1 * l2 / (6 * n**2) + l0 / (2 * n)
    root = np.sqrt(np.maximum((l2 / (3 * n)) ** 2 - l1 / (3 * n), 0)) * np.where(q < 0, -1, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        angle = (np.pi + np.arccos(np.clip(np.where(root == 0, 0, q / root**3), -1, 1))) / 3
    p2 = np.clip(2 * root * np.cos(angle) - l2 / (3 * n), 0, 1)
    p1 = np.clip(p2 + difference, 0, 1)
    return np.sqrt((p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * n / np.maximum(n - 1, 1))


@dataclass(frozen=True)
class Baskets:
    """What the people of one group brought: nothing, or an amount above 0. Arrays of one shape."""

    people: Numbers
    buyers: Numbers
    total: Numbers
    squares: Numbers
    """The sum of the squares of what each person brought."""


def revenue_difference(
    one: Baskets, other: Baskets, confidence: Numbers = CONFIDENCE
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Interval and p-value of the difference of what two groups bring per person, whoever brought nothing included.

    By the profile likelihood of a two-part model: a share of people buys (binomial), and what buyers bring is of a gamma's shape
    with a dispersion of each group's own (W.-H. Zhou, W. Tu, "Interval estimation for the mean of diagnostic test charge data
    containing zeros", Biometrics 56, 2000). Welch's interval takes mean and variance for independent; of few large amounts they
    are not, so that it misses the truth up to twice as often as it should where one group is small. The test at no
    difference is the one that the interval inverts.

    Returns:
        low, high, p; NaN where fewer than FEWEST_BUYERS bought in a group: too few to know how baskets spread.
    """
    arms, known, degrees = _arms(one, other)
    reach = special.stdtrit(degrees, 0.5 + np.asarray(confidence) / 2) ** 2
    found = arms[0].mean - arms[1].mean
    low, high = (_walk(arms, side, lambda difference, distance: distance <= reach)[0] for side in (-1, 1))
    far = np.where(
        found < 0,
        _walk(arms, 1, lambda difference, distance: difference <= 0)[1],
        _walk(arms, -1, lambda difference, distance: difference >= 0)[1],
    )
    p = 2 * special.stdtr(degrees, -np.sqrt(np.maximum(far, 0)))
    return (*(np.where(known, bound, np.nan) for bound in (low, high)), np.where(known, p, np.nan))


def revenue_error(one: Baskets, other: Baskets) -> np.ndarray:
    """Standard error of that difference; NaN where there is no interval."""
    arms, known, _ = _arms(one, other)
    error = sum(arm.mean**2 * ((1 + arm.dispersion) * arm.people / arm.buyers - 1) / arm.people for arm in arms)
    return np.where(known, np.sqrt(np.maximum(error, 0)), np.nan)


@dataclass(frozen=True)
class _Arm:
    people: np.ndarray
    buyers: np.ndarray
    basket: np.ndarray
    dispersion: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        return self.buyers / self.people * self.basket

    def moved(self, pull: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The mean per person that a pull on the likelihood leads to (above 0: upwards, below: downwards), and its distance:
        twice the loss of log-likelihood. Share and basket give way together, each where it is known least."""
        weight = self.buyers / self.dispersion
        share = (self.buyers + pull) / (self.people + pull)
        ratio = 1 - pull / weight
        idle = self.people - self.buyers
        distance = special.xlogy(self.buyers, self.buyers / self.people / share)
        distance += special.xlogy(idle, idle / self.people / (1 - share)) + weight * (ratio - 1 - np.log(ratio))
        return share * self.basket / ratio, 2 * distance


def _arms(one: Baskets, other: Baskets) -> tuple[list[_Arm], np.ndarray, np.ndarray]:
    """The groups with the spread of their baskets, where it is known, and its degrees of freedom. Each group's own spread is
    shrunk towards that of both as though SHRINKAGE more buyers had told it: a handful of baskets says little of how all spread,
    and what is known of the large group helps. It is raised by what samples from a lognormal's tail fall short of its spread."""
    told = [getattr(each, name) for name in ("people", "buyers", "total", "squares") for each in (one, other)]
    shaped = np.stack(np.broadcast_arrays(*(np.asarray(each, dtype=float) for each in told)))
    people, buyers, totals, squares = (shaped[place : place + 2] for place in range(0, len(told), 2))
    known = (buyers >= FEWEST_BUYERS).all(axis=0) & (totals > 0).all(axis=0)
    buyers, totals, squares = (np.where(known, each, FEWEST_BUYERS) for each in (buyers, totals, squares))
    people = np.maximum(np.where(known, people, 2 * FEWEST_BUYERS), buyers + 0.5)
    baskets = totals / buyers
    within = np.maximum(squares / baskets**2 - buyers, 0)
    degrees = buyers.sum(axis=0) - 2
    dispersion = (within + SHRINKAGE * within.sum(axis=0) / degrees) / (buyers - 1 + SHRINKAGE)
    told_by = buyers + np.minimum(SHRINKAGE, buyers[::-1])
    dispersion *= np.minimum(1 + (3 * dispersion + 2 * dispersion**2) / told_by, 2)
    dispersion = np.maximum(dispersion, 1e-6)
    return [_Arm(*each) for each in zip(people, buyers, baskets, dispersion, strict=True)], known, degrees


def _walk(arms: list[_Arm], side: int, goes_on: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The farthest difference of means, upwards (1) or downwards (-1), along the likeliest ones, at which it still goes on; and
    its distance."""
    rising, falling = arms if side == 1 else arms[::-1]
    least, most = np.zeros_like(rising.mean), rising.buyers / rising.dispersion
    for _ in range(_STEPS):
        pull = (least + most) / 2
        high, far = rising.moved(pull)
        low, near = falling.moved(_answering(falling, pull / high))
        on = goes_on(side * (high - low), far + near)
        least, most = np.where(on, pull, least), np.where(on, most, pull)
    return side * (high - low), far + near


def _answering(arm: _Arm, force: np.ndarray) -> np.ndarray:
    """The downward pull whose force per mean balances the other group's: of all pairs with one difference, the likeliest."""
    least, most = np.zeros_like(force), arm.buyers
    for _ in range(_STEPS):
        pull = (least + most) / 2
        stronger = pull > force * arm.moved(-pull)[0]
        least, most = np.where(stronger, least, pull), np.where(stronger, pull, most)
    return -least


def sample_ratio_p(control: Numbers, people: Numbers, share: Numbers) -> np.ndarray:
    """How likely a share of controls as far from the one asked for is by chance: chi-square with one degree of freedom.

    Fabijan et al., "Diagnosing Sample Ratio Mismatch in Online Controlled Experiments", KDD 2019. NaN where fewer than five are
    expected in a group, of whom the test can say nothing.
    """
    control, people, share = (np.asarray(each, dtype=float) for each in (control, people, share))
    expected = people * share
    with np.errstate(invalid="ignore", divide="ignore"):
        chi2 = (control - expected) ** 2 / (expected * (1 - share))
    return np.where(np.minimum(expected, people - expected) < 5, np.nan, special.chdtrc(1, chi2))


def confidence_of_looks(seen: Numbers, target: Numbers) -> np.ndarray:
    """The confidence at which the interval of one look must be drawn, so that those of all looks together hold the truth in 95 of
    100 trials: a figure that is looked at every day gets a chance to mislead every day.

    The boundary of Robbins' normal mixture (H. Robbins, "Statistical methods related to the law of the iterated logarithm",
    Annals of Mathematical Statistics 41, 1970), closest where what can be seen has come down to the target, or that of one of
    the mixtures for larger differences, which would else wait until the sample is large enough for the target.

    Args:
        seen: what is `detectable` at this look.
        target: the difference planned for.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = _PLANNED * (np.asarray(target / np.asarray(seen, dtype=float))[..., None] * _SCALES) ** 2
        reach = np.sqrt(np.min((1 + 1 / ratio) * (np.log1p(ratio) + _ERRING), axis=-1))
    return 1 - 2 * special.ndtr(-reach)


def detectable(error: Numbers) -> np.ndarray:
    """The true difference that the interval of all looks shows nine times in ten, given the standard error; if there is none, it
    rules out one of that size four times in five."""
    return _DETECTABLE * np.asarray(error, dtype=float)
