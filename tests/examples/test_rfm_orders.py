"""The orders of R's package rfm, with segments of its own in place of the shipped ones."""

from collections.abc import Callable
from typing import Any

Ask = Callable[[str], list[tuple[Any, ...]]]


def test_cuts_and_segments_are_those_of_the_package(rfm_orders: Ask) -> None:
    """Days counted in another way, an order lost or a grid read wrongly: none of it would show but in these figures."""
    cuts = dict(rfm_orders("select metric, list(round(cut, 6) order by position) from scores.rfm_cuts group by 1"))
    assert cuts == {
        "recency_days": [115, 181, 297.4, 482],
        "frequency": [4, 5, 6, 8],
        "monetary": [255.8, 382, 506.4, 666],
    }
    assert dict(rfm_orders("select rfm_segment, count(*) from scores.rfm group by 1")) == {
        "champions": 35, "potential_loyalist": 342, "loyal": 170, "promising": 9, "new_customers": 104, "cant_lose_them": 47,
        "at_risk": 28, "need_attention": 10, "about_to_sleep": 102, "lost": 148,
    }  # fmt: skip


def test_every_customer_has_a_value(rfm_orders: Ask) -> None:
    """A customer without figures is a customer whom every ranking forgets."""
    known = "select count(*), count(expected_orders_12m), count(clv_12m), sum(historical_value) from scores.clv"
    assert rfm_orders(known) == [(995, 995, 995, rfm_orders("select sum(net_company) from unified.orders")[0][0])]
