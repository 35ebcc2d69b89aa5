"""The rules that a model has to beat: what anybody would go by who has no model, worked out from the same features.

The points that marketers give leads hold for today only, so at past moments their place is taken by how lately somebody did
anything themselves; customers go by the sum of recency, frequency and monetary value, each in fifths.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dagster_project.scores.predict.bins import Bins, encode, learn_bins
from dagster_project.scores.predict.examples import Examples
from dagster_project.scores.predict.learn import Scorecard

FIFTHS = 5
SAID = {
    "lead_converts": "how lately somebody did anything",
    "customer_buys": "recency, frequency and monetary value",
    "customer_churns": "recency, frequency and monetary value, the other way round",
}
_FEATURES = {
    "lead_converts": {"days_since.anything": -1},
    "customer_buys": {"days_since.order": -1, "times.order.ever": 1, "amount.order.ever": 1},
    "customer_churns": {"days_since.order": 1, "times.order.ever": -1, "amount.order.ever": -1},
}


@dataclass(frozen=True)
class Rules:
    """Bins and whole points, more where it is likelier to happen."""

    bins: tuple[Bins, ...]
    card: Scorecard

    def margins(self, examples: Examples) -> NDArray[np.float64]:
        codes = [encode(bins, examples.columns.get(bins.feature), len(examples)) for bins in self.bins]
        return self.card.margins(np.column_stack(codes)) if codes else np.zeros(len(examples))


def rules_of(model: str, examples: Examples) -> Rules:
    """A feature that nobody has says nothing."""
    found, points = [], []
    for feature, direction in _FEATURES[model].items():
        column = examples.columns.get(feature)
        bins = learn_bins(feature, column, FIFTHS) if column is not None and column.numbers is not None else None
        if bins is None:
            continue
        places = np.arange(1, bins.count)
        # Never comes after the longest ago, and nothing before the least.
        absent = bins.count if feature.startswith("days_since") else 0
        found.append(bins)
        points.append(direction * (np.concatenate([[absent], places]) - absent).astype(float))
    return Rules(tuple(found), Scorecard(0.0, tuple(points)))
