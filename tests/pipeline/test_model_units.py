"""The unit tests that stand beside the models. They are no part of a run, so the suite runs them."""

from __future__ import annotations

from dbt.cli.main import dbtRunner

from dagster_project.dbt_run import release_warehouse
from dagster_project.dbt_workspace import ROOMS, prepare_workspace
from dagster_project.settings import Settings


def test_unit_tests_of_the_models_hold(demo: Settings):
    """Nobody would see that a rule of identity, consent, scores or audiences has changed its meaning."""
    workspace = prepare_workspace(demo)
    places = ["--project-dir", workspace.project_dir, "--profiles-dir", workspace.profiles_dir]
    command = ["test", *places, "--target-path", workspace.target_dir, "--log-path", workspace.target_dir, "--quiet"]
    rooms = [f"test_type:unit,path:models/{room}" for room in ROOMS]
    try:
        outcome = dbtRunner().invoke([str(part) for part in [*command, "--select", *rooms]])
    finally:
        # Other tests open the demo's warehouse in this process.
        release_warehouse()
    assert outcome.success, [(result.node.name, result.message) for result in getattr(outcome.result, "results", [])]
    assert len(outcome.result.results) >= 8
