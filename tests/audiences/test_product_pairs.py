"""Association rules of SQL against rules counted by hand, on baskets that chance filled."""

from __future__ import annotations

from itertools import permutations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.profiles.models import build
from tests.today import today_view

PRODUCTS = "abcdef"
basket = st.lists(st.sampled_from([*PRODUCTS, None]), max_size=5)
orders = st.lists(st.tuples(basket, st.booleans()), max_size=25)


def rules_of(baskets: list[set[str]]) -> dict[tuple[str, str], tuple[int, float, float, float]]:
    """Product and product bought with it → baskets with both, support, confidence, lift; of pairs seen twice at least."""
    found = {}
    for one, other in permutations(PRODUCTS, 2):
        both = sum(one in basket and other in basket for basket in baskets)
        if both >= 2:
            first, second = sum(one in basket for basket in baskets), sum(other in basket for basket in baskets)
            confidence = both / first
            found[one, other] = (both, both / len(baskets), confidence, confidence / (second / len(baskets)))
    return found


def rules_in_sql(placed: list[tuple[list[str | None], bool]]) -> dict[tuple[str, str], tuple[int, float, float, float]]:
    with duckdb.connect() as con:
        con.execute("create table run as select timestamp '2026-06-30 12:00:00' as as_of")
        con.execute(today_view())
        con.execute("create table person_orders (order_id varchar, ordered_at timestamp, is_revenue boolean)")
        con.execute("create table unified_order_lines (order_id varchar, product_id varchar, quantity decimal(18, 4))")
        for number, (products, is_revenue) in enumerate(placed):
            con.execute("insert into person_orders values (?, '2026-06-01', ?)", [str(number), is_revenue])
            for product in products:
                con.execute("insert into unified_order_lines values (?, ?, 1)", [str(number), product])
        build(con, "product_pairs")
        rows = con.execute("select product_id, with_product_id, baskets, support, confidence, lift from product_pairs").fetchall()
        assert len({row[:2] for row in rows}) == len(rows)
        return {row[:2]: row[2:] for row in rows}


@settings(max_examples=30)
@given(orders)
def test_rules_are_those_counted_by_hand(placed: list[tuple[list[str | None], bool]]):
    """A share of the wrong whole makes the most sold product the companion of everything."""
    baskets = [set(products) - {None} for products, is_revenue in placed if is_revenue]
    expected = rules_of([basket for basket in baskets if basket])
    found = rules_in_sql(placed)
    assert found.keys() == expected.keys()
    for pair, (both, *shares) in expected.items():
        assert found[pair][0] == both
        assert found[pair][1:] == pytest.approx(shares)


def test_a_stock_up_is_no_basket():
    """One order of the whole catalogue would make everything go with everything, at the square of its length."""
    small = [(["a", "b"], True), (["a", "b"], True), (["a"], True)]
    whole = ([f"p{number}" for number in range(50)] + ["a"], True)
    assert rules_in_sql([*small, whole, whole]) == rules_in_sql(small)
