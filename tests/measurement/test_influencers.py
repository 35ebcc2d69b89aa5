"""What influencers are paid, bring and lack, by hand-worked examples."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.profiles.models import build
from tests.today import today_view

CLASSES = Path(__file__).resolve().parents[2] / "seeds" / "influencer_classes.csv"
INPUTS = {
    "unified_influencers": "influencer varchar, platform varchar, followers bigint, engagements bigint, posts bigint, "
    "fee decimal(18, 4), currency varchar, fee_company decimal(18, 4), disclosed boolean, contract_signed_on date, "
    "source varchar",
    "unified_promo_codes": "code varchar, influencer varchar, valid_from timestamp, valid_to timestamp",
    "person_orders": "order_id varchar, profile_id varchar, ordered_at timestamp, net_company decimal(18, 4), "
    "coupon_codes varchar, is_revenue boolean",
    "internal_people": "profile_id varchar",
}


class World:
    def __init__(self) -> None:
        self.con = duckdb.connect()
        self.con.execute("create table run as select timestamp '2026-06-30 22:00' as as_of")
        self.con.execute(today_view())
        self.con.execute("create table company as select 'EUR' as currency, 'Europe/Paris' as timezone")
        self.con.execute(f"create table influencer_classes as from '{CLASSES}'")
        self.clear()

    def clear(self) -> None:
        for name, columns in INPUTS.items():
            self.con.execute(f"create or replace table {name} ({columns})")
        self.con.execute("create or replace table measurement as select null::decimal(18, 4) as margin")
        self.orders = 0

    def insert(self, table: str, **row: Any) -> None:
        marks = ", ".join("?" for _ in row)
        self.con.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))

    def influencer(self, name: str, followers: int | None = 5_000, fee: float | None = 100, code: str = "", **more: Any) -> None:
        told = {"posts": 10, "engagements": 2_000, "fee_company": fee, "disclosed": True, "contract_signed_on": "2026-01-01"}
        self.insert("unified_influencers", influencer=name, followers=followers, fee=fee, source="generic", **(told | more))
        if code:
            self.insert("unified_promo_codes", code=code, influencer=name)

    def order(
        self, person: str, codes: str | None, amount: float | Decimal = 50, at: str = "2026-05-01 12:00", **more: Any
    ) -> None:
        self.orders += 1
        row = {"profile_id": person, "coupon_codes": codes, "net_company": amount, "ordered_at": at, "is_revenue": True} | more
        self.insert("person_orders", order_id=f"o{self.orders}", **row)

    def told(self) -> dict[str, dict[str, Any]]:
        self.con.execute(
            """create or replace view order_totals as
            select profile_id, min(ordered_at) as first_order_at from person_orders group by 1"""
        )
        build(self.con, "influencers")
        rows = self.con.execute("from influencers").to_arrow_table().to_pylist()
        return {row["influencer"]: row for row in rows}


@pytest.fixture(scope="module")
def made() -> World:
    return World()


@pytest.fixture
def world(made: World) -> World:
    made.clear()
    return made


@pytest.mark.parametrize(
    ("followers", "name"),
    [(None, None), (0, None), (999, None), (1_000, "nano"), (9_999, "nano"), (10_000, "micro"), (99_999, "micro"),
     (100_000, "macro"), (999_999, "macro"), (1_000_000, "star"), (80_000_000, "star")],
)  # fmt: skip
def test_classes_by_followers(world: World, followers: int | None, name: str | None) -> None:
    """A class off by one compares a star's fee with a beginner's."""
    world.influencer("a", followers)
    assert world.told()["a"]["class"] == name


def test_followers_beyond_mankind_end_no_run(world: World) -> None:
    """A number of followers in the wrong column."""
    world.influencer("lea", 10**17, fee=500, code="LEA10")
    assert world.told()["lea"]["class"] == "star"


def test_an_influencer_by_hand(world: World) -> None:
    """500 for ten posts, twelve orders of 100 by four people, two of them new: 140 %."""
    world.influencer("lea", fee=500, code="LEA10")
    for number in range(12):
        world.order(f"p{number % 4}", ["lea10", "LEA10, FREESHIP"][number % 2], 100, f"2026-05-{number + 1:02} 12:00")
    for number in range(2):
        world.order(f"p{number}", None, 10, "2026-01-01 12:00")
    world.order("p9", "LEA10", 100, is_revenue=False)
    world.order("p9", "LEA10X", 100)
    world.insert("internal_people", profile_id="boss")
    world.order("boss", "LEA10", 100)
    told = world.told()["lea"]
    names = ["orders", "customers", "new_customers", "revenue", "costs", "fee_per_post", "roi_percent", "roas", "cac", "verdict"]
    assert [told[name] for name in names] == [12, 4, 2, 1200, 500, 50, 140, 2.4, 250, "pays"]
    assert (told["engagement_rate"], told["engagement_against_class"], told["fee_against_class"]) == (0.04, "within", "within")
    assert (told["bought_follower_signs"], told["is_disclosure_missing"], told["is_contract_missing"]) == (None, False, False)
    assert (told["period_kind"], told["period"], told["currency"]) == ("all", datetime(2026, 1, 1).date(), "EUR")


def test_signs_of_bought_followers(world: World) -> None:
    """Followers who never react were likely paid for; a reach that was bought brings nobody."""
    world.influencer("ghosts", 50_000, engagements=500)
    world.influencer("bots", 2_000, engagements=15_000)
    world.influencer("absurd", 2_000, engagements=25_000)
    world.influencer("honest", 50_000, engagements=15_000)
    assert {name: row["bought_follower_signs"] for name, row in world.told().items()} == {
        "ghosts": "few_engage,no_sales",
        "bots": "more_engage_than_likely",
        "absurd": "more_engage_than_likely,more_engagements_than_followers",
        "honest": None,
    }


def test_no_verdict_before_its_time_nor_on_money_that_is_not_kept(world: World) -> None:
    """Nobody has sold on the day of the contract; and of 1,200 at a margin of a fifth, 240 are left for a fee of 500."""
    world.influencer("today", fee=500, contract_signed_on="2026-06-30")
    world.influencer("next_year", fee=500, contract_signed_on="2027-01-01")
    world.influencer("lea", fee=500, code="LEA10")
    for number in range(12):
        world.order(f"p{number}", "LEA10", 100)
    assert {name: row["verdict"] for name, row in world.told().items()} == {
        "today": "too_early", "next_year": "too_early", "lea": "pays",
    }  # fmt: skip
    world.con.execute("update measurement set margin = 0.2")
    assert world.told()["lea"]["verdict"] == "does_not_pay"


def test_one_order_decides_nothing(world: World) -> None:
    """Of two who brought 2,600 for 1,000, one owes it to a single buyer; who is just short of the fee may have had bad luck."""
    amounts = {"even": [200] * 13, "lucky": [2_000] + [50] * 12, "poor": [20] * 40, "unlucky": [90] * 11}
    for name, orders in amounts.items():
        world.influencer(name, fee=1_000, code=name)
        for number, amount in enumerate(orders):
            world.order(f"{name}{number}", name, amount)
    told = world.told()
    assert told["even"]["revenue"] == told["lucky"]["revenue"] == 2_600
    assert {name: row["verdict"] for name, row in told.items()} == {
        "even": "pays", "lucky": "unclear", "poor": "unclear", "unlucky": "unclear",
    }  # fmt: skip


def test_what_is_missing(world: World) -> None:
    """What is not known to be disclosed or signed is missing: a fine is not spared because a field was empty."""
    world.influencer("both")
    world.influencer("neither", disclosed=False, contract_signed_on=None)
    world.influencer("unknown", disclosed=None)
    world.insert("unified_promo_codes", code="X", influencer="code_only")
    told = world.told()
    assert {name: (row["is_disclosure_missing"], row["is_contract_missing"]) for name, row in told.items()} == {
        "both": (False, False), "neither": (True, True), "unknown": (True, False), "code_only": (True, True),
    }  # fmt: skip


def test_one_name_is_one_influencer_whoever_tells(world: World) -> None:
    """A fee on one row, orders on another and a second account on a third: each would look like a bargain or a loss."""
    world.influencer("Lea Brews", 5_000, 100, platform="instagram", engagements=2_000)
    world.influencer("@lea_brews ", 50_000, 200, platform="youtube", engagements=30_000, disclosed=None)
    world.influencer("LEA-BREWS", None, None, posts=None, engagements=None, contract_signed_on=None, disclosed=None)
    world.insert("unified_promo_codes", code="LEA", influencer=" lea brews")
    for number in range(10):
        world.order(f"p{number}", "LEA", 60)
    (told,) = world.told().values()
    names = ("costs", "revenue", "roi_percent", "class", "platform", "posts")
    assert [told[name] for name in names] == [300, 600, 100, "micro", "youtube", 20]
    assert told["engagement_rate"] == pytest.approx(32_000 / (10 * 5_000 + 10 * 50_000), abs=1e-6)
    assert (told["is_disclosure_missing"], told["is_contract_missing"]) == (False, False)


def test_returns_that_are_not_known(world: World) -> None:
    """No followers, posts, fee or rate: figures are empty, never endless, and nobody is judged by them."""
    world.influencer("bare", None, None, posts=None, engagements=None, fee_company=None, code="BARE")
    world.influencer("idle", 20_000, 0, posts=0, engagements=0, fee_company=0, code="IDLE")
    world.influencer("abroad", 20_000, 100, currency="USD", fee_company=None, code="ABROAD")
    world.influencer("new", 20_000, 200, code="NEW")
    world.influencer("vain", 20_000, 5_000)
    world.influencer("silent", 20_000, 5_000, posts=0)
    for code in ("BARE", "IDLE", "ABROAD", "NEW"):
        world.order("p", code)
    told = world.told()
    empty = ["roi_percent", "roas", "cac", "fee_per_post", "engagement_rate"]
    assert [told["bare"][name] for name in empty] == [None] * 5
    assert [told["idle"][name] for name in empty if name != "cac"] == [None] * 4
    assert {name: row["verdict"] for name, row in told.items()} == {
        "bare": "no_fee", "idle": "no_fee", "abroad": "no_rate", "new": "too_early",
        "vain": "does_not_pay", "silent": "too_early",
    }  # fmt: skip
    assert told["new"]["roi_percent"] == -75


def test_codes_count_on_their_days_for_their_owner(world: World) -> None:
    """Whoever uses a code, its owner brought the order; the days of a code are the company's, the last one included."""
    world.influencer("lea")
    world.insert(
        "unified_promo_codes", code="LEA", influencer="lea", valid_from=datetime(2026, 5, 1), valid_to=datetime(2026, 5, 31)
    )
    for at in ("2026-04-30 21:59", "2026-04-30 22:00", "2026-05-31 21:59", "2026-05-31 22:00"):
        world.order("somebody else", "LEA", 10, at)
    told = world.told()["lea"]
    assert (told["orders"], told["revenue"]) == (2, 20)


@settings(max_examples=15, deadline=None)
@given(orders=st.lists(st.tuples(st.sets(st.sampled_from(["A", "B", "C", "FREE"])), st.decimals(-50, 500, places=2)), max_size=8))
def test_shared_orders_add_up(made: World, orders: list[tuple[set[str], Decimal]]) -> None:
    """An order with the codes of three influencers is one order's money, to the cent."""
    made.clear()
    for name in "ABC":
        made.influencer(name, code=name)
    for codes, amount in orders:
        made.order("p", ",".join(sorted(codes)) or None, amount)
    told = made.told()
    assert sum(row["revenue"] for row in told.values()) == sum(amount for codes, amount in orders if codes - {"FREE"})
    assert sum(row["orders"] for row in told.values()) == sum(len(codes - {"FREE"}) for codes, _ in orders)
