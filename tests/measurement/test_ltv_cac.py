"""What a customer is worth and costs, and how long those of one month keep buying."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.profiles.models import build

from .funnel import Funnel, funnel, local_day

FEBRUARY = datetime(2026, 2, 10, 12, 0)
MARCH = datetime(2026, 3, 10, 12, 0)


def ratios(shop: Funnel) -> dict[tuple[Any, ...], dict[str, Any]]:
    """(kind of period, channel, its first day) → the row, from all that was put in."""
    build(shop.con, "sales", "acquired_customers", "email_messages", "referrals", "daily_figures", "ltv_cac")
    found = shop.con.execute("select * from ltv_cac")
    names = [column[0] for column in found.description]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return {(row["period_kind"], row["channel"], row["period"]): row for row in rows}


def win(shop: Funnel, person: str, at: datetime, channel: str, paid: float, predicted: float | None) -> None:
    """A customer; without a prediction, one who may not be profiled."""
    shop.known(person)
    shop.touch(person, at, channel)
    shop.sale(person, at, paid)
    if predicted is not None:
        shop.add("clv", profile_id=person, historical_value=paid, clv_12m=predicted)


def test_worth_and_cost_by_hand() -> None:
    """10,000 spent on twenty customers worth 1,500 each: 500 apiece, three times that, which is just enough."""
    with funnel() as shop:
        for number in range(20):
            win(shop, f"p{number}", FEBRUARY, "paid_search", 1000, 500)
        shop.cost(date(2026, 2, 1), 6000, origin="ad_spend")
        for origin in ("marketing_costs", "leads"):
            shop.cost(date(2026, 2, 28), 2000, origin=origin)
        row = ratios(shop)["month", "paid_search", date(2026, 2, 1)]
    assert (row["new_customers"], row["costs"], row["cac"], row["ltv"]) == (20, 10_000, 500, 1500)
    assert (row["ltv_to_cac"], row["line"], row["is_healthy"], row["is_finished"]) == (3, 3, True, True)
    assert row["ltv_basis"] == "revenue"


def test_just_three_times_is_three_times() -> None:
    """0.3 / 0.1 is less than 3 to a computer that counts in binary: a channel on the line would stand below it."""
    with funnel() as shop:
        win(shop, "anna", FEBRUARY, "paid_search", 0.2, 0.1)
        shop.cost(date(2026, 2, 1), 0.1)
        assert ratios(shop)["month", "paid_search", date(2026, 2, 1)]["is_healthy"] is True


def test_worth_is_that_of_margin_where_it_is_known() -> None:
    """A shop that keeps a fifth of what it sells would win customers at a loss, and read that all is well."""
    with funnel() as shop:
        win(shop, "anna", FEBRUARY, "email", 400, 100)
        shop.cost(date(2026, 2, 1), 50, channel="email")
        shop.con.execute("update measurement set margin = 0.2")
        row = ratios(shop)["month", "email", date(2026, 2, 1)]
    assert (row["ltv"], row["ltv_to_cac"], row["is_healthy"], row["ltv_basis"]) == (100, 2, False, "margin")


def test_what_is_not_known_has_no_ratio() -> None:
    """A channel without costs would be endlessly good, and costs without customers would vanish."""
    with funnel() as shop:
        win(shop, "anna", FEBRUARY, "organic_search", 400, 100)
        win(shop, "ben", FEBRUARY, "paid_search", 400, None)
        shop.cost(date(2026, 2, 1), 50)
        shop.cost(date(2026, 2, 1), 30, channel="display")
        rows = ratios(shop)
    month = date(2026, 2, 1)
    free, unknown, vain, whole = (rows["month", name, month] for name in ("organic_search", "paid_search", "display", "all"))
    assert (free["cac"], free["ltv"], free["ltv_to_cac"], free["is_healthy"]) == (None, 500, None, None)
    assert (unknown["new_customers"], unknown["cac"], unknown["ltv"], unknown["ltv_to_cac"]) == (1, 50, None, None)
    assert (vain["new_customers"], vain["costs"], vain["cac"]) == (0, 30, None)
    assert (whole["new_customers"], whole["valued_customers"], whole["cac"], whole["ltv"]) == (2, 1, 40, 500)


def test_costs_of_no_channel_won_nobody_in_particular() -> None:
    """Tools that name no channel would be what it cost to win those of whom nobody knows how they came."""
    with funnel() as shop:
        shop.known("anna")
        shop.sale("anna", FEBRUARY, 400)
        shop.add("clv", profile_id="anna", historical_value=400, clv_12m=100)
        shop.cost(date(2026, 2, 1), 50, channel="unattributed")
        rows = ratios(shop)
    nobody, whole = (rows["month", name, date(2026, 2, 1)] for name in ("unattributed", "all"))
    assert (nobody["costs"], nobody["cac"], nobody["ltv_to_cac"], nobody["is_healthy"]) == (50, None, None, None)
    assert (whole["cac"], whole["ltv_to_cac"]) == (50, 10)


def test_months_and_channels_add_up_to_all() -> None:
    """Money paid nobody knows when would be lost, or a customer won twice."""
    with funnel() as shop:
        win(shop, "anna", FEBRUARY, "email", 400, 100)
        win(shop, "ben", MARCH, "email", 100, 100)
        shop.sale("anna", MARCH, 70)
        shop.cost(date(2026, 2, 28), 33)
        shop.cost(date(2026, 3, 1), 11, channel="email")
        shop.cost(None, 56, channel="influencer")
        rows = ratios(shop)
    whole = next(row for (kind, channel, _), row in rows.items() if (kind, channel) == ("all", "all"))
    assert (whole["new_customers"], whole["costs"], whole["ltv"], whole["period"]) == (2, 100, 350, date(2026, 2, 10))
    for name in ("new_customers", "costs"):
        by_channel = sum(row[name] for (kind, channel, _), row in rows.items() if kind == "all" and channel != "all")
        by_month = sum(row[name] for (kind, channel, _), row in rows.items() if (kind, channel) == ("month", "all"))
        assert by_channel == whole[name]
        assert by_month == whole[name] - (56 if name == "costs" else 0)


moments = st.datetimes(datetime(2025, 10, 1), datetime(2026, 4, 8, 9, 59)).map(lambda at: at.replace(microsecond=0))


@settings(max_examples=12)
@given(people=st.lists(st.lists(moments, min_size=1, max_size=4), min_size=1, max_size=6))
def test_cohorts_are_those_of_people_followed_one_by_one(people: list[list[datetime]]) -> None:
    """A customer counted twice in a month, in the cohort of a later purchase, or a mean that takes small cohorts for big ones."""
    with funnel() as shop:
        for number, bought in enumerate(people):
            for at in bought:
                shop.sale(f"p{number}", at, 10)
        build(shop.con, "sales", "acquired_customers", "cohorts")
        found = shop.con.execute(
            "select cohort_month, months_since, customers, active, revenue, mean_retention, is_finished from cohorts"
        ).fetchall()
    months = [sorted(local_day(at).replace(day=1) for at in bought) for bought in people]
    size: dict[date, int] = defaultdict(int)
    active: dict[tuple[date, int], set[int]] = defaultdict(set)
    orders: dict[tuple[date, int], int] = defaultdict(int)
    for number, bought in enumerate(months):
        size[bought[0]] += 1
        for month in bought:
            place = (bought[0], (month.year - bought[0].year) * 12 + month.month - bought[0].month)
            active[place].add(number)
            orders[place] += 1
    places = {(month, since) for month in size for since in range((2026 - month.year) * 12 + 4 - month.month + 1)}
    assert {(month, since) for month, since, *_ in found} == places
    for month, since, customers, bought_again, revenue, mean, is_finished in found:
        assert (customers, bought_again, revenue) == (size[month], len(active[month, since]), 10 * orders[month, since])
        ended = (month.year - 2026) * 12 + month.month + since < 4
        assert is_finished == ended
        through = [other for other in size if (other.year - 2026) * 12 + other.month + since < 4]
        if through:
            assert mean == pytest.approx(
                sum(len(active[other, since]) for other in through) / sum(map(size.__getitem__, through))
            )
        else:
            assert mean is None


def test_a_sale_of_nobody_wins_no_customer() -> None:
    """Each sale at a till, and each order of somebody who was erased, would be a new customer who never comes back."""
    with funnel() as shop:
        shop.sale("order-1", FEBRUARY, 10, channel="till")
        shop.sale("anna", FEBRUARY, 10)
        build(shop.con, "sales", "acquired_customers")
        assert shop.con.execute("select profile_id from acquired_customers").fetchall() == [("anna",)]


def test_a_refund_takes_money_and_no_customer() -> None:
    """Who gave the first order back would be won by the second."""
    with funnel() as shop:
        shop.sale("anna", FEBRUARY, 0)
        shop.sale("anna", MARCH + timedelta(days=1), 40)
        build(shop.con, "sales", "acquired_customers", "cohorts")
        found = shop.con.execute("select months_since, active, revenue from cohorts order by 1").fetchall()
    assert found == [(0, 1, 0), (1, 1, 40), (2, 0, 0)]
