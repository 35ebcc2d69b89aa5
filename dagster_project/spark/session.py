"""The one Spark session of this process, and what every session has to agree on for models to say the same as on DuckDB."""

from __future__ import annotations

import logging
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.errors import RelanceError
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_SAME_SQL = {
    # A timestamp is a moment in UTC, as in the warehouse; written and read as such.
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
    # What is no number is a mistake, not NULL; "a" is a name.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    # An object of JSON that tells a name twice is no mistake.
    "spark.sql.mapKeyDedupPolicy": "LAST_WIN",
}
_QUIET = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "OFF",
}
_THIS_MACHINE = {
    # Nobody else's business.
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}
_SMALL_TABLES = {
    # A table that a join hands around takes whole pages. Spark's own are of 32 MB where it has 3 GB: a model that joins thirty
    # tables of a few rows would take a third of that.
    "spark.buffer.pageSize": "2m",
}
_ONE_PART = {
    # Who divides nothing has little data: to compile a query, or to plan it anew after each step, takes longer than to answer it.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.leafNodeDefaultParallelism": "1",
}
# The quick compiler alone gets 48 MB for its work; they are full after three quarters of a minute, and then it stops.
_LITTLE_JAVA = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC"


def spark_options(settings: Settings) -> dict[str, str]:
    """Settings of a project's Spark sessions; those of relance.yml win."""
    spark = settings.warehouse.spark
    is_small = spark.partitions == 1
    threads = settings.warehouse.threads
    folder = settings.spark_path
    return {
        "spark.master": spark.master or f"local[{threads or '*'}]",
        "spark.app.name": "relance",
        "spark.driver.memory": spark.memory,
        "spark.sql.shuffle.partitions": str(spark.partitions),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        # The catalog of what lies there: a Derby database, which every Spark brings along.
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder / 'catalog'};create=true",
        "spark.driver.extraJavaOptions": f'"-Dderby.stream.error.file={folder / "derby.log"}" {_LITTLE_JAVA if is_small else ""}',
        **_SAME_SQL,
        **_QUIET,
        **_SMALL_TABLES,
        **({} if spark.master else _THIS_MACHINE),
        **(_ONE_PART if is_small else {}),
        **spark.options,
    }


def spark_session(settings: Settings) -> SparkSession:
    """The session, begun if there is none; dbt, in this process, works in the same.

    Raises:
        RelanceError: Spark is not installed, or can't begin.
    """
    try:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise RelanceError(
            "`warehouse.engine: spark` needs Spark", str(settings.config_path), "run `pip install relance[spark]`"
        ) from None
    _must_answer(settings)
    Path(settings.spark_path).mkdir(parents=True, exist_ok=True)
    builder = SparkSession.builder.enableHiveSupport()
    for name, value in spark_options(settings).items():
        builder = builder.config(name, value)
    # Spark's client logs statements that failed, and they may hold people's data; dbt tells of them without.
    logging.getLogger("SQLQueryContextLogger").disabled = True
    try:
        return builder.getOrCreate()
    except (PySparkException, Py4JError, RuntimeError) as error:
        how = "install Java 17, or correct `warehouse.spark`"
        raise RelanceError(f"Spark can't begin: {error}", str(settings.config_path), how) from None


def _must_answer(settings: Settings) -> None:
    """Spark itself would try for a minute, and then tell it in fifty lines.

    Raises:
        RelanceError: no master of the cluster can be reached.
    """
    master = settings.warehouse.spark.master or ""
    places = master.removeprefix("spark://").split(",") if master.startswith("spark://") else []
    for place in places:
        host, _, port = place.rpartition(":")
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=5):
                return
        except (OSError, ValueError):
            continue
    if places:
        how = "begin it (`make spark-cluster` begins one on this machine), or correct `warehouse.spark.master`"
        raise RelanceError(f"No Spark cluster answers at {master}", str(settings.config_path), how)


def end_spark() -> None:
    """End the session and the process it works in: as long as that lives, no other can open the catalog."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    if (session := SparkSession.getActiveSession()) is not None:
        session.stop()
    gateway = SparkContext._gateway
    if gateway is not None:
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait()
        SparkContext._gateway = SparkContext._jvm = None
