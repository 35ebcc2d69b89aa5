"""Who waits for a long load sees that it moves, and how far it is."""

from __future__ import annotations

import json
import re

import duckdb
import pytest

from dagster_project.loads import progress
from dagster_project.loads.load import load_landing

from .landing import Project, event


@pytest.mark.parametrize("kind", ["ndjson", "parquet", "csv"])
def test_one_big_file_tells_how_far_it_is(project: Project, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """A load of one big file that says nothing until it ends would be taken for a hanging one, and killed."""
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.005)
    rows = project.landing.parent / "rows.ndjson"
    rows.write_text("\n".join(event(number, properties={"x": "y" * 300}) for number in range(30_000)))
    target = project.write(f"generic/events/e.{kind}", b"")
    with duckdb.connect() as con:
        form = {"ndjson": "json", "parquet": "parquet", "csv": "csv"}[kind]
        read = f"select * replace (to_json(properties)::varchar as properties) from read_json('{rows}')"
        con.execute(f"copy ({read}) to '{target}' (format {form})")
    told: list[str] = []
    with project.warehouse() as con:
        summary = load_landing(project.settings, con, told.append)
    assert summary.total("accepted") == 30_000
    assert told[-1] == "generic.events: 30,000 rows read from 1 files"
    reading = [found for line in told if (found := re.fullmatch(r"generic\.events: reading 30,000 rows(, (\d+)%)?", line))]
    shares = [int(found[2]) for found in reading if found[1]]
    assert reading and all(0 <= share <= 100 for share in shares)
    assert shares or kind != "ndjson"  # of a query as short as this, DuckDB may not tell
    assert kind == "parquet" or any(line.startswith("generic.events: counting the records of ") for line in told)
    assert "m1" not in json.dumps(told)


def test_nobody_waits(project: Project) -> None:
    """A scheduled run must not need somebody to tell."""
    project.write("generic/events/e.ndjson", event(1))
    assert project.load().total("accepted") == 1


def test_share_of_nothing() -> None:
    """An empty file would divide by nought."""
    meter = progress.Meter(0)
    meter.add(5)
    assert meter.share() is None
    meter = progress.Meter(10)
    assert meter.share() is None
    meter.add(25)
    assert meter.share() == 1.0
