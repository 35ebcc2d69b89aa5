"""dbt's statements in the session of this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbt.adapters.spark.session import Cursor
from dbt_common.exceptions import DbtRuntimeError
from pyspark.errors import AnalysisException

from dagster_project.spark.common_tables import common_tables

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def run_statements_in(spark: SparkSession) -> None:
    """From now on, dbt's statements are run in this session; dbt-spark itself looks for one each time and sets it up anew."""

    def execute(cursor: Cursor, sql: str, *parameters: Any) -> None:
        try:
            with common_tables(spark, sql % parameters if parameters else sql) as statement:
                cursor._df = spark.sql(statement)
        except AnalysisException as error:
            raise DbtRuntimeError(str(error)) from error

    Cursor.execute = execute
