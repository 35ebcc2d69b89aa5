"""One run of the job in this process: what the terminal calls.

The run is stored in the project's Dagster home, so the web UI shows it among the others. Where nothing could come of it, Dagster
is not even imported.
"""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.activation.activations import FAMILIES
from dagster_project.audience_sql import require_sound_audiences
from dagster_project.connectors.store import list_store
from dagster_project.control import newest_moment
from dagster_project.errors import RelanceError, safe_message
from dagster_project.loads.known_then import files_known_then
from dagster_project.nothing_new import standing_run, stands_on
from dagster_project.report.last_run import Check, LastRun, is_kept, keep, keep_published, newest_is_published
from dagster_project.report.make import make_report, newest_page
from dagster_project.report.summary import Summary, summarise
from dagster_project.room import shortage
from dagster_project.settings import Settings
from dagster_project.warehouse import open_warehouse

if TYPE_CHECKING:
    import dagster as dg
    import duckdb

    from dagster_project.assets.common import Progress


REPORT = "measurement/report"
"""The asset that is the page."""
DAILY, MESSAGES = "daily", "messages"
"""Jobs: everything, and no more than the messages of sequences, which leaves the page as it is."""


@dataclass(frozen=True)
class RunResult:
    """What came of a run.

    dagster_run_id: empty where nothing was new, and Dagster was not asked.
    checks: every check that was evaluated; where nothing was new, those of the run that left everything as it is.
    failures: step → what went wrong, for steps that raised; a check that blocks is no failure but a check that did not pass.
    assets: "schema/table" → metadata of what was materialised, as plain values.
    """

    dagster_run_id: str
    seconds: float
    checks: list[Check]
    failures: dict[str, str] = field(default_factory=dict)
    assets: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def failed_blocking_checks(self) -> list[Check]:
        return [check for check in self.checks if check.blocking and not check.passed]

    @property
    def success(self) -> bool:
        return not self.failures and not self.failed_blocking_checks


def run_job(
    settings: Settings,
    as_of: datetime | None = None,
    full_refresh: bool = False,
    select: str | None = None,
    progress: Progress | None = None,
    job: str = DAILY,
) -> RunResult:
    """Run a job, or a part of the daily one.

    Args:
        as_of: the moment the run speaks of, naive UTC; by default the project's own clock.
        job: daily, hourly or messages.
        select: Dagster asset selection, such as 'group:audiences' or '+key:"activations/google_cart_abandoners"'.

    Raises:
        RelanceError: the project is wrong, the selection fits nothing, or another run holds the warehouse.
    """
    from dagster_project.assets.common import STOOD_ON, Silence
    from dagster_project.definitions import build_definitions
    from dagster_project.instance import open_instance

    started = time.monotonic()
    stood_on = stands_on(settings) if select is None and job == DAILY else None
    # Dagster's own chatter goes to its event log; what a person should see goes through `progress`.
    for name in ("dagster", "dagster._core.execution.plan.active"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if select is None and job == DAILY and settings.landing.is_remote:
        # A source whose first files have just landed needs its assets in this run, and they are made before anything is fetched.
        list_store(settings)
    definitions = build_definitions(settings, progress or Silence())
    moment = None if as_of is None else f"{as_of.isoformat()}+00:00"
    config = {
        "resources": {"run": {"config": {"as_of": moment, "full_refresh": full_refresh}}},
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }
    with open_instance(settings) as instance:
        outcome = definitions.resolve_job_def(job).execute_in_process(
            run_config=config,
            instance=instance,
            raise_on_error=False,
            asset_selection=_selected(definitions, select),
            tags={STOOD_ON: stood_on} if stood_on else None,
        )
    return _result(outcome, time.monotonic() - started)


def _selected(definitions: dg.Definitions, select: str | None) -> list[dg.AssetKey] | None:
    if select is None:
        return None
    import dagster as dg

    graph = definitions.resolve_asset_graph()
    how = """write for instance 'group:audiences', 'key:"scores/rfm"' or '+key:"activations/NAME"' (with all it is made of)"""
    try:
        with warnings.catch_warnings(action="ignore"):  # Dagster calls parts of its own selection language beta
            keys = dg.AssetSelection.from_string(select).resolve(graph)
    except Exception as error:  # Dagster's parser raises several unrelated types
        raise RelanceError(f"The selection can't be read: {str(error).splitlines()[0]}", f"--select {select}", how) from None
    keys = {key for key in keys if key in graph.executable_asset_keys}
    if not keys:
        raise RelanceError("The selection fits no asset", f"--select {select}", how)
    return sorted(keys)


def _result(outcome: dg.ExecuteInProcessResult, seconds: float) -> RunResult:
    return result_of(outcome.all_events, outcome.run_id, seconds)


def result_of(events: Iterable[dg.DagsterEvent], dagster_run_id: str, seconds: float) -> RunResult:
    """What the events of a run tell, which may still be going on.

    Raises:
        RelanceError: it could not start.
    """
    checks: list[Check] = []
    failures: dict[str, str] = {}
    assets: dict[str, dict[str, Any]] = {}
    a_step_failed = False
    for event in events:
        if event.event_type_value == "ASSET_CHECK_EVALUATION":
            checks.append(_check(event.asset_check_evaluation_data))
        elif event.event_type_value == "ASSET_MATERIALIZATION":
            found = event.materialization
            assets["/".join(found.asset_key.path)] = {name: value.value for name, value in found.metadata.items()}
        elif event.event_type_value == "STEP_FAILURE":
            a_step_failed = True
            told = _told(event.step_failure_data.error)
            if told is not None:
                failures[event.step_key] = told
        elif event.event_type_value == "PIPELINE_FAILURE" and not a_step_failed:
            raise RelanceError(_told(event.job_failure_data.error) or "The run could not start")
    return RunResult(dagster_run_id, seconds, checks, failures, assets)


def _check(evaluation: Any) -> Check:
    name = f"{'/'.join(evaluation.asset_key.path)}: {evaluation.check_name}"
    # A check that stops nothing may still be an error, such as a pull that failed: the run goes on, and ends as failed.
    decides = evaluation.blocking or (not evaluation.passed and evaluation.severity.value == "ERROR")
    return Check(name, evaluation.passed, decides, evaluation.description or "")


def _told(error: Any) -> str | None:
    """The message of our own error inside Dagster's wrappings, or of the innermost one without the values it quotes.

    None for a check that blocks.
    """
    innermost = error
    while error is not None:
        if error.cls_name == "DagsterExecutionInterruptedError":
            raise KeyboardInterrupt
        if error.cls_name == "DagsterAssetCheckFailedError":
            return None
        if error.cls_name == "RelanceError":
            return error.message.split(": ", 1)[-1].strip()
        innermost, error = error, error.cause
    # Dagster's message begins with the class: `duckdb.duckdb.ConversionException: Conversion Error: …`.
    return str(shortage(innermost.message) or safe_message(innermost.message))


@dataclass(frozen=True)
class Outcome:
    """A run with the figures it left in the warehouse and the page that shows them."""

    summary: Summary
    report: Path
    result: RunResult

    @property
    def succeeded(self) -> bool:
        return self.result.success


def run_project(
    settings: Settings,
    as_of: datetime | None = None,
    *,
    full_refresh: bool = False,
    known_then: bool = False,
    select: str | None = None,
    progress: Progress | None = None,
    started: float | None = None,
    job: str = DAILY,
) -> Outcome:
    """Run, then read the run's figures from the warehouse and write the report.

    Args:
        known_then: of a moment that has passed, only what had been loaded by then counts; otherwise all that is known now of
            what had happened by then.
        started: `time.monotonic()` when the command began, so that imports count.

    The report is an asset of the whole job; where only a part of it ran, it is written here. Where the whole job would find
    nothing to do, figures, checks and page are those of the run before.

    Raises:
        RelanceError: as `run_job`; an audience of the company's own can't be built; or a step before the exports failed, and
            there is nothing to sum up.
    """
    started = time.monotonic() if started is None else started
    as_of = settings.moment() if as_of is None else as_of
    require_sound_audiences(settings)
    newest = newest_moment(settings)
    is_past = newest is not None and as_of < newest
    if job != DAILY:
        _require_what_a_job_stands_on(job, newest, is_past, full_refresh, select)
    if known_then and not is_past:
        how = "leave --known-then out, or name with --as-of a moment before the newest run's"
        raise RelanceError("What is known at the moment of this run is what is known", "--known-then", how)
    if is_past:
        had = files_known_then(settings, as_of) if known_then else None
        settings = settings.replay(as_of, had and had.files)
        if progress:
            told = f"replay as of a moment before {newest:%Y-%m-%d %H:%M} UTC"
            if had:
                told += f", knowing {len(had.files):,} files"
                told += f" ({len(had.changed):,} that have changed since are left out)" if had.changed else ""
            progress.step(f"{told}, into {settings.warehouse_path}; nothing is exported, and no message of a sequence is planned")
    elif select is None and job == DAILY and not full_refresh and (stands := _what_stands(settings, as_of, progress, started)):
        return stands
    if progress:
        progress.step("starting Dagster and dbt")
    result = run_job(settings, as_of, full_refresh, select, progress, job)
    ground = [told for step, told in result.failures.items() if not step.startswith((*FAMILIES, "deliveries"))]
    if ground:
        raise RelanceError(ground[0])
    with open_warehouse(settings) as con:
        run = run_so_far(con, as_of, replace(result, seconds=time.monotonic() - started))
        summary = _summary(con, settings, run)
        if REPORT in result.assets or job == MESSAGES:
            page = newest_page(settings)
        else:
            if progress:
                progress.step("report")
            _keep(settings, run)
            page = make_report(con, settings, run)
    return Outcome(summary, page, result)


def _keep(settings: Settings, run: LastRun) -> None:
    """What a part of the job found; readers had what it left when it ended."""
    if not is_kept(settings, run):
        is_published = newest_is_published(settings)
        keep(settings, run)
        if is_published:
            keep_published(settings)


def _require_what_a_job_stands_on(
    job: str, newest: datetime | None, is_past: bool, full_refresh: bool, select: str | None
) -> None:
    """A job of what depends on the clock goes on from the tables of a whole run."""
    for wrong, option in ((select is not None, "--select"), (full_refresh, "--full-refresh"), (is_past, "--as-of")):
        if wrong:
            what = f"The job `{job}` goes on from the tables that are there, as a whole and to a later moment"
            raise RelanceError(what, option, f"leave out {option}, or --job")
    if newest is None:
        raise RelanceError(f"The job `{job}` needs the tables of a whole run", "--job", "run `relance run` first")


def _what_stands(settings: Settings, as_of: datetime, progress: Progress | None, started: float) -> Outcome | None:
    """The outcome of the run that left everything as it is, where another one would find nothing to do."""
    with standing_run(settings, as_of) as found:
        if found is None:
            return None
        con, run = found
        if progress:
            progress.step(f"nothing new since the run {run.run_id}: tables, files and page stay as they are")
        run = replace(run, seconds=time.monotonic() - started)
        return Outcome(_summary(con, settings, run), newest_page(settings), RunResult("", run.seconds, list(run.checks)))


def _summary(con: duckdb.DuckDBPyConnection, settings: Settings, run: LastRun) -> Summary:
    told = (run.run_id, run.as_of, run.seconds, list(run.checks), run.succeeded, list(run.not_written))
    return summarise(con, settings.company.name, settings.company.currency, *told)


def run_so_far(con: duckdb.DuckDBPyConnection, as_of: datetime, result: RunResult) -> LastRun:
    """A run as its report tells of it."""
    run_id, moment = _run_of(con, as_of)
    checks = [*result.checks, *(Check(step, False, True, told) for step, told in result.failures.items())]
    not_written = [
        (key.partition("/")[2], str(told["not_written"]))
        for key, told in sorted(result.assets.items())
        if key.partition("/")[0] in FAMILIES and "not_written" in told
    ]
    return LastRun(run_id, moment, result.seconds, result.success, checks, not_written)


def _run_of(con: duckdb.DuckDBPyConnection, as_of: datetime) -> tuple[str, datetime]:
    """Name and moment of the run in the control tables; a run that was stopped before them has no name."""
    known = con.execute("select count(*) from duckdb_tables() where schema_name = 'control' and table_name = 'run'").fetchone()
    row = con.execute("select run_id, as_of from control.run").fetchone() if known and known[0] else None
    return row or ("", as_of)
