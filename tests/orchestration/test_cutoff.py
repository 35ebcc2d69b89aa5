"""When nothing is new but the hour: what is made of the same stays, and nothing that changed is passed over."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dagster_project.assets.cutoff import grounds_of, remember_what_stood, watch
from dagster_project.dbt_parse import prepare_manifest
from dagster_project.dbt_run import DbtResults, Standing, dbt_build
from dagster_project.dbt_workspace import Workspace

PROJECT = """
name: small
profile: small
models: {+materialized: table}
"""
MODELS = {
    # What is known of a day is the same in all of its hours; `seen` is no table, `alone` hangs on what a library knows.
    "days": "select cast(as_of as date) as day from {{ source('control', 'run') }}",
    "seen": "{{ config(materialized='view') }} select day from {{ ref('days') }}",
    "months": "select month(day) as month from {{ ref('seen') }}",
    "years": "select 2026 + (month - month) as year from {{ ref('months') }}",
    "ages": "select year - 2000 as age from {{ ref('years') }}",
    "hours": "select hour(as_of) as hour from {{ source('control', 'run') }}",
    "joined": "select months.month, hours.hour from {{ ref('months') }} cross join {{ ref('hours') }}",
    "alone": "select domain from {{ source('control', 'disposable_domains') }}",
    "visits": "{{ config(materialized='incremental', incremental_strategy='append') }} select hour from {{ ref('hours') }}",
    "counted": "select count(*) as visits from {{ ref('visits') }}",
}
YML = """
sources: [{name: control, tables: [{name: run}, {name: disposable_domains}]}]
models:
  - {name: months, columns: [{name: month, data_tests: [{accepted_values: {arguments: {values: [6, 7]}}}]}]}
"""


class Small:
    """A project of a few models."""

    def __init__(self, root: Path):
        (root / "models").mkdir()
        (root / "dbt_project.yml").write_text(PROJECT)
        self.file = root / "w.duckdb"
        profile = f"{{type: duckdb, path: '{self.file}', threads: 2}}"
        (root / "profiles.yml").write_text(f"small: {{target: duckdb, outputs: {{duckdb: {profile}}}}}\n")
        for name, sql in MODELS.items():
            (root / "models" / f"{name}.sql").write_text(sql)
        (root / "models" / "all.yml").write_text(YML)
        self.workspace = Workspace(root, root / "target")
        self.clock(datetime(2026, 6, 30, 10), 1)
        self.manifest = json.loads(prepare_manifest(self.workspace).read_text())
        self.nodes = set(self.manifest["nodes"])

    def clock(self, as_of: datetime, known: int) -> None:
        with duckdb.connect(str(self.file)) as con:
            con.execute("create schema if not exists control")
            con.execute("create or replace table control.run as select $1::timestamp as as_of", [as_of])
            con.execute("create or replace table control.disposable_domains as select $1::integer as domain", [known])

    def build(self) -> DbtResults:
        results = dbt_build(self.workspace)
        self._remember()
        return results

    def build_what_moved(self) -> dict[str, str]:
        """Model or test → what came of it."""
        with duckdb.connect(str(self.file)) as con:
            chosen, moved = watch(con, self.manifest, self.nodes)
        results = dbt_build(self.workspace, standing=Standing(grounds_of(self.manifest, chosen), moved), chosen=chosen)
        self._remember()
        passed_over = {uid.split(".")[2]: "unchanged" for uid in self.nodes - chosen if uid.startswith("model.")}
        return passed_over | {node.name: "unchanged" if node.is_unchanged else node.status for node in results.nodes}

    def _remember(self) -> None:
        with duckdb.connect(str(self.file)) as con:
            remember_what_stood(con)

    def tables(self) -> dict[str, list]:
        with duckdb.connect(str(self.file), read_only=True) as con:
            return {
                name: con.execute(f"from {name} order by all").fetchall() for name in MODELS if name not in ("visits", "counted")
            }


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    return Small(tmp_path_factory.mktemp("small"))


def test_what_hangs_on_nothing_that_changed_stays(small: Small) -> None:
    """An hour that costs what a day costs."""
    small.clock(datetime(2026, 6, 30, 10), 1)
    assert small.build().success
    small.clock(datetime(2026, 6, 30, 11), 1)
    made = small.build_what_moved()
    assert {name for name, what in made.items() if what == "unchanged"} == {"months", "years", "ages", "alone"}
    small.clock(datetime(2026, 7, 1, 11), 1)
    made = small.build_what_moved()
    assert {name for name, what in made.items() if what == "unchanged"} == {"ages", "alone"}
    small.clock(datetime(2026, 7, 1, 11), 2)
    assert small.build_what_moved()["alone"] == "success"


def test_a_test_of_what_changed_is_run(small: Small) -> None:
    """A check that was passed over because it held yesterday is none."""
    small.clock(datetime(2026, 7, 31, 10), 1)
    assert small.build().success
    small.clock(datetime(2026, 8, 1, 10), 1)
    made = small.build_what_moved()
    assert [what for name, what in made.items() if name.startswith("accepted")] == ["fail"]
    assert made["years"] == "skipped"


MOMENTS = st.datetimes(datetime(2026, 6, 29), datetime(2026, 7, 3)).map(
    lambda moment: moment.replace(minute=0, second=0, microsecond=0)
)


@given(steps=st.lists(st.tuples(MOMENTS, st.integers(1, 2)), min_size=1, max_size=4))
@settings(max_examples=4, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_tables_are_those_of_a_whole_build(small: Small, steps: list[tuple[datetime, int]]) -> None:
    """Whatever the clock does, no table may keep what it would not say if it were made now."""
    for moment, known in steps:
        small.clock(moment, known)
        small.build_what_moved()
    found = small.tables()
    small.build()
    assert small.tables() == found
