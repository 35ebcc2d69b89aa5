"""RFM: equal customers score equally whatever else, the published figures come out, and every customer has one segment."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.check import check_project
from dagster_project.scores.rfm_check import rfm_warnings, wrong_rfm
from dagster_project.settings import SHIPPED, Settings

from .customer_world import RFM, Customers, Order, rfm_package_orders

TODAY = date(2026, 6, 30)
PACKAGE_CUTS = {
    "recency_days": (115, 181, 297.4, 482),
    "frequency": (4, 5, 6, 8),
    "monetary": (255.8, 382, 506.4, 666),
}
"""R's package rfm on its own orders as of 2006-12-31: thresholds of rfm_table_order, each the first value of the next score."""
PACKAGE_SEGMENTS = {
    "champions": 35, "potential_loyalist": 342, "loyal": 170, "promising": 9, "new_customers": 104, "cant_lose_them": 47,
    "at_risk": 28, "need_attention": 10, "about_to_sleep": 102, "lost": 148,
}  # fmt: skip


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.mark.parametrize("fixed", [False, True], ids=["quintiles", "grid"])
def test_the_figures_of_the_package_rfm_come_out(fixed: bool):
    """A company that comes from R would see customers change their segments, and trust neither."""
    shop = Customers(date(2006, 12, 31), rfm_package_orders(), SHIPPED / "examples" / "rfm_orders" / "seeds" / "rfm_segments.csv")
    if fixed:
        grid = [(metric, place + 1, cut) for metric, cuts in PACKAGE_CUTS.items() for place, cut in enumerate(cuts)]
        shop.con.executemany("insert into rfm_grid values (?, ?, ?)", grid)
    shop.build(*RFM)
    cuts = shop.rows("select metric, list(cut order by position) from rfm_cuts group by 1")
    assert {metric: tuple(round(cut, 6) for cut in found) for metric, found in cuts} == PACKAGE_CUTS
    for recency, frequency, monetary, *scores in shop.rows("select recency_days, frequency, monetary, r, f, m from rfm"):
        below = [sum(value >= cut for cut in PACKAGE_CUTS[metric]) for metric, value in
                 zip(PACKAGE_CUTS, (recency, frequency, monetary), strict=True)]  # fmt: skip
        assert scores == [5 - below[0], 1 + below[1], 1 + below[2]]
    assert dict(shop.rows("select rfm_segment, count(*) from rfm group by 1")) == PACKAGE_SEGMENTS


def test_the_shipped_segments_are_the_customary_partition():
    """A cell that belonged to no segment, or to another one than everybody expects, would mislead whoever reads the name."""
    patterns = {
        "1[12]": "lost", "2[12]": "hibernating", "[12][34]": "at_risk", "[12]5": "cant_lose_them", "3[12]": "about_to_sleep",
        "33": "need_attention", "[34][45]": "loyal", "41": "promising", "51": "new_customers", "[45][23]": "potential_loyalist",
        "5[45]": "champions",
    }  # fmt: skip
    # Customers whose recency and number of orders say which cell they stand in.
    orders = [(f"{r}{f}", ago(5 - r), 10.0) for r, f in product(range(1, 6), repeat=2) for _ in range(f)]
    shop = Customers(TODAY, orders)
    grid = [(metric, place, cut) for metric, first in (("recency_days", 1), ("frequency", 2)) for place, cut in
            enumerate(range(first, first + 4), 1)]  # fmt: skip
    shop.con.executemany("insert into rfm_grid values (?, ?, ?)", grid)
    shop.build(*RFM)
    found = dict(shop.rows("select profile_id, rfm_segment from rfm where profile_id = r || '' || f"))
    assert len(found) == 25
    for cell, segment in found.items():
        assert [name for pattern, name in patterns.items() if re.fullmatch(pattern, cell)] == [segment]


MONEY = st.sampled_from([-40.0, 0.0, 0.01, 5.0, 9.99, 10.0, 250.0, 1e9]) | st.integers(-500, 5_000).map(lambda cents: cents / 100)
ORDERS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 900), MONEY), min_size=1, max_size=60)


@settings(max_examples=15)
@given(orders=ORDERS, sort=st.sampled_from(["total", "criteria"]))
def test_scores_follow_the_figures_alone(orders: list[tuple[str, int, float]], sort: str):
    """Of two customers with the same figures one would be courted and the other dropped, or the better one scored lower."""
    told: list[Order] = [(who, ago(days), value) for who, days, value in orders]
    shop, again = (Customers(TODAY, rows, rfm={"sort": sort}) for rows in (told, told[::-1]))
    for each in (shop, again):
        each.build(*RFM)
    rows = shop.records("select * from rfm order by profile_id")
    assert rows == again.records("select * from rfm order by profile_id")
    assert {row["profile_id"] for row in rows} == {who for who, _, _ in orders}
    for figure, score, rises in (("recency_days", "r", False), ("frequency", "f", True), ("monetary", "m", True)):
        ladder = sorted(rows, key=lambda row: row[figure], reverse=not rises)
        for low, high in pairwise(ladder):
            assert 1 <= low[score] <= high[score] <= 5
            assert low[figure] != high[figure] or low[score] == high[score]
    for row in rows:
        assert row["rfm_score"] == f"{row['r']}{row['f']}{row['m']}" and row["rfm_segment"] not in (None, "other")
        better = [other for other in rows if place(other, sort) > place(row, sort)]
        assert row["rfm_rank"] == len(better) + 1


def place(row: dict, sort: str) -> object:
    return (row["r"], row["f"], row["m"]) if sort == "criteria" else row["rfm_total"]


def test_one_time_buyers_do_not_share_out_the_scores():
    """Where most have bought once, ranks would spread equal customers over three scores by chance."""
    orders = [(f"once {n}", ago(n), 20.0) for n in range(70)]
    orders += [(f"more {n}", ago(n), 20.0) for n in range(30) for _ in range(2 + n // 10)]
    shop = Customers(TODAY, orders)
    shop.build(*RFM)
    found = dict(shop.rows("select frequency, any_value(f) from rfm group by 1 having count(distinct f) = 1"))
    assert found[1] == 1 and sorted(found.values()) == list(found.values()) and len(found) == 4


def test_refunds_take_value_and_no_order():
    """Who sent everything back would drop out of the customers, or count for what they did not pay; a debt would fail the run."""
    shop = Customers(TODAY, [("all back", ago(3), 0.0), ("owed", ago(3), -25.0), ("kept", ago(3), 80.0)])
    shop.build(*RFM)
    assert shop.rows("select profile_id, frequency, monetary, m from rfm order by monetary") == [
        ("owed", 1, -25, 1), ("all back", 1, 0, 3), ("kept", 1, 80, 5),
    ]  # fmt: skip


def test_only_orders_of_the_past_of_people_who_may_be_profiled_count():
    """An order with a mistyped year would make a customer of long ago the best one; who objected would be profiled."""
    shop = Customers(
        TODAY, [(who, ago(400), 10.0) for who in ("late", "objector", "staff")] + [("late", date(2062, 1, 1), 900.0)]
    )
    shop.con.execute("insert into not_profiled values ('objector')")
    shop.con.execute("insert into internal_people values ('staff')")
    shop.build(*RFM)
    assert shop.rows("select profile_id, recency_days, frequency, monetary from rfm") == [("late", 400, 1, 10)]


def test_a_shop_without_customers_has_no_scores():
    """A new shop's first run would fail on quintiles of nothing."""
    shop = Customers(TODAY)
    shop.build(*RFM)
    assert shop.rows("select count(*) from rfm") == [(0,)]


def seeds(project: Settings, **texts: str) -> list[str]:
    folder = project.base / "seeds"
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return [str(mistake) for mistake in wrong_rfm(project)]


HEADER = "segment,position,r_low,r_high,f_low,f_high,m_low,m_high\n"


def test_overlaps_and_holes_are_shown(make_project: Callable[..., Settings]):
    """Of two segments that claim a customer only one gets her: a marketer has to know which."""
    project = make_project()
    assert rfm_warnings(project) == []
    rows = "best,1,5,5,4,5,,\ngood,3,4,5,,,,\nnobody,4,5,5,5,5,1,2\n"
    assert seeds(project, rfm_segments=HEADER + rows) == []
    found = check_project(project.config_path)
    assert found.mistakes == []
    overlap, shadowed, hole = (line for line in found.warnings if "rfm_segments" in line)
    assert ":3: 10 of the 50" in overlap and "`good`" in overlap and "best" in overlap
    assert ":4: nobody is ever in `nobody`" in shadowed
    assert "75 of 125" in hole and "355" in hole


def test_who_is_in_no_segment_is_other(tmp_path: Path):
    """A hole in the grid would leave customers without a segment, and any rule about segments would forget them."""
    (tmp_path / "segments.csv").write_text(HEADER + "second,2,1,5,,,,\nfirst,1,5,,,,,\nnever,3,6,,,,,\n")
    orders = [(str(n), ago(n * 30), 10.0) for n in range(5)]
    shop = Customers(TODAY, orders, tmp_path / "segments.csv")
    shop.build(*RFM)
    assert shop.rows("select r, rfm_segment from rfm order by r") == [(r, "first" if r == 5 else "second") for r in range(1, 6)]
    shop.con.execute("delete from rfm_segments where segment = 'second'")
    shop.build("rfm")
    assert Counter(shop.rows("select rfm_segment from rfm")) == {("first",): 1, ("other",): 4}


@pytest.mark.parametrize(
    ("seed", "rows", "line", "told"),
    [
        ("rfm_segments", ",1,,,,,,\n", 2, "no name"),
        ("rfm_segments", "a,x,,,,,,\n", 2, "`position`"),
        ("rfm_segments", "a,1e999,,,,,,\n", 2, "`position`"),
        ("rfm_segments", "a,1,,,,,,\nb,1,,,,,,\n", 3, "twice"),
        ("rfm_segments", "a,1,5,4,,,,\n", 2, "above"),
        ("rfm_segments", "a,1,,6,,,,\n", 2, "no score"),
        ("rfm_segments", "a,1,,,,2.5,,\n", 2, "no score"),
        ("rfm_segments", "a,1\nb,2,,,,,,,,\nc\n", 4, "`position`"),
        ("rfm_grid", "recensy_days,1,3\n", 2, "recency_days"),
        ("rfm_grid", "frequency,5,3\n", 2, "1 to 4"),
        ("rfm_grid", "frequency,1,nan\n", 2, "no number"),
        ("rfm_grid", "frequency,1,1\nfrequency,1,2\n", 3, "twice"),
        ("rfm_grid", "frequency,1,1\nfrequency,2,2\n", 3, "2 of the four"),
        ("rfm_grid", "frequency,1,1\nfrequency,2,4\nfrequency,3,4\nfrequency,4,9\n", 4, "do not rise"),
    ],
)
def test_rows_that_can_mean_nothing_are_told(make_project: Callable[..., Settings], seed: str, rows: str, line: int, told: str):
    """A slip in a seed would fail a model far from it, or score nobody, and no one would know why."""
    header = HEADER if seed == "rfm_segments" else "metric,position,cut\n"
    mistakes = seeds(make_project(), **{seed: header + rows})
    assert any(f"{seed}.csv:{line}" in mistake and told in mistake for mistake in mistakes), mistakes
