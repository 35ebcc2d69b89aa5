"""A small demo shop on both engines: every table and every file of the exports is the same."""

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
BY_THE_CLOCK = {("quality", "load_ledger"), ("quality", "quarantine")}
"""They tell when files were loaded, which is not a matter of the models."""
SPARK = """warehouse:
  engine: spark
  threads: 2
  spark: {options: {spark.sql.codegen.wholeStage: "false"}}"""


@pytest.fixture(scope="module")
def shops(tmp_path_factory) -> tuple[Path, Path]:
    """The demo's folder once run by DuckDB and once by Spark."""
    pytest.importorskip("pyspark", reason="Spark is not installed: make test-spark")
    root = tmp_path_factory.mktemp("shops")
    ours, theirs = root / "duckdb", root / "spark"
    subprocess.run([*RUN, "demo", str(ours), "--customers", "300", "--events", "7500"], check=True)
    shutil.copytree(ours, theirs)
    settings = theirs / "relance.yml"
    settings.write_text(settings.read_text().replace("warehouse:", SPARK, 1))
    for shop in (ours, theirs):
        subprocess.run([*RUN, "run", "--config", str(shop)], check=True)
    return ours, theirs


def columns(con: duckdb.DuckDBPyConnection, catalog: str) -> dict[tuple[str, str], dict[str, str]]:
    """(schema, table) → column → type, as a type of Spark's: what DuckDB alone has is told as what it becomes there."""
    rows = con.execute(
        """select schema_name, table_name, column_name, data_type from duckdb_columns() as columns
        semi join duckdb_tables() as tables using (database_name, schema_name, table_name)
        where database_name = ? and schema_name in ? order by all""",
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


def test_every_table_is_the_same(shops):
    ours, theirs = shops
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


def test_every_exported_file_is_the_same(shops):
    ours, theirs = (exported(shop / "exports") for shop in shops)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []


def exported(folder: Path) -> dict[str, object]:
    """Path → content of every file; of manifests, what is told in them."""
    return {
        str(path.relative_to(folder)): json.loads(path.read_text()) if path.suffix == ".json" else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }
