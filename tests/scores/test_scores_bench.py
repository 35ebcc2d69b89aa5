"""The benchmark of scores: that its customers are such as a shop has, and one left out is noticed. Never how long it takes."""

from __future__ import annotations

from collections.abc import Callable

from bench.scores_case import examine, prepare
from dagster_project.settings import Settings
from dagster_project.warehouse import open_warehouse


def test_the_customers_are_such_as_a_shop_has(make_project: Callable[..., Settings]):
    """Speed on customers who all bought once, or on one date, would say nothing about a shop; nor would half of the scores."""
    project = make_project()
    prepare(project, "2000")
    with open_warehouse(project) as con:
        orders, customers, repeat, first, last = con.execute(
            """select sum(n), count(*), avg((n > 1)::int), min(first), max(last) from (select count(*) as n,
                min(order_date) as first, max(order_date) as last from profiles.person_orders group by profile_id)"""
        ).fetchone()  # type: ignore[misc]
        assert customers == 2_000 and orders > 1.5 * customers and 0.25 < repeat < 0.75
        assert 700 < (last - first).days <= 730
        con.execute(
            """create table scores.rfm as select 'loyal' as rfm_segment from profiles.profiles;
            create table scores.customers as select 1 as score from profiles.profiles;
            create table scores.clv as select 1 as expected_orders_12m, 1 as p_alive, 1 as clv_12m from profiles.profiles"""
        )
    assert examine(project) == 0
    with open_warehouse(project) as con:
        con.execute("update scores.clv set clv_12m = null where rowid = 7")
    assert examine(project) == 1
