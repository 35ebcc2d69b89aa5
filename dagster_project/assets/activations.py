"""Upload files: one asset per activation, made from its YAML alone."""

from typing import Any

import dagster as dg
import duckdb

from dagster_project.activation.activations import Activation
from dagster_project.activation.build import ActivationResult, run_activation
from dagster_project.activation.feeds import SCHEMA, Feed
from dagster_project.activation.history import newest_preview, recent_exports
from dagster_project.assets.common import RunInHand
from dagster_project.assets.control import run_in_control
from dagster_project.assets.deliveries import deliver_in_spite
from dagster_project.assets.privacy import ERASURES
from dagster_project.errors import RelanceError
from dagster_project.instance import POOL
from dagster_project.settings import Settings

FIT = "export_is_fit_to_leave"


def activation_assets(activations: list[Activation]) -> list[dg.AssetsDefinition]:
    """One per activation, which a run makes in the order of their priority.

    Who stands later in an exclusive group does not depend on who stands before: a failed check there would keep removals back.
    """
    ranks = {name: rank for rank, (_, name) in enumerate(sorted((each.priority, each.name) for each in activations))}
    return [_activation_asset(activation, ranks[activation.name]) for activation in activations]


def _activation_asset(activation: Activation, rank: int) -> dg.AssetsDefinition:
    key = dg.AssetKey([activation.family, activation.name])
    destination = activation.destination
    what = {
        "full": "the whole list, where anything has changed",
        "delta": "what is new and what has gone since the last file",
        "sequence": "the messages that are due, and who is stopped",
    }["sequence" if activation.sequence else activation.mode]
    needed = [["audiences", activation.audience], ["audiences", "members"], ["audiences", "frequency_caps"]]
    needed += [["audiences", "messages_due"]] if activation.sequence else []
    origin = f"Audience {activation.audience}"
    if isinstance(activation, Feed):
        needed = [[SCHEMA, activation.model.name], ["profiles", "consents"], ["identity", "identifiers"]]
        origin = f"Table {SCHEMA}.{activation.model.name}"
    fit = dg.AssetCheckSpec(
        FIT, asset=key, blocking=True,
        description=f"The files have the columns, values and counts that {destination.title} takes. If not, nothing leaves.",
    )  # fmt: skip

    @dg.asset(
        key=key,
        deps=[*map(dg.AssetKey, needed), ERASURES],
        group_name="activations",
        description=f"{activation.description}\n\n{origin} → {destination.title}: {what}.",
        check_specs=[fit],
        kinds={"csv"},
        tags={"destination": destination.name, "audience": activation.audience, "mode": activation.mode},
        op_tags={"dagster/priority": str(-rank)},
        metadata={
            "match_keys": ", ".join(activation.match_keys),
            "priority": activation.priority,
            "made_from": activation.path.name,
        },
        pool=POOL,
        required_resource_keys={"run"},
    )
    def export(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        run: RunInHand = context.resources.run
        run.progress.step(f"export: {activation.name}")
        with run.warehouse() as con:
            identified = run_in_control(con)
            if not _makes_all_of(context, key):
                _require_complete_build(con, identified.run_id, "messages_run_id" if activation.sequence else "run_id")
            result = run_activation(run.settings, con, activation, identified.run_id, identified.as_of)
            run.has_news |= result.status == "published"
            # After a failed check Dagster never begins the delivery's own asset, and a removal does not wait.
            hindrance = None if result.passed else deliver_in_spite(con, run.settings, activation)
        metadata = metadata_of(result, run.settings, activation) | ({"not_delivered": hindrance} if hindrance else {})
        return dg.MaterializeResult(metadata=metadata, check_results=[_fit(result, hindrance)])

    return export


def _makes_all_of(context: dg.AssetExecutionContext, key: dg.AssetKey) -> bool:
    """Whether this very run makes everything the export is made of; had something failed, the export would not begin."""
    layer = context.job_def.asset_layer
    return layer.asset_graph.get_ancestor_asset_keys(key) <= set(layer.executable_asset_keys)


def _require_complete_build(con: duckdb.DuckDBPyConnection, run_id: str, column: str) -> None:
    """
    Args:
        column: of control.built: which run's are all tables, or those that messages are made of.

    Raises:
        RelanceError: the last build failed, was stopped by a check, or was another run's.
    """
    try:
        row = con.execute(f"select {column} from control.built").fetchone()
    except (duckdb.CatalogException, duckdb.BinderException):
        row = None
    if row is None or row[0] != run_id:
        what = "The audiences are not up to date with what was loaded"
        raise RelanceError(what, "control.built", "run the whole pipeline, mend what it objects to, then export")


def _fit(result: ActivationResult, hindrance: str | None) -> dg.AssetCheckResult:
    """
    Args:
        hindrance: what kept the removals of a failed export from being delivered.
    """
    failed = [check for check in result.checks if not check.passed]
    told = "; ".join([*(f"{check.name}: {check.summary()}" for check in failed), *([hindrance] if hindrance else [])])
    return dg.AssetCheckResult(
        check_name=FIT, passed=not failed, description=told or None,
        metadata={"files": len(result.checks), "expectations": sum(len(check.findings) for check in result.checks)},
    )  # fmt: skip


def metadata_of(result: ActivationResult, settings: Settings, activation: Activation) -> dict[str, Any]:
    """Figures, which Dagster draws over time, the folder (relative to the project's, where it lies there), the last exports and a
    masked preview of what the destination has; nothing personal."""
    told: dict[str, Any] = {
        "status": result.status.replace("_", " "),
        "dagster/row_count": result.rows,
        "added": result.adds,
        "removed": result.removes,
        "held_by_destination": result.held,
        "members": result.members,
    }
    if result.skipped:
        told["not_written"] = result.skipped
    if result.folder is not None:
        inside = result.folder.is_relative_to(settings.base)
        told["folder"] = dg.MetadataValue.path(str(result.folder.relative_to(settings.base) if inside else result.folder))
    if result.coverage:
        told["match_keys"] = _table([{"match key": key, **figures} for key, figures in result.coverage.items()])
    if result.gates:
        told["gates"] = _table([{**gate, "stopped": gate["before"] - gate["after"]} for gate in result.gates])
    if result.left_out:
        told["left_out"] = _table([{"reason": reason, "records": count} for reason, count in result.left_out.items()])
    if exports := recent_exports(settings, activation):
        told["last_exports"] = _table(exports)
    if preview := result.preview or newest_preview(settings, activation):
        told["preview"] = _table(_upright(preview))
    # Numbers for the plots, which the table of match keys shows to whoever reads.
    return told | {f"coverage/{key}": figures["share"] for key, figures in result.coverage.items()}


def _upright(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """One line per column of the file: pages are higher than they are wide."""
    return [{"column": name, **{f"row {n}": row[name] for n, row in enumerate(rows, 1)}} for name in rows[0]]


def _table(rows: list[dict[str, Any]]) -> dg.TableMetadataValue:
    columns = [dg.TableColumn(name, "string" if isinstance(rows[0][name], str) else "number") for name in rows[0]]
    records = [dg.TableRecord({name: _cell(value) for name, value in row.items()}) for row in rows]
    return dg.MetadataValue.table(records, dg.TableSchema(columns))


def _cell(value: Any) -> str | int | float | bool:
    if isinstance(value, float):
        return round(value, 4)
    return value if isinstance(value, (str, int, bool)) else str(value)
