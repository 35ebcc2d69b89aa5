"""Features cut into bins, so that a model is a table of points: whoever reads it sees what each value counts for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dagster_project.scores.predict.examples import Column

MOST_BINS = 30
LEAST_IN_BIN = 30
"""Examples that a bin needs: of fewer, nothing can be learnt."""
MOST_CATEGORIES = 30


@dataclass(frozen=True)
class Bins:
    """The bins of a feature, counted from 1; 0 is where it is absent.

    edges: upper ends of all numeric bins but the last (a number on an edge belongs below it); categories: those with a bin of
    their own, all others share the last one.
    """

    feature: str
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] | None = None

    @property
    def count(self) -> int:
        """Bins, the absent one included."""
        return len(self.edges) + 2 if self.categories is None else len(self.categories) + 2


def learn_bins(feature: str, column: Column, most: int = MOST_BINS) -> Bins | None:
    """Bins of about equal size, or None where the feature is there too seldom. What became of people is not looked at, so that
    nothing of it gets into the judgement."""
    if len(column.places) < LEAST_IN_BIN:
        return None
    if column.numbers is not None:
        bins = min(most, len(column.numbers) // LEAST_IN_BIN)
        shares = np.arange(1, bins) / bins
        cuts = np.unique(np.quantile(column.numbers, shares, method="inverted_cdf")) if bins > 1 else np.array([])
        cuts = cuts[cuts < column.numbers.max()]
        return Bins(feature, tuple(float(cut) for cut in cuts))
    assert column.categories is not None
    counts = Counter(column.categories.tolist())
    common = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_CATEGORIES]
    return Bins(feature, categories=tuple(name for name, count in common if count >= LEAST_IN_BIN))


def encode(bins: Bins, column: Column | None, size: int) -> NDArray[np.int16]:
    """The bin of every example."""
    codes = np.zeros(size, dtype=np.int16)
    if column is None:
        return codes
    if bins.categories is None:
        if column.numbers is not None:
            codes[column.places] = 1 + np.searchsorted(np.array(bins.edges), column.numbers, side="left")
        return codes
    if column.categories is not None:
        known = {name: place + 1 for place, name in enumerate(bins.categories)}
        other = len(bins.categories) + 1
        codes[column.places] = [known.get(name, other) for name in column.categories]
    return codes
