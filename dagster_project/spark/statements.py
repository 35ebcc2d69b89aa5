"""dbt's statements in the session of this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbt.adapters.spark.session import Cursor
from dbt_common.exceptions import DbtRuntimeError
from py4j.protocol import Py4JJavaError
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
        except Py4JJavaError as error:
            raise DbtRuntimeError(innermost(error.java_exception)) from None

    Cursor.execute = execute


def innermost(throwable: Any) -> str:
    """What Java says at the end of a chain of causes, without a hundred lines of its stack before it."""
    while (cause := throwable.getCause()) is not None:
        throwable = cause
    return str(throwable.toString())
