"""The journal of scores: what changed, that a score's rows sum to it, and that people keep their past under another name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import cache

import duckdb
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from tests.identity.light_dbt import LightDbt

from .lead_world import AS_OF

TABLES = {
    "rfm": "profile_id varchar, rfm_segment varchar",
    "customers": "profile_id varchar, tier integer",
    "leads": "profile_id varchar, grade varchar, score decimal(18, 4)",
    "run": "run_id varchar, as_of timestamp",
    "profiles": "profile_id varchar",
    "profile_changes": "old_profile_id varchar, profile_id varchar, kind varchar, position bigint",
}
Scores = dict[str, float]


@cache
def light_dbt() -> LightDbt:
    return LightDbt()


class Days:
    """One run after another over tables that hold what each says."""

    def __init__(self) -> None:
        self.con, self.dbt, self.number = duckdb.connect(), light_dbt(), 0
        self.con.execute("set threads = 1")
        for name, columns in TABLES.items():
            self.con.execute(f"create table {name} ({columns})")

    def run(self, leads: Scores | None = None, segments: dict[str, str] | None = None, *, full_refresh: bool = False) -> None:
        self.number += 1
        for name in ("rfm", "customers", "leads", "run", "profiles"):
            self.con.execute(f"delete from {name}")
        self.con.execute("insert into run values (?, ?)", [f"run{self.number}", AS_OF + timedelta(days=self.number)])
        for name, score in (leads or {}).items():
            self.con.execute("insert into leads values (?, ?, ?)", [name, "A1" if score > 50 else "B2", Decimal(str(score))])
            self.con.execute("insert into profiles values (?)", [name])
        for name, segment in (segments or {}).items():
            self.con.execute("insert into rfm values (?, ?)", [name, segment])
            self.con.execute("insert into profiles values (?)", [name])
        self.dbt.build(self.con, "history", "movements", "sizes_over_time", full_refresh=full_refresh)

    def renamed(self, old: str, new: str) -> None:
        self.con.execute("insert into profile_changes values (?, ?, 'rename', ?)", [old, new, self.number])

    def rows(self, query: str) -> list[tuple]:
        return self.con.execute(query).fetchall()


@pytest.fixture
def days() -> Iterator[Days]:
    world = Days()
    yield world
    world.con.close()


def test_a_slipping_champion_is_a_movement(days: Days) -> None:
    """Nobody is told that the best customers are leaving; or everybody is, every day, without any change."""
    days.run(segments={"p": "champions", "q": "loyal"})
    days.run(segments={"p": "champions", "q": "loyal"})
    days.run(segments={"p": "at_risk", "q": "loyal", "new": "new_customers"})
    assert days.rows("select profile_id, moved_from, moved_to, run_id from movements") == [("p", "champions", "at_risk", "run3")]
    assert days.rows("select count(*) from history") == [(4,)]


def test_directions_are_told_where_one_is_better(days: Days) -> None:
    """An audience of those who fell would take in those who rose."""
    days.run({"rises": 10, "falls": 90})
    days.run({"rises": 90, "falls": 10})
    found = days.rows("select profile_id, kind, direction from movements order by all")
    assert found == [
        (name, kind, way) for name, way in [("falls", "down"), ("rises", "up")] for kind in ("lead_grade", "lead_score")
    ]


def test_another_name_is_no_movement_and_loses_no_past(days: Days) -> None:
    """After two people turn out to be one, the champion of yesterday counts as new, or the old name as lost."""
    days.run({"old": 60}, {"old": "champions"})
    days.renamed("old", "new")
    days.run({"new": 60}, {"new": "champions"})
    assert days.rows("select * from movements") == []
    days.run({"new": 60}, {"new": "at_risk"})
    assert days.rows("select profile_id, moved_from, moved_to from movements") == [("new", "champions", "at_risk")]
    assert days.rows("select old_profile_id from history where profile_id = 'new' and kind = 'lead_score'") == [("old",)]
    assert days.rows("select sum(points) from history where profile_id = 'old'") == [(0,)]


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.decimals(0, 100, places=2)), min_size=1, max_size=6))
@limits(max_examples=10)
def test_the_log_sums_to_the_score(course: list[dict[str, Decimal]]) -> None:
    """A log of points that does not add up to the score on the screen convinces nobody; a full refresh must not begin it anew."""
    days = Days()
    with days.con:
        for number, scores in enumerate(course):
            days.run({name: float(score) for name, score in scores.items()}, full_refresh=number == 2)
            now = days.rows(
                "select profile_id, sum(points) from history where kind = 'lead_score' group by 1 having sum(points) <> 0"
            )
            assert dict(now) == {name: score for name, score in scores.items() if score}
            days.dbt.build(days.con, "history")
        changes = days.rows("select kind, profile_id, position from history group by all having count(*) > 1")
    assert changes == []


PEOPLE = st.dictionaries(st.sampled_from("pqrs"), st.sampled_from(["champions", "loyal", "at_risk"]))


@limits(max_examples=25, deadline=None)
@given(st.lists(PEOPLE, min_size=1, max_size=5), st.booleans())
def test_sizes_over_time_are_how_many_stood_there(runs: list[dict[str, str]], is_renamed: bool) -> None:
    """The chart of segments drifts away from the segments: whoever left, or got another name, is counted twice or never."""
    days = Days()
    expected: dict[tuple[int, str], int] = {}
    position, before = 0, dict[str, str]()
    for number, segments in enumerate(runs):
        if is_renamed and number:
            segments = {("p2" if name == "p" else name): segment for name, segment in segments.items()}
            if number == 1:
                days.renamed("p", "p2")
        days.run(segments=segments)
        position += segments != before
        expected |= {(position, segment): list(segments.values()).count(segment) for segment in segments.values()}
        before = segments
    found = days.rows("select position, value, people from sizes_over_time where people <> 0")
    days.con.close()
    assert {(position, value): people for position, value, people in found} == expected
