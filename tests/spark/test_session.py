"""What stands in the way of a session is told at once, and in one message."""

import socket

import pytest

from dagster_project.errors import RelanceError
from dagster_project.settings import Settings
from dagster_project.warehouse_settings import Spark, Warehouse

pytestmark = pytest.mark.spark


def test_a_cluster_that_does_not_answer(tmp_path):
    pytest.importorskip("pyspark", reason="Spark is not installed: make test-spark")
    from dagster_project.spark.session import spark_session

    with socket.create_server(("127.0.0.1", 0)) as taken:
        master = f"spark://127.0.0.1:{taken.getsockname()[1]}"
    company = {"name": "Company", "currency": "EUR", "timezone": "Europe/Paris", "country": "FR"}
    warehouse = Warehouse(engine="spark", spark=Spark(folder=tmp_path / "spark", master=master))
    with pytest.raises(RelanceError, match=f"No Spark cluster answers at {master}.*make spark-cluster"):
        spark_session(Settings(company=company, warehouse=warehouse))
    assert not (tmp_path / "spark").exists()


@pytest.fixture(scope="module")
def spark():
    pytest.importorskip("pyspark", reason="Spark is not installed: make test-spark")
    from pyspark.sql import SparkSession

    from dagster_project.spark.session import end_spark
    from dagster_project.spark.statements import run_statements_in

    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    session.conf.set("spark.sql.ansi.enabled", "true")
    run_statements_in(session)
    yield session
    end_spark()


def test_the_innermost_cause_is_told(spark):
    """`ExecutionException: Boxed Exception` and a hundred lines of Java do not say that memory was short."""
    from dagster_project.spark.statements import failure

    java = spark._jvm.java
    error = java.lang.OutOfMemoryError("Java heap space")
    boxed = java.util.concurrent.ExecutionException("Boxed Exception", java.lang.RuntimeException(error))
    assert failure(boxed) == "ExecutionException because of RuntimeException because of OutOfMemoryError"


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ("cast(said as int)", "CAST_INVALID_INPUT"),
        ("cast(concat('33612345678', length(said)) as bigint) * 99999999999", "ARITHMETIC_OVERFLOW"),
        ("to_timestamp(said, 'yyyy-MM-dd')", "CANNOT_PARSE_TIMESTAMP"),
        ("raise_error(said)", "USER_RAISED_EXCEPTION"),
    ],
)
@pytest.mark.parametrize("is_written", [False, True])
def test_what_rows_hold_is_not_told(spark, wrong, kind, is_written):
    """Error messages end in logs and tickets; kind and place of the mistake are what mends it."""
    from dbt.adapters.spark.session import Cursor
    from dbt_common.exceptions import DbtRuntimeError

    rows = spark.createDataFrame([("Ann Brien, 33612345678",)], "said string")
    rows.createOrReplaceTempView("rows_said")
    cursor = Cursor()
    with pytest.raises(DbtRuntimeError) as caught:
        if is_written:
            cursor.execute(f"cache table kept_{kind} as\nselect {wrong} as word, 'none' as nothing from rows_said")
        else:
            cursor.execute(f"select {wrong} as word, 'none' as nothing from rows_said")
            cursor.fetchall()
    assert kind in str(caught.value) and "Brien" not in str(caught.value) and "336123456782" not in str(caught.value)


def test_a_mistake_in_the_statement_is_told_whole(spark):
    """The names are what mends it."""
    from dbt.adapters.spark.session import Cursor
    from dbt_common.exceptions import DbtRuntimeError

    with pytest.raises(DbtRuntimeError, match="no_such_column"):
        Cursor().execute("select no_such_column from (select 1 as one)")
