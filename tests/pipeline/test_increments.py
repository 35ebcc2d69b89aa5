"""Running day by day must give what one run over everything gives, and a second run over the same must change nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from dagster_project.demo import write_demo
from dagster_project.run import run_project
from dagster_project.settings import Settings, load_settings

JOURNALS = {
    "audiences.membership_changes", "audiences.sizes", "audiences.size_verdicts", "audiences.reach", "identity.profile_changes",
    "identity.normalised",
    "identity.collected_through", "quality.load_ledger", "quality.landing_files", "quality.quarantine",
    "scores.history", "measurement.holdout_assignments", "measurement.holdout_trials",
}  # fmt: skip
"""Tables that tell what happened when: they differ by design."""
OF_THE_LEDGER = {
    "audiences.frequency_caps", "audiences.holdout_ratios", "audiences.message_history", "audiences.message_pressure",
    "audiences.messages_due", "audiences.sequence_next_steps", "audiences.sequence_places", "audiences.sequence_plans",
    "audiences.sequence_rounds", "measurement.holdout_groups", "measurement.holdout_lift",
}  # fmt: skip
"""Tables that go by what earlier runs sent, or by the names that people bore in them."""
OF_THE_JOURNAL = "slipping_champions"
"""The audience that goes by the history of scores."""
ARRIVAL = {"_batch", "_loaded_at", "entered_at", "holdout", "is_of_both"}
"""Columns that say when something arrived, or go by former names."""


def tables(settings: Settings) -> dict[str, list]:
    """Every table after raw, as a sorted list of rows without what tells of arrival."""
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as con:
        names = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where schema_name in ('unified', 'identity', 'profiles', 'scores', 'audiences', 'measurement') order by 1"
        ).fetchall()
        found = {}
        for (name,) in names:
            if name in JOURNALS | OF_THE_LEDGER | {f"audiences.{OF_THE_JOURNAL}"}:
                continue
            columns = [row[0] for row in con.execute(f"describe {name}").fetchall() if row[0] not in ARRIVAL]
            quoted = ", ".join(f'"{column}"' for column in columns)
            if name == "identity.event_links":  # one row per batch: what counts is their sum
                query = f"""select {", ".join(c for c in columns if c not in ("first_seen", "last_seen", "observations"))},
                    min(first_seen), max(last_seen), sum(observations)::bigint from {name} group by all order by all"""
            else:
                named = [column for column in columns if column in ("audience", "other_audience")]
                rows = " and ".join(f"{column} <> '{OF_THE_JOURNAL}'" for column in named) or "true"
                query = f"select {quoted} from {name} where {rows} order by all"
            found[name] = con.execute(query).fetchall()
    return found


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("increments") / "shop"
    write_demo(folder, customers=120, events=4_000, seed=11)
    return folder


def test_increments_equal_a_full_build(shop: Path, tmp_path: Path):
    """What depends on the way the data came can't be trusted on any day."""
    whole = tmp_path / "whole"
    shutil.copytree(shop, whole)
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
    reference = load_settings(whole)
    assert run_project(reference, reference.moment()).succeeded
    found, expected = tables(settings), tables(reference)
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []
    before = tables(settings)
    assert run_project(settings, settings.moment(), full_refresh=True).succeeded
    after = tables(settings)
    assert [name for name in before if before[name] != after[name]] == []


def test_a_second_run_changes_nothing(shop: Path, tmp_path: Path):
    """Running twice by mistake must neither load, nor export, nor count anything twice."""
    folder = tmp_path / "twice"
    shutil.copytree(shop, folder)
    settings = load_settings(folder)
    assert run_project(settings, settings.moment()).succeeded
    first, files = tables(settings), {path: path.read_bytes() for path in settings.exports_path.rglob("*.*")}
    rows = """select (select count(*) from quality.load_ledger), (select count(*) from audiences.membership_changes),
        (select count(*) from activation.ledger)"""
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as con:
        counted = con.execute(rows).fetchone()
    assert run_project(settings, settings.moment()).succeeded
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as con:
        assert con.execute(rows).fetchone() == counted
    assert tables(settings) == first
    assert {path: path.read_bytes() for path in settings.exports_path.rglob("*.*")} == files


def test_a_past_moment_is_replayed_apart(shop: Path, tmp_path: Path):
    """Looking back must not touch today's tables and exports, and must not know what had not happened yet."""
    folder = tmp_path / "replayed"
    shutil.copytree(shop, folder)
    settings = load_settings(folder)
    assert run_project(settings, settings.moment()).succeeded
    before, exports = tables(settings), sorted(settings.exports_path.rglob("*"))
    past = settings.moment("2026-05-31")
    assert run_project(settings, past).succeeded
    assert tables(settings) == before
    assert sorted(settings.exports_path.rglob("*")) == exports
    replayed = settings.replay(past)
    with duckdb.connect(str(replayed.warehouse_path), read_only=True) as con:
        newest = con.execute(
            "select max(moment) from (select max(occurred_at) as moment from unified.events "
            "union all select max(ordered_at) from unified.orders "
            "union all select max(occurred_at) from unified.consents union all select max(last_seen_at) from profiles.profiles)"
        ).fetchone()
        assert con.execute("select count(*) from audiences.members").fetchone()[0] > 0
    assert newest is not None and newest[0] < past
