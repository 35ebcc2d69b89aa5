"""Running day by day must give what one run over everything gives, and a second run over the same must change nothing."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from bench.split import split_at
from dagster_project.run import run_job, run_project
from dagster_project.settings import Settings, load_settings
from tests.pipeline.tables import tables


def test_increments_equal_a_full_build(shop: Path, whole: Settings, tmp_path: Path):
    """What depends on the way the data came can't be trusted on any day."""
    daily = tmp_path / "daily"
    shutil.copytree(shop, daily)
    held_back = tmp_path / "held_back"
    # Two later deliveries: the newest day of everything, and before that one old month of events (late, all of it).
    deliveries = [
        sorted((daily / "landing").glob("segment/events/dt=2025-11-01")),
        sorted((daily / "landing").glob("*/*/dt=2026-06-30")),
    ]
    for number, paths in enumerate(deliveries):
        for path in paths:
            target = held_back / str(number) / path.relative_to(daily / "landing")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, target)
    settings = load_settings(daily)
    assert run_project(settings, settings.moment("2026-06-29")).succeeded
    for number in range(len(deliveries)):
        shutil.copytree(held_back / str(number), daily / "landing", dirs_exist_ok=True)
        assert run_project(settings, settings.moment()).succeeded
    found, expected = tables(settings), tables(whole)
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []
    # Two days on, and five hours after that, with nothing new: what hangs on nothing that the clock has changed stays as it is,
    # and is what it would be.
    for later in (settings.moment() + timedelta(days=2), settings.moment() + timedelta(days=2, hours=5)):
        assert run_project(settings, later).succeeded
    found = tables(settings)
    assert run_project(settings, later, full_refresh=True).succeeded
    after = tables(settings)
    assert [name for name in found if found[name] != after[name]] == []


@pytest.mark.full
def test_thirty_days_equal_a_full_refresh(shop: Path, tmp_path: Path):
    """A month of nights, one of whose deliveries came three days late: what had drifted by a row a day would show."""
    daily = tmp_path / "daily"
    (daily / "landing").mkdir(parents=True)
    shutil.copy(shop / "relance.yml", daily)
    settings = load_settings(daily)
    nights = [settings.moment() - timedelta(days=days) for days in range(30, 0, -1)]
    deliveries, rest = [], shop / "landing"
    for number, night in enumerate(nights):
        part, later = tmp_path / f"part{number}", tmp_path / f"rest{number}"
        split_at(rest, part, later, night)
        deliveries.append(part)
        rest = later
    deliveries.append(rest)
    late = sorted((deliveries[11] / "segment").rglob("*.*"))
    assert late
    for file in late:
        target = deliveries[14] / file.relative_to(deliveries[11])
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(file, target)

    for number, (delivery, night) in enumerate(zip(deliveries, [*nights, settings.moment()], strict=True)):
        for file in sorted(delivery.rglob("*.*")):
            if file.is_file():
                folder = daily / "landing" / file.relative_to(delivery).parent / str(number)
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, folder)
        assert run_project(settings, night).succeeded
    found = tables(settings)
    assert run_project(settings, settings.moment(), full_refresh=True).succeeded
    after = tables(settings)
    assert found.keys() == after.keys()
    assert [name for name in found if found[name] != after[name]] == []


def test_a_second_run_changes_nothing(whole: Settings):
    """Running twice by mistake must neither load, nor export, nor count anything twice."""
    first, files = tables(whole), {path: path.read_bytes() for path in whole.exports_path.rglob("*.*")}
    pages = {path: path.read_bytes() for path in whole.report_path.iterdir()}
    rows = """select (select count(*) from quality.load_ledger), (select count(*) from audiences.membership_changes),
        (select count(*) from activation.ledger)"""
    with duckdb.connect(str(whole.warehouse_path), read_only=True) as con:
        counted = con.execute(rows).fetchone()
    # Dagster's own way, which runs of the web UI and of schedules take; the terminal asks beforehand whether anything is new.
    assert run_job(whole, whole.moment()).success
    with duckdb.connect(str(whole.warehouse_path), read_only=True) as con:
        assert con.execute(rows).fetchone() == counted
    assert tables(whole) == first
    assert {path: path.read_bytes() for path in whole.exports_path.rglob("*.*")} == files
    assert {path: path.read_bytes() for path in whole.report_path.iterdir()} == pages


def test_a_past_moment_is_replayed_apart(whole: Settings):
    """Looking back must not touch today's tables and exports, and must not know what had not happened yet."""
    before, exports = tables(whole), sorted(whole.exports_path.rglob("*"))
    past = whole.moment("2026-05-31")
    assert run_project(whole, past).succeeded
    assert tables(whole) == before
    assert sorted(whole.exports_path.rglob("*")) == exports
    replayed = whole.replay(past)
    with duckdb.connect(str(replayed.warehouse_path), read_only=True) as con:
        newest = con.execute(
            "select max(moment) from (select max(occurred_at) as moment from unified.events "
            "union all select max(ordered_at) from unified.orders "
            "union all select max(occurred_at) from unified.consents union all select max(last_seen_at) from profiles.profiles)"
        ).fetchone()
        assert con.execute("select count(*) from audiences.members").fetchone()[0] > 0
    assert newest is not None and newest[0] < past
