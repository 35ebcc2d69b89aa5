"""The benchmark of the audience room on few people: that they are as many as it says, and stand where they would."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from bench.audiences import Small, measure_day
from bench.audiences_case import examine
from bench.process import Measurement
from bench.room import SETTINGS
from dagster_project.audiences import load_audiences
from dagster_project.settings import load_settings

COPIES = 3


@pytest.fixture(scope="module")
def small(first_run: tuple[Path, Measurement], tmp_path_factory: pytest.TempPathFactory) -> Small:
    """The shop of the first run, and the same a day later, in which somebody new comes and nothing else is told."""
    folder = tmp_path_factory.mktemp("small")
    small = Small(folder / "before.duckdb", folder / "after.duckdb")
    shutil.copy(first_run[0] / "warehouse.duckdb", small.before)
    shutil.copy(small.before, small.after)
    with duckdb.connect(str(small.after)) as con:
        con.execute("update control.run set run_id = 'next', as_of = as_of + interval 1 day, as_of_date = as_of_date + 1")
        con.execute("insert into profiles.profiles (profile_id, is_known, email) values ('pnew', true, 'new@example.com')")
    return small


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "landing").mkdir()
    (tmp_path / "relance.yml").write_text(SETTINGS.format(memory="1GB"), encoding="utf-8")
    return tmp_path


def test_every_person_is_there_as_often_and_stands_alike(small: Small, project: Path) -> None:
    """Copies that lose their addresses or orders on the way would be in no audience, and the room would look cheap."""
    full, increment = measure_day(project, small.before, COPIES), measure_day(project, small.after, COPIES)

    assert full["profiles"] == COPIES * small.people
    assert increment["profiles"] == full["profiles"] + COPIES
    assert full["audiences"] == len(load_audiences(load_settings(project)))
    # An increment that began anew would cost what a first day costs, and its share would say nothing.
    with duckdb.connect(str(project / "warehouse.duckdb"), read_only=True) as con:
        runs = con.execute('select sum(members), sum(entered), sum("left") from audiences.sizes group by as_of order by as_of')
        (first, entered_first, _), (second, entered, left) = runs.fetchall()
    assert first == entered_first == full["members"]
    assert second == first + entered - left == increment["members"]
    assert 0 < entered < first / 10
    for day in (full, increment):
        assert {"cart_abandoners", "audience_decisions", "members", "messages_due", "movements"} <= day["models"].keys()
        assert day["ratio"] == pytest.approx(day["seconds"] / (day["audiences"] * sum(day["read_seconds"].values())), rel=0.01)


def test_copies_that_stand_apart_are_found(project: Path) -> None:
    """Wrong tables must not pass as a measurement."""
    settings = load_settings(project)
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("create schema control; create schema audiences; create table control.audiences as select 'a' as audience")
        con.execute(
            """create table audiences.decisions as select 'a' as audience, unnest(['p1', 'p1-1', 'p2', 'p2-1']) as profile_id,
            unnest([null, null, 'b', 'b']) as blocked_by"""
        )
    assert examine(settings) == 0
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("update audiences.decisions set blocked_by = 'c' where profile_id = 'p2-1'")
    assert examine(settings) == 1
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("delete from audiences.decisions where profile_id = 'p2-1'")
    assert examine(settings) == 1
