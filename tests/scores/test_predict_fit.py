"""Fitting by itself: whatever the examples look like, there is an answer that is a number and a reason why it is that one."""

from __future__ import annotations

import math
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from identity.light_dbt import LightDbt

from dagster_project.scores.predict.bins import encode, learn_bins
from dagster_project.scores.predict.denied import Denied
from dagster_project.scores.predict.examples import Column, Examples
from dagster_project.scores.predict.fit import Fit, fit_model
from dagster_project.scores.predict.judge import calibration_slope, judge, lift_of_tenth, platt, sigmoid, tenths, weighted_auc
from dagster_project.scores.predict.learn import Scorecard, learn_forest
from dagster_project.scores.predict.parameters import BINS, NODES, bins_of, nodes_of

NOBODY = Denied([])


def examples(outcomes: Any, columns: dict[str, Any], days: int = 900) -> Examples:
    """Examples spread evenly over a time; a value of None is absent, texts are categories."""
    outcomes = np.asarray(outcomes, dtype=np.int64)
    size = len(outcomes)
    start, step = np.datetime64("2024-01-01T00:00:00.000000"), np.timedelta64(days * 86_400_000_000 // max(size, 1), "us")
    found = {}
    for name, values in columns.items():
        places = np.array([place for place, value in enumerate(values) if value is not None], dtype=np.int64)
        told = [value for value in values if value is not None]
        if told and isinstance(told[0], str):
            found[name] = Column(places, categories=np.array(told, dtype=object))
        else:
            found[name] = Column(places, numbers=np.array(told, dtype=float))
    folds = np.arange(size) % 5
    return Examples(start + np.arange(size) * step, outcomes, np.ones(size), folds, np.zeros(size, dtype=bool), found)


def numbers_of(fit: Fit) -> list[float]:
    listed = [*fit.points, *fit.shares, [fit.intercept or 0.0], [fit.part]]
    return [float(number) for each in listed for number in each]


WEIRD = st.sampled_from(["empty", "constant", "huge", "many categories", "rare", "outcome"])


@settings(max_examples=12, deadline=None)
@given(
    kinds=st.lists(WEIRD, max_size=4, unique=True),
    rate=st.sampled_from([0.0, 0.002, 0.3, 1.0]),
    size=st.sampled_from([0, 3, 40, 800]),
)
def test_whatever_comes_the_answer_is_a_number(kinds: list[str], rate: float, size: int) -> None:
    """A column without a value, one outcome alone, 1e300, a category per person or three people: no crash, no NaN."""
    luck = np.random.default_rng(1)
    outcomes = (luck.random(size) < rate).astype(int)
    columns = {
        "empty": [None] * size,
        "constant": [3.0] * size,
        "huge": [1e300 if each % 3 else -1e300 for each in range(size)],
        "many categories": [f"v{each}" for each in range(size)],
        "rare": [1.0 if each == 0 else None for each in range(size)],
        "outcome": outcomes.astype(float).tolist(),
    }
    fit = fit_model("customer_buys", examples(outcomes, {f"times.{kind}.ever": columns[kind] for kind in kinds}), 30, NOBODY)
    assert all(math.isfinite(number) for number in numbers_of(fit))
    assert fit.method in ("logistic", "boosting", "rules", "base_rate", "none") and fit.reason
    assert (fit.intercept is None) == (fit.method == "none") == (size == 0)
    if rate in (0.0, 1.0) and size:
        assert fit.method == "base_rate" and f"{size} times" in fit.reason
        assert 0 < sigmoid(np.array([fit.intercept]))[0] < 1


def test_what_is_denied_or_gives_the_outcome_away_is_left_out_and_said() -> None:
    """The length of a call is known after it; a contract's number is there for buyers only. Both look brilliant."""
    luck = np.random.default_rng(2)
    outcomes = (luck.random(1200) < 0.2).astype(int)
    given_columns = {
        "trait.duration": luck.random(1200).tolist(),
        "trait.number": [f"n{luck.integers(3)}" if each else None for each in outcomes],
        "trait.colour": [str(each) for each in luck.integers(4, size=1200)],
        "times.Form Submitted.7d": [1.0] * 1200,
        "times.email_clicked.7d": luck.integers(3, size=1200).astype(float).tolist(),
    }
    built = examples(outcomes, given_columns)
    built = Examples(built.moments, built.outcomes, built.weights, built.folds, np.ones(1200, dtype=bool), built.columns)
    rules = [("duration", "known afterwards"), ("action.form_submitted", "every lead"), ("*email*", "an address")]
    fit = fit_model("lead_converts", built, 30, Denied(rules))
    assert fit.left_out["trait.duration"] == "known afterwards" and fit.left_out["Form Submitted"] == "every lead"
    assert "afterwards" in fit.left_out["trait.number"] and not {"trait.colour", "email_clicked"} & set(fit.left_out)
    wanted = fit_model("lead_converts", built, 30, NOBODY, ["size"])
    assert not any(bins.feature.startswith("trait.") for bins in wanted.bins)


@pytest.mark.parametrize("goes_together", [True, False])
def test_trees_are_taken_where_two_things_tell_only_together(goes_together: bool) -> None:
    """Trees that see no more than points do would cost twice the time to be found out, and blur what speaks for somebody."""
    luck = np.random.default_rng(4)
    left, right = luck.integers(2, size=(2, 4000))
    chance = np.where(left != right, 0.6, 0.2) if goes_together else 0.1 + 0.3 * left + 0.3 * right
    outcomes = (luck.random(4000) < chance).astype(int)
    columns = {"times.left.ever": left.astype(float).tolist(), "times.right.ever": right.astype(float).tolist()}
    fit = fit_model("customer_buys", examples(outcomes, columns), 30, NOBODY)
    assert fit.boosting_random is not None and fit.logistic_random is not None
    if goes_together:
        assert fit.method == "boosting" and fit.forest is not None
        assert fit.boosting_random.auc > fit.logistic_random.auc + 0.1 and fit.boosting_time is not None
    else:
        assert fit.method == "logistic" and fit.forest is None
        assert abs(fit.boosting_random.auc - fit.logistic_random.auc) < 0.01 and fit.boosting_time is None


@pytest.mark.parametrize("name, denied", [("Call-Duration", True), ("duration", True), ("endurance", False), ("GENDER", True)])
def test_names_are_compared_as_people_write_them(name: str, denied: bool) -> None:
    """`Call-Duration` is as much known only afterwards as `call_duration`."""
    rules = Denied([("*_duration", "afterwards"), ("duration", "afterwards"), ("trait.gender", "law")])
    assert (rules.reason(f"trait.{name}") is not None) is denied


@settings(max_examples=40, deadline=None)
@given(
    numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False, width=64), min_size=30, max_size=200),
    others=st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20),
)
def test_bins_hold_every_number_once_and_in_order(numbers: list[float], others: list[float]) -> None:
    """A value on an edge counted twice, or one beyond all that was seen counted nowhere, is scored as if it were not there."""
    bins = learn_bins("x", Column(np.arange(len(numbers)), numbers=np.array(numbers)))
    assert bins is not None
    values = sorted([*numbers, *others])
    codes = encode(bins, Column(np.arange(len(values)), numbers=np.array(values)), len(values))
    assert codes.min() >= 1 and codes.max() < bins.count and (np.diff(codes) >= 0).all()
    same = {}
    assert all(same.setdefault(value, code) == code for value, code in zip(values, codes.tolist(), strict=True))


def test_figures_of_known_cases() -> None:
    """Each figure on a case that can be worked out by hand."""
    said, happened, ones = np.array([0.9, 0.8, 0.3, 0.3]), np.array([1, 0, 1, 0]), np.ones(4)
    assert weighted_auc(said, happened, ones) == pytest.approx((1 + 1 + 0 + 0.5) / 4)
    assert weighted_auc(said, happened, np.array([1, 1, 1, 3.0])) == pytest.approx((1 + 3 + 0 + 1.5) / 8)
    ten = np.arange(10) / 10
    assert lift_of_tenth(ten, (ten >= 0.9).astype(int), np.ones(10)) == pytest.approx(10)
    assert lift_of_tenth(np.zeros(10), (ten >= 0.9).astype(int), np.ones(10)) == pytest.approx(1)
    assert judge(said, np.ones(4), ones, 0.5) is None
    assert judge(said, happened, ones, 0.5).brier == pytest.approx((0.01 + 0.64 + 0.49 + 0.09) / 4)
    luck = np.random.default_rng(0)
    margins = luck.normal(size=20_000)
    outcomes = (luck.random(20_000) < sigmoid(margins)).astype(int)
    assert calibration_slope(sigmoid(3 * margins), outcomes, np.ones(20_000)) == pytest.approx(1 / 3, abs=0.03)
    found = tenths(sigmoid(margins), outcomes, np.ones(20_000))
    assert [tenth.examples for tenth in found] == [2_000] * 10
    assert all(abs(tenth.said - tenth.happened) < 0.04 for tenth in found)
    assert found[0].said < 0.2 and found[9].said > 0.8
    (same,) = tenths(np.full(4, 0.5), happened, np.array([1, 1, 1, 3.0]))
    assert (same.said, same.happened, same.examples) == (0.5, pytest.approx(2 / 6), 4)
    apart = platt(np.array([-1.0, 1.0]), np.array([0, 1]), np.ones(2))
    assert all(map(math.isfinite, apart))


def test_sql_says_what_the_model_says() -> None:
    """Points and trees are applied in SQL: a bin off by one, or a category that falls into another's bin, would go unnoticed."""
    luck = np.random.default_rng(3)
    size = 1500
    colours = [None if luck.random() < 0.2 else f"c{luck.integers(40)}" for _ in range(size)]
    lengths = [None if luck.random() < 0.3 else round(float(luck.exponential(20)), 1) for _ in range(size)]
    chance = [
        0.5 * ((length or 0) > 15) + 0.3 * (colour in ("c1", "c2", None)) for length, colour in zip(lengths, colours, strict=True)
    ]
    outcomes = (luck.random(size) < np.array(chance) * 0.8).astype(int)
    built = examples(outcomes, {"trait.colour": colours, "trait.length": lengths})
    bins = tuple(filter(None, (learn_bins(name, column) for name, column in built.columns.items())))
    codes = np.column_stack([encode(each, built.columns[each.feature], size) for each in bins])
    counts = [each.count for each in bins]
    forest = learn_forest(codes, counts, [each.categories is None for each in bins], outcomes, np.ones(size))
    card = Scorecard(0.5, tuple(np.concatenate([[0.0], np.round(luck.normal(size=count - 1), 6)]) for count in counts))
    fit = Fit("boosting", "a test", 0.5, bins, card.points, tuple(np.full(count, 1 / count) for count in counts), forest, 0.5)
    expected = card.margins(codes) + 0.5 * (forest.margins(codes) - forest.intercept)
    with duckdb.connect() as con:
        con.execute("set threads = 1")
        for name, schema, rows in (("prediction_bins", BINS, bins_of(fit)), ("prediction_nodes", NODES, nodes_of(fit))):
            given_rows = pa.Table.from_pylist([{"model": "m", **row} for row in rows], schema=schema)
            con.register("given", given_rows)
            con.execute(f"create table {name} as from given")
        people = pa.table({"example": range(size), "colour": colours, "length": lengths})
        con.register("people", people)
        con.execute(
            "create table prediction_candidates as select 'm' as model, example::varchar as profile_id, example from people"
        )
        con.execute(
            """create table known_features as
            select example, 'trait.colour' as feature, null::double as number, colour as category from people
            where colour is not null
            union all select example, 'trait.length', length, length::varchar from people where length is not null"""
        )
        con.execute("create table prediction_fits as select 'm' as model, 'boosting' as method, 'r' as method_reason, "
                    "0.5 as intercept, 1 as days, timestamp '2026-01-01' as fit_at")  # fmt: skip
        light = LightDbt()
        light.environment.globals["features_at"] = lambda *_: "select * from known_features"
        con.execute(
            """create table prediction_moment (moment timestamp);
            create table identifiers (profile_id varchar, identifier_type varchar, identifier varchar)"""
        )
        light.build(con, "prediction_terms", "predictions")
        found = con.execute("select log_odds from predictions order by profile_id::integer").fetchnumpy()["log_odds"]
    assert len(found) == size
    assert np.abs(found - expected).max() < 2e-4
