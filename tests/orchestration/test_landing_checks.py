"""What the checks of the landing room say of files and books."""

from __future__ import annotations

import gzip

import pytest

from dagster_project.loads.replay import replay_project
from dagster_project.report.summary import Check, summarise
from dagster_project.run import run_job
from dagster_project.settings import Settings, load_settings
from dagster_project.warehouse import open_warehouse

LANDING = "group:landing"


def checks(settings: Settings) -> dict[str, Check]:
    """Load, and the checks of the ledger by name."""
    result = run_job(settings, select=LANDING)
    assert not result.failures
    return {check.name.removeprefix("quality/load_ledger: "): check for check in result.checks}


def sections(settings: Settings) -> dict[str, list[tuple]]:
    with open_warehouse(settings) as con:
        summary = summarise(con, "Shop", "EUR", "", settings.moment(), 1.0, [], True, [])
    return {section.title: section.rows for section in summary.sections}


def test_damaged_and_drifted_files_are_told_by_name(spoilable: Settings) -> None:
    """Half a file and a column that is gone would pass as a quiet day; the run goes on, and says so until it is mended."""
    orders = spoilable.landing_path / "generic" / "orders"
    whole = gzip.compress(b"order_id,ordered_at,total,gift\nx1,2026-06-29,1,a\nx2,2026-06-29,1,b\n", mtime=0)
    (orders / "2026-06-30.csv.gz").write_bytes(whole[:-6])
    (orders / "2026-06-31.parquet").write_bytes(b"PAR1 not really")
    found = checks(spoilable)
    told = found["files_are_whole"]
    assert not told.passed and not told.blocking
    assert "2026-06-30.csv.gz: the gzip ends early" in told.detail and "2026-06-31.parquet: not a Parquet file" in told.detail
    drift = found["columns_as_usual"]
    assert not drift.passed and not drift.blocking
    assert "1 file drifted" in drift.detail and "new: gift" in drift.detail and "gone: currency" in drift.detail
    assert found["books_balance"].passed
    assert ("generic", "orders", "generic/orders/2026-06-30.csv.gz", "gift", "new", "kept in _extra") in sections(spoilable)[
        "Schema drift"
    ]
    assert not checks(spoilable)["files_are_whole"].passed
    (orders / "2026-06-30.csv.gz").write_bytes(whole)
    (orders / "2026-06-31.parquet").unlink()
    assert checks(spoilable)["files_are_whole"].passed


@pytest.mark.parametrize(
    "damage",
    [
        "update quality.load_ledger set rows_read = rows_read + 1 where entity = 'orders'",
        "delete from raw_generic.orders where order_id = (select min(order_id) from raw_generic.orders)",
        "delete from quality.quarantine",
    ],
)
def test_books_are_proved_on_every_run(spoilable: Settings, damage: str) -> None:
    """A row that vanishes after its load would never be missed, were the books proved with new files only."""
    with open_warehouse(spoilable) as con:
        con.execute(damage)
    found = checks(spoilable)["books_balance"]
    assert not found.passed and found.blocking and "generic/orders/2026-06-29.csv" in found.detail


def test_replayed_rows_are_checked_and_counted(spoilable: Settings) -> None:
    """Rows that come in by a replay must pass the same checks, and leave the account of what is to be mended."""
    config = spoilable.base / "relance.yml"
    assert sections(spoilable)["Quarantine"] == [("generic", "orders", "`ordered_at` is missing", 1)]
    config.write_text(config.read_text() + 'sources: {generic: {orders: {constants: {ordered_at: "2026-06-01"}}}}\n')
    settings = load_settings(spoilable.base)
    # The file has left the landing folder: what quarantine keeps is all there is.
    (settings.landing_path / "generic/orders/2026-06-29.csv").unlink()
    (told, _) = replay_project(settings, None, None, None, None)
    assert told == "generic.orders: 1 row loaded, 0 known already, 0 still refused"
    found = run_job(settings, select=LANDING)
    assert found.success
    assert found.assets["raw_generic/orders"]["dagster/row_count"] == 21
    assert found.assets["quality/load_ledger"]["rows_to_mend"] == 0
    fits = next(check for check in found.checks if check.name == "raw_generic/orders: rows_fit_their_contract")
    assert fits.passed and fits.detail != "Nothing new since this last held."
    assert sections(settings)["Quarantine"] == []


def test_versions_that_nothing_puts_in_order_are_told(spoilable: Settings) -> None:
    """One of two totals of an order counts, and nobody would know that the other was as good; the run goes on."""
    orders = spoilable.landing_path / "generic" / "orders"
    (orders / "2026-06-28.csv").write_text("order_id,ordered_at,total\nt1,2026-06-28,1\nt1,2026-06-28,2\n")
    found = checks(spoilable)["versions_in_order"]
    assert not found.passed and not found.blocking
    assert "generic.orders: 1 (as in generic/orders/2026-06-28.csv)" in found.detail and "t1" not in found.detail
    assert not checks(spoilable)["versions_in_order"].passed
