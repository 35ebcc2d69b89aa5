"""dbt's Python models where Spark builds the others: the same functions, on the same relations, in the DuckDB warehouse."""

from __future__ import annotations

from typing import Any

from dbt.adapters.base import PythonJobHelper
from dbt.adapters.contracts.connection import AdapterResponse
from dbt.adapters.spark import SparkAdapter

from dagster_project.loads.casts import identifier
from dagster_project.settings import Settings
from dagster_project.spark.exchange import Exchange
from dagster_project.spark.session import spark_session
from dagster_project.warehouse import open_warehouse

METHOD = "warehouse"
"""What dbt calls this way of running a Python model (`submission_method`)."""


def run_python_models_in(settings: Settings) -> None:
    """From now on, Python models of Spark's are run in this project's warehouse; dbt-spark itself knows Databricks only."""

    class InWarehouse(PythonJobHelper):
        def __init__(self, parsed_model: dict[str, Any], credentials: Any):
            self.schema, self.table = parsed_model["schema"], parsed_model["alias"]

        def submit(self, compiled_code: str) -> None:
            code: dict[str, Any] = {}
            exec(compiled_code, code)
            with open_warehouse(settings) as con:
                exchange = Exchange(con, spark_session(settings))
                reads = code["dbtObj"](lambda name: exchange.relation(*name.replace("`", "").split(".")))
                con.register("made", code["model"](reads, con))
                con.execute(f"create schema if not exists {identifier(self.schema)}")
                con.execute(f"create or replace table {identifier(self.schema)}.{identifier(self.table)} as from made")
                exchange.hand_over([(self.schema, self.table)])

    SparkAdapter.python_submission_helpers = property(lambda _: {METHOD: InWarehouse})
    SparkAdapter.default_python_submission_method = METHOD
    SparkAdapter.generate_python_submission_response = lambda *_: AdapterResponse(_message="OK")
