"""An app shop whose orders are only known as events."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

Ask = Callable[[str], list[tuple[Any, ...]]]


def test_events_are_the_orders(moms_flower_shop: Ask) -> None:
    """Without a table of orders a shop would have no revenue at all."""
    count, total, origins = moms_flower_shop("select count(*), sum(net_company), min(known_from) from unified.orders")[0]
    assert (count, round(total, 2), origins) == (2_960, Decimal("469669.04"), "events")


def test_campaign_costs_are_all_counted(moms_flower_shop: Ask) -> None:
    """Several costs of one campaign on one day are several costs, not versions of one."""
    ((count, cost),) = moms_flower_shop("select count(*), sum(spend_company) from unified.ad_spend")
    assert (count, round(cost, 2)) == (1_480, Decimal("198274.47"))


def test_what_came_back_counts_all_costs_and_all_revenue(moms_flower_shop: Ask) -> None:
    """A cost or a sale that falls between two tables makes the return of every campaign look better or worse."""
    for table in ("campaign_roi", "channel_roi", "overall_roi"):
        ((costs, revenue),) = moms_flower_shop(
            f"select sum(costs), sum(revenue) from measurement.{table} where period_kind = 'all'"
        )
        assert (round(costs, 2), round(revenue, 2)) == (Decimal("198274.47"), Decimal("469669.04"))
    assert moms_flower_shop("select count(*) from measurement.cost_gaps") == [(0,)]


def test_installs_are_events(moms_flower_shop: Ask) -> None:
    """What the app calls install, add_to_cart and place_order must be what audiences ask for."""
    found = dict(moms_flower_shop("select event, count(*) from unified.events group by 1"))
    assert found == {"Application Installed": 572, "Product Added": 8_736, "Checkout Started": 3_732, "Order Completed": 2_960}


def test_customers_and_app_users_are_the_same_people(moms_flower_shop: Ask) -> None:
    """A customer and her app account would be two people: one who never bought and one without an address."""
    found = moms_flower_shop("select count(*), count(email), count(*) filter (order_count > 0) from profiles.profiles")
    assert found == [(1_000, 1_000, 952)]
