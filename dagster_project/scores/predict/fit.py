"""One model of a probability: learnt, judged on people and times it had not seen, and used only where that shows its use."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from dagster_project.scores.predict.bins import Bins, encode, learn_bins
from dagster_project.scores.predict.denied import Denied
from dagster_project.scores.predict.examples import Column, Examples
from dagster_project.scores.predict.judge import Figures, Tenth, judge, log_odds, platt, tenths
from dagster_project.scores.predict.learn import Blend, Codes, Floats, Forest
from dagster_project.scores.predict.rules import Rules, rules_of
from dagster_project.scores.predict.trial import (
    LEAST_JUDGED,
    Tried,
    blocks_of,
    judged,
    points,
    points_and_trees,
    rate,
    recalibrated,
    rules_over_time,
    takes_over,
    tried,
)  # fmt: skip

LEAST_EVENTS = 100
"""Examples of either outcome without which nothing is learnt."""
MOST_FEATURES = 80
CLEARLY = 1.64
"""Standard errors that a model must be ahead of the rules: once in twenty it would be by chance."""
CHALLENGED_FROM = 500
"""Examples of either outcome from which on boosting is tried: of fewer it learns nothing that points do not say."""
TOO_GOOD = 0.97
"""AUC of one column of a lead by itself, above which it can only have been filled in after the outcome."""


@dataclass(frozen=True)
class Fit:
    """How a probability is worked out, and why so.

    method: logistic, boosting, rules (people ordered by a rule, probabilities by what became of such people), base_rate (the same
    for all) or none. The probability is sigmoid(intercept + points + part × leaves).
    """

    method: str
    reason: str
    intercept: float | None
    bins: tuple[Bins, ...] = ()
    points: tuple[Floats, ...] = ()
    shares: tuple[Floats, ...] = ()
    """Share of the examples in each bin, by weight: what is typical."""
    forest: Forest | None = None
    part: float = 1.0
    """What a tree's leaf counts for."""
    bands: tuple[tuple[float | None, float], ...] = ()
    """Upper ends of bands of log-odds, about a tenth of the examples each (the last has none), and their share of the examples:
    to see how far today's people have drifted."""
    calibration: tuple[Tenth, ...] = ()
    """What a model said of people left out, beside what happened to them; of rules and base rates nothing is said."""
    random: Figures | None = None
    time: Figures | None = None
    all_random: Figures | None = None
    rules_time: Figures | None = None
    logistic_time: Figures | None = None
    logistic_random: Figures | None = None
    boosting_time: Figures | None = None
    boosting_random: Figures | None = None
    left_out: dict[str, str] = field(default_factory=dict)


def fit_model(model: str, examples: Examples, days: int, denied: Denied, wanted: list[str] | None = None) -> Fit:
    """
    Args:
        days: within which the outcome was looked for.
        wanted: columns of leads that may be used; None for all.
    """
    kept, left_out = _allowed(examples, denied, wanted)
    events = int(examples.outcomes.sum())
    others = len(examples) - events
    if not len(examples):
        return Fit("none", "nothing of the kind lies far enough back to have been seen through", None, left_out=left_out)
    base_rate = rate(examples.outcomes, examples.weights)
    base = Fit("base_rate", "", round(float(log_odds(np.array([base_rate]))[0]), 6), left_out=left_out)
    if min(events, others) < LEAST_EVENTS:
        reason = (
            f"too little to learn from: it happened {events} times, did not {others} times; {LEAST_EVENTS} of each are needed"
        )
        return replace(base, reason=reason)

    rules = rules_of(model, examples)
    bins = tuple(_learnable(kept))
    if not bins:
        return _rules_fit(base, rules, examples, None, "nothing is known of enough people to learn from")
    codes = np.column_stack([encode(each, kept[each.feature], len(examples)) for each in bins])
    blocks = blocks_of(examples, days)
    logistic = tried(points(codes, bins, examples, blocks), codes, examples, blocks)
    boosting = None
    if min(events, others) >= CHALLENGED_FROM:
        boosting = tried(points_and_trees(codes, bins, examples, logistic.way), codes, examples, blocks, champion=logistic)
    rules_time = judged(rules_over_time(rules.margins(examples), examples, blocks), examples)
    best = boosting if boosting is not None and takes_over(boosting, logistic) else logistic
    base = replace(
        base,
        **{
            "random": best.random, "time": best.time, "rules_time": rules_time, "logistic_time": logistic.time,
            "logistic_random": logistic.random,
            "boosting_time": boosting and boosting.time, "boosting_random": boosting and boosting.random,
            "all_random": judged(recalibrated(best.crossed, examples), examples, everybody=True),
        },
    )  # fmt: skip
    if best.time is None or min(best.time.events, best.time.examples - best.time.events) < LEAST_JUDGED:
        return _rules_fit(
            base, rules, examples, rules_time, "the past is too short to judge a model by what came after it was fitted"
        )
    bar = max(0.5, rules_time.auc if rules_time else 0.5)
    compared = f"better than the rules out of time (AUC {best.time.auc:.3f}; the rules: {bar:.3f})"
    if best.time.auc - CLEARLY * best.time.auc_error <= bar:
        return _rules_fit(base, rules, examples, rules_time, f"the model is not clearly {compared}")
    return _model_fit(replace(base, reason=compared), best, bins, codes, examples)


def _model_fit(base: Fit, best: Tried, bins: tuple[Bins, ...], codes: Codes, examples: Examples) -> Fit:
    """The model learnt from all examples, calibrated on what it said of people left out (Platt's scaling)."""
    outcomes, weights = examples.outcomes, examples.even
    slope, shift = platt(best.crossed, outcomes, weights)
    learnt = best.way.learn(np.ones(len(examples), dtype=bool))
    card, forest = (learnt.card, learnt.forest) if isinstance(learnt, Blend) else (learnt, None)
    part = slope / 2 if forest else slope
    intercept = part * (card.intercept + (forest.intercept if forest else 0.0)) + shift
    return replace(
        base,
        method=best.way.method,
        intercept=round(intercept, 6),
        bins=bins,
        points=tuple(np.round(part * points, 6) for points in card.points),
        shares=_shares(codes, [each.count for each in bins], examples.weights),
        forest=forest,
        part=part,
        bands=_bands(slope * learnt.margins(codes) + shift, examples.weights),
        calibration=tenths(recalibrated(best.crossed, examples), outcomes, examples.weights),
    )


def _allowed(examples: Examples, denied: Denied, wanted: list[str] | None) -> tuple[dict[str, Column], dict[str, str]]:
    """The columns that may be used, and why others may not: name → reason, each column or action once."""
    kept: dict[str, Column] = {}
    left_out: dict[str, str] = {}
    for feature, column in examples.columns.items():
        kind, _, name = feature.partition(".")
        if reason := denied.reason(feature):
            left_out[feature if kind in ("lead", "trait") else name.rpartition(".")[0] or feature] = reason
        elif kind in ("lead", "trait") and wanted is not None and name not in wanted:
            continue
        elif kind in ("lead", "trait") and _tells_the_outcome(feature, column, examples):
            left_out[feature] = "tells the outcome all by itself, so it must have been filled in afterwards"
        else:
            kept[feature] = column
    return kept, left_out


def _tells_the_outcome(feature: str, column: Column, examples: Examples) -> bool:
    new = examples.is_new
    outcomes, weights = examples.outcomes[new], examples.weights[new]
    bins = learn_bins(feature, column)
    if bins is None or min(outcomes.sum(), len(outcomes) - outcomes.sum()) < LEAST_EVENTS:
        return False
    codes = encode(bins, column, len(examples))[new]
    size = np.bincount(codes, weights=weights, minlength=bins.count)
    happened = np.bincount(codes, weights=weights * outcomes, minlength=bins.count)
    found = judge((happened / np.maximum(size, 1e-9))[codes], outcomes, weights, 0.5)
    return found is not None and found.auc > TOO_GOOD


def _learnable(columns: dict[str, Column]) -> list[Bins]:
    """The bins of the features that are there most often, those of leads first. A constant tells nobody from anybody."""
    found = []
    for feature, column in columns.items():
        bins = learn_bins(feature, column)
        if bins is not None:
            found.append((not feature.startswith(("lead.", "trait.")), -len(column.places), feature, bins))
    return [bins for *_, bins in sorted(found, key=lambda each: each[:3])[:MOST_FEATURES]]


def _rules_fit(base: Fit, rules: Rules, examples: Examples, judged: Figures | None, reason: str) -> Fit:
    """Probabilities by the rules alone, or one for all where even these tell nobody from anybody."""
    margins = rules.margins(examples)
    slope, intercept = platt(margins, examples.outcomes, examples.weights) if np.ptp(margins) > 0 else (0.0, 0.0)
    if slope <= 0 or (judged is not None and judged.auc < 0.5):
        return replace(base, reason=f"{reason}, and the rules tell nobody from anybody")
    codes = np.column_stack([encode(bins, examples.columns.get(bins.feature), len(examples)) for bins in rules.bins])
    return replace(
        base,
        method="rules",
        reason=reason,
        intercept=round(intercept, 6),
        bins=rules.bins,
        points=tuple(np.round(slope * points, 6) for points in rules.card.points),
        shares=_shares(codes, [bins.count for bins in rules.bins], examples.weights),
        bands=_bands(slope * margins + intercept, examples.weights),
    )


def _shares(codes: Codes, counts: list[int], weights: Floats) -> tuple[Floats, ...]:
    total = weights.sum()
    return tuple(
        np.round(np.bincount(codes[:, place], weights=weights, minlength=count) / total, 6) for place, count in enumerate(counts)
    )


def _bands(margins: Floats, weights: Floats) -> tuple[tuple[float | None, float], ...]:
    margins = np.round(margins, 6)
    order = np.argsort(margins, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    ends = margins[order][np.minimum(np.searchsorted(reached, np.arange(1, 10) / 10), len(margins) - 1)]
    cuts = np.unique(ends[ends < margins.max()])
    sizes = np.bincount(np.searchsorted(cuts, margins, side="left"), weights=weights, minlength=len(cuts) + 1) / weights.sum()
    return tuple(zip([*cuts.tolist(), None], np.round(sizes, 6).tolist(), strict=True))
