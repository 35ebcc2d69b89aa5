"""`python -m bench.identity --edges 20M`: the graph of identifiers solved in SQL beside scipy; JSON in bench/out/.

The graph is made of small components, as people are: 1.1 identifiers per edge, numbered in random order. Then come new edges,
most of them between identifiers that are known, solved by increment and compared with scipy's answer for the whole.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from bench.process import ROOT, measure
from bench.room import GIB, before, benchmark, console, new_project, write
from bench.shop import events_of
from dagster_project.settings import load_settings
from dagster_project.warehouse import open_warehouse

LIMITS = {"full": 1.3, "increment": 0.1, "memory": 3.5 * GIB}
"""What is asked for: multiple of scipy, share of the full solve, bytes."""


@dataclass(frozen=True)
class Figure:
    """What one piece of work cost: seconds of the work alone, peak resident bytes of its process."""

    name: str
    seconds: float
    peak_bytes: int


def make_graph(edges: int, seed: int = 1) -> tuple[int, np.ndarray]:
    """Number of nodes, and edges as an array of two columns: trees of about 3.6 nodes, and more edges within them."""
    random = np.random.default_rng(seed)
    nodes = edges * 11 // 10
    sizes = random.geometric(0.28, size=nodes)
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), nodes, side="right"))]
    count = int(sizes.sum())
    start = np.cumsum(sizes) - sizes
    component = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    place = np.arange(count) - start[component]
    number = random.permutation(count).astype(np.int32)
    below = np.flatnonzero(place > 0)
    above = start[component[below]] + (random.random(len(below)) * place[below]).astype(np.int64)
    further = random.integers(0, count, size=max(0, edges - len(below)))
    mates = start[component[further]] + (random.random(len(further)) * sizes[component[further]]).astype(np.int64)
    ends = np.stack([number[np.concatenate([below, further])], number[np.concatenate([above, mates])]], axis=1)
    return count, ends[:edges]


def news(count: int, edges: int, seed: int = 2) -> np.ndarray:
    """New edges: two in three between known identifiers, the others to identifiers seen for the first time."""
    random = np.random.default_rng(seed)
    ends = random.integers(0, count, size=(edges, 2)).astype(np.int32)
    first = random.random(edges) < 1 / 3
    ends[first, 1] = count + np.arange(int(first.sum()), dtype=np.int32)
    return ends


def add_edges(project: Path, ends: np.ndarray, batch: int) -> None:
    """Write edges into the table that the model reads, as a load batch brings them."""
    with open_warehouse(load_settings(project)) as con:
        con.register("ends", {"a": ends[:, 0], "b": ends[:, 1]})
        con.execute("create schema if not exists graph")
        con.execute("create table if not exists graph.strong_edges (a integer, b integer, _batch bigint)")
        con.execute("insert into graph.strong_edges select distinct a, b, $batch from ends where a <> b", {"batch": batch})


def run(work: str, name: str, project: Path) -> Figure:
    """One piece of work in a process of its own."""
    measured = measure(["-m", "bench.identity_case", work, str(project)], ROOT)
    seconds = 0.0 if work == "compare" else json.loads(measured.output.splitlines()[-1])["seconds"]
    return Figure(name, seconds, measured.peak_bytes)


@benchmark(memory="2500MB")
@click.option("--edges", default="1M", show_default=True, help="Edges: 1M, 20M, or any number.")
@click.option("--new", "new_edges", default=None, help="New edges. Default: a two-hundredth of the edges.")
def main(edges: str, new_edges: str | None, memory: str, home: Path, out: Path) -> None:
    """Measure the graph on EDGES edges beside scipy. Exit code 1 where the two don't agree."""
    wanted = events_of(edges)
    added = events_of(new_edges) if new_edges else wanted // 200
    project = new_project(home, f"identity-{wanted}", memory)
    context = before()
    count, ends = make_graph(wanted)
    add_edges(project, ends, 1)
    del ends
    figures = [run("library", "scipy", project), run("solve", "full solve", project)]
    run("compare", "", project)
    add_edges(project, news(count, added), 2)
    figures.append(run("solve", "increment", project))
    run("library", "", project)
    run("compare", "", project)
    scipy, full, increment = figures
    ratios = {"full": full.seconds / scipy.seconds, "increment": increment.seconds / full.seconds}
    ratios["memory"] = max(full.peak_bytes, increment.peak_bytes)
    data = {**context, "edges": wanted, "identifiers": count, "new_edges": added, "ratios": ratios}
    data["figures"] = {figure.name: {"seconds": round(figure.seconds, 2), "peak_bytes": figure.peak_bytes} for figure in figures}
    path = write(data, out, f"identity-{wanted}")
    shown = console()
    _print(shown, data)
    shown.print(
        f"Same components as scipy's, before and after. Load {data['load_before']} before. Also in {path}", soft_wrap=True
    )


def _print(console: Console, data: dict) -> None:
    table = Table(title=f"{data['edges']:,} edges, {data['identifiers']:,} identifiers, then {data['new_edges']:,} new edges")
    for column in ("work", "seconds", "peak GiB", "ratio", "asked for"):
        table.add_column(column, justify="left" if column == "work" else "right")
    beside = {
        "scipy": ("", ""),
        "full solve": (f"{data['ratios']['full']:.2f} × scipy", f"≤ {LIMITS['full']} ×, ≤ {LIMITS['memory'] / GIB} GiB"),
        "increment": (f"{data['ratios']['increment']:.1%} of the full solve", f"≤ {LIMITS['increment']:.0%}"),
    }
    for name, figure in data["figures"].items():
        table.add_row(name, f"{figure['seconds']:.2f}", f"{figure['peak_bytes'] / GIB:.2f}", *beside[name])
    console.print(table)


if __name__ == "__main__":
    main()
