"""The control tables: which run this is, the moment it speaks of, and the settings that SQL needs."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import duckdb

from dagster_project.assets.common import KIND, RunInHand
from dagster_project.control import Run, configuration_hash, identify_run, write_control
from dagster_project.errors import RelanceError
from dagster_project.instance import POOL

_DESCRIPTIONS = {
    "run": "The run: its name and the moment it speaks of.",
    "today": "The day that the run speaks of, when it ends, and the newest midnight that has passed.",
    "company": "The company's currency, time zone, country and limits, from relance.yml.",
    "consent_policy": "What silence means and which grants count, by region, purpose and kind of people.",
    "lead_purposes": "What the proof of consent of a lead stands for, from relance.yml.",
    "consent_regions": "Whose consent policy holds in which country.",
    "profile_priority": "Whose word about a person counts for which field, from relance.yml.",
    "staff_domains": "The e-mail domains of the company's own people, from relance.yml.",
    "scores": "How people are scored, from relance.yml, and the moment up to which what predicts may have seen the past.",
    "measurement": "How what was sold is shared out among what brought it, from relance.yml.",
    "own_domains": "The company's own domains beside those that its visits land on, from relance.yml.",
    "retention": "How long people are kept, from relance.yml.",
    "audiences": "One row per audience, with its window, goal and holdout, from its YAML.",
    "audience_exclusions": "One row per audience and audience that it leaves out.",
    "audience_caps": "One row per audience that caps its messages to one person, from its YAML.",
    "sequences": "One row per sequence of messages that runs, from its YAML.",
    "sequence_steps": "One row per sequence and step, from its YAML.",
    "sequence_handings": "One row per sequence and sequence that follows it, from its YAML.",
    "sent_messages": "One row per message of a sequence that earlier runs exported.",
    "sent_records": "One row per record of a feed that earlier runs exported.",
    "calendar": "One row per day around the run's, whether the company works on it.",
    "pressure": "How many messages a person may get, from relance.yml.",
    "channel_caps": "How many messages a person may get on each channel, from relance.yml.",
    "audience_suppressions": "One row per audience, suppression audience whose people stay out of its files, and channel of it.",
    "audience_says": "One row per audience and clause, with what it asks for in a marketer's words.",
}


def control_tables(manifest: Mapping[str, Any], after: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """One asset per control table that a model reads.

    Args:
        after: what must have been loaded, since a run is named after the raw state.
    """
    tables = sorted(source["name"] for source in manifest["sources"].values() if source["source_name"] == "control")
    specs = [
        dg.AssetSpec(
            ["control", table], group_name="control", deps=after, kinds={KIND}, skippable=True,
            description=_DESCRIPTIONS.get(table, "Settings of relance.yml that SQL needs."),
        )
        for table in tables
    ]  # fmt: skip

    @dg.multi_asset(name="control", specs=specs, can_subset=True, pool=POOL, required_resource_keys={"run"})
    def control(context: dg.AssetExecutionContext):
        run: RunInHand = context.resources.run
        with run.warehouse() as con:
            identified = identify_run(con, run.settings, run.as_of)
            write_control(con, run.settings, identified)
        configuration = configuration_hash(run.settings)
        fit_at = run.settings.scores.fit_at(identified.as_of, run.settings.company.timezone)
        versions = {"run": identified.run_id, "scores": f"{configuration} {fit_at:%Y-%m-%d %H:%M}"}
        told = {"run_id": identified.run_id, "as_of": f"{identified.as_of:%Y-%m-%d %H:%M} UTC"}
        for key in context.selected_asset_keys:
            table = key.path[-1]
            version = dg.DataVersion(versions.get(table, configuration))
            yield dg.MaterializeResult(asset_key=key, metadata=told if table == "run" else {}, data_version=version)

    return control


def run_in_control(con: duckdb.DuckDBPyConnection) -> Run:
    """The run that the control tables speak of.

    Raises:
        RelanceError: they were never written.
    """
    try:
        row = con.execute("select run_id, as_of from control.run").fetchone()
    except duckdb.CatalogException:
        row = None
    if row is None:
        raise RelanceError(
            "Nothing has been loaded yet", "control.run", "run the whole job once (`relance run`), then parts of it"
        )
    return Run(*row)
