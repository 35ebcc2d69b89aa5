"""What goes from the DuckDB warehouse to Spark and back: Parquet files in the folders of Spark's own tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

import duckdb

from dagster_project.loads.casts import identifier, literal

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Table = tuple[str, str]
"""Schema and name."""

_SPARK_TYPES = {
    "VARCHAR": "string", "BOOLEAN": "boolean", "TINYINT": "tinyint", "SMALLINT": "smallint", "INTEGER": "int",
    "BIGINT": "bigint", "HUGEINT": "decimal(38,0)", "FLOAT": "float", "DOUBLE": "double", "DATE": "date",
    "TIMESTAMP": "timestamp", "TIMESTAMP WITH TIME ZONE": "timestamp", "JSON": "string", '"NULL"': "string",
}  # fmt: skip
"""Type of a column in DuckDB → in Spark; decimals are called the same."""
_DUCKDB_TYPES = {"string": "VARCHAR", "timestamp": "TIMESTAMP"}
"""Type of a column in Spark → in DuckDB, where they are not called the same."""
_LIST = "[]"


def spark_type(duckdb_type: str) -> str:
    """
    Raises:
        KeyError: a type that no table has had so far.
    """
    if duckdb_type.endswith(_LIST):
        return f"array<{spark_type(duckdb_type.removesuffix(_LIST))}>"
    return duckdb_type.lower() if duckdb_type.startswith("DECIMAL") else _SPARK_TYPES[duckdb_type]


def duckdb_type(spark_type: str) -> str:
    if spark_type.startswith("array<"):
        return duckdb_type(spark_type[6:-1]) + _LIST
    return _DUCKDB_TYPES.get(spark_type, spark_type)


class Exchange:
    """The warehouse and Spark, side by side."""

    def __init__(self, con: duckdb.DuckDBPyConnection, spark: SparkSession):
        self.con, self.spark = con, spark

    def hand_over(self, tables: Iterable[Table]) -> None:
        """Make tables of Spark's out of tables and views of the warehouse."""
        wanted = sorted(tables)
        known = {schema: self._tables(schema) for schema in dict(wanted)}
        for schema, table in wanted:
            self._hand_over(schema, table, table.lower() in known[schema])

    def _tables(self, schema: str) -> set[str]:
        self.spark.sql(f"create schema if not exists `{schema}`")
        return {row.tableName.lower() for row in self.spark.sql(f"show tables in `{schema}`").collect()}

    def _hand_over(self, schema: str, table: str, is_known: bool) -> None:
        source = f"{identifier(schema)}.{identifier(table)}"
        relation = self.con.sql(f"from {source}")
        columns = [(name, spark_type(str(kind))) for name, kind in zip(relation.columns, relation.types, strict=True)]
        name = _spark_name(schema, table)
        if is_known and _columns(self.spark.table(name)) != columns:
            self.spark.sql(f"drop table {name}")
            is_known = False
        if not is_known:
            told = ", ".join(f"`{column}` {kind}" for column, kind in columns)
            self.spark.sql(f"create table {name} ({told}) using parquet")
        folder = self._folder(schema, table)
        for file in folder.glob("*"):
            file.unlink()
        written = ", ".join(_to_spark(*column) for column in columns)
        path = literal(str(folder / "rows.parquet"))
        self.con.execute(f"copy (select {written} from {source}) to {path} (format parquet)")
        self.spark.sql(f"refresh table {name}")

    def empty(self) -> None:
        """Drop every table and view of Spark's."""
        for row in self.spark.sql("show schemas").collect():
            if row.namespace != "default":
                self.spark.sql(f"drop schema `{row.namespace}` cascade")

    def publish(self, tables: Collection[Table]) -> None:
        """Bring tables of Spark's into the warehouse."""
        for schema, table in tables:
            name = f"{identifier(schema)}.{identifier(table)}"
            self.con.execute(f"create schema if not exists {identifier(schema)}")
            known = "select count(*) from duckdb_views() where schema_name = ? and view_name = ? and not temporary"
            if (self.con.execute(known, [schema, table]).fetchone() or (0,))[0]:
                self.con.execute(f"drop view {name}")
            self.con.execute(f"create or replace table {name} as {self.read(schema, table)}")

    def read(self, schema: str, table: str) -> str:
        """A query of DuckDB's that reads a table of Spark's; the warehouse's types decide what a column is."""
        frame = self.spark.table(_spark_name(schema, table))
        columns = _columns(frame)
        files = [literal(unquote(urlparse(file).path)) for file in frame.inputFiles()]
        if not files:
            nothing = ", ".join(f"cast(null as {duckdb_type(kind)}) as {identifier(name)}" for name, kind in columns)
            return f"select {nothing} where false"
        told = ", ".join(_from_spark(*column) for column in columns)
        return f"select {told} from read_parquet([{', '.join(files)}])"

    def relation(self, schema: str, table: str) -> duckdb.DuckDBPyRelation:
        """A table or view of Spark's as a relation of DuckDB's."""
        frame = self.spark.table(_spark_name(schema, table))
        columns = _columns(frame)
        self.con.register("handed", frame.toArrow())
        name = identifier(f"{schema}.{table}")
        told = ", ".join(_from_spark(*column) for column in columns)
        self.con.execute(f"create or replace temp table {name} as select {told} from handed")
        self.con.unregister("handed")
        return self.con.table(f"temp.main.{name}")

    def _folder(self, schema: str, table: str) -> Path:
        root = unquote(urlparse(self.spark.conf.get("spark.sql.warehouse.dir")).path)
        return Path(root, f"{schema.lower()}.db", table.lower())


def handed_over(manifest: Mapping[str, Any]) -> list[Table]:
    """All that models read and dbt does not make."""
    read = [source for uid, source in manifest["sources"].items() if manifest["child_map"].get(uid)]
    return sorted((source["schema"], source["identifier"]) for source in read)


def _columns(frame: DataFrame) -> list[tuple[str, str]]:
    return [(field.name, field.dataType.simpleString()) for field in frame.schema.fields]


def _spark_name(schema: str, table: str) -> str:
    return f"`{schema}`.`{table}`"


def _to_spark(name: str, kind: str) -> str:
    column = identifier(name)
    return (
        f"timezone('UTC', {column}) as {column}" if kind == "timestamp" else f"cast({column} as {duckdb_type(kind)}) as {column}"
    )


def _from_spark(name: str, kind: str) -> str:
    column = identifier(name)
    return f"timezone('UTC', {column}) as {column}" if kind == "timestamp" else column
