"""A small demo shop on both engines, in two deliveries: after each, every table and every file of the exports is the same."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from dagster_project.loads.casts import identifier
from dagster_project.spark.exchange import spark_type

pytestmark = pytest.mark.spark

SCHEMAS = (
    "identity",
    "graph",
    "profiles",
    "scores",
    "audiences",
    "feeds",
    "privacy",
    "measurement",
    "quality",
    "unified",
    "seeds",
)
RUN = [sys.executable, "-m", "dagster_project.cli"]
BY_THE_CLOCK = {
    ("quality", "load_ledger"),
    ("quality", "quarantine"),
    ("quality", "landing_files"),
    ("quality", "landing_passed"),
    ("quality", "drift"),
}
"""They tell when files were loaded, which is not a matter of the models."""
ONE_PART = "spark: {partitions: 1}"
SPARK = f"""warehouse:
  engine: spark
  threads: 2
  {ONE_PART}"""
LATE = ("segment/events/dt=2025-11-01", "*/*/dt=2026-06-30")
"""Delivered with the second run: an old month of events, and the last day of everything."""


@pytest.fixture(scope="module")
def deliveries(tmp_path_factory) -> dict[str, list[Path]]:
    """The demo's folder as DuckDB and as Spark left it, after the first delivery and after the second.

    Spark takes one part first, and does without its compiler; then it is as it comes, with several.
    """
    pytest.importorskip("pyspark", reason="Spark is not installed: make test-spark")
    root = tmp_path_factory.mktemp("shops")
    demo, late = root / "demo", root / "late"
    subprocess.run([*RUN, "demo", str(demo), "--customers", "150", "--events", "4000"], check=True)
    for folder in [folder for pattern in LATE for folder in (demo / "landing").glob(pattern)]:
        held_back = late / folder.relative_to(demo / "landing")
        held_back.parent.mkdir(parents=True, exist_ok=True)
        folder.rename(held_back)
    left: dict[str, list[Path]] = {"first": [], "second": []}
    for engine in ("duckdb", "spark"):
        shop, first = root / engine, root / "first" / engine
        shutil.copytree(demo, shop)
        if engine == "spark":
            settings = shop / "relance.yml"
            settings.write_text(settings.read_text().replace("warehouse:", SPARK, 1))
        subprocess.run([*RUN, "run", "--config", str(shop), "--as-of", "2026-06-29"], check=True)
        shutil.copytree(shop, first, symlinks=True, ignore=shutil.ignore_patterns(".relance", "landing"))
        shutil.copytree(late, shop / "landing", dirs_exist_ok=True)
        if engine == "spark":
            settings.write_text(settings.read_text().replace(ONE_PART, "", 1))
        subprocess.run([*RUN, "run", "--config", str(shop)], check=True)
        left["first"].append(first)
        left["second"].append(shop)
    return left


def columns(con: duckdb.DuckDBPyConnection, catalog: str) -> dict[tuple[str, str], dict[str, str]]:
    """(schema, table) → column → type, as a type of Spark's: what DuckDB alone has is told as what it becomes there.

    The edges that components stand on are a memory of the engine's own, and stay in it.
    """
    rows = con.execute(
        """select schema_name, table_name, column_name, data_type from duckdb_columns() as columns
        semi join duckdb_tables() as tables using (database_name, schema_name, table_name)
        where database_name = ? and schema_name in ? and table_name <> 'strong_components_edges' order by all""",
        [catalog, list(SCHEMAS)],
    ).fetchall()
    found: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, kind in rows:
        found.setdefault((schema, table), {})[column] = kind
    return found


def kind_of(duckdb_type: str) -> str:
    """Integers are integers, however wide; of a decimal, the digits after the point count."""
    told = spark_type(duckdb_type)
    if told in ("tinyint", "smallint", "int", "bigint", "decimal(38,0)"):
        return "integer"
    return f"decimal {told.split(',')[1]}" if told.startswith("decimal") else told


@pytest.mark.parametrize("delivery", ["first", "second"])
def test_every_table_is_the_same(deliveries, delivery):
    ours, theirs = deliveries[delivery]
    with duckdb.connect() as con:
        con.execute(f"attach '{ours}/warehouse.duckdb' as ours (read_only)")
        con.execute(f"attach '{theirs}/warehouse.duckdb' as theirs (read_only)")
        wanted, found = columns(con, "ours"), columns(con, "theirs")
        differing = dict.fromkeys(wanted.keys() - found.keys(), "is absent")
        for name, types in wanted.items():
            if name in differing or name in BY_THE_CLOCK:
                continue
            apart = {
                column: (kind, found[name].get(column))
                for column, kind in types.items()
                if column not in found[name] or kind_of(kind) != kind_of(found[name][column])
            }
            if apart:
                differing[name] = f"types: {apart}"
            table = ".".join(map(identifier, name))
            told = ", ".join(f"cast({identifier(column)} as {kind})" for column, kind in types.items() if column not in apart)
            rows = con.execute(
                f"""select (select count(*) from ours.{table}), (select count(*) from theirs.{table}),
                (select count(*) from (select {told} from ours.{table} except all select {told} from theirs.{table}))"""
            ).fetchone()
            if rows[0] != rows[1] or rows[2]:
                differing[name] = f"rows {rows[0]} and {rows[1]}, differing {rows[2]}"
    assert not differing


@pytest.mark.parametrize("delivery", ["first", "second"])
def test_every_exported_file_is_the_same(deliveries, delivery):
    ours, theirs = (exported(shop / "exports") for shop in deliveries[delivery])
    assert ours
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []


def exported(folder: Path) -> dict[str, object]:
    """Path → content of every file; of manifests, what is told in them."""
    return {
        str(path.relative_to(folder)): json.loads(path.read_text()) if path.suffix == ".json" else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }
