"""`python -m bench.scores --customers 1M`: RFM, customer score and customer value of many customers; JSON in bench/out/.

What is measured begins where profiles end: tables of orders, visits and identifiers as that room leaves them are made here. The
fit on a sample of customers is counted by itself: it is due once a month.
"""

from __future__ import annotations

import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from bench.machine import describe_machine, load
from bench.process import ROOT, measure
from bench.shop import events_of
from dagster_project.errors import RelanceError

HERE = Path(__file__).parent
GIB = 2**30
SETTINGS = "company: {{name: Bench, currency: EUR, timezone: Europe/Paris, country: FR}}\nwarehouse: {{memory_limit: {memory}}}\n"
LIMITS = {"scoring": 60.0, "fit": 5.0, "memory": 4 * GIB}
"""What is asked for at 10 M customers: seconds, seconds, bytes."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--customers", default="1M", show_default=True, help="Customers: 1M, 10M, or any number.")
@click.option("--memory", default="3GB", show_default=True, help="DuckDB's memory limit.")
@click.option(
    "--home", default=ROOT / "var" / "bench", type=click.Path(path_type=Path), help="Where the tables lie. Default: var/bench"
)
@click.option("--out", default=HERE / "out", type=click.Path(path_type=Path), help="Folder for the JSON. Default: bench/out")
def main(customers: str, memory: str, home: Path, out: Path) -> None:
    """Measure the scores of CUSTOMERS customers. Exit code 1 where a customer is left out or has no figures."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    try:
        wanted = events_of(customers)
        project = home.absolute() / f"scores-{wanted}"
        shutil.rmtree(project, ignore_errors=True)
        (project / "landing").mkdir(parents=True)
        (project / "relance.yml").write_text(SETTINGS.format(memory=memory), encoding="utf-8")
        measure(["-m", "bench.scores_case", "prepare", str(project), str(wanted)], ROOT)
        context = {"date": f"{datetime.now(UTC):%Y-%m-%d %H:%M}", "machine": describe_machine(), "load_before": load()}
        measured = measure(["-m", "bench.scores_case", "score", str(project)], ROOT)
        told = json.loads(measured.output.splitlines()[-1])
        measure(["-m", "bench.scores_case", "examine", str(project)], ROOT)
    except RelanceError as error:
        click.echo(f"bench: {error}", err=True)
        sys.exit(1)
    data = {
        **context, "load_after": load(), "customers": wanted, "orders": told["orders"], "customers_fitted": told["fitted"],
        "scoring_seconds": told["seconds"], "fit_seconds": told["fit_seconds"], "peak_bytes": measured.peak_bytes,
        "models": told["models"],
    }  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"scores-{wanted}.json"
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    _print(console, data)
    console.print(f"Every customer has all figures. Load {data['load_before']} before. Also in {path}", soft_wrap=True)


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
