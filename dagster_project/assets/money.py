"""The checks that say where money has a gap: an order without an amount, an amount without a rate, a cost told wrongly."""

from collections.abc import Callable

import dagster as dg
import duckdb

from dagster_project.assets.common import RunInHand
from dagster_project.instance import POOL
from dagster_project.quality.costs import cost_mistakes
from dagster_project.quality.orders import order_gaps
from dagster_project.quality.rates import rate_gaps


def gap_check(
    asset: list[str], name: str, description: str, gaps_of: Callable[[duckdb.DuckDBPyConnection], list[str]], how: str
) -> dg.AssetChecksDefinition:
    """A check that warns with a line per gap: figures with a gap look complete. `how` says how to fill one."""

    @dg.asset_check(asset=dg.AssetKey(asset), name=name, description=description, pool=POOL, required_resource_keys={"run"})
    def check(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        run: RunInHand = context.resources.run
        with run.warehouse() as con:
            gaps = gaps_of(con)
        return dg.AssetCheckResult(
            passed=not gaps,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"{'; '.join(gaps)}. {how}" if gaps else None,
            metadata={"gaps": len(gaps)},
        )

    return check


MONEY_CHECKS = [
    gap_check(
        ["unified", "rate_gaps"],
        "amounts_have_a_rate",
        "Every amount in another currency could be brought to the company's, at a rate of its month.",
        rate_gaps,
        "Land their rates under generic/exchange_rates.",
    ),
    gap_check(
        ["quality", "order_gaps"],
        "orders_have_an_amount",
        "Every order has an amount, and every refund an order, of which it is a part at most.",
        order_gaps,
        "The orders are listed in quality.order_gaps.",
    ),
    gap_check(
        ["measurement", "cost_gaps"],
        "costs_are_told_rightly",
        "Every cost is counted, on its days: none was refused, has a share above 1, no exchange rate, or ends before it begins.",
        cost_mistakes,
        "The costs are listed in measurement.cost_gaps.",
    ),
]
