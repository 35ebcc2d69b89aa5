"""The component loop in SQL against a graph library, on thousands of random graphs at once, at once and by increments."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from .light_dbt import LightDbt


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


class Graph:
    """The model strong_components over edges that come and go."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.con = duckdb.connect()
        self.con.execute("create table strong_edges (a integer, b integer, _batch bigint)")
        self.batch = 0
        self.dbt = LightDbt()

    def solve(self, edges: np.ndarray, full_refresh: bool = False) -> np.ndarray:
        """The component of each node, itself where it has no edge."""
        self.con.register("edge_frame", {"a": edges[:, 0], "b": edges[:, 1]})
        self.batch += 1
        batch = f"coalesce((select min(_batch) from old where old.a = edge_frame.a and old.b = edge_frame.b), {self.batch})"
        self.con.execute("create or replace temp table old as from strong_edges")
        distinct = f"select distinct a::integer as a, b::integer as b, {batch} as _batch from edge_frame"
        self.con.execute(f"create or replace table strong_edges as {distinct}")
        self.dbt.build(self.con, "strong_components", full_refresh=full_refresh)
        found = np.arange(self.count)
        rows = self.con.execute("select node, component from strong_components").fetchnumpy()
        found[rows["node"]] = rows["component"]
        return found

    def expected(self, edges: np.ndarray) -> np.ndarray:
        """The smallest node of each node's component, by the library."""
        ones = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(self.count, self.count))
        _, labels = connected_components(ones, directed=False)
        smallest = np.full(labels.max() + 1, self.count)
        np.minimum.at(smallest, labels, np.arange(self.count))
        return smallest[labels]


@pytest.mark.parametrize("seed", [1, 2])
def test_components_equal_a_graph_librarys(seed: int):
    """A component that is cut short is a person split in two; one that leaks welds strangers together."""
    count, edges = random_graphs(seed)
    graph = Graph(count)
    assert (graph.solve(edges) == graph.expected(edges)).all()


@pytest.mark.parametrize("seed", [3, 4])
def test_components_by_increments_equal_a_full_solve(seed: int):
    """Edges that come, go and come back must leave nothing behind that a rebuild would not find."""
    count, edges = random_graphs(seed)
    random = np.random.default_rng(seed)
    graph = Graph(count)
    for share in (0.5, 0.9, 0.6, 0.0, 0.7, 1.0):
        now = edges[random.random(len(edges)) < share]
        # New edges between graphs that had nothing to do with each other.
        now = np.concatenate([now, random.integers(0, count, size=(int(200 * share), 2))])
        assert (graph.solve(now) == graph.expected(now)).all()
    assert (graph.solve(now, full_refresh=True) == graph.expected(now)).all()


def test_components_are_solved_again_where_a_crash_lost_their_edges():
    """Labels without the edges they stand on can't be told from right ones."""
    count, edges = random_graphs(5)
    graph = Graph(count)
    graph.solve(edges)
    graph.con.execute("drop table strong_components_edges")
    fewer = edges[::2]
    assert (graph.solve(fewer) == graph.expected(fewer)).all()
