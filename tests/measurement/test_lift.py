"""What a holdout shows: who counts in which group of which trial, and what is concluded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from dagster_project.measurement.lift import holdout_lift
from tests.profiles.models import build, model_sql


def groups(treated: dict[str, Any], control: dict[str, Any], **more: Any) -> dict[str, dict[str, Any]]:
    """measurement.holdout_lift of one audience with these groups: metric → row."""
    empty = {"people": 0, "entered_recently": 0, "converted": 0, "conversions": 0, "buyers": 0, "revenue": Decimal(0)}
    empty |= {"revenue_squares": Decimal(0), "largest_revenue": Decimal(0)}
    shared = {"audience": "carts", "goal": "order", "share": 0.1, "target": 0.125, "outcome_days": 28, "ended_at": None}
    shared |= {
        "started_at": datetime(2026, 1, 1),
        "started_on": datetime(2026, 1, 1).date(),
        "recent_days": 28.0,
        "currency": "EUR",
    }
    rows = [
        shared | empty | {"assigned": group.get("people", 0), "is_held_out": held} | group | more
        for held, group in ((True, control), (False, treated))
    ]
    con = duckdb.connect()
    con.register("holdout_groups", pa.Table.from_pylist(rows))
    return {row["metric"]: row for row in holdout_lift(con.table("holdout_groups")).to_pylist()}


def test_a_lift_by_hand() -> None:
    """13 % of 9,000 against 7 % of 1,000: six points, 540 people more than without."""
    told = groups({"people": 9000, "converted": 1170}, {"people": 1000, "converted": 70})["conversion"]
    assert (told["lift"], told["brought"], told["verdict"]) == (pytest.approx(0.06), pytest.approx(540), "lift")
    assert told["lift_percent"] == pytest.approx(6 / 7 * 100)
    assert 0 < told["sure_low"] < told["lift_low"] < 0.06 < told["lift_high"] < told["sure_high"]
    assert told["brought_low"] == pytest.approx(9000 * told["lift_low"], abs=1e-3)
    assert not told["is_mismatched"]
    worse = groups({"people": 9000, "converted": 300}, {"people": 1000, "converted": 90})["conversion"]
    assert (worse["verdict"], worse["brought_high"] < 0) == ("harm", True)


def test_a_lift_of_one_look_is_none_of_all() -> None:
    """By the twentieth look one of them excludes 0 by chance."""
    told = groups({"people": 9000, "converted": 900}, {"people": 1000, "converted": 75})["conversion"]
    assert told["lift_low"] > 0 > told["sure_low"]
    assert told["p_value"] < 0.05 and told["verdict"] == "too_early"


NOW = (
    {"people": 9000, "converted": 720, "entered_recently": 2520},
    {"people": 1000, "converted": 80, "entered_recently": 280},
)


def test_days_until_a_point_can_be_seen() -> None:
    """The days said must be those after which the effect shows or is ruled out, at the rate at which people enter."""
    told = groups(*NOW)["conversion"]
    assert (told["people_a_day"], told["verdict"], told["target"]) == (100, "too_early", pytest.approx(0.01))
    days = told["days_to_target"]
    assert told["says"] == f"run {days} more days to see 1 point"

    def after(more: int) -> dict[str, Any]:
        grown = 1 + more * 100 / 10_000
        return groups(*[{name: round(value * grown) for name, value in group.items()} for group in NOW])["conversion"]

    assert after(days)["detectable"] <= 0.01 + 1e-6 < after(days - 2)["detectable"]
    assert after(days + 1)["verdict"] == "none_seen"
    for never in ({"entered_recently": 0}, {"entered_recently": 140}):
        told = groups(*NOW, **never)["conversion"]
        assert (told["days_to_target"], told["says"]) == (None, "too few people enter to see 1 point within ten years")


def test_no_effect_is_said_only_where_the_target_is_ruled_out() -> None:
    """A difference that lies between nothing and the target is not known to be either, however long the test has run."""
    many = {"people": 1_800_000, "converted": 145_200}, {"people": 200_000, "converted": 16_000}
    told = groups(*many)["conversion"]
    assert (told["days_to_target"], told["verdict"]) == (0, "none_seen")
    assert -told["target"] < told["sure_low"] < 0 < told["sure_high"] < told["target"]
    between = groups({"people": 360_000, "converted": 30_000}, {"people": 40_000, "converted": 3_200}, target=0.07)["conversion"]
    assert between["verdict"] == "too_early" and between["sure_low"] < 0 and between["sure_high"] > between["target"]
    dawn = groups(bought(900, 90), bought(100, 30), target=0.0001)
    assert [(row["sure_low"], row["verdict"]) for row in dawn.values()] == [(None, "too_early")] * 2
    assert all(row["lift_low"] is not None for row in dawn.values())
    nothing = groups({"people": 9000, "converted": 12}, {"people": 1000})["conversion"]
    assert (nothing["target"], nothing["verdict"]) == (None, "too_early")


def bought(people: int, buyers: int, basket: float = 50.0, more: float = 0.0) -> dict[str, Any]:
    """A group whose buyers pay this or half as much again, evenly; and one of them more."""
    squares = buyers * basket**2 * 1.04 + more**2
    return {
        "people": people, "converted": buyers, "buyers": buyers, "revenue": Decimal(buyers * basket + more),
        "revenue_squares": Decimal(squares), "largest_revenue": Decimal(max(more, basket * 1.2)),
    }  # fmt: skip


def test_no_verdict_without_grounds() -> None:
    """Three conversions, a lost control group, or one large purchase are no effect: an interval of them would be a wrong one."""
    few = groups({"people": 90, "converted": 3}, {"people": 10, "converted": 0})
    assert [(row["verdict"], row["detectable"], row["days_to_target"]) for row in few.values()] == [("too_early", None, None)] * 2
    assert [row[bound] for row in few.values() for bound in ("lift_low", "sure_high", "p_value")] == [None] * 6
    assert "too small" in few["conversion"]["says"]
    assert groups(bought(9000, 900), bought(1000, 29))["revenue"]["lift_low"] is None
    assert groups(bought(9000, 900), bought(1000, 30))["revenue"]["verdict"] == "lift"
    alone = groups({"people": 90, "converted": 30}, {})
    assert [row["verdict"] for row in alone.values()] == ["no_comparison"] * 2
    assert [row["lift_low"] for row in alone.values()] == [None] * 2
    lost = groups({"people": 9000, "converted": 900}, {"people": 600, "converted": 40})["conversion"]
    assert (lost["verdict"], lost["is_mismatched"]) == ("mismatch", True)
    assert "no comparison holds" in lost["says"]
    hangs = groups(bought(9000, 900), bought(1000, 90, more=1_000_000))["revenue"]
    assert (hangs["verdict"], hangs["lift_low"]) == ("hangs_on_one", None)
    waiting = groups({"people": 0, "assigned": 900}, {"people": 0, "assigned": 100})
    assert {(row["verdict"], row["says"]) for row in waiting.values()} == {("too_early", "nobody's 28 days are over yet")}


SALT = "relance"
TABLES = {
    "company": """currency varchar, timezone varchar, holdout_salt varchar, holdout_overall double, holdout_outcome_days bigint,
        holdout_target double""",
    "audiences": "audience varchar, kind varchar, holdout_share double, goal varchar",
    "members": "audience varchar, kind varchar, profile_id varchar, holdout boolean, is_of_both boolean",
    "aliases": "alias varchar, profile_id varchar",
    "internal_people": "profile_id varchar",
    "conversions": "profile_id varchar, kind varchar, is_sale boolean, occurred_at timestamp, net_company decimal(18, 4)",
    "unified_reviews": "customer_id varchar, email varchar, source varchar, created_at timestamp",
    "sessions": "identifier_type varchar, identifier varchar, started_at timestamp",
    "identifiers": "identifier_type varchar, identifier varchar, profile_id varchar",
}
JOURNALS = ("holdout_trials", "holdout_assignments")


def draw(text: str) -> float:
    return int(hashlib.md5(text.encode()).hexdigest()[:8], 16) / 2**32


def ago(days: float) -> datetime:
    return datetime(2026, 6, 30, 22) - timedelta(days=days)


class World:
    """Runs that find people in audiences, and the two groups that follow."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        for name, columns in TABLES.items():
            self.con.execute(f"create table {name} ({columns})")

    def clear(self) -> None:
        for name in TABLES:
            self.con.execute(f"delete from {name}")
        for name in JOURNALS:
            self.con.execute(f"drop table if exists {name}")
        self.draws({"carts": 0.5})

    def draws(self, shares: dict[str, float], overall: float = 0.0, salt: str = SALT, goal: str | None = None) -> None:
        """From the next run on, holdouts are drawn like this."""
        self.shares, self.overall, self.salt = shares, overall, salt
        self.con.execute("delete from company")
        self.con.execute("delete from audiences")
        self.con.execute("insert into company values ('EUR', 'UTC', ?, ?, 28, 0.2)", [salt, overall])
        for name, share in shares.items():
            kind = "suppression" if name == "staff" else "retargeting"
            self.con.execute("insert into audiences values (?, ?, ?, ?)", [name, kind, share, goal])

    def run(self, days_ago: float, *people: str, **audiences: list[str]) -> None:
        """A run that finds these people in carts, or in audiences by name."""
        self.con.execute("create or replace table run as select ?::timestamp as as_of", [ago(days_ago)])
        self.con.execute("delete from members")
        for audience, names in ({"carts": list(people)} | audiences).items():
            kind = "suppression" if audience == "staff" else "retargeting"
            for name in names:
                row = [audience, kind, name, kind != "suppression" and self.is_spared(name, audience)]
                self.con.execute("insert into members values (?, ?, ?, ?, false)", row)
        for journal in JOURNALS:
            if self.con.execute("select 1 from duckdb_tables() where table_name = ?", [journal]).fetchone():
                self.con.execute(f"insert into {journal} by name {model_sql(journal, incremental=True)}")
            else:
                build(self.con, journal)

    def is_spared(self, name: str, audience: str) -> bool:
        return draw(f"{self.salt}|{audience}|{name}") < self.shares[audience] or draw(f"{self.salt}||{name}") < self.overall

    def buys(self, name: str, days_ago: float, amount: float | None, kind: str = "purchase", is_told_twice: bool = False) -> None:
        is_sale = kind in ("purchase", "subscription") and not is_told_twice
        self.con.execute("insert into conversions values (?, ?, ?, ?, ?)", [name, kind, is_sale, ago(days_ago), amount])

    def groups(self, audience: str = "carts") -> dict[bool, dict[str, Any]]:
        """is_held_out → the group."""
        build(self.con, "holdout_groups")
        query = f"from holdout_groups where audience = '{audience}'"
        return {row["is_held_out"]: row for row in self.con.execute(query).to_arrow_table().to_pylist()}

    def told(self, *columns: str) -> list[Any]:
        """Of those to be spoken to and of those to be spared."""
        found = self.groups()
        return [tuple(found[held][column] for column in columns) for held in (False, True)]


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
    stays, leaves, early, boss = (next(treated) for _ in range(4))
    control = next(spared)
    world.con.execute("insert into internal_people values (?)", [boss])
    world.run(40, stays, leaves, early, control, boss)
    world.run(39, stays)
    world.buys(leaves, 25, 30)
    world.buys(early, 41, 99)
    world.buys(stays, 30, 50)
    world.buys(stays, 23, 20)
    world.buys(stays, 23, None, kind="attendance")
    world.buys(control, 21, None)
    world.run(0)
    columns = ("people", "converted", "conversions", "buyers", "revenue", "largest_revenue", "revenue_squares")
    assert world.told(*columns) == [(3, 2, 3, 2, 100, 70, 70**2 + 30**2), (1, 1, 1, 0, 0, 0, 0)]


def test_what_counts_ends_with_the_days_that_count(world: World) -> None:
    """All that people ever do drowns what a message did; who is followed for a day has had no time to do anything."""
    treated, spared = next(names(False)), names(True)
    one, late = next(spared), next(spared)
    world.run(30, treated, one)
    world.run(27, late)
    world.buys(treated, 2, 10)
    world.buys(treated, 1.9, 100)
    world.buys(late, 26, 100)
    world.buys(one, 5, 20)
    world.buys(one, 4, -70)
    world.run(0)
    assert world.told("assigned", "people", "revenue") == [(1, 1, 10), (2, 1, 0)]


def test_one_large_sale_ends_no_run(world: World) -> None:
    """A contract of 150,000 has a square of more digits than DuckDB's product of two amounts."""
    treated, spared = next(names(False)), next(names(True))
    world.run(40, treated, spared)
    world.buys(treated, 30, 150_000)
    world.run(0)
    assert world.told("revenue", "revenue_squares") == [(150_000, 150_000**2), (0, 0)]


@pytest.mark.parametrize(
    ("goal", "converted"), [("order", 1), ("sale", 2), ("conversion", 2), (None, 2), ("review", 1), ("visit", 1)]
)
def test_conversion_is_what_the_audience_asks_for(world: World, goal: str | None, converted: int) -> None:
    """An audience that asks for a review is not judged by its orders alone, nor is one sale told twice two."""
    world.draws({"carts": 0.5}, goal=goal)
    people = names(False)
    buyer, subscriber, critic, guest = (next(people) for _ in range(4))
    world.run(40, buyer, subscriber, critic, guest)
    world.buys(buyer, 30, 5)
    world.buys(subscriber, 30, 7, kind="subscription")
    world.buys(buyer, 30, 5, kind="subscription", is_told_twice=True)
    world.con.execute("insert into identifiers values ('email', 'c@example.com', ?), ('anonymous_id', 'a1', ?)", [critic, guest])
    world.con.execute("insert into unified_reviews values (null, 'c@example.com', 'generic', ?)", [ago(20)])
    world.con.execute("insert into sessions values ('anonymous_id', 'a1', ?), ('anonymous_id', 'a1', ?)", [ago(20), ago(1)])
    world.run(0)
    assert world.told("converted", "conversions", "buyers", "revenue")[0] == (converted, converted, 2, 12)


def test_a_holdout_that_is_switched_on_later_is_not_backdated(world: World) -> None:
    """Who entered before was spoken to like all: what they did then says nothing of the holdout."""
    world.draws({"carts": 0.0})
    before, gone, after = (next(name) for name in [names(True)] * 3)
    world.run(100, before, gone)
    world.buys(before, 90, 500)
    world.draws({"carts": 0.5})
    world.run(40, before)
    world.run(35, before, after)
    world.buys(before, 30, 7)
    world.run(0)
    assert world.told("assigned", "revenue", "started_at")[1] == (2, 7, ago(40))
    assert world.con.execute("select distinct trial from holdout_assignments").fetchall() == [(1,)]


@pytest.mark.parametrize("changed", [{"shares": {"carts": 0.6}}, {"salt": "other"}, {"overall": 0.1}])
def test_another_draw_is_another_trial(world: World, changed: dict[str, Any]) -> None:
    """Pooled, some would count as spoken to whom the new draw spares; and who took part bears the marks of the first."""
    first = [f"p{n}" for n in range(40)]
    world.run(90, *first)
    world.draws(**{"shares": {"carts": 0.5}} | changed)
    second = [f"p{n}" for n in range(40, 100)]
    world.run(60, *first, *second)
    world.run(59, *first, *second)
    told = world.groups()
    assert sum(group["assigned"] for group in told.values()) == len(second)
    assert told[True]["assigned"] == sum(world.is_spared(name, "carts") for name in second)
    assert (told[True]["started_at"], told[True]["ended_at"]) == (ago(60), None)


def test_a_trial_ends_where_the_holdout_is_switched_off(world: World) -> None:
    """Who is spoken to again is spared no more: whose days were not over then counts as neither."""
    treated, spared = names(False), names(True)
    early, late = next(spared), next(spared)
    other, renamed = next(treated), next(treated)
    world.run(90, early, other)
    world.run(60, late)
    world.draws({"carts": 0.0})
    world.run(50, early, late, other)
    world.run(0, early, late, other, renamed)
    assert world.told("assigned", "people", "ended_at", "entered_recently") == [(1, 1, ago(50), 0), (2, 1, ago(50), 0)]
    # A name of later is drawn as the trial drew, not as today.
    world.con.execute("insert into aliases values (?, ?)", [early, next(spared)])
    assert world.told("people") == [(1,), (1,)]


def test_who_fell_in_both_groups_under_two_names_leaves(world: World) -> None:
    """They were both spoken to and spared; who falls in one group under all their names is one person of it."""
    spared, treated = names(True), names(False)
    before, after, one, two, former, today = (
        next(spared), next(treated), next(spared), next(treated), next(spared), next(spared),
    )  # fmt: skip
    world.run(40, before, two, former)
    world.run(39, after, one, today)
    for alias, person in ((before, after), (one, two), (former, today)):
        world.con.execute("insert into aliases values (?, ?)", [alias, person])
    for person in (after, two, today):
        world.buys(person, 20, 7)
    world.run(0)
    assert world.told("people", "revenue") == [(0, 0), (1, 7)]


def test_the_erased_are_in_neither_group(world: World) -> None:
    """What they bought is known no more: counted as people who bought nothing, they would speak against their group."""
    treated = names(False)
    stays, erased = next(treated), next(treated)
    world.run(40, stays, erased)
    world.con.execute("update holdout_assignments set profile_id = 'erased-0123456789' where profile_id = ?", [erased])
    world.run(0, stays)
    assert world.told("assigned", "people") == [(1, 1), (0, 0)]


def test_all_audiences_together(world: World) -> None:
    """Who is held out of one audience alone is spoken to by others, and belongs to those who are."""
    world.draws({"carts": 0.3, "viewers": 0.0, "staff": 0.0}, overall=0.2)
    everybody = [f"p{n}" for n in range(300)]
    world.run(40, carts=everybody, staff=everybody)
    world.run(35, carts=everybody, viewers=everybody)
    world.run(0)
    out = {name for name in everybody if draw(f"{SALT}||{name}") < 0.2}
    out_of_carts = out | {name for name in everybody if draw(f"{SALT}|carts|{name}") < 0.3}
    told = {audience: world.groups(audience) for audience in ("all", "carts", "viewers", "staff")}
    assert {audience: rows[True]["people"] for audience, rows in told.items() if rows} == {
        "all": len(out), "carts": len(out_of_carts), "viewers": len(out),
    }  # fmt: skip
    assert told["all"][False]["people"] == 300 - len(out)
    assert told["carts"][True]["share"] == pytest.approx(1 - 0.7 * 0.8)
    world.clear()
    world.run(3, "p1")
    assert world.groups("all") == {}


def test_the_rate_of_entries_leaves_out_those_who_were_there(world: World) -> None:
    """The first run finds thousands in an audience: taken for a daily rate, a test would seem over tomorrow."""
    first = [f"p{n}" for n in range(50)]
    world.run(60, *first)
    world.run(14, *first, *(f"p{n}" for n in range(50, 64)))
    world.run(0)
    told = world.groups()
    assert sum(row["entered_recently"] for row in told.values()) == 14
    assert {row["recent_days"] for row in told.values()} == {28}
