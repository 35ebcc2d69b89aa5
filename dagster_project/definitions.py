"""The one place where everything is put together: assets, checks, jobs, schedules and the sensor of one project.

The project is the folder (or relance.yml) that RELANCE_CONFIG names, else var/demo, else the working folder.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import dagster as dg

from dagster_project.activation.delivery import wrong_deliveries
from dagster_project.activation.feeds import load_feeds
from dagster_project.assets.activations import activation_assets
from dagster_project.assets.common import Progress, run_resource
from dagster_project.assets.control import control_tables
from dagster_project.assets.dbt import dbt_rooms
from dagster_project.assets.deliveries import delivery_assets
from dagster_project.assets.identity import normalised_identifiers
from dagster_project.assets.loads import LEDGER, landing_assets
from dagster_project.assets.money import MONEY_CHECKS
from dagster_project.assets.privacy import ERASURES, erasures
from dagster_project.assets.pulls import pull_assets
from dagster_project.assets.report import report_page
from dagster_project.assets.scope import MESSAGES
from dagster_project.assets.triggers import DAILY_AT, HOURLY_AT, MESSAGES_AT, landed_files_sensor, schedule
from dagster_project.audiences import load_audiences
from dagster_project.config_file import several
from dagster_project.dbt_parse import prepare_manifest
from dagster_project.dbt_workspace import prepare_workspace
from dagster_project.errors import RelanceError
from dagster_project.identity.probable import require_splink
from dagster_project.sequences import load_exports
from dagster_project.settings import CONFIG_NAME, Settings, load_settings


def build_definitions(settings: Settings, progress: Progress | None = None) -> dg.Definitions:
    """Everything Dagster knows of one project.

    Raises:
        RelanceError: an audience, activation or model is wrong, or a library that the project needs is missing.
    """
    require_splink(settings)
    if wrong := wrong_deliveries(settings):
        raise several(wrong)
    activations, sequences = load_exports(settings, load_audiences(settings))
    activations = [*activations, *(sequence.activation for sequence in sequences)]
    activations = [*activations, *load_feeds(settings, activations)]
    workspace = prepare_workspace(settings)
    manifest = json.loads(prepare_manifest(workspace).read_bytes())

    exports = activation_assets(activations)
    handed_on = {dep.asset_key for export in exports for spec in export.specs for dep in spec.deps} - {ERASURES}
    # Also of a company that exports nothing, erasures wait until everything else is made.
    handed_on |= {dg.AssetKey(["audiences", "members"]), dg.AssetKey(["privacy", "retention_due"])}
    assets = [
        landing_assets(settings),
        *pull_assets(settings),
        normalised_identifiers(settings),
        control_tables(manifest, after=[LEDGER]),
        dbt_rooms(workspace, manifest, handed_on | {key.asset_key for check in MONEY_CHECKS for key in check.check_keys}),
        erasures(workspace, handed_on),
        *exports,
        *delivery_assets(settings, list(zip((export.key for export in exports), activations, strict=True))),
        report_page(),
    ]
    moment = dg.AssetSelection.assets(["control", "run"], ["control", "today"])
    daily = dg.define_asset_job(
        "daily",
        selection=dg.AssetSelection.all(),
        description="Everything: new files, identity, profiles, scores, audiences, upload files. Builds only what is stale.",
    )
    hourly = dg.define_asset_job(
        "hourly",
        selection=moment.downstream() | dg.AssetSelection.groups("control"),
        description="What depends on the clock: audiences as of this hour, and their upload files. Reads no new files.",
    )
    made_of = dg.AssetSelection.assets(*(["audiences", table] for table in MESSAGES))
    messages = dg.define_asset_job(
        "messages",
        selection=(made_of.upstream() & moment.downstream())
        | dg.AssetSelection.groups("control")
        | dg.AssetSelection.key_prefixes("sequences").downstream(),
        description="The messages of sequences that are due by now: only what they are made of, and their upload files.",
    )
    return dg.Definitions(
        assets=assets,
        asset_checks=MONEY_CHECKS,
        jobs=[daily, hourly, messages],
        schedules=[
            schedule(
                settings, "every_morning", daily.name, DAILY_AT, True, "The daily job at six in the morning, the company's time."
            ),
            schedule(
                settings, "every_hour", hourly.name, HOURLY_AT, False, "Turn this on where audiences have to follow the hour."
            ),
            schedule(
                settings,
                "messages_every_hour",
                messages.name,
                MESSAGES_AT,
                bool(sequences),
                "Sequences count in hours from the cart or the message before: at each full hour, what is due is written.",
            ),
        ],
        sensors=[landed_files_sensor(settings, daily.name)],
        resources={"run": run_resource(settings, activations, progress)},
        executor=dg.in_process_executor,
    )


def config_path() -> Path:
    """Where the project's relance.yml should be."""
    named = os.environ.get("RELANCE_CONFIG")
    if named:
        return Path(named)
    demo = Path("var") / "demo" / CONFIG_NAME
    return demo if demo.exists() else Path(CONFIG_NAME)


def explain(error: RelanceError) -> dg.Definitions:
    """What the web UI shows in place of a project that can't be read."""
    key = dg.AssetKey("this_project_cannot_be_read")
    how = "Once mended, press Reload definitions. The project is the relance.yml that RELANCE_CONFIG names."
    return dg.Definitions(assets=[dg.AssetSpec(key, description=f"{error}\n\n{how}", group_name="start_here")])


@dg.definitions
def project() -> dg.Definitions:
    """What `dagster dev -m dagster_project.definitions` loads."""
    os.environ.update(DO_NOT_TRACK="1", DBT_SEND_ANONYMOUS_USAGE_STATS="false", GX_ANALYTICS_ENABLED="false")
    try:
        return build_definitions(load_settings(config_path()))
    except RelanceError as error:
        return explain(error)
