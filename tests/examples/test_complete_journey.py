"""A real grocery retailer whose orders are only known through their lines."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

Ask = Callable[[str], list[tuple[Any, ...]]]


def test_every_line_is_loaded_once(complete_journey: Ask) -> None:
    """Lines look alike (same basket, product and price): taken for duplicates, sales would go missing."""
    books = complete_journey(
        "select rows_read, rows_accepted, rows_quarantined from quality.load_ledger where entity = 'order_lines'"
    )
    assert books == [(1_469_307, 1_469_307, 0)]


def test_baskets_are_orders_and_their_lines_are_their_totals(complete_journey: Ask) -> None:
    """The retailer's own figures must come out, to the cent."""
    found = complete_journey("select count(*), sum(total), sum(net_company), count(distinct customer_id) from unified.orders")
    assert found == [(155_848, Decimal("4596039.58"), Decimal("4596039.58"), 2_469)]


def test_every_household_is_one_customer(complete_journey: Ask) -> None:
    """A household that identity splits or merges would make both revenue per customer and RFM wrong."""
    people = complete_journey("select count(*), sum(order_count), sum(net_revenue) from profiles.profiles where order_count > 0")
    assert people == [(2_469, 155_848, Decimal("4596039.58"))]
    assert complete_journey("select count(*), count(distinct profile_id) from scores.rfm") == [(2_469, 2_469)]


def test_what_households_told_is_kept(complete_journey: Ask) -> None:
    """Traits beyond the contract's columns would be lost to audiences."""
    told = "select count(*), count(income_band), count(*) filter (traits like '%\"age\":%') from unified.contacts"
    assert complete_journey(told) == [(801, 801, 801)]
    assert complete_journey("select count(*) from unified.events where event = 'Coupon Applied'") == [(2_102,)]
    assert complete_journey("select count(*) from unified.products") == [(92_331,)]
