"""One measured piece of work on the events of a file; each runs in a process of its own: `python -m bench.loads_case WORK …`.

bare-parquet, bare-ndjson FILE WAREHOUSE: what DuckDB needs for the file alone.
land PROJECT: the landing folder of a project into its raw table.
unify PROJECT: identifiers, control tables and the model unified.events.

What counts stands in steps called `work`; imports and dbt's start-up are steps of their own.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from dagster_project.dbt_run import NodeResult

STARTED = time.monotonic()

FIELDS = {
    "properties": (
        "email", "phone", "url", "referrer", "product_id", "quantity", "price", "order_id", "total", "revenue", "value",
        "currency", "products",
    ),
    "context": (
        "ip", "userAgent", "page.url", "page.referrer", "traits.email", "traits.phone", "campaign.source", "campaign.medium",
        "campaign.name", "campaign.term", "campaign.content",
    ),
    "traits": ("email", "phone"),
}  # fmt: skip
"""JSON column → paths of the fields that unified.events is made of."""
PLAIN = ("messageId", "type", "event", "anonymousId", "userId", "timestamp", "receivedAt", "properties")


def step(what: str) -> None:
    print(f"[{time.monotonic() - STARTED:6.1f} s] {what}", flush=True)


def bare_parquet(file: str, warehouse: str) -> None:
    """The fields of unified.events out of the file, each JSON column parsed once, nothing checked, joined or normalised."""
    lists = ", ".join(
        f"json_extract_string({column}, [{', '.join(f'''{chr(39)}$.{path}{chr(39)}''' for path in paths)}]) as {column}_fields"
        for column, paths in FIELDS.items()
    )
    picked = [f"{column}_fields[{i + 1}] as {column}_{i}" for column, paths in FIELDS.items() for i in range(len(paths))]
    plain = ", ".join(f'"{name}"' for name in PLAIN)
    _bare(warehouse, f"select {plain}, {', '.join(picked)} from (select *, {lists} from read_parquet('{file}'))")


def bare_ndjson(file: str, warehouse: str) -> None:
    """DuckDB's own read of the file, types and all."""
    _bare(warehouse, f"select * from read_json_auto('{file}', format = 'newline_delimited')")


def _bare(warehouse: str, query: str) -> None:
    step("work")
    with duckdb.connect(warehouse) as con:
        con.execute("set timezone = 'UTC'")
        con.execute(f"create table events as {query}")


def land(project: str) -> None:
    from dagster_project.loads.load import load_landing
    from dagster_project.settings import load_settings
    from dagster_project.warehouse import open_warehouse

    settings = load_settings(Path(project))
    duckdb.execute("select ?", [1])  # DuckDB imports pandas when it first meets a parameter
    step("work")
    with open_warehouse(settings) as con:
        summary = load_landing(settings, con)
    if summary.warnings or summary.total("quarantined"):
        sys.exit(f"the load did not go through: {summary}")


def unify(project: str) -> None:
    from dagster_project.control import identify_run, write_control
    from dagster_project.dbt_parse import prepare_manifest
    from dagster_project.dbt_run import dbt_build
    from dagster_project.dbt_workspace import prepare_workspace
    from dagster_project.loads.normalise import normalise_identifiers
    from dagster_project.settings import load_settings
    from dagster_project.warehouse import open_warehouse

    settings = load_settings(Path(project))
    workspace = prepare_workspace(settings)
    prepare_manifest(workspace)
    duckdb.execute("select ?", [1])
    step("work")
    with open_warehouse(settings) as con:
        normalise_identifiers(con, settings)
        write_control(con, settings, identify_run(con, settings, settings.moment()))
    step("dbt's start-up")
    begun: list[str] = []

    def on_result(node: NodeResult) -> None:
        if not begun:
            begun.append(node.name)
            step("work")

    no_tests = ["resource_type:test", "resource_type:unit_test"]
    dbt_build(workspace, ["+unified_events"], no_tests, on_result=on_result).raise_if_broken()


WORK = {"bare-parquet": bare_parquet, "bare-ndjson": bare_ndjson, "land": land, "unify": unify}

if __name__ == "__main__":
    step("start-up")
    WORK[sys.argv[1]](*sys.argv[2:])
