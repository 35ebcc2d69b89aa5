"""The check that says where money is missing from figures for want of an exchange rate."""

import dagster as dg

from dagster_project.assets.common import RunInHand
from dagster_project.instance import POOL
from dagster_project.quality.rates import rate_gaps


@dg.asset_check(
    asset=dg.AssetKey(["unified", "rate_gaps"]),
    name="amounts_have_a_rate",
    description="Every amount in another currency could be brought to the company's, at a rate of its month.",
    pool=POOL,
    required_resource_keys={"run"},
)
def amounts_have_a_rate(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Warns, naming tables, rows and currencies: figures without them look complete."""
    run: RunInHand = context.resources.run
    with run.warehouse() as con:
        gaps = rate_gaps(con)
    how = "Land their rates under generic/exchange_rates."
    return dg.AssetCheckResult(
        passed=not gaps,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{'; '.join(gaps)}. {how}" if gaps else None,
        metadata={"gaps": len(gaps)},
    )
