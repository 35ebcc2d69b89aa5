"""`warehouse:` in relance.yml: what builds the models, where the tables lie, and what of the machine may be taken for it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from dagster_project.config_file import Part


class Spark(Part):
    """Where and how Spark works, where it builds the models."""

    master: str | None = None
    """`spark://host:7077` of a cluster; by default this machine."""
    memory: str = "3g"
    """Of the process that plans the work and, on this machine, does it."""
    partitions: int = Field(default=4, ge=1)
    """Into how many parts what is joined and grouped is divided; two to three for each core of all workers, 1 for little data."""
    folder: Path = Path(".relance/spark")
    """Where its tables lie; on a cluster, a folder that every worker has."""
    options: dict[str, str] = {}
    """Any of Spark's own settings, such as `spark.hadoop.fs.s3a.endpoint`."""

    @field_validator("memory")
    @classmethod
    def _size(cls, value: str) -> str:
        if not re.fullmatch(r"\d+[kmgt]", value):
            raise ValueError("should be a size such as 3g")
        return value


class Warehouse(Part):
    engine: Literal["duckdb", "spark"] = "duckdb"
    """What builds the models. The warehouse is a DuckDB file in any case: Spark's tables are published into it."""
    spark: Spark = Spark()
    path: Path = Path("warehouse.duckdb")
    published: Path | None = Path("published")
    """Folder of the copy that people read while a run writes; null where its room on the disk is dear."""
    memory_limit: str | None = None
    """DuckDB's memory limit, such as `4GB`; by default half of the machine's memory."""
    threads: int | None = Field(default=None, ge=1)

    @field_validator("memory_limit")
    @classmethod
    def _size(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"\d+(\.\d+)?\s*[KMGT]i?B", value):
            raise ValueError("should be a size such as 4GB")
        return value
