"""What learns: a logistic regression on bins, whose result is a table of points, and boosted trees on the same bins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int16]
"""The bin of every example (rows) and feature (columns)."""
Floats = NDArray[np.float64]

TREES, RATE, DEPTH = 40, 0.2, 6
"""Eighty trees that learn half as fast: 27 s in place of 20 for the fits of a million events, no better (AUC within 0.002)."""


@dataclass(frozen=True)
class Scorecard:
    """Points by feature and bin, in log-odds; where a feature is absent, none."""

    intercept: float
    points: tuple[Floats, ...]

    def margins(self, codes: Codes) -> Floats:
        found = np.full(len(codes), self.intercept)
        for place, points in enumerate(self.points):
            found += points[codes[:, place]]
        return found


@dataclass(frozen=True)
class Node:
    """A question (does the rank of the feature's bin lie at or below `at`? then on to `left`, else to `right`), or a leaf."""

    feature: int = -1
    at: int = 0
    left: int = 0
    right: int = 0
    value: float = 0.0


@dataclass(frozen=True)
class Forest:
    """Trees whose leaves add up. ranks: feature → bin → its rank, in the order in which trees look at bins."""

    intercept: float
    ranks: tuple[NDArray[np.int64], ...]
    trees: tuple[tuple[Node, ...], ...]

    def margins(self, codes: Codes) -> Floats:
        ranked = _ranked(codes, self.ranks)
        found = np.full(len(codes), self.intercept)
        for tree in self.trees:
            at = np.zeros(len(codes), dtype=np.int64)
            feature, limit, left, right, value = (
                np.array([getattr(node, name) for node in tree]) for name in Node.__match_args__
            )
            for _ in range(DEPTH):
                asked = feature[at] >= 0
                goes_left = ranked[np.arange(len(codes)), np.maximum(feature[at], 0)] <= limit[at]
                at = np.where(asked, np.where(goes_left, left[at], right[at]), at)
            found += value[at]
        return found


@dataclass(frozen=True)
class Blend:
    """Points and trees, each for one half: trees see what goes together, points hold where the times change."""

    card: Scorecard
    forest: Forest

    def margins(self, codes: Codes) -> Floats:
        return (self.card.margins(codes) + self.forest.margins(codes)) / 2


def learn_scorecard(codes: Codes, counts: Sequence[int], outcomes: NDArray[Any], weights: Floats, strength: float) -> Scorecard:
    """
    Args:
        counts: how many bins each feature has, the absent one included.
        strength: how far the points may go from nought (the C of scikit-learn; small: hardly).
    """
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    starts = np.concatenate([[0], np.cumsum(np.array(counts) - 1)])
    rows, places = np.nonzero(codes)
    columns = starts[places] + codes[rows, places] - 1
    design = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(codes), int(starts[-1])))
    fitted = LogisticRegression(C=strength, solver="lbfgs", tol=1e-4, max_iter=300)
    fitted.fit(design, outcomes, sample_weight=weights / weights.mean())
    found = np.round(fitted.coef_[0], 6)
    points = tuple(np.concatenate([[0.0], found[start:end]]) for start, end in pairwise(starts))
    return Scorecard(round(float(fitted.intercept_[0]), 6), points)


def learn_forest(
    codes: Codes, counts: Sequence[int], is_ordered: Sequence[bool], outcomes: NDArray[Any], weights: Floats
) -> Forest:
    """Gradient boosting with small trees, each split on a part of the features.

    Raises:
        RuntimeError: scikit-learn keeps its trees otherwise than this reads them. They are no public part of it, but with
            its other boosting, whose trees are, the fits took three times as long (225 s for 74, of a million events).
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    ranks = tuple(
        np.arange(count) if ordered else _by_rate(codes[:, place], count, outcomes, weights)
        for place, (count, ordered) in enumerate(zip(counts, is_ordered, strict=True))
    )
    fitted = HistGradientBoostingClassifier(
        max_iter=TREES, max_depth=DEPTH, max_leaf_nodes=15, learning_rate=RATE, max_features=0.4, min_samples_leaf=20,
        early_stopping=False, random_state=0,
    )  # fmt: skip
    ranked = _ranked(codes, ranks)
    fitted.fit(ranked.astype(np.float64), outcomes, sample_weight=weights / weights.mean())
    wanted = fitted.decision_function(ranked[:1000].astype(np.float64))
    trees = tuple(_nodes(predictor[0].nodes) for predictor in fitted._predictors)
    forest = Forest(round(float(np.ravel(fitted._baseline_prediction)[0]), 6), ranks, trees)
    if not np.allclose(forest.margins(codes[:1000]), wanted, atol=1e-3):
        raise RuntimeError("scikit-learn keeps the trees of HistGradientBoostingClassifier otherwise than they are read here")
    return forest


def _nodes(nodes: NDArray[Any]) -> tuple[Node, ...]:
    return tuple(
        Node(value=round(float(node["value"]), 6))
        if node["is_leaf"]
        # The threshold lies half-way between two ranks.
        else Node(int(node["feature_idx"]), int(np.floor(node["num_threshold"])), int(node["left"]), int(node["right"]))
        for node in nodes
    )


def _by_rate(codes: NDArray[np.int16], count: int, outcomes: NDArray[Any], weights: Floats) -> NDArray[np.int64]:
    """Bins in the order of how often it happened in them, drawn towards the mean where they are small."""
    size = np.bincount(codes, weights=weights, minlength=count)
    events = np.bincount(codes, weights=weights * outcomes, minlength=count)
    rate = (events + 20 * events.sum() / size.sum()) / (size + 20)
    ranks = np.empty(count, dtype=np.int64)
    ranks[np.lexsort((np.arange(count), rate))] = np.arange(count)
    return ranks


def _ranked(codes: Codes, ranks: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.column_stack([ranks[place][codes[:, place]] for place in range(codes.shape[1])])
