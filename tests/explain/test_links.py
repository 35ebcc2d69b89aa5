"""The paths by which identifiers are one person, on small graphs."""

from __future__ import annotations

from collections import deque
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.explain.links import Link, own_id, start_of, tree_from

ENDS = [("email", f"e{number}") for number in range(9)]


def link(left: int, right: int, tier: int = 1) -> Link:
    seen = datetime(2026, 1, 1)
    return Link(ENDS[left], ENDS[right], "login", tier, "generic", seen, seen, 1, None, "m1", "m1")


def distances(start: tuple, links: list[Link]) -> dict:
    found, queue = {start: 0}, deque([start])
    while queue:
        end = queue.popleft()
        for one in links:
            if end in (one.left, one.right) and one.other(end) not in found:
                found[one.other(end)] = found[end] + 1
                queue.append(one.other(end))
    return found


GRAPHS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(0, 5)), max_size=25)


@given(GRAPHS, st.randoms())
@settings(max_examples=100)
def test_every_path_is_shortest_and_joins_the_two(graph, random):
    """A path with a gap, a detour or a link that is not there explains nothing."""
    links = sorted((link(*edge) for edge in graph), key=lambda one: one.rank)
    tree = tree_from(ENDS[0], links)
    assert {end: step.depth for end, step in tree.items()} == distances(ENDS[0], links)
    for end, step in tree.items():
        if step.link is None:
            assert (end, step.before, step.depth) == (ENDS[0], None, 0)
            continue
        assert step.link in links and {step.link.left, step.link.right} == {step.before, end}
        assert step.depth == tree[step.before].depth + 1
    shuffled = links[:]
    random.shuffle(shuffled)
    assert tree_from(ENDS[0], sorted(shuffled, key=lambda one: one.rank)) == tree


@given(GRAPHS, st.integers(1, 9))
@settings(max_examples=50)
def test_the_nearest_hold_together(graph, shown):
    """A bounded table shows the first of the tree: one of them without what it is joined to would hang in the air."""
    tree = tree_from(ENDS[0], sorted((link(*edge) for edge in graph), key=lambda one: one.rank))
    first = list(tree)[:shown]
    assert all(tree[end].before in (None, *first) for end in first)


def test_the_stronger_of_two_links_explains():
    """Of two ways of one length, the account says more than the shared browser."""
    tree = tree_from(ENDS[0], sorted([link(0, 1, tier=4), link(0, 1, tier=1)], key=lambda one: one.rank))
    assert tree[ENDS[1]].link.tier == 1


def test_a_person_without_anything_asked_starts_where_the_name_comes_from():
    """Asked for by profile_id, the paths would else begin at whichever identifier sorts first."""
    assert start_of(ENDS, own_id(ENDS[5])) == ENDS[5]
    assert start_of(ENDS, "p0") == ENDS[0]
