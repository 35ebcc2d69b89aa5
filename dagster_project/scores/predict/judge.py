"""How well probabilities did on people they had not seen. All figures count each example by its weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Figures:
    """What one way of judging found.

    auc: share of pairs of one to whom it happened and one to whom it did not that are in the right order. auc_error: its standard
    error. lift: how many times more often it happened among the tenth with the highest probability than among all. brier: mean
    squared error of the probability; brier_base: of the same probability for all. slope: of what happened on what was said (1: as
    it was said; below: too bold).
    """

    examples: int
    events: int
    auc: float
    auc_error: float
    lift: float
    brier: float
    brier_base: float
    slope: float | None


def judge(probabilities: Floats, outcomes: NDArray[Any], weights: Floats, base: Floats | float) -> Figures | None:
    """Figures, or None where only one outcome was seen, so that nothing can be told apart.

    Args:
        base: what would have been said of everybody, knowing nothing of them.
    """
    happened = outcomes == 1
    events, others = int(happened.sum()), int((~happened).sum())
    if not events or not others:
        return None
    auc = weighted_auc(probabilities, outcomes, weights)
    return Figures(
        examples=events + others,
        events=events,
        auc=auc,
        auc_error=auc_error(auc, events, others),
        lift=lift_of_tenth(probabilities, outcomes, weights),
        brier=float(np.average((probabilities - outcomes) ** 2, weights=weights)),
        brier_base=float(np.average((base - outcomes) ** 2, weights=weights)),
        slope=calibration_slope(probabilities, outcomes, weights),
    )


def weighted_auc(scores: Floats, outcomes: NDArray[Any], weights: Floats) -> float:
    """The area under the ROC curve; ties count half."""
    _, group = np.unique(scores, return_inverse=True)
    positive = np.bincount(group, weights=weights * (outcomes == 1))
    negative = np.bincount(group, weights=weights * (outcomes != 1))
    below = np.cumsum(negative) - negative
    return float((positive * (below + negative / 2)).sum() / (positive.sum() * negative.sum()))


def auc_error(auc: float, events: int, others: int) -> float:
    """Standard error of an AUC (Hanley & McNeil, "The meaning and use of the area under a ROC curve", 1982)."""
    one, two = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (events - 1) * (one - auc**2) + (others - 1) * (two - auc**2)
    return float(np.sqrt(max(variance, 0) / (events * others)))


def lift_of_tenth(scores: Floats, outcomes: NDArray[Any], weights: Floats) -> float:
    """Of equal scores at the border, as many as there is room for count, each in part."""
    values, group = np.unique(-scores, return_inverse=True)
    size = np.bincount(group, weights=weights, minlength=len(values))
    events = np.bincount(group, weights=weights * (outcomes == 1), minlength=len(values))
    room = np.clip(0.1 * size.sum() - (np.cumsum(size) - size), 0, size)
    found = (events * room / size).sum() / room.sum()
    return float(found / (events.sum() / size.sum()))


def calibration_slope(probabilities: Floats, outcomes: NDArray[Any], weights: Floats) -> float | None:
    """Slope of a logistic regression of outcomes on the log-odds of what was said; None where the same was said of all."""
    margins = log_odds(probabilities)
    if np.ptp(margins) < 1e-9:
        return None
    return platt(margins, outcomes, weights)[0]


@dataclass(frozen=True)
class Tenth:
    """A tenth of the examples, by what was said of them: the mean probability, how often it happened, and how many they are."""

    said: float
    happened: float
    examples: int


def tenths(probabilities: Floats, outcomes: NDArray[Any], weights: Floats) -> tuple[Tenth, ...]:
    """What was said beside what happened (a reliability diagram), by rising probability. Of whom the same was said, all stand in
    one tenth, so that there may be fewer than ten."""
    values, group = np.unique(probabilities, return_inverse=True)
    size = np.bincount(group, weights=weights, minlength=len(values))
    tenth = np.minimum((np.cumsum(size) - size / 2) / size.sum() * 10, 9).astype(int)[group]
    found = (tenth == number for number in np.unique(tenth))
    return tuple(
        Tenth(
            said=float(np.average(probabilities[rows], weights=weights[rows])),
            happened=float(np.average(outcomes[rows] == 1, weights=weights[rows])),
            examples=int(rows.sum()),
        )
        for rows in found
    )


def platt(margins: Floats, outcomes: NDArray[Any], weights: Floats) -> tuple[float, float]:
    """Slope and intercept that bring margins closest to what happened, by Newton's method with a ridge too small to matter that
    keeps them finite where outcomes can be told apart without an error.

    Source: Platt, "Probabilistic outputs for support vector machines", 1999.
    """
    scale = max(float(np.std(margins)), 1e-12)
    design = np.column_stack([margins / scale, np.ones_like(margins)])
    weights = weights / weights.mean()
    rate = np.clip(np.average(outcomes, weights=weights), 1e-6, 1 - 1e-6)
    found = np.array([0.0, np.log(rate / (1 - rate))])
    ridge = np.array([1e-3, 1e-6])

    def loss(at: Floats) -> float:
        z = design @ at
        return float((weights * (np.logaddexp(0, z) - outcomes * z)).sum() + (ridge * at**2).sum() / 2)

    for _ in range(100):
        said = sigmoid(design @ found)
        gradient = design.T @ (weights * (said - outcomes)) + ridge * found
        hessian = (design * (weights * said * (1 - said))[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(hessian, gradient)
        size, before = 1.0, loss(found)
        while loss(found - size * step) > before and size > 1e-6:
            size /= 2
        found = found - size * step
        if np.abs(size * step).max() < 1e-9:
            break
    return float(found[0] / scale), float(found[1])


def sigmoid(margins: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(margins, -500, 500)))


def log_odds(probabilities: Floats) -> Floats:
    clipped = np.clip(probabilities, 1e-9, 1 - 1e-9)
    return np.log(clipped / (1 - clipped))
