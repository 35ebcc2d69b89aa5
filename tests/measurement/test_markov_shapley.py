"""Removal effects and Shapley values against other ways to the same figures."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dagster_project.measurement.markov import CONVERSION, NULL, START, removal_effects
from tests.measurement.touched import World

Journey = tuple[tuple[str, ...], bool]
JOURNEYS = st.lists(
    st.tuples(st.lists(st.sampled_from("abcd"), min_size=1, max_size=5).map(tuple), st.booleans()), min_size=1, max_size=12
)


def _steps(journeys: list[Journey]) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for channels, converted in journeys:
        path = [START, *channels, CONVERSION if converted else NULL]
        found.update(pairwise(path))
    return found


def _rate(steps: Counter[tuple[str, str]], removed: str | None) -> Fraction:
    """The probability of conversion by elimination of states, one by one, in exact fractions: no matrix is solved."""
    flow: dict[str, dict[str, Fraction]] = {}
    for (left, right), journeys in steps.items():
        flow.setdefault(left, {})[NULL if right == removed else right] = (
            flow.get(left, {}).get(NULL if right == removed else right, Fraction(0)) + journeys
        )
    for outgoing in flow.values():
        total = sum(outgoing.values())
        for right in outgoing:
            outgoing[right] /= total
    for state in [state for state in flow if state != START]:
        gone = flow.pop(state)
        stays = 1 - gone.pop(state, Fraction(0))
        for outgoing in flow.values():
            into = outgoing.pop(state, Fraction(0))
            for right, share in gone.items():
                outgoing[right] = outgoing.get(right, Fraction(0)) + into * share / stays
    return flow[START].get(CONVERSION, Fraction(0))


def test_a_published_example() -> None:
    """C1 > C2 > C3 converts; C1 alone and C2 > C3 do not: 1 of 2 conversions is lost without C1, all without C2 or C3. (The
    example of S. Bryl, "Marketing multi-channel attribution model with R", analyzecore.com, 2016.)"""
    steps = _steps([(("C1", "C2", "C3"), True), (("C1",), False), (("C2", "C3"), False)])
    assert removal_effects(steps) == pytest.approx({"C1": 0.5, "C2": 1.0, "C3": 1.0})


@hypothesis_settings(max_examples=150)
@given(JOURNEYS)
def test_removal_effects_equal_elimination_in_fractions(journeys: list[Journey]) -> None:
    """Loops, channels that only lose, and channels that come first, would each go wrong in their own way."""
    steps = _steps(journeys)
    whole = _rate(steps, None)
    for channel, effect in removal_effects(steps).items():
        expected = 1 - _rate(steps, channel) / whole if whole else Fraction(0)
        assert effect == pytest.approx(float(expected), abs=1e-9)


def _shapley(journeys: list[tuple[str, ...]]) -> dict[str, Fraction]:
    """Over all orders in which channels could join: what each adds to the journeys that need none but those already there."""
    channels = sorted({channel for journey in journeys for channel in journey})

    def worth(coalition: set[str]) -> int:
        return sum(set(journey) <= coalition for journey in journeys)

    found = dict.fromkeys(channels, Fraction(0))
    orders = list(permutations(channels))
    for order in orders:
        for place, channel in enumerate(order):
            found[channel] += Fraction(worth(set(order[: place + 1])) - worth(set(order[:place])), len(orders))
    return found


@hypothesis_settings(max_examples=8)
@given(st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=5).map(tuple), min_size=1, max_size=8))
def test_shapley_equals_all_orders_of_joining(journeys: list[tuple[str, ...]]) -> None:
    """The short form in SQL must be the Shapley value, repeated channels included."""
    world = World()
    for number, journey in enumerate(journeys):
        world.touched(f"p{number}", *[(f"2026-05-0{place} 10:00:00", channel) for place, channel in enumerate(journey, 1)])
        world.converted(f"p{number}", "2026-05-09 10:00:00", 10)
    world.attribute()
    asked = """select channel, conversions from attribution
        where model = 'shapley' and period_kind = 'all' and channel <> 'unattributed'"""
    found = {channel: float(conversions) for channel, conversions in world.ask(asked)}
    assert found == pytest.approx({channel: float(value) for channel, value in _shapley(journeys).items()}, abs=1e-5)


@hypothesis_settings(max_examples=8)
@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from("abcd"), min_size=1, max_size=4).map(tuple), st.booleans(), st.sampled_from("45")),
        min_size=1,
        max_size=8,
    )
)
def test_markov_credit_follows_the_journeys_of_each_period(people: list[tuple[tuple[str, ...], bool, str]]) -> None:
    """Journeys that led nowhere, and those of other months, must weigh as they should: the channels of a month share its
    conversions in proportion to their removal effects."""
    world = World()
    for number, (journey, converts, month) in enumerate(people):
        world.touched(f"p{number}", *[(f"2026-0{month}-0{place} 10:00:00", channel) for place, channel in enumerate(journey, 2)])
        if converts:
            world.converted(f"p{number}", f"2026-0{month}-20 10:00:00", 10)
    world.attribute()
    for period_kind, months in (("month", "4"), ("month", "5"), ("all", "45")):
        journeys = [(journey, converts) for journey, converts, month in people if month in months]
        won = sum(converts for _, converts in journeys)
        if not won:
            continue
        effects = removal_effects(_steps(journeys))
        expected = {channel: won * effect / sum(effects.values()) for channel, effect in effects.items() if effect > 1e-9}
        asked = """select channel, conversions from attribution
            where model = 'markov' and channel <> 'unattributed' and period_kind = ?
                and (period_kind = 'all' or month(period) = ?) and conversions > 0.00001"""
        found = {channel: float(conversions) for channel, conversions in world.ask(asked, [period_kind, int(months[0])])}
        assert found == pytest.approx(expected, abs=1e-5)
