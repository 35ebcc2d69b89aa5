"""Two groups compared: intervals, p-values and power, for many pairs of groups at once.

Every function takes and returns numpy arrays (or numbers) of one shape. Nothing is random, nothing needs the people themselves:
counts, sums and sums of squares are enough.
"""

from __future__ import annotations

import numpy as np
from scipy import special

Numbers = np.ndarray | float

CONFIDENCE = 0.95
POWER = 0.8
_STEPS = 60
"""Halvings of [-1, 1]: far below what a double tells apart."""
_Z = float(special.ndtri(0.5 + CONFIDENCE / 2))
_DETECTABLE = _Z + float(special.ndtri(POWER))


def share_difference(x1: Numbers, n1: Numbers, x2: Numbers, n2: Numbers) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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
    n1, n2 = np.where(empty, 1, n1), np.where(empty, 1, n2)
    found = x1 / n1 - x2 / n2
    bounds = []
    for side in (-1, 1):
        inner, outer = found.copy(), np.full_like(found, side)
        for _ in range(_STEPS):
            middle = (inner + outer) / 2
            fits = np.abs(found - middle) <= _Z * _score_error(middle, x1, n1, x2, n2)
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


def mean_difference(
    n1: Numbers, sum1: Numbers, squares1: Numbers, n2: Numbers, sum2: Numbers, squares2: Numbers
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Interval and p-value of the difference of two means of amounts of 0 or more, sum1/n1 - sum2/n2.

    A score interval by quasi-likelihood with a variance in proportion to the mean (R. W. M. Wedderburn, "Quasi-likelihood
    functions, generalized linear models, and the Gauss-Newton method", Biometrika 61, 1974): where an effect makes more people
    buy, what they bring spreads in that proportion. The spread is so estimated from both groups together. Welch's interval takes
    that of the small group from itself; of amounts with a long tail, a sample without a large one has both a low mean and a small
    spread, so that intervals exclude the truth up to twice as often as they should, nearly always in favour of a lift. At no
    difference the test is Student's with pooled variance.

    Returns:
        low, high, p; NaN where a group is empty, or nobody brought anything, or all the same.
    """
    n1, sum1, n2, sum2 = (np.asarray(each, dtype=float) for each in (n1, sum1, n2, sum2))
    n, total = n1 + n2, sum1 + sum2
    spread = pooled_variance(n1, sum1, squares1, n2, sum2, squares2)
    with np.errstate(invalid="ignore", divide="ignore"):
        found, mean = sum1 / n1 - sum2 / n2, total / n
        reach = special.stdtrit(n - 2, 0.5 + CONFIDENCE / 2)
        dispersion = reach**2 * np.where((mean > 0) & (spread > 0), spread / mean, np.nan)
        # With the means that are likeliest at a difference d, mean + d n2/n and mean - d n1/n, the bounds solve
        # (found - d)^2 = dispersion ((mean + d n2/n)/n1 + (mean - d n1/n)/n2).
        slope = dispersion * (n2 / n1 - n1 / n2) / n
        middle = found + slope / 2
        half = np.sqrt(middle**2 - found**2 + dispersion * mean * (1 / n1 + 1 / n2))
        p = 2 * special.stdtr(n - 2, -np.abs(found) / np.sqrt(spread * (1 / n1 + 1 / n2)))
    return middle - half, middle + half, np.where(np.isnan(dispersion), np.nan, p)


def pooled_variance(n1: Numbers, sum1: Numbers, squares1: Numbers, n2: Numbers, sum2: Numbers, squares2: Numbers) -> np.ndarray:
    """Variance within two groups, from their sums and sums of squares; NaN where one is empty or there are fewer than three."""
    n1, sum1, squares1, n2, sum2, squares2 = (np.asarray(each, dtype=float) for each in (n1, sum1, squares1, n2, sum2, squares2))
    with np.errstate(invalid="ignore", divide="ignore"):
        within = np.maximum(squares1 - sum1**2 / n1, 0) + np.maximum(squares2 - sum2**2 / n2, 0)
        return np.where(n1 + n2 > 2, within / (n1 + n2 - 2), np.nan)


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


def detectable(error: Numbers) -> np.ndarray:
    """The smallest true difference that a test at 5 % sees four times in five, given the standard error of the difference."""
    return _DETECTABLE * np.asarray(error, dtype=float)
