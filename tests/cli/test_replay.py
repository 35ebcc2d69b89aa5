"""`relance replay` and what `relance check` says of landed files, as a person meets them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from dagster_project.cli import main
from dagster_project.loads.load import load_landing
from dagster_project.settings import load_settings
from dagster_project.warehouse import open_warehouse, run_lock

COMPANY = "company: {name: Test shop, currency: EUR, timezone: Europe/Paris, country: FR}\n"
MAPPED = COMPANY + "sources:\n  generic:\n    orders:\n      columns:\n        order_id: nr\n        total: betrag\n"


def relance(command: str, folder: Path, *arguments: object) -> Result:
    return CliRunner().invoke(main, [command, "--config", str(folder), *(str(argument) for argument in arguments)])


def refused(result: Result, *expected: str) -> None:
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    for text in expected:
        assert text in result.output, result.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "landing" / "generic" / "orders").mkdir(parents=True)
    (tmp_path / "relance.yml").write_text(COMPANY)
    return tmp_path


@pytest.fixture
def loaded(folder: Path) -> Path:
    """A project whose two orders were refused, since a column was not mapped; one has a person's address for a total."""
    (folder / "landing/generic/orders/a.csv").write_text("nr,ordered_at,betrag\n1,2026-01-31,5\n2,2026-01-31,ann@example.com\n")
    settings = load_settings(folder)
    with open_warehouse(settings) as con:
        load_landing(settings, con)
    return folder


def test_replay_after_a_mended_mapping(loaded: Path):
    """Whoever mended relance.yml wants to see what came in and what is still wrong, without anybody's data."""
    before = relance("replay", loaded)
    assert before.exit_code == 0 and "0 rows loaded" in before.output and "2 still refused" in before.output
    (loaded / "relance.yml").write_text(MAPPED)
    result = relance("replay", loaded, "--entity", "orders")
    assert result.exit_code == 0, result.output
    for text in ("generic.orders: 1 row loaded", "1 still refused", "1 × `total` (from `betrag`) is not a number", "relance run"):
        assert text in result.output
    assert "ann@" not in result.output
    assert "No row waits" in relance("replay", loaded, "--source", "shopify").output


def test_replay_of_rows_mended_by_hand(loaded: Path, tmp_path: Path):
    """The way out and back: written, edited, loaded."""
    open_rows = tmp_path / "open"
    written = relance("replay", loaded, "--write", open_rows)
    assert written.exit_code == 0 and "open_1.csv: 2 rows" in written.output and f"--from {open_rows}" in written.output
    (path,) = open_rows.rglob("*.csv")
    path.write_text(path.read_text().replace("nr,", "order_id,").replace("betrag", "total"))
    result = relance("replay", loaded, "--from", open_rows)
    assert "1 row loaded" in result.output and "1 still refused" in result.output
    assert "1 row of" in relance("replay", loaded, "--from", open_rows).output


def test_replay_says_what_can_not_be_done(loaded: Path, tmp_path: Path):
    """Each slip of the pen ends in a sentence, and nothing half-done."""
    refused(relance("replay", loaded, "--write", tmp_path / "a", "--from", tmp_path / "b"), "--write and --from")
    refused(relance("replay", loaded, "--write", loaded / "landing" / "open"), "landing folder")
    refused(relance("replay", loaded, "--write", loaded / "landing"), "landing folder")
    refused(relance("replay", loaded, "--from", tmp_path / "nowhere"), "no mended rows")
    refused(relance("replay", loaded, "--entity", "oders"), "did you mean `orders`")
    refused(relance("replay", loaded, "--source", "shopfy"), "did you mean `shopify`")
    with run_lock(load_settings(loaded)):
        refused(relance("replay", loaded), "Another run of this project is going on")


def test_replay_before_the_first_run(folder: Path):
    """A newcomer is told what to do first, and no empty warehouse is left behind."""
    refused(relance("replay", folder), "relance run")
    assert not (folder / "warehouse.duckdb").exists()


def test_check_looks_into_landed_files(folder: Path):
    """Columns that are not there must show before a run has put every row into quarantine; all at once."""
    landing = folder / "landing/generic"
    (folder / "relance.yml").write_text(MAPPED)
    (landing / "orders/2026-01-01.csv").write_text("nr,ordered_at,betrag\n1,2026-01-31,5\n")
    (landing / "orders/2026-01-02.csv").write_text("nr,ordered_at,betraege\n1,2026-01-31,5\n")
    (landing / "orders/x.json").write_text("{}")
    (landing / "events").mkdir()
    (landing / "events/e.ndjson").write_text('{"type": "page", "when": "2026-01-31"}\n')
    (landing / "contacts").mkdir()
    (landing / "contacts/c.csv").write_text("7,ann@example.com,Ann\n")
    (landing / "leads").mkdir()
    pq.write_table(pa.table({"id": ["1"]}), landing / "leads/l.parquet")
    (landing / "reviews").mkdir()
    (landing / "reviews/r.parquet").write_text("no")
    (landing / "calls").mkdir()
    (landing / "calls/c.csv.gz").write_bytes(b"no")
    result = relance("check", folder)
    refused(
        result,
        "relance.yml:7", "`betrag` for generic.orders", "did you mean `betraege`",
        "`message_id`, `timestamp` of generic.events", "`contact_id` of generic.contacts", "first line reads as data",
        "`lead_id`, `created_at` of generic.leads", "not a Parquet file", "not a gzip file",
    )  # fmt: skip
    assert "2026-01-01" not in result.output and "ann@" not in result.output
    assert not (folder / "warehouse.duckdb").exists()


def test_check_of_sound_files(folder: Path):
    """Sound files of every format must pass, and a key that JSON may leave out is no mistake."""
    landing = folder / "landing/generic"
    mapped = MAPPED + "    events:\n      columns: {user_id: seldom}\n"
    (folder / "relance.yml").write_text(mapped)
    (landing / "orders/z.csv.gz").write_bytes(gzip.compress("nr;ordered_at;betrag\n1;2026-01-31;5\n".encode("utf-16")))
    (landing / "orders/empty.csv").write_text("")
    (landing / "orders/a.csv").write_text("nr,ordered_at,betrag\n")
    (landing / "events").mkdir()
    (landing / "events/e.ndjson").write_text('{broken\n{"messageId": "1", "type": "page", "timestamp": "2026-01-31"}\n')
    (landing / "events/x.json").write_text("{}")
    result = relance("check", folder)
    assert result.exit_code == 0, result.output
    assert "Warning: relance.yml takes `seldom`" in result.output and "x.json is not loaded" in result.output
