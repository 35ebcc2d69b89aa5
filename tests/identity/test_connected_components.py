"""The component loop in SQL against a graph library, on thousands of random graphs at once."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from dagster_project.control import identify_run, write_control
from dagster_project.dbt_run import dbt_build
from dagster_project.dbt_workspace import prepare_workspace
from dagster_project.warehouse import open_warehouse


def random_graphs(seed: int) -> tuple[int, np.ndarray]:
    """Three thousand disjoint graphs of every shape that has hurt such loops: long chains, stars, cycles, cliques, noise."""
    random = np.random.default_rng(seed)
    edges, first = [], 0
    for number in range(3000):
        size = int(random.integers(1, 14))
        if number == 0:
            size = 1500  # a chain that a label can only walk along in many rounds
        nodes = first + random.permutation(size)
        kind = number % 5
        if number == 0 or kind == 0:
            pairs = np.stack([nodes[:-1], nodes[1:]], axis=1)
        elif kind == 1:
            pairs = np.stack([np.repeat(nodes[0], size - 1), nodes[1:]], axis=1)
        elif kind == 2:
            pairs = np.stack([nodes, np.roll(nodes, 1)], axis=1)  # of one node: an edge to itself
        elif kind == 3:
            pairs = np.array([(a, b) for a in nodes for b in nodes])
        else:
            pairs = random.choice(nodes, size=(int(random.integers(0, 2 * size)), 2))
        edges.append(pairs.reshape(-1, 2))
        first += size
    return first, np.concatenate(edges)


@pytest.mark.parametrize("seed", [1, 2])
def test_components_equal_a_graph_librarys(make_project, seed):
    """A component that is cut short is a person split in two; one that leaks welds strangers together."""
    settings = make_project()
    workspace = prepare_workspace(settings)
    count, edges = random_graphs(seed)
    with open_warehouse(settings) as con:
        write_control(con, settings, identify_run(con, settings, settings.moment("2026-06-30")))
        con.execute("create schema identity")
        nodes = {"node": np.arange(count)}
        con.register("node_frame", nodes)
        con.execute("create table identity.strong_nodes as select node, 'email' as identifier_type, node::varchar as identifier, "
                    "null::timestamp as first_seen from node_frame")  # fmt: skip
        con.register("edge_frame", {"a": edges[:, 0], "b": edges[:, 1]})
        con.execute("create table identity.strong_edges as select a, b from edge_frame")
    dbt_build(workspace, select=["strong_components"]).raise_if_broken()
    with open_warehouse(settings, read_only=True) as con:
        found = con.execute("select component from identity.strong_components order by identifier::bigint").fetchnumpy()[
            "component"
        ]
    _, expected = connected_components(
        coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count)), directed=False
    )
    # Same partition: each side's label decides the other's.
    pairs = np.unique(np.stack([expected, found]), axis=1).shape[1]
    assert pairs == len(np.unique(expected)) == len(np.unique(found))
