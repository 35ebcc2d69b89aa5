"""The landing room: one asset per raw table the company has, and the ledger that accounts for every row read."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dagster as dg
import duckdb

from dagster_project.assets.common import KIND, RunInHand
from dagster_project.assets.pulls import pull_key
from dagster_project.assets.triggers import landing_state, note_loaded
from dagster_project.connectors.mirror import fetched_fingerprint
from dagster_project.instance import POOL
from dagster_project.loads.books import broken_files, newest_batch, unbalanced
from dagster_project.loads.contract import Entity, load_contracts
from dagster_project.loads.discover import feeds
from dagster_project.loads.drift import drift_lines
from dagster_project.loads.load import EntityLoad, LoadSummary, load_landing
from dagster_project.loads.ties import ties
from dagster_project.quality.gx import CheckResult
from dagster_project.quality.landed import check_landed, check_ledger, create_passed, note_passed, passed_up_to
from dagster_project.settings import Settings

LEDGER = dg.AssetKey(["quality", "load_ledger"])
BALANCE = "books_balance"
PLACED = "every_file_has_a_place"
FITS = "rows_fit_their_contract"
FEW_REFUSED = "few_rows_refused"
WHOLE = "files_are_whole"
AS_USUAL = "columns_as_usual"
IN_ORDER = "versions_in_order"

REFUSED_SHARE = 0.05
"""Above this share of refused rows somebody should look at the files."""

LINES_TOLD = 10

LANDING_IS_FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36), warn_window=timedelta(hours=26))

_BOOKS = """
    with newest as (select max(batch) as batch from quality.load_ledger where source = $source and entity = $entity)
    select
        coalesce(sum(rows_read), 0)::bigint, coalesce(sum(rows_accepted), 0)::bigint,
        coalesce(sum(rows_duplicate), 0)::bigint, coalesce(sum(rows_quarantined), 0)::bigint,
        coalesce(sum(rows_read) filter (ledger.batch = newest.batch), 0)::bigint,
        (select count(*) from quality.quarantine as refused, newest
            where source = $source and entity = $entity and refused.batch = newest.batch and settled_at is null)
    from quality.load_ledger as ledger, newest
    where source = $source and entity = $entity"""


def landing_assets(settings: Settings) -> dg.AssetsDefinition:
    """One multi-asset, since the landing folder is walked once; keys are [raw_<source>, <entity>], as dbt's sources have them."""
    contracts = load_contracts()
    entities = {
        dg.AssetKey([f"raw_{source}", name]): contracts[source][name]
        for source, names in feeds(settings).items()
        for name in names
    }
    specs = [
        dg.AssetSpec(
            key, group_name="landing", kinds={KIND},
            description=f"{entity.description}\n\nAs it came from the source `{entity.source}`, with file and line.",
            tags={"source": entity.source}, freshness_policy=LANDING_IS_FRESH, skippable=True,
            deps=[pull_key(*pulled) for pulled in settings.pulls if pulled == (entity.source, entity.name)],
        )
        for key, entity in entities.items()
    ]  # fmt: skip
    specs.append(
        dg.AssetSpec(
            LEDGER, group_name="landing", kinds={KIND}, freshness_policy=LANDING_IS_FRESH, skippable=True,
            deps=[pull_key(*pulled) for pulled in settings.pulls],
            description="One row per loaded file: rows read, accepted, duplicate and quarantined.",
        )
    )  # fmt: skip
    checks = [
        dg.AssetCheckSpec(BALANCE, asset=LEDGER, blocking=True, description="Every row read is accounted for, file by file."),
        dg.AssetCheckSpec(FITS, asset=LEDGER, blocking=True, description="No count is negative and every file has a checksum."),
        dg.AssetCheckSpec(
            PLACED,
            asset=LEDGER,
            description="Every file in the landing folder feeds an entity, and every entity finds its files.",
        ),
        dg.AssetCheckSpec(WHOLE, asset=LEDGER, description="No file that came or still lies there is cut off or damaged."),
        dg.AssetCheckSpec(
            AS_USUAL, asset=LEDGER, description="The newest files of each feed have the columns that those before them had."
        ),
        dg.AssetCheckSpec(
            IN_ORDER,
            asset=LEDGER,
            description="Versions of one row are told apart by a version time or, without one, by the moment they landed.",
        ),
    ]
    for key in entities:
        checks += [
            dg.AssetCheckSpec(
                FITS, asset=key, blocking=True, description="New rows have what their contract asks for; values on a sample."
            ),
            dg.AssetCheckSpec(
                FEW_REFUSED, asset=key, description=f"At most {REFUSED_SHARE:.0%} of the newest rows are refused and not mended."
            ),
        ]

    @dg.multi_asset(name="landing", specs=specs, check_specs=checks, can_subset=True, pool=POOL, required_resource_keys={"run"})
    def landing(context: dg.AssetExecutionContext) -> Iterator[Any]:
        run: RunInHand = context.resources.run
        yield from _of(context, _land(run, entities))

    return landing


def _of(context: dg.AssetExecutionContext, events: Iterator[Any]) -> Iterator[Any]:
    """Of all that happened, what was asked for: the folder is loaded as a whole."""
    for event in events:
        if isinstance(event, dg.MaterializeResult):
            if event.asset_key in context.selected_asset_keys:
                yield event
        elif dg.AssetCheckKey(event.asset_key, event.check_name) in context.selected_asset_check_keys:
            yield event


def _land(run: RunInHand, entities: dict[dg.AssetKey, Entity]) -> Iterator[Any]:
    remote = run.settings.landing.is_remote
    state = "" if remote else landing_state(run.settings.landing_path)[0]
    run.progress.step("landing: reading new files")
    with run.warehouse() as con:
        summary = load_landing(run.settings, con, run.progress.detail)
        # A listing made now may already have files that were not fetched; what was fetched is what is loaded.
        note_loaded(run.settings, fetched_fingerprint(run.settings) if remote else state)
        run.has_news |= summary.files > 0
        run.progress.step("landing: checking what came in")
        create_passed(con)
        yield from _ledger_events(con, run.settings, summary)
        brought = {(load.source, load.entity): load for load in summary.entities}
        for key, entity in entities.items():
            yield from _entity_events(con, key, entity, brought.get((entity.source, entity.name)))


def _ledger_events(con: duckdb.DuckDBPyConnection, settings: Settings, summary: LoadSummary) -> Iterator[Any]:
    query = """select count(*), sum(rows_read)::bigint, sum(rows_quarantined)::bigint,
        (select count(*) from quality.quarantine where settled_at is null) from quality.load_ledger"""
    files, read, refused, unsettled = (value or 0 for value in con.execute(query).fetchone() or (0,) * 4)
    batch = newest_batch(con)
    figures = {"dagster/row_count": files, "rows_read": read, "rows_quarantined": refused, "rows_to_mend": unsettled}
    figures["new_files"] = summary.files
    yield dg.MaterializeResult(asset_key=LEDGER, metadata=figures, data_version=dg.DataVersion(str(batch)))
    yield _told(PLACED, summary.warnings)
    yield _told(WHOLE, [f"{file}: {what}" for file, what in broken_files(con, settings.landing_path, summary.started_at)])
    yield _told(AS_USUAL, drift_lines(con))
    yield _in_order(con)
    # Always proved anew: it costs little, and rows may have gone since it last held.
    wrong = unbalanced(con)
    told = "; ".join(f"{file}: {what}" for file, _, _, what in wrong[:5])
    yield dg.AssetCheckResult(
        asset_key=LEDGER, check_name=BALANCE, passed=not wrong, description=told or None, metadata={"files": files}
    )
    if batch <= passed_up_to(con):
        yield _still_holds(LEDGER, FITS)
        return
    result = check_ledger(con)
    if not wrong and result.passed:
        note_passed(con, batch)
    yield _gx_result(LEDGER, result)


def _entity_events(con: duckdb.DuckDBPyConnection, key: dg.AssetKey, entity: Entity, load: EntityLoad | None) -> Iterator[Any]:
    row = con.execute(_BOOKS, {"source": entity.source, "entity": entity.name}).fetchone()
    *totals, new_read, new_refused = row or (0,) * 6
    figures = dict(zip(("rows_read", "rows_accepted", "rows_duplicate", "rows_quarantined"), totals, strict=True))
    new = {"new_files": load.files, "new_rows": load.accepted} if load else {"new_files": 0, "new_rows": 0}
    yield dg.MaterializeResult(
        asset_key=key,
        metadata={"dagster/row_count": figures["rows_accepted"], **figures, **new},
        # What follows is stale after news, not after every look at the folder.
        data_version=dg.DataVersion(str(figures["rows_accepted"])),
    )

    passed, batch = passed_up_to(con, entity), newest_batch(con, entity)
    if batch <= passed:
        yield _still_holds(key, FITS)
    else:
        result = check_landed(con, entity, after_batch=passed)
        if result.passed:
            note_passed(con, batch, entity)
        yield _gx_result(key, result)

    share = new_refused / new_read if new_read else 0.0
    told = f"{new_refused} of the {new_read} newest rows are in quality.quarantine, with reasons"
    yield dg.AssetCheckResult(
        asset_key=key, check_name=FEW_REFUSED, passed=share <= REFUSED_SHARE, severity=dg.AssetCheckSeverity.WARN,
        metadata={"refused": new_refused, "share": round(share, 4)}, description=None if share <= REFUSED_SHARE else told,
    )  # fmt: skip


def _told(check: str, lines: list[str]) -> dg.AssetCheckResult:
    """A check of the ledger that passes where there is nothing to tell; it stops nothing."""
    told = "; ".join(lines[:LINES_TOLD]) + (f"; and {len(lines) - LINES_TOLD} more" if len(lines) > LINES_TOLD else "")
    return dg.AssetCheckResult(
        asset_key=LEDGER, check_name=check, passed=not lines, severity=dg.AssetCheckSeverity.WARN, description=told or None
    )


def _in_order(con: duckdb.DuckDBPyConnection) -> dg.AssetCheckResult:
    found = ties(con)
    told = "; ".join(f"{tie.source}.{tie.entity}: {tie.keys:,} (as in {', '.join(tie.files)})" for tie in found)
    how = "a version time of their own, or a time in the landing path, puts them in order"
    return dg.AssetCheckResult(
        asset_key=LEDGER, check_name=IN_ORDER, passed=not found, severity=dg.AssetCheckSeverity.WARN,
        description=f"Rows with several versions of one moment: {told}; {how}" if found else None,
        metadata={f"{tie.source}.{tie.entity}": tie.keys for tie in found},
    )  # fmt: skip


def _still_holds(key: dg.AssetKey, name: str) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(asset_key=key, check_name=name, passed=True, description="Nothing new since this last held.")


def _gx_result(key: dg.AssetKey, result: CheckResult) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key, check_name=FITS, passed=result.passed, description=None if result.passed else result.summary(),
        metadata={"expectations": len(result.findings), "suite": result.name},
    )  # fmt: skip
