"""One dbt build on Spark: what models read is handed to it, what they made is published into the warehouse.

The warehouse is the truth. Spark's tables are those of the last build for as long as the same mark stands beside them and in the
warehouse; after a run that was killed or failed, a build by DuckDB or the loss of the folder they are made anew from what was
published, so journals go on and increments stand on what everybody can see.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.catalog import has_table
from dagster_project.dbt_parse import prepare_manifest
from dagster_project.dbt_run import DbtResults, NodeResult, dbt_build
from dagster_project.dbt_workspace import Workspace
from dagster_project.settings import Settings
from dagster_project.spark.exchange import Exchange, Table, handed_over
from dagster_project.spark.session import end_spark, spark_session
from dagster_project.warehouse import open_warehouse

_TABLES = {"table", "incremental", "seed"}


def spark_build(
    settings: Settings,
    workspace: Workspace,
    chosen: Collection[str] | None = None,
    full_refresh: bool = False,
    on_result: Callable[[NodeResult], None] | None = None,
) -> DbtResults:
    """As dbt_build(), of what is chosen or of everything, on Spark; the session ends with it, and its hold on the catalog.

    Raises:
        RelanceError: Spark can't begin, or dbt can't.
    """
    spark = spark_session(settings)
    from dagster_project.spark.python_models import run_python_models_in
    from dagster_project.spark.statements import run_statements_in

    run_statements_in(spark)
    run_python_models_in(settings)
    select = None
    try:
        manifest = json.loads(prepare_manifest(workspace).read_bytes())
        made = dict(_made_by_dbt(manifest))
        with open_warehouse(settings) as con:
            exchange = Exchange(con, spark)
            if not _is_of_last_build(con, settings):
                exchange.empty()
                exchange.hand_over(table for table in made.values() if has_table(con, *table))
                # Views of Spark's own went with the rest.
                select = None if chosen is None else ["config.materialized:view"]
            _mark_path(settings).unlink(missing_ok=True)
            exchange.hand_over(handed_over(manifest))
        results = dbt_build(workspace, select, full_refresh=full_refresh, on_result=on_result, chosen=chosen)
        with open_warehouse(settings) as con:
            built = {made[node.unique_id] for node in results.nodes if node.held and node.unique_id in made}
            mark = _publish(con, Exchange(con, spark), built)
            results = DbtResults(tuple(replace(node, rows=_rows(con, made, node)) for node in results.nodes))
        if not results.broken:  # else something may be missing, views among it, which are Spark's alone
            _mark_path(settings).write_text(mark)
        return results
    finally:
        end_spark()


def _rows(con: duckdb.DuckDBPyConnection, made: Mapping[str, Table], node: NodeResult) -> int | None:
    if not node.held or node.unique_id not in made:
        return None
    schema, name = made[node.unique_id]
    return (con.execute(f'select count(*) from "{schema}"."{name}"').fetchone() or (None,))[0]


def _made_by_dbt(manifest: dict[str, Any]) -> Iterable[tuple[str, Table]]:
    for uid, node in manifest["nodes"].items():
        if node["resource_type"] in ("model", "seed") and node["config"]["materialized"] in _TABLES:
            yield uid, (node["schema"], node["alias"])


def _publish(con: duckdb.DuckDBPyConnection, exchange: Exchange, tables: Iterable[Table]) -> str:
    """What was made becomes the warehouse's; returns the mark that Spark's folder bears from then on."""
    mark = secrets.token_hex(8)
    con.execute("begin")
    try:
        exchange.publish(sorted(tables))
        con.execute("create or replace table control.spark as select $1::varchar as mark", [mark])
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
    return mark


def _is_of_last_build(con: duckdb.DuckDBPyConnection, settings: Settings) -> bool:
    path = _mark_path(settings)
    if not path.exists() or not has_table(con, "control", "spark"):
        return False
    return con.execute("select mark from control.spark").fetchone() == (path.read_text(),)


def _mark_path(settings: Settings) -> Path:
    return Path(settings.spark_path) / "mark"
