"""Parameters of models as rows, so that SQL can apply them: bins with their points, and the nodes of trees."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pyarrow as pa

from dagster_project.scores.predict.fit import Fit

BINS = pa.schema(
    [
        ("model", pa.string()), ("feature", pa.string()), ("place", pa.int32()), ("bin", pa.int32()), ("kind", pa.string()),
        ("low", pa.float64()), ("high", pa.float64()), ("category", pa.string()), ("points", pa.float64()),
        ("share", pa.float64()), ("typical", pa.float64()), ("rank", pa.int32()),
    ]
)  # fmt: skip
NODES = pa.schema(
    [
        ("model", pa.string()), ("tree", pa.int32()), ("node", pa.int32()), ("place", pa.int32()), ("rank", pa.int32()),
        ("left_node", pa.int32()), ("right_node", pa.int32()), ("value", pa.float64()),
    ]
)  # fmt: skip


def parameters(fits: duckdb.DuckDBPyRelation, column: str, schema: pa.Schema) -> pa.Table:
    """The rows that a column of scores.prediction_fits keeps as JSON lists."""
    found = fits.project(f"model, {column}").order("model").fetchall()
    return pa.Table.from_pylist([{"model": model, **row} for model, rows in found for row in json.loads(rows)], schema=schema)


def bins_of(fit: Fit) -> list[dict[str, Any]]:
    """One object per feature and bin. A number belongs to the bin with low < number <= high; a category to that of its name,
    else to the one without; what is absent to bin 0."""
    found = []
    for place, (bins, points, shares) in enumerate(zip(fit.bins, fit.points, fit.shares, strict=True)):
        ranks = fit.forest.ranks[place].tolist() if fit.forest else [None] * bins.count
        typical = round(float((points * shares).sum()), 6)
        kinds = ["absent"] + [("number" if bins.categories is None else "category")] * (bins.count - 1)
        for code in range(bins.count):
            edges = bins.edges
            found.append(
                {
                    "feature": bins.feature,
                    "place": place,
                    "bin": code,
                    "kind": kinds[code],
                    "low": edges[code - 2] if bins.categories is None and code >= 2 else None,
                    "high": edges[code - 1] if bins.categories is None and 1 <= code <= len(edges) else None,
                    "category": bins.categories[code - 1]
                    if bins.categories is not None and 1 <= code <= len(bins.categories)
                    else None,
                    "points": round(float(points[code]), 6),
                    "share": round(float(shares[code]), 6),
                    "typical": typical,
                    "rank": ranks[code],
                }
            )
    return found


def nodes_of(fit: Fit) -> list[dict[str, Any]]:
    """One object per node of the trees; a leaf has a value in place of a feature's place."""
    if fit.forest is None:
        return []
    return [
        {
            "tree": number, "node": at, "place": node.feature if node.feature >= 0 else None, "rank": node.at,
            "left_node": node.left, "right_node": node.right, "value": round(fit.part * node.value, 6),
        }
        for number, tree in enumerate(fit.forest.trees)
        for at, node in enumerate(tree)
    ]  # fmt: skip
