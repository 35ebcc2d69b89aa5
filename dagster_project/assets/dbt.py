"""Everything dbt makes, staging to audiences: one asset per model and seed, one check per data test, one dbt command per run."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from graphlib import TopologicalSorter
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import dbt_assets
from dagster_dbt.asset_utils import DAGSTER_DBT_UNIQUE_ID_METADATA_KEY

from dagster_project.assets.common import RunInHand
from dagster_project.assets.control import run_in_control
from dagster_project.assets.cutoff import grounds_of, remember_what_stood, watch
from dagster_project.assets.dbt_translator import Manifest, RoomTranslator, is_blocking
from dagster_project.assets.scope import (
    Scope,
    clock_nodes,
    forget_build,
    ground_of,
    message_nodes,
    plan_build,
    remember_build,
    scope_of,
    starts_afresh,
    stood_together,
)
from dagster_project.control import identify_run, write_control
from dagster_project.dbt_meanwhile import building
from dagster_project.dbt_run import DbtResults, NodeResult, Standing, dbt_build
from dagster_project.dbt_workspace import Workspace
from dagster_project.errors import RelanceError
from dagster_project.instance import POOL
from dagster_project.scores.predict.card import cards_in_markdown

CARDS = "model_cards"
UNCHANGED = "Nothing it looks at has changed since this last held."


def dbt_rooms(workspace: Workspace, manifest: Manifest, handed_on: Collection[dg.AssetKey]) -> dg.AssetsDefinition:
    """The assets of all dbt rooms.

    Args:
        manifest: the parsed manifest.json.
        handed_on: keys that later assets build on; they are reported as they stand where dbt had nothing to do.

    Raises:
        RelanceError: a model stands in a room that has no name.
    """
    clock = clock_nodes(manifest)
    messages = clock & message_nodes(manifest)
    in_order = tuple(TopologicalSorter(manifest["parent_map"]).static_order())

    def _can_be_cut_off(con: duckdb.DuckDBPyConnection, chosen: Collection[str]) -> bool:
        models = {uid for uid in chosen if manifest["nodes"][uid]["resource_type"] == "model"}
        wanted = {parent for uid in chosen for parent in manifest["parent_map"][uid] if parent in clock}
        return wanted <= chosen and stood_together(con, models, messages)

    def cards_of(uid: str) -> bool:
        """Whether a node is the table of cards or a test on it: what they say is read when dbt has let go of the warehouse."""
        on = manifest["parent_map"][uid] if manifest["nodes"][uid]["resource_type"] == "test" else [uid]
        return any(each.split(".")[2] == CARDS for each in on)

    @dbt_assets(manifest=manifest, name="dbt", dagster_dbt_translator=RoomTranslator(), pool=POOL, required_resource_keys={"run"})
    def dbt(context: dg.AssetExecutionContext) -> Iterator[Any]:
        run: RunInHand = context.resources.run
        assets = {spec.metadata[DAGSTER_DBT_UNIQUE_ID_METADATA_KEY]: spec.key for spec in context.assets_def.specs}
        all_checks = context.assets_def.node_check_specs_by_output_name.values()
        checks = {spec.metadata[DAGSTER_DBT_UNIQUE_ID_METADATA_KEY]: spec.key for spec in all_checks}
        wanted_assets = {uid: key for uid, key in assets.items() if key in context.selected_asset_keys}
        wanted_checks = {uid: key for uid, key in checks.items() if key in context.selected_asset_check_keys}
        every = {*assets, *checks}

        with run.warehouse() as con:
            ground = ground_of(con, run.settings, run_in_control(con).run_id)
            scope = Scope.EVERYTHING if run.full_refresh else scope_of(con, ground)
            warnings = {uid for uid in checks if not is_blocking(manifest["nodes"][uid])}
            plan = plan_build({*wanted_assets, *wanted_checks}, every, clock & every, scope, messages, warnings)
            full_refresh = run.full_refresh or starts_afresh(con, ground)
            to_build, standing = plan.chosen, None
            if scope is Scope.CLOCK and run.settings.warehouse.engine == "duckdb" and _can_be_cut_off(con, plan.chosen):
                may_change, moved = watch(con, manifest, plan.chosen)
                to_build, standing = frozenset(may_change), Standing(grounds_of(manifest, may_change), moved)
            if plan.chosen:
                forget_build(con, full_refresh, run.settings.warehouse.engine)

        def told(node: NodeResult, more: Mapping[str, Any]) -> Iterator[Any]:
            if node.unique_id in wanted_checks and node.status != "skipped":
                yield _check_result(wanted_checks[node.unique_id], node)
            elif node.unique_id in wanted_assets and node.held:
                yield dg.MaterializeResult(asset_key=wanted_assets[node.unique_id], metadata=_metadata(node) | more)

        def unchanged() -> Iterator[Any]:
            for uid in filter(lambda uid: uid in wanted_assets and uid not in to_build, in_order):
                if wanted_assets[uid] in handed_on:
                    yield dg.MaterializeResult(asset_key=wanted_assets[uid], metadata={"unchanged": True})
            if scope is not Scope.EVERYTHING:
                for uid, key in wanted_checks.items():
                    if uid not in to_build and is_blocking(manifest["nodes"][uid]):
                        yield dg.AssetCheckResult(
                            asset_key=key.asset_key, check_name=key.name, passed=True, description=UNCHANGED
                        )

        of_cards: list[NodeResult] = []

        def told_of(nodes: Iterable[NodeResult]) -> Iterator[Any]:
            # Dagster wants assets after those that they are made of; what has not changed is made of nothing that has.
            yield from unchanged()
            for node in nodes:
                if cards_of(node.unique_id):
                    of_cards.append(node)
                else:
                    yield from told(node, {})

        results = DbtResults()
        if to_build:
            run.progress.step(
                f"dbt: {len(to_build)} models and tests" + (" that depend on the clock" if scope is Scope.CLOCK else "")
            )
            build = partial(_build, run, workspace, None if to_build == every else to_build, full_refresh)
            if run.settings.warehouse.engine == "spark":  # it tells nothing before the end
                results = build()
                yield from told_of(results.nodes)
            else:
                # Dagster may stop asking for more without a word; the run then ends what goes on beside it.
                going_on = run.beside.enter_context(building(partial(build, standing)))
                try:
                    yield from told_of(going_on)
                    results = going_on.results()
                finally:
                    run.beside.close()
        else:
            yield from told_of(())
        with run.warehouse() as con:
            cards = _cards(con, results)
            if plan.chosen and plan.completes_messages and results.success:
                remember_what_stood(con)
                remember_build(con, ground, only_messages=not plan.completes)
        for node in of_cards:
            yield from told(node, {} if node.is_test else cards)
        results.raise_if_broken()

    return dbt


def build_again(run: RunInHand, workspace: Workspace) -> None:
    """Make every table once more after rows have gone from the raw ones, as a run of its own name.

    Raises:
        RelanceError: a model fails, or a check that blocks does not hold.
    """
    with run.warehouse() as con:
        identified = identify_run(con, run.settings, run.as_of)
        write_control(con, run.settings, identified)
        ground = ground_of(con, run.settings, identified.run_id)
        afresh = starts_afresh(con, ground)
        forget_build(con, afresh, run.settings.warehouse.engine)
    results = _build(run, workspace, None, afresh)
    results.raise_if_broken()
    if not results.success:
        failed = ", ".join(node.name for node in results.nodes if not node.held and node.status in ("fail", "error"))
        raise RelanceError(
            f"After an erasure, these checks do not hold: {failed}", "privacy/erasures", "run again with them mended"
        )
    with run.warehouse() as con:
        remember_what_stood(con)
        remember_build(con, ground)


def _build(
    run: RunInHand,
    workspace: Workspace,
    chosen: Collection[str] | None,
    full_refresh: bool,
    standing: Standing | None = None,
    tell: Callable[[NodeResult], None] | None = None,
    stop: threading.Event | None = None,
) -> DbtResults:
    """
    Args:
        standing, tell, stop: as of dbt_build(); in DuckDB alone.
    """
    run.let_go()
    was_torn = run.is_torn
    run.has_news = run.is_torn = True
    if run.settings.warehouse.engine == "spark":
        from dagster_project.spark.build import spark_build

        results = spark_build(run.settings, workspace, chosen, full_refresh, _teller(run))
    else:
        teller = _teller(run)

        def on_result(node: NodeResult) -> None:
            if not (stop and stop.is_set()):  # what was broken off is nobody's mistake
                teller(node)
            if tell:
                tell(node)

        results = dbt_build(
            workspace, full_refresh=full_refresh, on_result=on_result, standing=standing, chosen=chosen, stop=stop
        )
    # A part that held leaves what was torn before as it is.
    run.is_torn = bool(results.broken) or (was_torn and chosen is not None)
    return results


def _teller(run: RunInHand) -> Any:
    def tell(node: NodeResult) -> None:
        if node.status in ("error", "fail"):
            run.progress.step(f"dbt: {node.name} {node.status}: {node.message}")
        elif node.held and not node.is_test and node.execution_time >= 0.5:
            run.progress.detail(f"dbt: {node.name} {node.execution_time:.1f} s")

    return tell


def _cards(con: duckdb.DuckDBPyConnection, results: DbtResults) -> dict[str, dg.MarkdownMetadataValue]:
    """The card of every model of a probability, to be read where the table of cards is looked at."""
    if not any(node.name == CARDS and node.held for node in results.nodes):
        return {}
    return {model: dg.MetadataValue.md(card) for model, card in cards_in_markdown(con).items()}


def _metadata(node: NodeResult) -> dict[str, Any]:
    told: dict[str, Any] = {"seconds": round(node.execution_time, 3)} | ({"unchanged": True} if node.is_unchanged else {})
    return told if node.rows is None else {"dagster/row_count": node.rows, **told}


def _check_result(key: dg.AssetCheckKey, node: NodeResult) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=node.status == "pass",
        severity=dg.AssetCheckSeverity.WARN if node.status == "warn" else dg.AssetCheckSeverity.ERROR,
        description=None if node.status == "pass" else node.message or "The test could not be run.",
        metadata={"seconds": round(node.execution_time, 3), **({} if node.failures is None else {"rows_found": node.failures})},
    )
