"""dbt's runners for DuckDB: the same tables and verdicts as dbt's own, and no SQL that is older than the project."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from dbt.cli.main import dbtRunner

from dagster_project import kept_work
from dagster_project.dbt_parse import prepare_manifest
from dagster_project.dbt_run import NodeResult, _node, dbt_build, release_warehouse
from dagster_project.dbt_runners import FLEETING
from dagster_project.dbt_workspace import DBT, Workspace

NUMBERS = "select unnest([1, 2, 2, null]) as number"
MODELS = {
    "numbers": NUMBERS,
    "seen": "{{ config(materialized='view') }} select number + 1 as number from {{ ref('numbers') }}",
    "hooked": "{{ config(post_hook='insert into {{ this }} values (7)') }} select number from {{ ref('numbers') }}",
    "grown": "{{ config(materialized='incremental', incremental_strategy='append') }} "
    "select count(*) as numbers from {{ ref('numbers') }}{% if is_incremental() %} where number > 1{% endif %}",
    "passing": "{{ config(materialized='ephemeral') }} select number from {{ ref('numbers') }} where number = 2",
    "passed": "select * from {{ ref('passing') }}",
    "headed": "{% call set_sql_header(config) %}set variable told = 3;{% endcall %}{{ config(materialized='view') }} "
    "select getvariable('told') as number",
    "agreed": "{{ config(contract={'enforced': true}) }} select 1 as number",
    "broken": "select no_such_column from {{ ref('numbers') }}",
    "behind": "select * from {{ ref('broken') }}",
}
VERDICTS = [
    {"severity": severity, "warn_if": warn_if, "error_if": error_if, "fail_calc": calc}
    | ({} if limit is None else {"limit": limit}) | ({} if where is None else {"where": where})
    for severity, (warn_if, error_if), calc, limit, where in product(
        ("error", "warn"), (("!= 0", "!= 0"), (">0", ">2"), (">= 2", "> 5")), ("count(*)", "sum(n_records)", "1.5"), (None, 1),
        (None, "number > 5", "number is null"),
    )
]  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_from_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried here is what a project keeps by itself."""
    monkeypatch.setenv(kept_work.FOLDER, "")


def project(root: Path, models: dict[str, str], tests: list[dict[str, Any]] | None = None) -> Workspace:
    (root / "models").mkdir(parents=True)
    (root / "dbt_project.yml").write_text("name: small\nprofile: small\nmodels: {+materialized: table}\n")
    output = {"type": "duckdb", "path": str(root / "w.duckdb"), "threads": 2}
    (root / "profiles.yml").write_text(yaml.safe_dump({"small": {"target": "duckdb", "outputs": {"duckdb": output}}}))
    for name, sql in models.items():
        (root / "models" / f"{name}.sql").write_text(sql)
    told = [{"unique": {"name": f"verdict_{place}", "config": config}} for place, config in enumerate(tests or [])]
    columns = [{"name": "number", "data_tests": [*told, {"not_null": {"name": "no_nulls"}}]}]
    (root / "models" / "judged.sql").write_text(NUMBERS)
    described = [{"name": "judged", "columns": columns}]
    if "agreed" in models:
        described.append({"name": "agreed", "columns": [{"name": "number", "data_type": "integer"}]})
    (root / "models" / "all.yml").write_text(yaml.safe_dump({"models": described}))
    return Workspace(root, root / "target")


def told(nodes: Any) -> dict[str, tuple[str, int | None, str]]:
    return {node.name: (node.status, node.failures, re.sub(r"\s+", " ", node.message)) for node in nodes}


def built_by_dbt(workspace: Workspace) -> list[NodeResult]:
    places = [
        "--project-dir",
        workspace.project_dir,
        "--profiles-dir",
        workspace.profiles_dir,
        "--target-path",
        workspace.target_dir,
    ]
    outcome = dbtRunner().invoke(["build", *map(str, places), "--quiet", "--log-level", "none", "--log-level-file", "none"])
    release_warehouse()
    results = getattr(outcome.result, "results", [])
    return [_node(each.node.unique_id, each.status, each.message, 0, each.failures, lambda _: None, {}) for each in results]


def rows(workspace: Workspace) -> dict[str, Any]:
    with duckdb.connect(str(workspace.project_dir / "w.duckdb"), read_only=True) as con:
        found = con.execute("select table_name, table_type from information_schema.tables order by all").fetchall()
        return {name: (kind, con.execute(f"from {name} order by all").fetchall()) for name, kind in found}


def test_verdicts_and_tables_are_those_of_dbt(tmp_path: Path) -> None:
    """dbt itself is the oracle: severities, thresholds, limits, filters, hooks, errors and what is skipped behind them.

    Twice, since the second time no SQL is compiled.
    """
    ours, usual = project(tmp_path / "ours", MODELS, VERDICTS), project(tmp_path / "usual", MODELS, VERDICTS)
    for _ in range(2):
        expected = told(built_by_dbt(usual))
        found = told(dbt_build(ours).nodes)
        assert found.keys() == expected.keys()
        assert {name: each[:2] for name, each in found.items()} == {name: each[:2] for name, each in expected.items()}
        judged = [name for name, each in found.items() if name.startswith("verdict") and each[0] != "error"]
        assert {name: found[name][2] for name in judged} == {name: expected[name][2] for name in judged}
        assert "no_such_column" in found["broken"][2]
        assert found["behind"][0] == "skipped"
        assert rows(ours) == rows(usual)
    assert len({each[:2] for name, each in found.items() if name.startswith("verdict")}) > 4


def test_a_table_takes_the_place_of_a_view_and_a_view_of_a_table(tmp_path: Path) -> None:
    """A model that is given another materialization must not end in an error of the database."""
    workspace = project(tmp_path / "p", {"numbers": NUMBERS, "seen": "select number from {{ ref('numbers') }}"})
    for materialized, kind in (("table", "BASE TABLE"), ("view", "VIEW"), ("table", "BASE TABLE")):
        config = f"{{{{ config(materialized='{materialized}') }}}} "
        (workspace.project_dir / "models" / "seen.sql").write_text(config + "select number from {{ ref('numbers') }}")
        built = {node.name: node.status for node in dbt_build(workspace).nodes}
        assert built["seen"] == "success"
        assert rows(workspace)["seen"][0] == kind


def test_what_is_compiled_once_is_not_compiled_again(tmp_path: Path) -> None:
    """The time that this saves is what it is there for."""
    workspace = project(tmp_path / "p", {"numbers": NUMBERS, "seen": "select number from {{ ref('numbers') }}"})
    dbt_build(workspace)
    kept = workspace.target_dir / "compiled.json"
    code = json.loads(kept.read_text())
    assert {uid.split(".")[2] for uid in code["code"]} == {"numbers", "judged", "seen", "no_nulls"}
    code["code"]["model.small.seen"] = "select 11 as number"
    kept.write_text(json.dumps(code))
    dbt_build(workspace)
    assert rows(workspace)["seen"][1] == [(11,)]


def test_another_project_with_the_same_files_begins_with_what_is_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most of the first run of a fresh clone would be spent on what the last one knew."""
    monkeypatch.setenv(kept_work.FOLDER, str(tmp_path / "cache"))
    models = {"numbers": NUMBERS, "seen": "select number from {{ ref('numbers') }}"}
    dbt_build(project(tmp_path / "first", models))
    (kept,) = (tmp_path / "cache").glob("*.compiled")
    code = json.loads(kept_work.kept(kept.name) or b"")
    code["code"]["model.small.seen"] = "select 11 as number"
    kept_work.keep(kept.name, json.dumps(code).encode())
    second = project(tmp_path / "second", models)
    dbt_build(second)
    assert rows(second)["seen"][1] == [(11,)]
    other = project(tmp_path / "other", models | {"seen": "select number + 1 as number from {{ ref('numbers') }}"})
    dbt_build(other)
    assert rows(other)["seen"][1] != [(11,)]


def test_a_changed_file_is_compiled_anew(tmp_path: Path) -> None:
    """Yesterday's SQL under today's name would be found by nobody."""
    workspace = project(tmp_path / "p", {"numbers": NUMBERS, "seen": "select 1 as number"})
    dbt_build(workspace)
    (workspace.project_dir / "models" / "seen.sql").write_text("select 2222 as number")
    dbt_build(workspace)
    assert rows(workspace)["seen"][1] == [(2222,)]


FOREIGN = '{"name": "of other files", "code": {"model.small.seen": "select 3"}}'


@pytest.mark.parametrize("damage", ["", "{", '{"name": null}', "[]", FOREIGN, "code: null", "code: 3", "code: []"])
def test_a_damaged_or_foreign_file_of_kept_sql_is_not_believed(tmp_path: Path, damage: str) -> None:
    """A killed run may leave anything."""
    workspace = project(tmp_path / "p", {"numbers": NUMBERS, "seen": "select 1 as number"})
    dbt_build(workspace)
    kept = workspace.target_dir / "compiled.json"
    if damage.startswith("code: "):
        damage = json.dumps(json.loads(kept.read_text()) | {"code": json.loads(damage.removeprefix("code: "))})
    kept.write_text(damage)
    assert dbt_build(workspace, select=["seen"]).success
    assert rows(workspace)["seen"][1] == [(1,)]


@pytest.mark.parametrize(
    "asked",
    [
        "{% set n = run_query('select count(*) as n from outside').rows[0][0] if execute else 0 %} select {{ n }} as number",
        "select {{ 1 if adapter.get_relation('w', 'main', 'later') is none else 2 }} as number",
        "select '{{ invocation_id }}' as number",
        "select '{{ run_started_at }}' as number",
        "select '{{ modules.datetime.datetime.now() }}' as number",
        "select '{{ env_var('RELANCE_TRIED', 'none') }}' as number",
    ],
)
def test_what_hangs_on_more_than_the_files_is_compiled_each_time(
    tmp_path: Path, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a model asks while it is compiled may be answered otherwise tomorrow."""
    workspace = project(tmp_path / "p", {"numbers": NUMBERS, "seen": asked})
    found = []
    for round_number in range(2):
        with duckdb.connect(str(workspace.project_dir / "w.duckdb")) as con:
            con.execute(f"create or replace table outside as select unnest(range({round_number})) as n")
            if round_number:
                con.execute("create table later as select 1 as n")
        monkeypatch.setenv("RELANCE_TRIED", str(round_number))
        assert dbt_build(workspace, select=["seen"]).success
        found.append(rows(workspace)["seen"][1])
    assert found[0] != found[1]


def test_no_shipped_macro_brings_the_clock_or_the_environment_into_sql() -> None:
    """What a model says itself is seen; what a macro would say for it is not looked for."""
    macros = [path for path in (DBT / "macros").rglob("*.sql") if path.parent.name != "materializations"]
    found = [path.name for path in macros if FLEETING.search(path.read_text(encoding="utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    "asked", ["{{ run_query('select count(*) from outside').rows[0][0] }}", "{{ env_var('RELANCE_TRIED') }}"]
)
def test_what_the_arguments_of_a_test_ask_is_asked_each_time(tmp_path: Path, asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that goes on believing yesterday's number is none."""
    workspace = project(tmp_path / "p", {"numbers": "select 1 as number"})
    accepted = {"accepted_values": {"name": "known", "arguments": {"values": [asked], "quote": False}}}
    described = [{"name": "numbers", "columns": [{"name": "number", "data_tests": [accepted]}]}]
    (workspace.project_dir / "models" / "all.yml").write_text(yaml.safe_dump({"models": described}))
    found = []
    for rows_there in (1, 2):
        with duckdb.connect(str(workspace.project_dir / "w.duckdb")) as con:
            con.execute(f"create or replace table outside as select unnest(range({rows_there})) as n")
        monkeypatch.setenv("RELANCE_TRIED", str(rows_there))
        found += [node.status for node in dbt_build(workspace, select=["numbers"]).nodes if node.is_test]
    assert found == ["pass", "fail"]


def test_a_folder_that_takes_no_more_files_stops_no_build(tmp_path: Path) -> None:
    """What is kept spares time, and must never cost a run."""
    workspace = project(tmp_path / "p", {"numbers": NUMBERS})
    prepare_manifest(workspace)
    (workspace.target_dir / "compiled.new").mkdir()
    assert dbt_build(workspace, select=["numbers"]).success
