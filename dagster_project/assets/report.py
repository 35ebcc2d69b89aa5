"""The report as an asset: the page of the run that is going on, made when all else is done."""

import time

import dagster as dg

from dagster_project.assets.common import RunInHand
from dagster_project.instance import POOL
from dagster_project.report.last_run import is_kept, keep
from dagster_project.report.make import make_report, newest_page
from dagster_project.run import REPORT, result_of, run_so_far

LAST = -1_000_000
"""Dagster begins what may begin by priority, and one step at a time: whatever else can still be made comes before."""


def report_page() -> dg.AssetsDefinition:
    """Hangs on the run alone: had it to wait for tables and exports, what stops them would stop the page that tells so."""

    @dg.asset(
        key=REPORT.split("/"),
        deps=[dg.AssetKey(["control", "run"])],
        group_name="measurement",
        description="The report of the newest run as one HTML page: what it brought, audiences, people, scores, data, alerts. "
        "Made when everything else of a run has been made, or has failed.",
        kinds={"html"},
        op_tags={"dagster/priority": str(LAST)},
        pool=POOL,
        required_resource_keys={"run"},
    )
    def report(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        run: RunInHand = context.resources.run
        run.progress.step("report")
        entries = context.instance.all_logs(context.run_id)
        events = [entry.dagster_event for entry in entries if entry.dagster_event is not None]
        so_far = result_of(events, context.run_id, time.time() - entries[0].timestamp if entries else 0.0)
        with run.warehouse() as con:
            told = run_so_far(con, run.as_of, so_far)
            run.has_held = told.succeeded
            page = newest_page(run.settings)
            # The same run once more has the same to tell, and drawing it takes seconds.
            if run.has_news or not page.exists() or not is_kept(run.settings, told):
                keep(run.settings, told)
                make_report(con, run.settings, told)
        return dg.MaterializeResult(
            metadata={
                "page": dg.MetadataValue.path(str(page)),
                "url": dg.MetadataValue.url(page.as_uri()),
                "bytes": page.stat().st_size,
                "failed_checks": len(told.failed_checks),
            }
        )

    return report
