"""dbt in this process: parsed when it has to be, told in plain words, the warehouse released."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.dbt_parse import prepare_manifest
from dagster_project.dbt_run import NodeResult, dbt_build
from dagster_project.dbt_workspace import Workspace
from dagster_project.errors import RelanceError, safe_message

PROJECT = "name: small\nprofile: small\nmodels: {small: {+materialized: table}}\nflags: {send_anonymous_usage_stats: false}\n"
PEOPLE_YML = "models:\n  - {name: people, columns: [{name: id, data_tests: [unique]}]}\n"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("dbt")
    (root / "models").mkdir()
    (root / "dbt_project.yml").write_text(PROJECT)
    profile = f"{{type: duckdb, path: '{root / 'w.duckdb'}', threads: 1}}"
    (root / "profiles.yml").write_text(f"small: {{target: duckdb, outputs: {{duckdb: {profile}}}}}\n")
    (root / "models" / "people.sql").write_text("select 1 as id union all select 2\n")
    (root / "models" / "people.yml").write_text(PEOPLE_YML)
    (root / "models" / "friends.sql").write_text("select * from {{ ref('people') }}\n")
    return Workspace(root, root / "target")


def test_dbt_parses_only_what_changed(workspace: Workspace) -> None:
    """A parse at every run would cost seconds; a parse too few would run yesterday's models."""
    manifest = prepare_manifest(workspace)
    first = manifest.stat().st_mtime_ns
    assert prepare_manifest(workspace).stat().st_mtime_ns == first
    model = workspace.project_dir / "models" / "friends.sql"
    model.write_text("select id from {{ ref('people') }}\n")
    assert prepare_manifest(workspace).stat().st_mtime_ns > first
    assert "select id from" in manifest.read_text()


def test_a_manifest_that_was_lost_or_damaged_is_made_again(workspace: Workspace) -> None:
    """A killed run may leave half a manifest; the next must not fail on it."""
    manifest = prepare_manifest(workspace)
    manifest.unlink()
    assert prepare_manifest(workspace).exists()


def test_results_are_plain_and_the_file_is_released(workspace: Workspace) -> None:
    """A database kept open by dbt would lock out the next step."""
    told: list[NodeResult] = []
    results = dbt_build(workspace, on_result=told.append)
    assert results.success
    assert {node.name: node.status for node in results.nodes} == {
        "people": "success",
        "friends": "success",
        "unique_people_id": "pass",
    }
    assert {node.unique_id for node in told} == {node.unique_id for node in results.nodes}
    with duckdb.connect(str(workspace.project_dir / "w.duckdb"), config={"threads": "1"}) as con:
        assert con.execute("select count(*) from friends").fetchone() == (2,)


def test_a_selection_builds_its_part(workspace: Workspace) -> None:
    """An hourly run that built everything would be a daily one."""
    assert [node.name for node in dbt_build(workspace, ["small.friends"], indirect_tests=False).nodes] == ["friends"]


def test_an_objecting_test_fails_and_skips_what_follows(workspace: Workspace) -> None:
    """A failed test that let its model's children be built would be a remark, not a check."""
    model = workspace.project_dir / "models" / "people.sql"
    kept = model.read_text()
    try:
        model.write_text("select 1 as id union all select 1\n")
        results = dbt_build(workspace)
    finally:
        model.write_text(kept)
    status = {node.name: (node.status, node.failures) for node in results.nodes}
    assert status["unique_people_id"] == ("fail", 1) and status["friends"][0] == "skipped"
    assert not results.success and not results.broken


def test_a_model_that_cannot_run_is_told_with_its_file_and_without_values(workspace: Workspace) -> None:
    """DuckDB quotes the value it can't convert: it may be somebody's e-mail address."""
    model = workspace.project_dir / "models" / "people.sql"
    kept = model.read_text()
    try:
        model.write_text("select cast(x as integer) as id from (values ('ann@example.com')) as t(x)\n")
        results = dbt_build(workspace)
    finally:
        model.write_text(kept)
    with pytest.raises(RelanceError, match="could not build `people`") as caught:
        results.raise_if_broken()
    assert "people.sql" in str(caught.value) and "ann@" not in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["select * from {{ ref('nobody') }}", "select {{ 1", "{{ no_such_macro() }}"])
def test_a_model_that_cannot_be_read_is_told_with_its_file(workspace: Workspace, text: str) -> None:
    """dbt's own message runs over many lines and into a traceback."""
    model = workspace.project_dir / "models" / "friends.sql"
    kept = model.read_text()
    try:
        model.write_text(text)
        with pytest.raises(RelanceError) as caught:
            dbt_build(workspace).raise_if_broken()
    finally:
        model.write_text(kept)
    assert "friends" in str(caught.value) and "Traceback" not in str(caught.value)
    assert dbt_build(workspace, ["small.friends"], indirect_tests=False).success


@given(
    address=st.emails(),
    sentence=st.sampled_from(
        [
            "Runtime Error in model m (models/m.sql)\n  Conversion Error: Could not convert string '{}' to INT32",
            'Conversion Error: Could not convert string "{}" to INT32',
            'Constraint Error: Duplicate key "email: {}" violates primary key constraint',
            "Invalid Input Error: Failed to cast value: Could not convert string '{}' to DATE",
            "somebody wrote {} into a model",
            "Conversion Error: Could not convert string 'O'Brien {}' to INT32",
            "Invalid Input Error: CSV Error on Line: 2\nOriginal Line: Ann,{},+33612345678\nToo many columns",
        ]
    ),
)
@settings(max_examples=60, deadline=None)
def test_messages_carry_no_addresses(address: str, sentence: str) -> None:
    """Error messages end in logs and tickets."""
    told = safe_message(sentence.format(address))
    assert address not in told and "Brien" not in told and "+336" not in told and "\n" not in told


@dataclass(frozen=True)
class _Case:
    message: str
    kept: str


@pytest.mark.parametrize(
    "case",
    [
        _Case(
            'Runtime Error in model m (models/m.sql)\n  Binder Error: column "x" not found\n  LINE 3: select x\n  ^',
            'column "x" not found',
        ),
        _Case("Compilation Error in model m (models/m.sql)\n  depends on a node named 'y' which was not found", "named 'y'"),
    ],
)
def test_messages_keep_what_mends(case: _Case) -> None:
    """A message without the column's name is of no use."""
    assert case.kept in safe_message(case.message)
    assert os.linesep not in safe_message(case.message)


def test_a_missing_project_is_told(tmp_path: Path) -> None:
    """A workspace that was never written."""
    with pytest.raises(RelanceError, match="dbt can't read the models"):
        prepare_manifest(Workspace(tmp_path, tmp_path / "target"))
