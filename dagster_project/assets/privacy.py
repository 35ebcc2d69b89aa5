"""Erasures that a run carries out by itself, before anything is exported."""

from collections.abc import Collection, Iterator
from typing import Any

import dagster as dg

from dagster_project.activation.prune import prune_exports
from dagster_project.assets.common import RunInHand
from dagster_project.assets.dbt import build_again
from dagster_project.catalog import has_table
from dagster_project.dbt_workspace import Workspace
from dagster_project.instance import POOL
from dagster_project.privacy.due import announce, found_since, landed_wishes, time_is_over
from dagster_project.privacy.erase import Wish, erase, finish
from dagster_project.privacy.exports import drop_taken_keys

ERASURES = dg.AssetKey(["privacy", "erasures"])
READABLE = "every_request_can_be_read"
RETAINED = "nobody_is_kept_too_long"
PRUNED = "old_exports_can_be_pruned"

ROUNDS = 5
"""How often the tables are made again, at most, since an erasure has brought to light more of somebody."""


def erasures(workspace: Workspace, after: Collection[dg.AssetKey]) -> dg.AssetsDefinition:
    """The asset [privacy, erasures]: it looks at what this run knows of people (identity is up to date by then), and makes the
    tables again where somebody went.

    Args:
        after: what exports are made of.
    """
    checks = [
        dg.AssetCheckSpec(READABLE, asset=ERASURES, description="Every row of the erasures table names an identifier."),
        dg.AssetCheckSpec(
            PRUNED, asset=ERASURES, description="Exports whose time is over (`retention: exports_days`) could be pruned."
        ),
        dg.AssetCheckSpec(RETAINED, asset=ERASURES, description="Nobody's time (`retention:` in relance.yml) is over."),
    ]
    spec = dg.AssetSpec(
        ERASURES, deps=sorted(after), group_name="privacy", kinds={"duckdb"},
        description="Erases whom a landed request names and whose time is over; the certificates lie in certificates/.",
    )  # fmt: skip

    @dg.multi_asset(name="erasures", specs=[spec], check_specs=checks, pool=POOL, required_resource_keys={"run"})
    def carried_out(context: dg.AssetExecutionContext) -> Iterator[Any]:
        run: RunInHand = context.resources.run
        # A look back at the past is a copy beside the project's own tables; its loads stop who has been erased since.
        figures = {"erased": 0, "certificates": 0, "unreadable": 0} if run.settings.looks_back else _carry_out(run, workspace)
        unpruned: list[str] = []
        with run.warehouse() as con:
            if not run.settings.looks_back:
                figures["sent_keys_dropped"] = drop_taken_keys(con, run.settings, run.as_of)
                figures["exports_pruned"], unpruned = prune_exports(con, run.settings, run.as_of)
                run.is_unfinished |= bool(unpruned)
            due, announced = _retained(con, run)
        yield dg.MaterializeResult(asset_key=ERASURES, metadata={**figures, "time_over": due, "announced": announced})
        unreadable = figures["unreadable"]
        yield dg.AssetCheckResult(
            asset_key=ERASURES, check_name=READABLE, passed=not unreadable, severity=dg.AssetCheckSeverity.WARN,
            description=f"{unreadable} requests name no valid identifier: correct their rows" if unreadable else None,
        )  # fmt: skip
        yield dg.AssetCheckResult(
            asset_key=ERASURES, check_name=PRUNED, passed=not unpruned, severity=dg.AssetCheckSeverity.WARN,
            description=f"give back to their owner or restore: {'; '.join(unpruned[:3])}" if unpruned else None,
            metadata={"exports": len(unpruned)},
        )  # fmt: skip
        how = "ask them again (privacy.repermission_due), or set `retention: {action: purge}`"
        if run.settings.retention.action == "purge":
            how = "they go when they have stood in privacy.announced for `retention: {announce_days}`"
        yield dg.AssetCheckResult(
            asset_key=ERASURES, check_name=RETAINED, passed=not due, severity=dg.AssetCheckSeverity.WARN,
            description=f"The time of {due} people is over: {how}" if due else None,
            metadata={"announced": announced},
        )  # fmt: skip

    return carried_out


def _carry_out(run: RunInHand, workspace: Workspace) -> dict[str, Any]:
    run.let_go()
    erased, certificates = 0, len(finish(run.settings))
    for _ in range(ROUNDS):
        with run.warehouse() as con:
            landed, unreadable = landed_wishes(con, run.settings)
            announce(con, run.as_of)
            over = time_is_over(con, run.as_of, run.settings.retention.announce_days)
            wishes: list[Wish] = [*landed, *found_since(con, run.settings), *over]
        if not wishes:
            break
        people = sum(len(wish.asked) for wish in wishes)
        run.progress.step(f"privacy: erasing {people} {'person' if people == 1 else 'people'}")
        run.let_go()
        certificates += len(erase(run.settings, wishes))
        erased += people
        build_again(run, workspace)
    # Who has just come to light, or comes after the last round, is for the next run to look for.
    run.is_unfinished |= erased > 0
    return {"erased": erased, "certificates": certificates, "unreadable": unreadable}


def _retained(con: Any, run: RunInHand) -> tuple[int, int]:
    """People whose time is over, and those whose will be soon."""
    if not has_table(con, "privacy", "retention_due"):
        return 0, 0
    query = "select count(*) filter (due_at <= $1), count(*) filter (due_at > $1) from privacy.retention_due"
    return con.execute(query, [run.as_of]).fetchone() or (0, 0)
