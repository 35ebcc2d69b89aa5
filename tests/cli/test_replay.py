"""`relance replay` as a person meets it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dagster_project.loads.load import load_landing
from dagster_project.settings import load_settings
from dagster_project.warehouse import open_warehouse, run_lock

from .conftest import COMPANY, refused, relance

MAPPED = COMPANY + "sources:\n  generic:\n    orders:\n      columns:\n        order_id: nr\n        total: betrag\n"


@pytest.fixture
def loaded(folder: Path) -> Path:
    """A project whose two orders were refused, since a column was not mapped; one has a person's address for a total."""
    (folder / "landing/generic/orders").mkdir(parents=True)
    (folder / "landing/generic/orders/a.csv").write_text("nr,ordered_at,betrag\n1,2026-01-31,5\n2,2026-01-31,ann@example.com\n")
    settings = load_settings(folder)
    with open_warehouse(settings) as con:
        load_landing(settings, con)
    return folder


def test_replay_after_a_mended_mapping(loaded: Path):
    """Whoever mended relance.yml wants to see what came in and what is still wrong, without anybody's data."""
    before = relance("replay", "--config", loaded)
    assert before.exit_code == 0 and "0 rows loaded" in before.output and "2 still refused" in before.output
    (loaded / "relance.yml").write_text(MAPPED)
    result = relance("replay", "--config", loaded, "--entity", "orders")
    assert result.exit_code == 0, result.output
    for text in ("generic.orders: 1 row loaded", "1 still refused", "1 × `total` (from `betrag`) is not a number", "relance run"):
        assert text in result.output
    assert "ann@" not in result.output
    assert "No row waits" in relance("replay", "--config", loaded, "--source", "shopify").output


def test_replay_of_rows_mended_by_hand(loaded: Path, tmp_path: Path):
    """The way out and back: written for nobody else to read, edited, loaded."""
    open_rows = tmp_path / "mended" / "open"
    before = os.umask(0)
    written = relance("replay", "--config", loaded, "--write", open_rows)
    assert written.exit_code == 0 and "open_1.csv: 2 rows" in written.output and f"--from {open_rows}" in written.output
    os.umask(before)
    for made in (open_rows.parent, *open_rows.parent.rglob("*")):
        assert made.stat().st_mode & 0o777 == (0o700 if made.is_dir() else 0o600), made.name
    (path,) = open_rows.rglob("*.csv")
    path.write_text(path.read_text().replace("nr,", "order_id,").replace("betrag", "total"))
    result = relance("replay", "--config", loaded, "--from", open_rows)
    assert "1 row loaded" in result.output and "1 still refused" in result.output
    assert "1 row of" in relance("replay", "--config", loaded, "--from", open_rows).output


def test_replay_says_what_can_not_be_done(loaded: Path, tmp_path: Path):
    """Each slip of the pen ends in a sentence, and nothing half-done."""
    refused(relance("replay", "--config", loaded, "--write", tmp_path / "a", "--from", tmp_path / "b"), "--write and --from")
    refused(relance("replay", "--config", loaded, "--write", loaded / "landing" / "open"), "landing folder")
    refused(relance("replay", "--config", loaded, "--write", loaded / "landing"), "landing folder")
    refused(relance("replay", "--config", loaded, "--from", tmp_path / "nowhere"), "no mended rows")
    refused(relance("replay", "--config", loaded, "--entity", "oders"), "did you mean `orders`")
    refused(relance("replay", "--config", loaded, "--source", "shopfy"), "did you mean `shopify`")
    with run_lock(load_settings(loaded)):
        refused(relance("replay", "--config", loaded), "Another run of this project is going on")


def test_replay_before_the_first_run(folder: Path):
    """A newcomer is told what to do first, and no empty warehouse is left behind."""
    refused(relance("replay", "--config", folder), "relance run")
    assert not (folder / "warehouse.duckdb").exists()
