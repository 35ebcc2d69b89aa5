"""Pulls: one asset per entity that Relance fetches itself, upstream of the landing room.

A pull that fails must not keep everything else from being built: the other sources have landed, their audiences age, and
removals have to reach the platforms. So the step ends well, its check `pulled` does not hold, and the run, which goes on
with what has landed, ends as failed and names it. The next pull asks for the same rows again.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from dagster_project.assets.common import RunInHand
from dagster_project.connectors.options import Pull
from dagster_project.errors import RelanceError
from dagster_project.settings import Settings

PULLED = "pulled"


def pull_key(source: str, entity: str) -> dg.AssetKey:
    return dg.AssetKey(["pulls", f"{source}_{entity}"])


def pull_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """None for a company that pulls nothing, nor in a look back. What pulls is imported only when one of them runs."""
    if settings.looks_back:
        return []
    return [_pull_asset(source, entity, pull) for (source, entity), pull in sorted(settings.pulls.items())]


def _pull_asset(source: str, entity: str, pull: Pull) -> dg.AssetsDefinition:
    key = pull_key(source, entity)
    kind = "rest" if pull.rest_api else "sql"
    check = dg.AssetCheckSpec(
        PULLED, asset=key, blocking=False,
        description="The rows could be read. If not, the run goes on with what has landed, and ends as failed.",
    )  # fmt: skip
    spec = dg.AssetSpec(
        key, group_name="pulls", kinds={kind}, tags={"source": source},
        description=f"New rows of {source}.{entity} from {pull.place}, as a file of the landing folder.",
    )  # fmt: skip

    @dg.multi_asset(name=f"pull__{source}_{entity}", specs=[spec], check_specs=[check], required_resource_keys={"run"})
    def pulled(context: dg.AssetExecutionContext) -> Iterator[Any]:
        run: RunInHand = context.resources.run
        yield from _pull(run, source, entity)

    return pulled


def _pull(run: RunInHand, source: str, entity: str) -> Iterator[Any]:
    from dagster_project.connectors.pull import pull_entity

    key = pull_key(source, entity)
    run.progress.step(f"pull: {source}.{entity}")
    try:
        found = pull_entity(run.settings, source, entity, run.progress.detail)
    except RelanceError as error:
        yield dg.MaterializeResult(asset_key=key, metadata={"status": "failed", "rows_pulled": 0})
        yield dg.AssetCheckResult(
            asset_key=key, check_name=PULLED, passed=False, severity=dg.AssetCheckSeverity.ERROR, description=str(error)
        )
        return
    told: dict[str, Any] = {"status": "pulled" if found.file else "nothing new", "rows_pulled": found.rows, "pages": found.pages}
    if found.file:
        told["file"] = found.file
    yield dg.MaterializeResult(asset_key=key, metadata=told)
    yield dg.AssetCheckResult(asset_key=key, check_name=PULLED, passed=True)
