"""The check that says where orders and refunds leave a gap in revenue."""

import dagster as dg

from dagster_project.assets.common import RunInHand
from dagster_project.instance import POOL
from dagster_project.quality.orders import order_gaps


@dg.asset_check(
    asset=dg.AssetKey(["quality", "order_gaps"]),
    name="orders_have_an_amount",
    description="Every order has an amount, and every refund an order, of which it is a part at most.",
    pool=POOL,
    required_resource_keys={"run"},
)
def orders_have_an_amount(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Warns, naming sources, months and numbers of rows: revenue without them looks complete."""
    run: RunInHand = context.resources.run
    with run.warehouse() as con:
        gaps = order_gaps(con)
    how = "The orders are listed in quality.order_gaps."
    return dg.AssetCheckResult(
        passed=not gaps,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{'; '.join(gaps)}. {how}" if gaps else None,
        metadata={"gaps": len(gaps)},
    )
