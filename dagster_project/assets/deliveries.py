"""What brings exports to where destinations fetch them: one asset per activation whose destination has a delivery."""

from collections.abc import Collection

import dagster as dg
import duckdb

from dagster_project.activation.activations import Activation
from dagster_project.activation.delivery import deliver
from dagster_project.assets.common import RunInHand
from dagster_project.connectors.store import shown_url
from dagster_project.errors import RelanceError
from dagster_project.instance import POOL
from dagster_project.settings import Settings

PREFIX = "deliveries"


def delivery_assets(settings: Settings, made_by: Collection[tuple[dg.AssetKey, Activation]]) -> list[dg.AssetsDefinition]:
    """
    Args:
        made_by: the asset that writes each activation's exports.
    """
    return [
        _delivery_asset(key, activation, shown_url(target.url))
        for key, activation in made_by
        if (target := settings.delivery_of(activation.destination.name))
    ]


def deliver_in_spite(con: duckdb.DuckDBPyConnection, settings: Settings, activation: Activation) -> str | None:
    """Deliver where a failed check keeps the delivery's asset from beginning.

    Returns:
        What kept it from being delivered; None where nothing did.
    """
    try:
        deliver(con, settings, activation.name, activation.destination.name)
    except RelanceError as error:
        return str(error)
    return None


def _delivery_asset(made_by: dg.AssetKey, activation: Activation, to: str) -> dg.AssetsDefinition:
    @dg.asset(
        key=[PREFIX, activation.name],
        deps=[made_by],
        group_name="activations",
        description=f"Exports of {activation.name} that have not been delivered yet → {to}, oldest first, the manifest last.",
        tags={"destination": activation.destination.name},
        op_tags={"dagster/priority": str(-activation.priority)},
        pool=POOL,
        required_resource_keys={"run"},
    )
    def delivery(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        run: RunInHand = context.resources.run
        run.progress.step(f"deliver: {activation.name}")
        with run.warehouse() as con:
            done = deliver(con, run.settings, activation.name, activation.destination.name)
        sent = {} if done is None else {"exports": done.exports, "files": done.files, "bytes": done.bytes}
        return dg.MaterializeResult(metadata={"to": to, **sent})

    return delivery
