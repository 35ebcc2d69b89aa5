"""Customer value: the published figures come out, no history makes a number that is none, and a fit is what its date knew."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.scores import clv_dbt
from dagster_project.scores.bgnbd import BgNbd
from dagster_project.scores.clv_fit import card, fit_orders
from dagster_project.scores.clv_histories import Days, day_number, histories

from .customer_world import CLV, SCORING, Customers, Order, cdnow_orders

TODAY = date(2026, 6, 30)
CALIBRATED = date(1997, 10, 1)
YEAR = 365 / 7
PARAMETERS = ("r", "alpha", "a", "b", "p", "q", "v")


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.fixture(scope="module")
def cdnow() -> tuple[list[Order], Days]:
    """The sample, and its purchase days as a fit takes them."""
    orders = cdnow_orders()
    shop = Customers(date(1998, 6, 30), orders)
    shop.build("purchases", "clv_training")
    return orders, Days.of(shop.con.table("clv_training").to_arrow_table())


def test_the_published_parameters_of_cdnow_come_out(cdnow):
    """A likelihood with a slip in it has a maximum too; only known answers tell (Fader, Hardie, Lee 2005; Fader, Hardie 2013)."""
    told = card(cdnow[1], day_number(CALIBRATED), 100)
    assert (told["customers_fitted"], told["repeat_buyers"]) == (2_357, 946)
    assert told["orders_reason"] is None and told["value_reason"] is None
    published = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    assert {name: round(told[name], 3) for name in published} == published
    assert round(told["log_likelihood"], 1) == -9582.4
    assert [told[name] for name in ("p", "q", "v")] == pytest.approx([6.25, 3.74, 15.44], abs=0.01)
    assert all(0 < told[f"{name}_error"] < told[name] for name in PARAMETERS)
    assert told["holdout_mae"] < told["holdout_simple_mae"]


def test_weeks_40_to_78_of_cdnow_are_foreseen(cdnow):
    """Parameters may be right and what is made of them wrong: 2,357 people's next 39 weeks are known."""
    known = histories(cdnow[1], day_number(CALIBRATED))
    fitted = fit_orders(known)
    assert fitted is not None
    orders, _ = fitted.model.expected_orders(known.x, known.age, 39)
    expected = orders * fitted.model.p_alive(known.x, known.t_x, known.age)
    actual = np.bincount(cdnow[1].customer[cdnow[1].day >= day_number(CALIBRATED)], minlength=2_357)
    assert actual.sum() == 1_882
    assert np.abs(expected - actual).mean() <= 0.79
    assert abs(expected.sum() / 1_882 - 1) <= 0.13


def test_eight_in_ten_spend_what_their_interval_says(cdnow):
    """An interval that does not hold what it says is worse than none: as of July 1997, the year that followed is known."""
    orders, begin = cdnow[0], date(1997, 7, 1)
    shop = Customers(begin - timedelta(days=1), [order for order in orders if order[1] < begin])
    shop.build(*CLV)
    shop.order(order for order in orders if begin <= order[1] < begin + timedelta(days=365))
    held, above, widest = shop.rows(
        """with spent as (
            select profile_id, sum(net_company) as value from person_orders, run where ordered_at >= as_of group by 1)
        select avg((coalesce(value, 0) between clv_low and clv_high)::int), avg((coalesce(value, 0) > clv_high)::int),
            median(clv_high / clv_12m) from clv left join spent using (profile_id)"""
    )[0]
    assert 0.8 <= held <= 0.95 and above >= 0.05 and widest < 10
    assert shop.rows("select distinct method, method_reason from clv") == [("bgnbd_gamma_gamma", None)]


def euler(model: BgNbd, x: float, age: float, weeks: float) -> float:
    """Equation 10 given that the customer has not left, after Euler's transformation of its hypergeometric function."""
    from scipy.special import hyp2f1

    z, c = weeks / (model.alpha + age + weeks), model.a + model.b + x - 1
    series = hyp2f1(c - model.r - x, model.a - 1, c, z)
    return c / (model.a - 1) * (1 - (1 - z) ** (model.a - 1) * series)


@pytest.mark.parametrize("x", [0, 1, 7, 800, 10_000])
@pytest.mark.parametrize("parameters", [(0.243, 4.414, 0.793, 2.426), (5.0, 30.0, 1.4, 0.6), (0.5, 2.0, 12.0, 40.0)])
def test_expected_orders_are_those_of_the_paper(parameters: tuple[float, ...], x: int):
    """Summed in another way than the paper's, it must be the same number; the paper's own form is NaN from 800 orders on."""
    model = BgNbd(*parameters)
    found, _ = model.expected_orders([x], [100.0], YEAR)
    assert found[0] == pytest.approx(euler(model, x, 100.0, YEAR), rel=1e-6)


def test_nothing_happens_at_a_equals_one():
    """The paper divides by a - 1: a fit near 1 would foresee any number."""
    beside, at, beyond = (BgNbd(0.5, 10.0, a, 3.0).expected_orders([2], [60], YEAR)[0][0] for a in (1 - 1e-6, 1.0, 1 + 1e-6))
    assert beside > at > beyond and beside == pytest.approx(beyond, rel=1e-5)


def positive(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(math.log(low), math.log(high)).map(math.exp)


MODELS = st.builds(BgNbd, positive(1e-3, 100), positive(1e-3, 1e5), st.just(0.0) | positive(1e-3, 100), positive(1e-3, 1e4))


@settings(max_examples=150)
@given(model=MODELS, x=st.integers(0, 20_000), age=st.floats(0, 5_000), share=st.floats(0, 1), weeks=positive(0.1, 500))
def test_expected_orders_keep_within_reason(model: BgNbd, x: int, age: float, share: float, weeks: float):
    """One NaN, or a customer who is to order less in two years than in one, and nobody believes the others."""
    (shorter, longer, older), squares = model.expected_orders([x] * 3, [age, age, age + 52], weeks)
    longer = model.expected_orders([x], [age], 2 * weeks)[0][0]
    most = (model.r + x) * weeks / (model.alpha + age)
    assert 0 <= older <= shorter * (1 + 1e-6) and shorter <= longer * (1 + 1e-6)
    assert shorter <= most * (1 + 1e-6)
    assert np.isfinite(squares).all() and (squares >= 0).all()
    alive = model.p_alive([x, x, 0], [share * age, age, 0], [age, age, age])
    assert (alive >= 0).all() and alive[0] <= alive[1] <= alive[2] == 1


def simulated(model: BgNbd, customers: int, days: int, seed: int) -> list[Order]:
    """Customers as the model has them, who first ordered within half the time; an order a day at most."""
    random = np.random.default_rng(seed)
    rates, leaving = random.gamma(model.r, 1 / model.alpha, customers), random.beta(model.a, model.b, customers)
    orders: list[Order] = []
    for customer, (rate, leaves) in enumerate(zip(rates, leaving, strict=True)):
        at, value = float(random.integers(days // 2, days)), random.gamma(5, 8 / random.gamma(4, 1))
        while at > 0:
            orders.append((f"c{customer}", ago(int(at)), round(random.gamma(6, value / 6), 2)))
            if random.random() < leaves and len(orders) > 1 and orders[-2][0] == f"c{customer}":
                break
            at -= random.exponential(7 / rate)
    return orders


SHOP = simulated(BgNbd(0.8, 9.0, 0.9, 3.0), 700, 720, seed=4)


def test_parameters_that_made_the_orders_are_found_again():
    """On data that the model itself made, what comes out must be what went in."""
    shop = Customers(TODAY, SHOP, refit="daily")
    shop.build(*CLV)
    (told,) = shop.records("select * from clv_fit")
    for name, value in {"r": 0.8, "alpha": 9.0, "a": 0.9, "b": 3.0}.items():
        assert abs(told[name] - value) < 3 * told[f"{name}_error"]
    assert told["holdout_days"] >= 28 and abs(told["holdout_predicted"] / told["holdout_actual"] - 1) < 0.25


def test_a_fit_stands_until_what_it_stands_on_changes(monkeypatch: pytest.MonkeyPatch):
    """A fit in every run costs seconds for nothing; one that a later order or refund moved is no fit of its date."""
    shop = Customers(ago(1), SHOP)
    assert shop.rows("select fit_date from scores") == [(date(2026, 6, 1),)]
    shop.build(*CLV)
    fit = shop.records("select * from clv_fit")
    fits = []
    monkeypatch.setattr(clv_dbt, "card", lambda *args: fits.append(args) or card(*args))
    shop.order([("c1", ago(5), 3_000.0), ("new", ago(2), 5.0)])
    shop.con.execute("update person_orders set net_company = 0, refunded_at = '2026-06-12' where profile_id = 'c2'")
    shop.build(*CLV)
    assert shop.records("select * from clv_fit") == fit and not fits
    shop.order([("c1", ago(300), 12.0)])
    shop.build(*CLV)
    late = shop.records("select * from clv_fit")
    assert fits and late != fit
    shuffled = shop.rows("select profile_id, order_date, total_company from person_orders order by hash(ordered_at, profile_id)")
    whole = Customers(ago(1), shuffled)
    whole.build(*CLV)
    assert whole.records("select * from clv_fit") == late


def test_of_many_customers_a_sample_is_enough():
    """Ten million histories would take minutes, and a sample drawn anew each time would move everybody's figures."""
    shop = Customers(TODAY, [(f"c{n}", ago(40 + n % 300), 20.0) for n in range(2_500)], clv={"sample": 1_000})
    shop.build("purchases", "clv_training", "clv_fit")
    customers, fitted = shop.rows("select customers, customers_fitted from clv_fit")[0]
    assert customers == 2_500 and 900 < fitted < 1_100


def test_few_buyers_get_plain_figures_and_are_told_so():
    """Four parameters from three people are noise; no figure at all leaves the small shop with nothing."""
    shop = Customers(TODAY, [("once", ago(70), 10.0), ("twice", ago(140), 20.0), ("twice", ago(70), 60.0)])
    shop.build(*CLV)
    rows = {row["profile_id"]: row for row in shop.records("select * from clv")}
    rate = 1 / (70 / 7 + 140 / 7)  # of all: one later order in thirty weeks
    for name, x, weeks, value in (("once", 0, 10, 30.0), ("twice", 1, 20, 45.0)):
        orders = (x + 1) / (weeks + 1 / rate) * YEAR
        assert float(rows[name]["expected_orders_12m"]) == pytest.approx(orders, abs=1e-5)
        assert float(rows[name]["clv_12m"]) == pytest.approx(orders * value, abs=1e-3)
        assert rows[name]["p_alive"] is None and rows[name]["method"] == "run_rate_mean_value"
        assert rows[name]["method_reason"] == "1 customers ordered on a second day, 100 are needed"


@pytest.mark.parametrize(
    "orders",
    [
        [],
        [("new", TODAY, 10.0)],
        [("free", ago(30), 0.0)],
        [("owed", ago(30), -50.0), ("owed", ago(20), -10.0)],
        [("often", ago(n % 700), 1.0) for n in range(10_000)] + [("rich", ago(day), 9e13) for day in (9, 9, 8)],
        [("ancient", date(1900, 1, 1), 5.0), ("ancient", ago(3), 5.0)],
        [(f"c{n}", ago(n), 10.0) for n in range(300)],
        [(f"c{n}", ago(n + 7 * k), 10.0) for n in range(150) for k in range(3)],
        [(f"c{n}", ago(n + 7 * k), 0.0) for n in range(150) for k in range(3)],
    ],
    ids=["nobody", "new", "free", "owed", "absurd", "ancient", "once each", "clockwork", "clockwork for nothing"],
)
def test_odd_shops_have_figures_too(orders: list[Order]):
    """One customer with nothing but a gift, a debt, ten thousand orders or more money than there is would put NaN into the table,
    or end the run."""
    shop = Customers(TODAY, orders)
    shop.build("order_totals", *CLV)
    rows = shop.records("select * from clv")
    assert len(rows) == len({who for who, _, _ in orders})
    for row in rows:
        assert 0 <= row["clv_low"] <= row["clv_12m"] <= row["clv_high"]
        assert 0 <= row["expected_orders_12m"] <= 365
        assert row["p_alive"] is None or 0 <= row["p_alive"] <= 1
        assert row["method"].startswith("bgnbd") == (row["p_alive"] is not None)


@pytest.mark.parametrize(("q", "told"), [(0.8, "q <= 1"), (1.05, "1.5 times")], ids=["no mean", "a mean nobody has seen"])
def test_values_from_a_tail_that_nobody_has_seen_are_not_believed(q: float, told: str):
    """With q at 1 or below the mean value is infinite, and every one-time buyer worth a fortune."""
    from scipy.stats import gamma

    random = np.random.default_rng(1)
    scales = 10 / gamma.ppf((np.arange(250) + 0.5) / 250, q)
    orders = [
        (f"c{n}", ago(200 - 50 * k - n % 30), round(random.gamma(5, scale), 2))
        for n, scale in enumerate(scales)
        for k in range(4)
    ]
    found = card(Days.of(_table(orders)), day_number(TODAY), 100)
    assert told in found["value_reason"] and found["q"] < 1.2


def _table(orders: list[Order]) -> pa.Table:
    return pa.table(dict(zip(("profile_id", "order_date", "value"), zip(*orders, strict=True), strict=True)))


BUYERS = st.lists(
    st.tuples(st.integers(0, 15_000), st.integers(0, 3_000), st.integers(0, 3_000), st.floats(0, 1e7)), min_size=1, max_size=8
)
VALUES = st.tuples(positive(1e-2, 100), positive(1.02, 1e3), positive(1e-3, 1e5))


@settings(max_examples=15)
@given(model=MODELS.filter(lambda model: model.a > 0), values=VALUES, buyers=BUYERS)
def test_the_scoring_in_sql_is_the_models(model: BgNbd, values: tuple[float, ...], buyers: list[tuple]):
    """The closed forms stand in SQL as well, for millions: they must give what the model gives, and never NaN."""
    shop = Customers(TODAY)
    shop.con.execute(
        "create table purchases (profile_id varchar, net_revenue decimal(18, 4), purchase_days bigint, first_on date, "
        "last_on date, later_value decimal(18, 4))"
    )
    known = []
    for number, (orders, last, more, value) in enumerate(buyers):
        x, last = min(orders, last), last if min(orders, last) else 0
        known.append((x, last, last + more, value if x else 0.0))
        row = [f"{number:02}", value, x + 1, ago(last + more), ago(more), known[-1][3]]
        shop.con.execute("insert into purchases values (?, ?, ?, ?, ?, ?)", row)
    fitted = dict(zip(PARAMETERS, (model.r, model.alpha, model.a, model.b, *values), strict=True))
    told = pa.Table.from_pylist([{name: fitted.get(name) for name in clv_dbt.FIT.names}], schema=clv_dbt.FIT)  # noqa: F841
    shop.con.execute("create table clv_fit as select * from told")
    shop.build("clv_customers", *SCORING)
    x, last, age, later = (np.array(column, dtype=float) for column in zip(*known, strict=True))
    alive = model.p_alive(x, last / 7, age / 7)
    orders = model.expected_orders(x, age / 7, YEAR)[0] * alive
    p, q, v = values
    rows = shop.records("select * from clv order by profile_id")
    assert [float(row["p_alive"]) for row in rows] == pytest.approx(alive.tolist(), abs=1e-5)
    assert [float(row["expected_orders_12m"]) for row in rows] == pytest.approx(
        np.minimum(orders, 365).tolist(), rel=1e-6, abs=1e-5
    )
    worth = np.minimum(orders * p * (v + later) / (p * x + q - 1), 9e13)
    assert [float(row["clv_12m"]) for row in rows] == pytest.approx(worth.tolist(), rel=1e-6, abs=1e-3)
    assert all(0 <= row["clv_low"] <= row["clv_12m"] <= row["clv_high"] for row in rows)
