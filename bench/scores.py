"""`python -m bench.scores --customers 1M`: RFM, customer score and customer value of many customers; JSON in bench/out/.

What is measured begins where profiles end: tables of orders, visits and identifiers as that room leaves them are made here. The
fit on a sample of customers is counted by itself: it is due once a month.
"""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from bench.process import ROOT, measure
from bench.room import GIB, before, benchmark, console, new_project, write
from bench.shop import events_of

LIMITS = {"scoring": 60.0, "fit": 5.0, "memory": 4 * GIB}
"""What is asked for at 10 M customers: seconds, seconds, bytes."""


@benchmark(memory="3GB")
@click.option("--customers", default="1M", show_default=True, help="Customers: 1M, 10M, or any number.")
def main(customers: str, memory: str, home: Path, out: Path) -> None:
    """Measure the scores of CUSTOMERS customers. Exit code 1 where a customer is left out or has no figures."""
    wanted = events_of(customers)
    project = new_project(home, f"scores-{wanted}", memory)
    measure(["-m", "bench.scores_case", "prepare", str(project), str(wanted)], ROOT)
    context = before()
    measured = measure(["-m", "bench.scores_case", "score", str(project)], ROOT)
    told = json.loads(measured.output.splitlines()[-1])
    measure(["-m", "bench.scores_case", "examine", str(project)], ROOT)
    data = {
        **context, "customers": wanted, "orders": told["orders"], "customers_fitted": told["fitted"],
        "scoring_seconds": told["seconds"], "fit_seconds": told["fit_seconds"], "peak_bytes": measured.peak_bytes,
        "models": told["models"],
    }  # fmt: skip
    path = write(data, out, f"scores-{wanted}")
    shown = console()
    _print(shown, data)
    shown.print(f"Every customer has all figures. Load {data['load_before']} before. Also in {path}", soft_wrap=True)


def _print(console: Console, data: dict) -> None:
    table = Table(title=f"{data['customers']:,} customers, {data['orders']:,} orders")
    for column in ("work", "seconds", "asked for at 10 M"):
        table.add_column(column, justify="left" if column == "work" else "right")
    for name, seconds in sorted(data["models"].items(), key=lambda model: -model[1]):
        table.add_row(f"  {name}", f"{seconds:.2f}", "")
    peak = data["peak_bytes"] / GIB
    table.add_row(
        f"scoring, peak {peak:.2f} GiB",
        f"{data['scoring_seconds']:.2f}",
        f"≤ {LIMITS['scoring']:g}, ≤ {LIMITS['memory'] / GIB:g} GiB",
    )
    table.add_row(f"fit on {data['customers_fitted']:,} customers", f"{data['fit_seconds']:.2f}", f"≤ {LIMITS['fit']:g}")
    console.print(table)


if __name__ == "__main__":
    main()
