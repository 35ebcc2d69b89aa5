"""What a holdout shows: who counts in which group, and what the two may be said to differ by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from dagster_project.measurement.intervals import detectable, mean_difference, sample_ratio_p, share_difference
from dagster_project.measurement.lift import holdout_lift
from tests.profiles.models import build

SIMULATIONS = 2000
TOLERANCE = 0.015

# Newcombe 1998, table II, method 5: x1, n1, x2, n2 → low, high.
PUBLISHED = [
    (56, 70, 48, 80, 0.0528, 0.3382),
    (9, 10, 3, 10, 0.1700, 0.8406),
    (6, 7, 2, 7, 0.0342, 0.8534),
    (5, 56, 0, 29, -0.0326, 0.1933),
    (0, 10, 0, 20, -0.1658, 0.2844),
    (0, 10, 0, 10, -0.2879, 0.2879),
    (10, 10, 0, 20, 0.7156, 1.0000),
    (10, 10, 0, 10, 0.6636, 1.0000),
]


def test_intervals_of_shares_are_the_published_ones() -> None:
    """A slip in the closed form of the likeliest shares would move bounds too little to be seen by eye."""
    x1, n1, x2, n2, low, high = np.array(PUBLISHED).T
    found = share_difference(x1, n1, x2, n2)
    assert np.allclose(found[0], low, atol=6e-5)
    assert np.allclose(found[1], high, atol=6e-5)
    mirrored = share_difference(x2, n2, x1, n1)
    assert np.allclose(mirrored[0], -found[1])
    assert np.allclose(mirrored[2], found[2])


def test_interval_and_p_value_of_shares_agree() -> None:
    """A lift "beyond chance" whose interval holds 0 would be contradicted in the next column."""
    x1, x2 = (grid.ravel() for grid in np.meshgrid(np.arange(0, 400, 7), np.arange(0, 41)))
    low, high, p = share_difference(x1, 400, x2, 40)
    assert np.array_equal((low > 0) | (high < 0), p < 0.05)
    assert np.all((low >= -1) & (low <= x1 / 400 - x2 / 40) & (high >= x1 / 400 - x2 / 40) & (high <= 1))


@pytest.mark.parametrize(
    ("people", "shares"),
    [((9000, 1000), (0.08, 0.08)), ((9000, 1000), (0.10, 0.08)), ((1800, 200), (0.05, 0.10)), ((500, 500), (0.3, 0.2))],
)
def test_intervals_of_shares_cover_the_truth(people: tuple[int, int], shares: tuple[float, float]) -> None:
    """An interval that misses more often than it says sells chance as an effect; one that never does hides effects."""
    rng = np.random.default_rng(8)
    x1, x2 = (rng.binomial(n, share, SIMULATIONS) for n, share in zip(people, shares, strict=True))
    low, high, _ = share_difference(x1, people[0], x2, people[1])
    truth = shares[0] - shares[1]
    assert abs(np.mean((low <= truth) & (truth <= high)) - 0.95) <= TOLERANCE


def baskets(rng: np.random.Generator, people: int, share: float, tail: float) -> tuple[np.ndarray, np.ndarray]:
    """Of each simulation, the sum and the sum of squares of what people brought: nothing, or an amount with a long tail."""
    buyers = rng.binomial(people, share, SIMULATIONS)
    amounts = rng.lognormal(4, tail, buyers.sum())
    starts = np.concatenate([[0], np.cumsum(buyers)[:-1]])
    return np.add.reduceat(amounts, starts), np.add.reduceat(amounts**2, starts)


@pytest.mark.parametrize(
    ("people", "shares", "tail"),
    [((9000, 1000), (0.08, 0.08), 0.8), ((9000, 1000), (0.08, 0.08), 1.5), ((9000, 1000), (0.104, 0.08), 0.8),
     ((4500, 500), (0.05, 0.07), 1.0), ((3000, 3000), (0.06, 0.05), 1.2)],
)  # fmt: skip
def test_intervals_of_revenue_cover_the_truth(people: tuple[int, int], shares: tuple[float, float], tail: float) -> None:
    """Few people bring much, and controls are few: Welch's interval then misses the truth in one case of ten."""
    rng = np.random.default_rng(8)
    groups = [baskets(rng, n, share, tail) for n, share in zip(people, shares, strict=True)]
    low, high, p = mean_difference(people[0], *groups[0], people[1], *groups[1])
    truth = (shares[0] - shares[1]) * np.exp(4 + tail**2 / 2)
    assert abs(np.mean((low <= truth) & (truth <= high)) - 0.95) <= TOLERANCE
    assert np.array_equal((low > 0) | (high < 0), p < 0.05)


def test_p_values_are_uniform_without_an_effect() -> None:
    """P-values that crowd near 0 find effects of audiences that have none."""
    rng = np.random.default_rng(9)
    x1, x2 = rng.binomial(90_000, 0.2, SIMULATIONS), rng.binomial(10_000, 0.2, SIMULATIONS)
    assert stats.kstest(share_difference(x1, 90_000, x2, 10_000)[2], "uniform").pvalue > 0.01
    one, other = baskets(rng, 9000, 0.08, 0.8), baskets(rng, 1000, 0.08, 0.8)
    assert stats.kstest(mean_difference(9000, *one, 1000, *other)[2], "uniform").pvalue > 0.01


def test_people_lost_on_the_way_are_noticed_and_chance_is_not() -> None:
    """A split that lost a tenth of the controls compares people with other people; an even one must not be called lost."""
    rng = np.random.default_rng(10)
    assert np.mean(sample_ratio_p(rng.binomial(20_000, 0.1, SIMULATIONS), 20_000, 0.1) < 0.001) < 0.004
    assert sample_ratio_p(1_800, 19_800, 0.1) < 0.001
    assert np.isnan(sample_ratio_p(4, 20, 0.1))


def test_what_can_be_seen_is_seen_four_times_in_five() -> None:
    """Days promised for an effect that would then not show are days lost."""
    rng = np.random.default_rng(11)
    n1, n2, share = 180_000, 20_000, 0.2
    effect = float(detectable(np.sqrt(share * (1 - share) * (1 / n1 + 1 / n2))))
    x1, x2 = rng.binomial(n1, share + effect, SIMULATIONS), rng.binomial(n2, share, SIMULATIONS)
    assert np.mean(share_difference(x1, n1, x2, n2)[2] < 0.05) == pytest.approx(0.8, abs=0.04)


def groups(treated: dict[str, Any], control: dict[str, Any], **more: Any) -> dict[str, dict[str, Any]]:
    """measurement.holdout_lift of one audience with these groups: metric → row."""
    empty = {"people": 0, "entered_recently": 0, "converted": 0, "conversions": 0, "revenue": Decimal(0)}
    empty |= {"revenue_squares": Decimal(0), "largest_revenue": Decimal(0)}
    shared = {"audience": "carts", "share": 0.1, "started_at": datetime(2026, 1, 1), "started_on": datetime(2026, 1, 1).date()}
    shared |= {"recent_days": 28.0, "currency": "EUR"} | more
    rows = [shared | empty | {"is_held_out": held} | group for held, group in ((True, control), (False, treated))]
    con = duckdb.connect()
    con.register("holdout_groups", pa.Table.from_pylist(rows))
    return {row["metric"]: row for row in holdout_lift(con.table("holdout_groups")).to_pylist()}


def test_a_lift_by_hand() -> None:
    """10 % of 9,000 against 7 % of 1,000: three points, 270 people more than without."""
    told = groups({"people": 9000, "converted": 900}, {"people": 1000, "converted": 70})["conversion"]
    assert (told["lift"], told["brought"], told["verdict"]) == (pytest.approx(0.03), pytest.approx(270), "lift")
    assert told["lift_percent"] == pytest.approx(3 / 7 * 100)
    assert 0 < told["lift_low"] < 0.03 < told["lift_high"]
    assert told["brought_low"] == pytest.approx(9000 * told["lift_low"], abs=1e-3)
    assert not told["is_mismatched"]
    worse = groups({"people": 9000, "converted": 400}, {"people": 1000, "converted": 90})["conversion"]
    assert (worse["verdict"], worse["brought_high"] < 0) == ("harm", True)


def test_days_until_a_point_can_be_seen() -> None:
    """The days said must be those after which the effect can be seen, at the rate at which people enter."""
    now = {"people": 9000, "converted": 720, "entered_recently": 2520}, {"people": 1000, "converted": 80, "entered_recently": 280}
    told = groups(*now)["conversion"]
    assert (told["people_a_day"], told["verdict"]) == (100, "too_early")
    days = told["days_to_target"]
    assert told["says"] == f"run {days} more days to see 1 point"

    def after(more: int) -> dict[str, Any]:
        grown = 1 + more * 100 / 10_000
        sizes = [{name: round(value * grown) for name, value in group.items()} for group in now]
        return groups(*sizes)["conversion"]

    assert after(days)["detectable"] <= 0.01 + 1e-6 < after(days - 2)["detectable"]
    assert after(days + 1)["verdict"] == "none_seen"
    nobody = groups({**now[0], "entered_recently": 0}, {**now[1], "entered_recently": 0})["conversion"]
    assert (nobody["days_to_target"], nobody["says"]) == (None, "too few people to see 1 point, and nobody enters now")


def test_no_verdict_without_grounds() -> None:
    """Three conversions, a lost control group, or one large purchase are no effect."""
    few = groups({"people": 90, "converted": 3}, {"people": 10, "converted": 0})
    assert [(row["verdict"], row["detectable"], row["days_to_target"]) for row in few.values()] == [("too_early", None, None)] * 2
    alone = groups({"people": 90, "converted": 30}, {})
    assert [row["verdict"] for row in alone.values()] == ["no_comparison"] * 2
    assert [row["lift_low"] for row in alone.values()] == [None] * 2
    lost = groups({"people": 9000, "converted": 900}, {"people": 600, "converted": 40})["conversion"]
    assert (lost["verdict"], lost["is_mismatched"]) == ("mismatch", True)
    assert "no comparison holds" in lost["says"]
    rich = Decimal(1_000_000)
    hangs = groups(
        {"people": 900, "converted": 90, "revenue": Decimal(9_000), "revenue_squares": Decimal(900_000), "largest_revenue": 100},
        {"people": 100, "converted": 10, "revenue": rich, "revenue_squares": rich**2, "largest_revenue": rich},
    )["revenue"]
    assert hangs["verdict"] in ("too_early", "hangs_on_one")
    free = groups({"people": 900, "converted": 90}, {"people": 100, "converted": 9})["revenue"]
    assert (free["lift"], free["lift_percent"], free["p_value"], free["verdict"]) == (0, None, None, "too_early")


SALT = "relance"


def draw(text: str) -> float:
    return int(hashlib.md5(text.encode()).hexdigest()[:8], 16) / 2**32


class World:
    """Entries into audiences, and the two groups that follow."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        self.con.execute("create table run as select timestamp '2026-06-30 22:00' as as_of")
        for name, columns in {
            "company": "currency varchar, timezone varchar, holdout_salt varchar, holdout_overall double",
            "audiences": "audience varchar, kind varchar, holdout_share double",
            "membership_changes": "audience varchar, profile_id varchar, change varchar, entered_at timestamp, position bigint",
            "aliases": "alias varchar, profile_id varchar",
            "internal_people": "profile_id varchar",
            "conversions": "profile_id varchar, kind varchar, occurred_at timestamp, net_company decimal(18, 4)",
        }.items():
            self.con.execute(f"create table {name} ({columns})")

    def clear(self) -> None:
        for name in ("company", "audiences", "membership_changes", "aliases", "internal_people", "conversions"):
            self.con.execute(f"delete from {name}")
        self.audience("carts", 0.5)

    def audience(self, name: str, share: float, overall: float = 0.0, kind: str = "retargeting") -> None:
        self.con.execute("delete from company")
        self.con.execute("insert into company values ('EUR', 'UTC', ?, ?)", [SALT, overall])
        self.con.execute("insert into audiences values (?, ?, ?)", [name, kind, share])

    def enters(self, name: str, days_ago: float, audience: str = "carts", change: str = "entered", position: int = 1) -> None:
        row = [audience, name, change, ago(days_ago), position]
        self.con.execute("insert into membership_changes values (?, ?, ?, ?, ?)", row)

    def buys(self, name: str, days_ago: float, amount: float | None, kind: str = "purchase") -> None:
        self.con.execute("insert into conversions values (?, ?, ?, ?)", [name, kind, ago(days_ago), amount])

    def groups(self, audience: str = "carts", anew: bool = True) -> dict[bool, dict[str, Any]]:
        """is_held_out → the group."""
        build(self.con, *(["holdout_assignments"] if anew else []), "holdout_groups")
        query = f"from holdout_groups where audience = '{audience}'"
        return {row["is_held_out"]: row for row in self.con.execute(query).to_arrow_table().to_pylist()}


def ago(days: float) -> datetime:
    return datetime(2026, 6, 30, 22) - timedelta(days=days)


def names(held_out: bool, audience: str = "carts", share: float = 0.5) -> Iterator[str]:
    """Names that are drawn into the holdout, or not."""
    return (f"p{n}" for n in range(10_000) if (draw(f"{SALT}|{audience}|p{n}") < share) == held_out)


@pytest.fixture(scope="module")
def made() -> World:
    return World()


@pytest.fixture
def world(made: World) -> World:
    made.clear()
    return made


def test_everybody_counts_as_assigned(world: World) -> None:
    """Left out of a comparison, those who left or were not reached would leave it to the keen ones alone."""
    treated, spared = names(False), names(True)
    stays, leaves, early = next(treated), next(treated), next(treated)
    control = next(spared)
    boss = next(treated)
    world.con.execute("insert into internal_people values (?)", [boss])
    for name in (stays, leaves, early, control, boss):
        world.enters(name, 20)
    world.enters(leaves, 20, change="left", position=2)
    world.buys(leaves, 5, 30)
    world.buys(early, 25, 99)
    world.buys(stays, 10, 50)
    world.buys(stays, 3, 20)
    world.buys(stays, 3, None, kind="attendance")
    world.buys(control, 1, None)
    told = world.groups()
    assert [told[False][name] for name in ("people", "converted", "conversions", "revenue", "largest_revenue")] == [
        3,
        2,
        3,
        100,
        70,
    ]
    assert told[False]["revenue_squares"] == 70**2 + 30**2
    assert [told[True][name] for name in ("people", "converted", "revenue")] == [1, 1, 0]


def test_who_fell_in_both_groups_under_two_names_leaves(world: World) -> None:
    """They were both spoken to and spared; who falls in one group under all their names is one person of it."""
    spared, treated = names(True), names(False)
    before, after, one, two, former, today = (
        next(spared), next(treated), next(spared), next(treated), next(spared), next(spared),
    )  # fmt: skip
    world.enters(before, 20)
    world.enters(before, 20, change="renamed_from", position=2)
    world.enters(after, 20, change="renamed_to", position=2)
    world.enters(two, 10, position=2)
    world.enters(one, 9, position=3)
    world.enters(former, 10, position=4)
    world.enters(today, 9, position=5)
    for alias, person in ((before, after), (one, two), (former, today)):
        world.con.execute("insert into aliases values (?, ?)", [alias, person])
    for person in (after, two, today):
        world.buys(person, 1, 7)
    told = world.groups()
    assert [(told[held]["people"], told[held]["revenue"]) for held in (True, False)] == [(1, 7), (0, 0)]


def test_a_changed_share_begins_anew(world: World) -> None:
    """Pooled, the group that grew late would be compared with people of another season."""
    world.con.execute(
        """create or replace table holdout_assignments as
        select 'carts' as audience, 'p' || n as profile_id, timestamp '2026-05-01' + to_days(n // 10) as assigned_at,
            n % 10 < case when n < 50 then 1 else 2 end as is_held_out, case when n < 50 then 0.1::double else 0.2 end as share,
            false as is_held_out_of_all, 0.0 as share_of_all, n // 10 as position
        from range(100) as t(n)"""
    )
    told = world.groups(anew=False)
    assert {held: (row["people"], row["share"], row["entered_recently"]) for held, row in told.items()} == {
        False: (40, 0.2, 0), True: (10, 0.2, 0),
    }  # fmt: skip
    assert told[True]["started_at"] == datetime(2026, 5, 6)


def test_all_audiences_together(world: World) -> None:
    """Who is held out of one audience alone is spoken to by others, and belongs to those who are."""
    world.con.execute("delete from audiences")
    world.audience("carts", 0.3, overall=0.2)
    world.audience("viewers", 0.0, overall=0.2)
    world.audience("staff", 0.0, overall=0.2, kind="suppression")
    everybody = [f"p{n}" for n in range(300)]
    for name in everybody:
        world.enters(name, 20)
        world.enters(name, 15, audience="viewers", position=2)
        world.enters(name, 30, audience="staff")
    out = {name for name in everybody if draw(f"{SALT}||{name}") < 0.2}
    out_of_carts = out | {name for name in everybody if draw(f"{SALT}|carts|{name}") < 0.3}
    told = {audience: world.groups(audience) for audience in ("all", "carts", "viewers", "staff")}
    assert {audience: rows[True]["people"] for audience, rows in told.items() if rows} == {
        "all": len(out), "carts": len(out_of_carts), "viewers": len(out),
    }  # fmt: skip
    assert told["all"][False]["people"] == 300 - len(out)
    assert told["carts"][True]["share"] == pytest.approx(1 - 0.7 * 0.8)
    world.clear()
    world.enters("p1", 3)
    assert world.groups("all") == {}


def test_the_rate_of_entries_leaves_out_those_who_were_there(world: World) -> None:
    """The first run finds thousands in an audience: taken for a daily rate, a test would seem over tomorrow."""
    for number in range(50):
        world.enters(f"p{number}", 60)
    for number in range(50, 64):
        world.enters(f"p{number}", 14, position=2)
    told = world.groups()
    assert sum(row["entered_recently"] for row in told.values()) == 14
    assert {row["recent_days"] for row in told.values()} == {28}
