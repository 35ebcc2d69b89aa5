"""What two groups may be said to differ by: intervals hold the truth as often as they say, at one look and over all of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from dagster_project.measurement.intervals import (
    FEWEST_BUYERS,
    Baskets,
    confidence_of_looks,
    detectable,
    revenue_difference,
    revenue_error,
    sample_ratio_p,
    share_difference,
)

SIMULATIONS = 2000
TOLERANCE = 0.015

# Newcombe 1998, table II, method 5: x1, n1, x2, n2 → low, high.
PUBLISHED = [
    (56, 70, 48, 80, 0.0528, 0.3382),
    (9, 10, 3, 10, 0.1700, 0.8406),
    (6, 7, 2, 7, 0.0342, 0.8534),
    (5, 56, 0, 29, -0.0326, 0.1933),
    (0, 10, 0, 20, -0.1658, 0.2844),
    (0, 10, 0, 10, -0.2879, 0.2879),
    (10, 10, 0, 20, 0.7156, 1.0000),
    (10, 10, 0, 10, 0.6636, 1.0000),
]


def test_intervals_of_shares_are_the_published_ones() -> None:
    """A slip in the closed form of the likeliest shares would move bounds too little to be seen by eye."""
    x1, n1, x2, n2, low, high = np.array(PUBLISHED).T
    found = share_difference(x1, n1, x2, n2)
    assert np.allclose(found[0], low, atol=6e-5)
    assert np.allclose(found[1], high, atol=6e-5)
    mirrored = share_difference(x2, n2, x1, n1)
    assert np.allclose(mirrored[0], -found[1])
    assert np.allclose(mirrored[2], found[2])


def test_interval_and_p_value_of_shares_agree() -> None:
    """A lift "beyond chance" whose interval holds 0 would be contradicted in the next column."""
    x1, x2 = (grid.ravel() for grid in np.meshgrid(np.arange(0, 400, 7), np.arange(0, 41)))
    low, high, p = share_difference(x1, 400, x2, 40)
    assert np.array_equal((low > 0) | (high < 0), p < 0.05)
    assert np.all((low >= -1) & (low <= x1 / 400 - x2 / 40) & (high >= x1 / 400 - x2 / 40) & (high <= 1))


@pytest.mark.parametrize(
    ("people", "shares"),
    [((9000, 1000), (0.08, 0.08)), ((9000, 1000), (0.10, 0.08)), ((1800, 200), (0.05, 0.10)), ((500, 500), (0.3, 0.2)),
     ((20_000, 2222), (0.01, 0.01)), ((1800, 200), (0.9, 0.72)), ((200, 200), (0.08, 0.1))],
)  # fmt: skip
def test_intervals_of_shares_cover_the_truth(people: tuple[int, int], shares: tuple[float, float]) -> None:
    """An interval that misses more often than it says sells chance as an effect; one that never does hides effects."""
    rng = np.random.default_rng(8)
    x1, x2 = (rng.binomial(n, share, SIMULATIONS) for n, share in zip(people, shares, strict=True))
    low, high, _ = share_difference(x1, people[0], x2, people[1])
    truth = shares[0] - shares[1]
    assert abs(np.mean((low <= truth) & (truth <= high)) - 0.95) <= TOLERANCE


def baskets(rng: np.random.Generator, people: int, share: float, tail: float, mean: float = 1.0) -> Baskets:
    """Of each simulation, what people brought: nothing, or a lognormal amount."""
    buyers = rng.binomial(people, share, SIMULATIONS)
    amounts = mean * rng.lognormal(-(tail**2) / 2, tail, buyers.sum())
    starts = np.concatenate([[0], np.cumsum(buyers)[:-1]])
    return Baskets(people, buyers, *(np.where(buyers > 0, np.add.reduceat(each, starts), 0) for each in (amounts, amounts**2)))


# People, shares that buy, tails of their baskets, and what the means of these differ by (in parts of the second's).
WORLDS = {
    "few buy, and nothing happens": ((9000, 1000), (0.08, 0.08), (0.8, 0.8), 0),
    "few buy, of long tails": ((9000, 1000), (0.06, 0.06), (1.2, 1.2), 0),
    "more of them buy": ((9000, 1000), (0.10, 0.08), (0.8, 0.8), 0),
    "one of a hundred buys, and for more": ((20_000, 5000), (0.01, 0.01), (1.2, 1.2), 0.25),
    "only baskets change": ((9000, 1000), (0.08, 0.08), (0.8, 0.8), 0.25),
    "most buy, and baskets change": ((9000, 1000), (0.9, 0.9), (0.8, 0.8), 0.25),
    "most buy, of long tails": ((4500, 500), (0.9, 0.72), (1.2, 1.2), 0.25),
    "most buy of small groups": ((200, 200), (0.6, 0.6), (1.2, 1.2), 0.25),
    "much the same baskets": ((1800, 200), (0.9, 0.9), (0.3, 0.3), 0),
    "even groups, both change": ((1000, 1000), (0.10, 0.08), (1.2, 1.2), 0.25),
    "baskets spread less": ((9000, 1000), (0.3, 0.3), (0.5, 0.8), 0),
    "baskets spread more": ((9000, 1000), (0.9, 0.9), (1.2, 0.8), 0),
}


@pytest.mark.parametrize(("people", "shares", "tails", "raised"), WORLDS.values(), ids=WORLDS)
def test_intervals_of_revenue_cover_the_truth(
    people: tuple[int, int], shares: tuple[float, float], tails: tuple[float, float], raised: float
) -> None:
    """Whether few or most people buy, and whatever changes: Welch's interval misses the truth twice as often as said."""
    rng = np.random.default_rng(8)
    groups = [baskets(rng, *each) for each in zip(people, shares, tails, (1 + raised, 1), strict=True)]
    low, high, p = revenue_difference(*groups)
    truth = shares[0] * (1 + raised) - shares[1]
    assert abs(np.mean((low <= truth) & (truth <= high)) - 0.95) <= TOLERANCE
    assert np.array_equal((low > 0) | (high < 0), p < 0.05)


def test_no_interval_of_revenue_where_too_few_bought() -> None:
    """Of a handful of baskets nobody knows how the next ones spread: an interval would be made up."""
    enough = Baskets(1000, FEWEST_BUYERS, 3000, 400_000)
    for few in (Baskets(1000, FEWEST_BUYERS - 1, 3000, 400_000), Baskets(1000, 0, 0, 0), Baskets(0, 0, 0, 0)):
        for one, other in ((few, enough), (enough, few)):
            assert np.isnan([*revenue_difference(one, other), revenue_error(one, other)]).all()
    assert np.isfinite([*revenue_difference(enough, enough), revenue_error(enough, enough)]).all()


@pytest.mark.parametrize("spread", [0, 0.5])
def test_intervals_of_revenue_where_everybody_buys(spread: float) -> None:
    """Of shares of 1, or of baskets that are all the same, logarithms and quotients have no value."""
    total, squares = 4000.0, 4000.0**2 / 400 * (1 + spread)
    low, high, p = revenue_difference(Baskets(400, 400, total, squares), Baskets(400, 400, total, squares))
    assert low < 0 < high and np.allclose(low, -high) and p == pytest.approx(1)


def test_p_values_are_uniform_without_an_effect() -> None:
    """P-values that crowd near 0 find effects of audiences that have none."""
    rng = np.random.default_rng(9)
    x1, x2 = rng.binomial(90_000, 0.2, SIMULATIONS), rng.binomial(10_000, 0.2, SIMULATIONS)
    assert stats.kstest(share_difference(x1, 90_000, x2, 10_000)[2], "uniform").pvalue > 0.01
    one, other = baskets(rng, 9000, 0.08, 0.8), baskets(rng, 1000, 0.08, 0.8)
    assert stats.kstest(revenue_difference(one, other)[2], "uniform").pvalue > 0.01


def test_people_lost_on_the_way_are_noticed_and_chance_is_not() -> None:
    """A split that lost a tenth of the controls compares people with other people; an even one must not be called lost."""
    rng = np.random.default_rng(10)
    assert np.mean(sample_ratio_p(rng.binomial(20_000, 0.1, SIMULATIONS), 20_000, 0.1) < 0.001) < 0.004
    assert sample_ratio_p(1_800, 19_800, 0.1) < 0.001
    assert np.isnan(sample_ratio_p(4, 20, 0.1))


def test_looking_every_day_finds_no_more_than_looking_once() -> None:
    """An interval that is right at one look of twenty that are wrong is wrong in one of four trials by the thirtieth look."""
    rng = np.random.default_rng(12)
    days, share, people = np.arange(1, 31), 0.2, (1800, 600)
    n1, n2 = days * people[0], days * people[1]
    x1, x2 = (rng.binomial(n, share, (SIMULATIONS // 2, days.size)).cumsum(axis=1) for n in people)
    error = np.sqrt(share * (1 - share) * (1 / n1 + 1 / n2))
    target = detectable(error[20])
    once, sure = (
        share_difference(x1, n1, x2, n2, confidence) for confidence in (0.95, confidence_of_looks(detectable(error), target))
    )
    false = [np.mean(np.any((low > 0) | (high < 0), axis=1)) for low, high, _ in (once, sure)]
    assert false[0] > 0.2
    assert false[1] <= 0.05
    assert np.mean((once[0][:, -1] <= 0) & (once[1][:, -1] >= 0)) == pytest.approx(0.95, abs=0.02)


def test_what_can_be_seen_is_seen_or_ruled_out_at_the_look_planned_for() -> None:
    """Days promised for an effect that would then not show are days lost; and so are those after which it can't be ruled out."""
    rng = np.random.default_rng(11)
    n1, n2, share = 180_000, 20_000, 0.2
    seen = float(detectable(np.sqrt(share * (1 - share) * (1 / n1 + 1 / n2))))
    confidence = confidence_of_looks(seen, seen)
    drawn = {effect: rng.binomial(n1, share + effect, SIMULATIONS) for effect in (0.0, seen)}
    x2 = rng.binomial(n2, share, SIMULATIONS)
    bounds = {effect: share_difference(x1, n1, x2, n2, confidence) for effect, x1 in drawn.items()}
    assert np.mean(bounds[seen][0] > 0) == pytest.approx(0.9, abs=0.03)
    assert np.mean((bounds[0.0][0] > -seen) & (bounds[0.0][1] < seen)) == pytest.approx(0.8, abs=0.03)
