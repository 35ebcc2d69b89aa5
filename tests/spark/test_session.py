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


def test_the_innermost_cause_is_told():
    """`ExecutionException: Boxed Exception` and a hundred lines of Java do not say that memory was short."""
    pytest.importorskip("pyspark", reason="Spark is not installed: make test-spark")
    from pyspark.sql import SparkSession

    from dagster_project.spark.session import end_spark
    from dagster_project.spark.statements import innermost

    java = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()._jvm.java
    try:
        error = java.lang.OutOfMemoryError("Java heap space")
        boxed = java.util.concurrent.ExecutionException("Boxed Exception", java.lang.RuntimeException(error))
        assert innermost(boxed) == "java.lang.OutOfMemoryError: Java heap space"
    finally:
        end_spark()
