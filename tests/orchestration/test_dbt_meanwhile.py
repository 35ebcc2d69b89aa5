"""A dbt build beside other work: told as it comes, broken off when nobody waits for it any more."""

from __future__ import annotations

import threading
import time
from contextlib import nullcontext
from operator import attrgetter
from pathlib import Path
from typing import Any

import dagster._core.execution.plan.compute as compute
import duckdb
import pytest
import yaml

from dagster_project.catalog import has_table
from dagster_project.dbt_meanwhile import Build, building
from dagster_project.dbt_run import NodeResult, dbt_build
from dagster_project.dbt_workspace import Workspace
from dagster_project.errors import RelanceError
from dagster_project.run import run_project
from tests.orchestration.conftest import write_company

NAME = attrgetter("name")
ENDLESS = "select count(*) as n from range(1000000000000) as t(a) where a % 7 = 3"
MODELS = {
    "quick": "select unnest([1, 2, 3]) as n",
    "seen": "{{ config(materialized='view') }} select n from {{ ref('quick') }}",
    "grown": "{{ config(materialized='incremental', incremental_strategy='append') }} select n from {{ ref('seen') }} "
    "where n > 1",
    "last": "select n from {{ ref('grown') }} cross join {{ ref('few') }}",
}


def project(root: Path, models: dict[str, str]) -> tuple[Workspace, Build]:
    for folder in ("models", "seeds"):
        (root / folder).mkdir()
    (root / "dbt_project.yml").write_text("name: small\nprofile: small\nmodels: {+materialized: table}\n")
    output = {"type": "duckdb", "path": str(root / "w.duckdb"), "threads": 2}
    (root / "profiles.yml").write_text(yaml.safe_dump({"small": {"target": "duckdb", "outputs": {"duckdb": output}}}))
    (root / "seeds" / "few.csv").write_text("word\none\ntwo\n")
    for name, sql in models.items():
        (root / "models" / f"{name}.sql").write_text(sql)
    tests = [{"name": "quick", "columns": [{"name": "n", "data_tests": [{"not_null": {"name": "no_nulls"}}]}]}]
    (root / "models" / "all.yml").write_text(yaml.safe_dump({"models": tests}))
    workspace = Workspace(root, root / "target")
    return workspace, lambda tell, stop: dbt_build(workspace, on_result=tell, stop=stop)


def test_results_are_told_with_their_rows_parents_first(tmp_path: Path) -> None:
    """Dagster refuses what comes before that which it is made of; rows are what its pages draw."""
    _, build = project(tmp_path, MODELS)
    for rows_of_last in (4, 8):
        with building(build) as going_on:
            told: list[NodeResult] = list(going_on)
            assert going_on.results().success
        assert {node.name: node.rows for node in told} == {
            "quick": 3, "seen": None, "grown": rows_of_last // 2, "few": 2, "last": rows_of_last, "no_nulls": None,
        }  # fmt: skip
        names = [node.name for node in told]
        assert names.index("quick") < names.index("seen") < names.index("grown") < names.index("last")
        assert sorted(told, key=NAME) == sorted(going_on.results().nodes, key=NAME)


@pytest.mark.parametrize("reason", [None, KeyboardInterrupt, RuntimeError])
def test_whoever_leaves_breaks_it_off(tmp_path: Path, reason: type[BaseException] | None) -> None:
    """A run that somebody ends must not go on in the dark, nor keep the warehouse."""
    models = {"quick": MODELS["quick"], "endless": ENDLESS + " and a > (select max(n) from {{ ref('quick') }})"}
    workspace, build = project(tmp_path, models | {"later": "select n from {{ ref('endless') }}"})
    began = time.monotonic()
    with pytest.raises(reason) if reason else nullcontext(), building(build) as going_on:
        for node in going_on:
            if node.name == "no_nulls":
                time.sleep(0.5)  # the endless query is at work by now
                if reason:
                    raise reason
                break
    assert time.monotonic() - began < 60
    results = {node.name: node.status for node in going_on.results().nodes}
    assert (results["quick"], results["endless"], results["later"]) == ("success", "error", "skipped")
    with duckdb.connect(str(workspace.project_dir / "w.duckdb")) as con:
        assert con.execute("select table_name from duckdb_tables() order by all").fetchall() == [("few",), ("quick",)]
    (workspace.project_dir / "models" / "endless.sql").write_text("select 1 as n")
    assert dbt_build(workspace).success


def test_a_test_that_can_not_be_run_has_counted_nothing(tmp_path: Path) -> None:
    """No rows found would read like a test that held."""
    _, build = project(tmp_path, {"quick": "select 1 as another_n"})
    with building(build) as going_on:
        told = {node.name: node for node in going_on}
    assert (told["no_nulls"].status, told["no_nulls"].failures) == ("error", None)
    assert told["no_nulls"] in going_on.results().nodes


def test_a_model_that_ends_the_process_ends_itself_alone(tmp_path: Path) -> None:
    """dbt would wait for its thread for ever, and an interrupted run with it."""
    _, build = project(tmp_path, {"quick": MODELS["quick"]})
    leaving = "def model(dbt, session):\n    if dbt.ref('quick'):\n        raise SystemExit(3)\n    return None\n"
    (tmp_path / "models" / "leaving.py").write_text(leaving)
    with building(build) as going_on:
        told = {node.name: node.status for node in going_on}
    assert told == {"few": "success", "quick": "success", "no_nulls": "pass", "leaving": "error"}


def test_no_build_goes_on_without_its_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Dagster fails at its own work, it asks for no more results, and says nothing: the next run would find a lock that is
    free and a warehouse that is not."""
    settings, entered = write_company(tmp_path), []
    usual = compute._validate_event

    def fail_once(event: Any, context: Any) -> Any:
        if context.step.key == "dbt":
            entered.append(event)
            if len(entered) == 5:
                raise OSError("no room for the history")
        return usual(event, context)

    with monkeypatch.context() as patched:
        patched.setattr(compute, "_validate_event", fail_once)
        with pytest.raises(RelanceError, match="no room for the history"):
            run_project(settings)
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("dbt")] == []
    with duckdb.connect(str(settings.warehouse_path)) as con:
        assert not has_table(con, "audiences", "members")
    assert run_project(settings).succeeded


def test_a_build_that_can_not_begin_says_why(tmp_path: Path) -> None:
    """An error in another thread is easily lost."""
    workspace, build = project(tmp_path, {"quick": MODELS["quick"]})
    (workspace.project_dir / "models" / "quick.sql").write_text("select {{ ref(")
    with building(build) as going_on:
        assert list(going_on) == []
        with pytest.raises(RelanceError, match="read the models"):
            going_on.results()
