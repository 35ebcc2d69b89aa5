"""Ways of learning tried on people and times that they had not seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.scores.predict.bins import Bins
from dagster_project.scores.predict.examples import Examples
from dagster_project.scores.predict.judge import Figures, judge, platt, sigmoid
from dagster_project.scores.predict.learn import Blend, Codes, Floats, Scorecard, learn_forest, learn_scorecard

FOLDS = 5
STRENGTHS = (0.01, 0.1, 1.0)
LEAST_JUDGED = 30
"""Examples of either outcome without which nothing can be said of how well a model did out of time."""
BLOCKS = (0.1, 0.25, 0.4, 0.55, 0.7, 0.85)
"""Shares of the examples, oldest first, at which blocks begin that are judged by what came before them."""
CHALLENGE = 0.01
"""AUC by which boosting must be ahead on other people to be taken for more than luck."""

Blocks = list[tuple[NDArray[np.bool_], NDArray[np.bool_]]]
"""What to learn from and what to judge by, block by block."""


@dataclass(frozen=True)
class Way:
    """Something that learns from some of the examples and says margins of all."""

    method: str
    learn: Callable[[NDArray[np.bool_]], Scorecard | Blend]


@dataclass(frozen=True)
class Tried:
    """A way with what came of it.

    crossed: margins of every example by what was learnt from other people. time: None also where the way had lost before.
    """

    way: Way
    crossed: Floats
    random: Figures | None
    time: Figures | None


def points(codes: Codes, bins: tuple[Bins, ...], examples: Examples, blocks: Blocks) -> Way:
    counts = [each.count for each in bins]
    outcomes, weights = examples.outcomes, examples.even

    def of(strength: float) -> Way:
        learnt: dict[bytes, Scorecard] = {}

        def learn(rows: NDArray[np.bool_]) -> Scorecard:
            # The same rows are learnt from to choose the strength, to judge the points, and beside the trees.
            key = np.packbits(rows).tobytes()
            if key not in learnt:
                learnt[key] = learn_scorecard(codes[rows], counts, outcomes[rows], weights[rows], strength)
            return learnt[key]

        return Way("logistic", learn)

    return _best_over_time([of(strength) for strength in STRENGTHS], codes, examples, blocks)


def points_and_trees(codes: Codes, bins: tuple[Bins, ...], examples: Examples, points: Way) -> Way:
    counts = [each.count for each in bins]
    ordered = [each.categories is None for each in bins]
    outcomes, weights = examples.outcomes, examples.even

    def learn(rows: NDArray[np.bool_]) -> Blend:
        card = points.learn(rows)
        assert isinstance(card, Scorecard)
        return Blend(card, learn_forest(codes[rows], counts, ordered, outcomes[rows], weights[rows]))

    return Way("boosting", learn)


def tried(way: Way, codes: Codes, examples: Examples, blocks: Blocks, champion: Tried | None = None) -> Tried:
    """What the way says of people left out, fold by fold, and of times that lie ahead of it, block by block.

    Args:
        champion: what the way would have to be ahead of; one that is not, on other people, is not tried any further.
    """
    crossed = _crossed(way, codes, examples)
    random = judged(recalibrated(crossed, examples), examples)
    if champion is not None and not _challenges(random, champion.random):
        return Tried(way, crossed, random, None)
    return Tried(way, crossed, random, judged(_over_time(way, codes, examples, blocks), examples))


def takes_over(boosting: Tried, logistic: Tried) -> bool:
    """Whether trees are worth it: what they gain on other people is more than luck, and more than they lose as times change."""
    if not _challenges(boosting.random, logistic.random) or boosting.time is None or logistic.time is None:
        return False
    assert boosting.random is not None and logistic.random is not None
    return boosting.random.auc - logistic.random.auc > logistic.time.auc - boosting.time.auc


def _challenges(random: Figures | None, before: Figures | None) -> bool:
    return random is not None and before is not None and random.auc >= before.auc + CHALLENGE


def rate(outcomes: NDArray[Any], weights: Floats) -> float:
    """How often it happens, drawn a little towards one half, so that nothing is ever certain (half an example of each)."""
    scale = len(outcomes) / weights.sum()
    return float(((outcomes * weights).sum() * scale + 0.5) / (len(outcomes) + 1))


def _best_over_time(ways: list[Way], codes: Codes, examples: Examples, blocks: Blocks) -> Way:
    """The one that did best on what came after; where that can't be told or is equal, the one in the middle. People left out at
    random live in the same times as those that were learnt from, and would choose the one that knows these times by heart."""
    middle = ways[len(ways) // 2]
    figures = {way: judged(_over_time(way, codes, examples, blocks), examples) for way in ways} if blocks else {}
    told = {way: found.auc for way, found in figures.items() if found is not None}
    return max(ways, key=lambda way: (told[way], way is middle)) if len(told) == len(ways) else middle


def blocks_of(examples: Examples, days: int) -> Blocks:
    """Whatever was not yet over when a block began is not learnt from."""
    moments = np.sort(examples.moments[examples.is_new] if examples.is_new.any() else examples.moments)
    starts = np.unique(moments[[int(share * len(moments)) for share in BLOCKS]])
    found = []
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        before = examples.moments <= start - np.timedelta64(timedelta(days=days))
        test = (examples.moments >= start) & (examples.moments < end if end is not None else True)
        happened = int(examples.outcomes[before].sum())
        if min(happened, int(before.sum()) - happened) >= LEAST_JUDGED:
            found.append((before, test))
    return found


def _over_time(way: Way, codes: Codes, examples: Examples, blocks: Blocks) -> Floats:
    """Probabilities of the examples of all blocks, each by what was learnt before it; NaN for others."""
    found = np.full(len(examples), np.nan)
    for before, test in blocks:
        found[test] = sigmoid(way.learn(before).margins(codes[test]))
    return found


def rules_over_time(margins: Floats, examples: Examples, blocks: Blocks) -> Floats:
    """What the rules said of the blocks, as probabilities; their order alone counts."""
    found = np.full(len(examples), np.nan)
    for _, test in blocks:
        found[test] = sigmoid(margins[test])
    return found


def _crossed(way: Way, codes: Codes, examples: Examples) -> Floats:
    found = np.zeros(len(examples))
    for fold in range(FOLDS):
        held = examples.folds == fold
        others = examples.outcomes[~held]
        if held.any() and 0 < others.sum() < len(others):
            found[held] = way.learn(~held).margins(codes[held])
    return found


def recalibrated(margins: Floats, examples: Examples) -> Floats:
    """Probabilities of margins, each by the calibration that the other folds ask for."""
    found = np.zeros(len(margins))
    for fold in range(FOLDS):
        held = examples.folds == fold
        slope, intercept = platt(margins[~held], examples.outcomes[~held], examples.even[~held]) if held.any() else (1.0, 0.0)
        found[held] = sigmoid(slope * margins[held] + intercept)
    return found


def judged(said: Floats, examples: Examples, everybody: bool = False) -> Figures | None:
    """Figures of what was said. Where people stand as of their creation and later, the former are judged, all equally old:
    that those who did not convert in a year hardly will is no merit. With `everybody`, all are."""
    told = ~np.isnan(said)
    chosen = told & examples.is_new if examples.is_new.any() and not everybody else told
    if not chosen.any():
        return None
    # What would have been said of all is what had been seen before.
    before = examples.moments < examples.moments[told].min()
    known = chosen if told.all() or not before.any() else before & (examples.is_new | (not examples.is_new.any()) | everybody)
    if not known.any():
        known = chosen
    return judge(
        said[chosen],
        examples.outcomes[chosen],
        examples.weights[chosen],
        rate(examples.outcomes[known], examples.weights[known]),
    )
