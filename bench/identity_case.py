"""One measured piece of work on a graph; each runs in a process of its own: `python -m bench.identity_case WORK PROJECT`.

solve: the model graph.strong_components over graph.strong_edges, whole where it is new, else by increment.
library: the same edges through Arrow to scipy, and its labels back into the warehouse.
compare: whether both have the same components by the same names; exit code 1 where not.

The last line is JSON with the seconds of the work alone, without imports and dbt's start-up.
"""

from __future__ import annotations

import json
import sys
import time

import duckdb
import numpy as np

from dagster_project.settings import Settings, load_settings
from dagster_project.warehouse import open_warehouse


def solve(settings: Settings) -> float:
    """Seconds that dbt books for the model: its loop of queries, storing the labels and remembering the edges."""
    from dagster_project.dbt_run import dbt_build
    from dagster_project.dbt_workspace import prepare_workspace

    results = dbt_build(prepare_workspace(settings), select=["strong_components"], indirect_tests=False)
    results.raise_if_broken()
    return sum(node.execution_time for node in results.nodes)


def library(settings: Settings) -> float:
    """Seconds from the warehouse to the warehouse."""
    import pyarrow as pa
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    with open_warehouse(settings) as con:
        started = time.monotonic()
        edges = con.execute("select a, b from graph.strong_edges").to_arrow_table()
        left, right = edges["a"].to_numpy(), edges["b"].to_numpy()
        count = int(max(left.max(), right.max())) + 1
        matrix = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
        _, labels = connected_components(matrix, directed=False)
        con.register("labelled", pa.table({"node": np.arange(count, dtype=np.int32), "label": labels}))
        con.execute("create or replace table library_labels as select node, label from labelled")
        return time.monotonic() - started


def differing(con: duckdb.DuckDBPyConnection) -> int:
    """Nodes whose component is not the smallest node that the library puts with them."""
    found = con.execute(
        """with named as (select node, min(node) over (partition by label) as component from library_labels)
        select count(*) from named left join graph.strong_components as found using (node)
        where named.component <> coalesce(found.component, node)"""
    ).fetchone()
    return found[0] if found else -1


def main(work: str, project: str) -> int:
    settings = load_settings(project)
    if work == "compare":
        with open_warehouse(settings, read_only=True) as con:
            return 1 if differing(con) else 0
    print(json.dumps({"seconds": {"solve": solve, "library": library}[work](settings)}))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
