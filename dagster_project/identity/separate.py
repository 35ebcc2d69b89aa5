"""Components that hold two people by somebody's word (seed cannot_link), cut apart where it costs least.

Edges are taken one by one, the strongest and oldest first, as in Kruskal's algorithm ("On the shortest spanning subtree of a
graph", 1956); one that would bring a forbidden pair together is left out. The result is a function of the edges alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import duckdb
import pyarrow as pa

SCHEMA = pa.schema([("node", pa.int32()), ("piece", pa.int32())])
"""One row per node of a component that was cut; `piece` is the smallest node of what it still belongs to."""


def separated(
    links: duckdb.DuckDBPyRelation, components: duckdb.DuckDBPyRelation, forbidden: duckdb.DuckDBPyRelation
) -> pa.Table:
    """The pieces of all components with a forbidden pair.

    Args:
        links: graph.judged_links.
        components: node, component.
        forbidden: a, b, pairs of nodes.

    Returns:
        A table of SCHEMA.
    """
    if forbidden.fetchone() is None:
        return SCHEMA.empty_table()
    together = forbidden.query(
        "forbidden",
        f"""select a, b from forbidden
        join ({components.sql_query()}) as one on a = one.node join ({components.sql_query()}) as other on b = other.node
        where one.component = other.component""",
    )
    pairs = together.fetchall()
    nodes = sorted({node for pair in pairs for node in pair})
    held = components.query(
        "components",
        f"""select node from components
        where component in (select component from components where node in ({_list(nodes)}))""",
    )
    within = [node for (node,) in held.fetchall()]
    ordered = links.filter("refused_reason is null and tier <= 2").query(
        "links",
        f"""select left_node, right_node from links where left_node in ({_list(within)})
        order by tier, first_seen nulls last, left_type, left_identifier, right_type, right_identifier""",
    )
    pieces = cut(within, ordered.fetchall(), pairs)
    return pa.table({"node": list(pieces), "piece": list(pieces.values())}, schema=SCHEMA)


def cut(nodes: Iterable[int], edges: Iterable[tuple[int, int]], forbidden: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Node → smallest node of its piece, once edges have been taken in this order and no forbidden pair shares a piece."""
    members = {node: {node} for node in nodes}
    apart: dict[int, set[int]] = defaultdict(set)
    for one, other in forbidden:
        apart[one].add(other)
        apart[other].add(one)
    for one, other in edges:
        ours, theirs = members[one], members[other]
        if ours is theirs:
            continue
        smaller, larger = sorted((ours, theirs), key=len)
        if any(apart[node] & larger for node in smaller if node in apart):
            continue
        larger |= smaller
        for node in smaller:
            members[node] = larger
    smallest = {id(piece): min(piece) for piece in members.values()}
    return {node: smallest[id(piece)] for node, piece in members.items()}


def _list(nodes: list[int]) -> str:
    return ", ".join(map(str, nodes)) or "null"
