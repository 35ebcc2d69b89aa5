"""One Spark session for all tests of the folder, with the settings of every project's."""

from pathlib import Path

import pytest

from dagster_project.settings import Settings
from dagster_project.warehouse_settings import Spark, Warehouse


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    pytest.importorskip("pyspark", reason="Spark is not installed: make test-spark")
    from dagster_project.spark.session import end_spark, spark_session

    folder = tmp_path_factory.mktemp("spark")
    company = {"name": "Company", "currency": "EUR", "timezone": "Europe/Paris", "country": "FR"}
    warehouse = Warehouse(engine="spark", threads=2, spark=Spark(folder=Path(folder), memory="1g", partitions=1))
    yield spark_session(Settings(company=company, warehouse=warehouse))
    end_spark()
