"""dbt's statements in the session of this process, and what Spark says of those that fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dbt.adapters.spark.session import Cursor
from dbt_common.exceptions import DbtRuntimeError
from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException, PySparkException

from dagster_project.spark.common_tables import common_tables

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_FETCHALL = Cursor.fetchall
_CONDITION = re.compile(r"\[[A-Z][A-Z0-9_.]+\]")
"""Spark's own name of a kind of error, such as [CAST_INVALID_INPUT]."""
_PLACE = re.compile(r"== SQL \(.*", re.DOTALL)
"""Line and text of the statement, at the end of a message."""


def run_statements_in(spark: SparkSession) -> None:
    """From now on, dbt's statements are run in this session; dbt-spark itself looks for one each time and sets it up anew."""

    def execute(cursor: Cursor, sql: str, *parameters: Any) -> None:
        with _failures_without_values(), common_tables(spark, sql % parameters if parameters else sql) as statement:
            cursor._df = spark.sql(statement)

    def fetchall(cursor: Cursor) -> Any:
        with _failures_without_values():
            return _FETCHALL(cursor)

    Cursor.execute, Cursor.fetchall = execute, fetchall


@contextmanager
def _failures_without_values() -> Iterator[None]:
    try:
        yield
    except AnalysisException as error:  # of the statement's own text: no row was looked at yet
        raise DbtRuntimeError(str(error)) from None
    except Py4JJavaError as error:
        raise DbtRuntimeError(failure(error.java_exception)) from None
    except PySparkException as error:
        raise DbtRuntimeError(failure(error._origin) if getattr(error, "_origin", None) else type(error).__name__) from None


def failure(throwable: Any) -> str:
    """The kinds of a Java error and of its causes, and the place in the SQL. The words in between quote rows, which may be
    somebody's personal data."""
    kinds: list[str] = []
    place = ""
    while throwable is not None:
        told = str(throwable.toString())
        # Of a table too large to be handed around whole, Spark gives words alone.
        name = "OutOfMemoryError" if "Not enough memory to build" in told else str(throwable.getClass().getSimpleName())
        kinds.append(" ".join([name, *_CONDITION.findall(told)[:1]]))
        place = found[0] if (found := _PLACE.search(told)) else place
        throwable = throwable.getCause()
    return " because of ".join(dict.fromkeys(kinds)) + (f" {place}" if place else "")
