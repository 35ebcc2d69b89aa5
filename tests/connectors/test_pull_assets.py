"""Pulls as Dagster assets: what the web UI shows, and what a failing one does to the run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import datetime

import dagster as dg

from dagster_project.assets.common import RunInHand, Silence
from dagster_project.assets.loads import LEDGER, landing_assets
from dagster_project.assets.pulls import pull_assets, pull_key
from dagster_project.run import _check
from dagster_project.settings import Settings

from .api import Api, contact, pull_of
from .conftest import load

Make = Callable[..., Settings]


def materialize(project: Settings) -> dg.ExecuteInProcessResult:
    """The pulls and what follows them: a load, in an asset of its own, since the checks of the landing room take seconds."""

    @dg.asset(deps=[pull_key(*pulled) for pulled in project.pulls])
    def loaded() -> dg.MaterializeResult:
        summary, _ = load(project, "select 1")
        return dg.MaterializeResult(metadata={f"{found.source}.{found.entity}": found.accepted for found in summary.entities})

    run = RunInHand(project, datetime(2026, 1, 31), False, Silence())
    resources = {"run": dg.ResourceDefinition.hardcoded_resource(run)}
    return dg.materialize([*pull_assets(project), loaded], resources=resources, raise_on_error=False)


def loaded_rows(ran: dg.ExecuteInProcessResult) -> dict[str, int]:
    (event,) = ran.asset_materializations_for_node("loaded")
    return {name: value.value for name, value in event.metadata.items()}


def test_a_pull_runs_before_the_load_and_shows_its_figures(make_project: Make, api: Api) -> None:
    """Loaded first, today's rows would be tomorrow's; without figures nobody sees that a pull brings less each day."""
    api.rows = [contact(number) for number in range(4)]
    project = make_project(pull_of(api.url))
    ran = materialize(project)
    assert ran.success
    (event,) = ran.asset_materializations_for_node("pull__generic_contacts")
    told = {name: value.value for name, value in event.metadata.items()}
    assert (told["status"], told["rows_pulled"], told["pages"]) == ("pulled", 4, 2)
    assert loaded_rows(ran) == {"generic.contacts": 4}
    again = materialize(project)
    assert again.asset_materializations_for_node("pull__generic_contacts")[0].metadata["status"].value == "nothing new"


def test_a_pull_that_fails_is_named_and_the_rest_goes_on(make_project: Make, api: Api) -> None:
    """One API that is down must not keep removals from the platforms; nor may the run say that all is well."""
    api.mishap = lambda count: (403, {})
    project = make_project(pull_of(api.url))
    orders = project.landing_path / "generic" / "orders" / "a.csv"
    orders.parent.mkdir(parents=True)
    orders.write_text("order_id,ordered_at,total\n1,2026-01-01,10\n")
    ran = materialize(project)
    assert loaded_rows(ran) == {"generic.orders": 1}
    checks = [_check(evaluation) for evaluation in ran.get_asset_check_evaluations()]
    (failed,) = [check for check in checks if not check.passed]
    assert failed.name == "pulls/generic_contacts: pulled" and failed.blocking
    assert "refuses access (HTTP 403)" in failed.detail


def test_the_landing_room_waits_for_the_pulls(make_project: Make) -> None:
    """Loaded before its pull, an entity is a day behind for ever."""
    landing = landing_assets(make_project(pull_of("https://x.example")))
    waiting = {key for key, deps in landing.asset_deps.items() if pull_key("generic", "contacts") in deps}
    assert waiting == {dg.AssetKey(["raw_generic", "contacts"]), LEDGER}


def test_a_look_back_pulls_nothing(make_project: Make) -> None:
    """Asking an API for today's rows would move the cursor for tables that speak of the past."""
    project = make_project(pull_of("https://x.example"))
    assert len(pull_assets(project)) == 1
    assert pull_assets(project.replay(datetime(2026, 1, 1))) == []


def test_who_pulls_nothing_pays_nothing(make_project: Make) -> None:
    """Importing what pulls takes seconds, and it is an extra that most installations do not have."""
    assert pull_assets(make_project()) == []
    assert pull_key("a", "b").path == ["pulls", "a_b"]
    code = "import sys, dagster_project.assets.pulls, dagster_project.loads.load; assert not {'dlt', 's3fs'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
