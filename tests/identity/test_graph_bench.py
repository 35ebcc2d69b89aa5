"""The benchmark of the graph: that it measures what it says, and notices a wrong answer. Never how long anything takes."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

from bench.identity import make_graph, news
from bench.identity_case import differing


def test_the_graph_is_one_of_people():
    """A graph of giants, or of edges that lead nowhere, would say nothing about people."""
    count, ends = make_graph(20_000)
    assert len(ends) == 20_000 and abs(count - 22_000) < 50
    assert ends.min() >= 0 and ends.max() < count
    assert len(np.unique(ends)) > 0.7 * count
    added = news(count, 300)
    assert (added[:, 0] < count).all() and 0 < (added[:, 1] >= count).sum() < 200


@pytest.mark.parametrize(("components", "wrong"), [([(1, 1), (2, 1)], 0), ([(1, 1), (2, 2)], 1), ([(1, 1), (2, 1), (3, 1)], 1)])
def test_a_wrong_component_is_noticed(components: list[tuple[int, int]], wrong: int):
    """Speed of a wrong answer is no figure."""
    with duckdb.connect() as con:
        con.execute("create schema graph; create table graph.strong_components (node integer, component integer)")
        con.executemany("insert into graph.strong_components values (?, ?)", components)
        con.execute("create table library_labels as select * from (values (0, 7), (1, 5), (2, 5), (3, 6)) as t(node, label)")
        assert differing(con) == wrong
