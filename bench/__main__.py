"""`python -m bench --size 1M`: the pipeline beside the floor on a generated shop; tables here, JSON in bench/out/."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from bench.agreement import compare
from bench.cases import run_cases
from bench.machine import describe_machine, load
from bench.peers.measured import run_peers
from bench.process import ROOT
from bench.shop import FEWEST_EVENTS, events_of, prepare_shop
from bench.show import as_data, print_tables, record
from dagster_project.errors import RelanceError

HERE = Path(__file__).parent


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--size", default="1M", show_default=True, help="Events: 1M, 10M, 100M, or any number.")
@click.option("--repeat", default=1, show_default=True, type=click.IntRange(1), help="Runs of each case; the median is shown.")
@click.option("--slice", "with_slice", is_flag=True, help="Also run only what the floor computes, on a fresh warehouse.")
@click.option(
    "--peers/--no-peers", "with_peers", default=True, show_default=True, help="Also the floor's slice in pandas and Polars."
)
@click.option(
    "--memory", help="DuckDB's memory limit in the pipeline, such as 3GB. Default: the pipeline's own, half of the machine's."
)
@click.option("--record", "recorded", is_flag=True, help="Append the figures to bench/RESULTS.md.")
@click.option(
    "--home", default=ROOT / "var" / "bench", type=click.Path(path_type=Path), help="Where shops are kept. Default: var/bench"
)
@click.option("--out", default=HERE / "out", type=click.Path(path_type=Path), help="Folder for the JSON. Default: bench/out")
def main(
    size: str, repeat: int, with_slice: bool, with_peers: bool, memory: str | None, recorded: bool, home: Path, out: Path
) -> None:
    """Measure the pipeline on a shop of SIZE events beside the floor. Exit code 1 where the two don't compute the same."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    try:
        events = events_of(size)
        console.print(f"Shop of {events:,} events in {home / str(events)} (generated on first use)", highlight=False)
        shop = prepare_shop(home.absolute(), events)
        context = {
            "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
            "machine": describe_machine(),
            "load_before": load(),
            "memory_limit": memory,
        }
        results = run_cases(shop, prepare_shop(home.absolute(), FEWEST_EVENTS), repeat, with_slice, memory)
        peers = run_peers(shop, repeat, results.floor.rows) if with_peers else []
    except RelanceError as error:
        click.echo(f"bench: {error}", err=True)
        sys.exit(2)
    comparisons = compare(
        results.floor_figures, results.pipeline_figures, {peer.case.name: peer.figures for peer in peers if peer.figures}
    )
    data = as_data(shop, results, comparisons, {**context, "load_after": load()}, peers)

    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{events}.json"
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    machine = data["machine"]
    print_tables(data, console)
    told = f"{machine['cores']} cores, {machine['memory_gib']} GiB, {machine['processor']}"
    console.print(
        f"{told}; load {data['load_before']} before, {data['load_after']} after. Also in {path}", highlight=False, soft_wrap=True
    )
    if recorded:
        record(data, HERE / "RESULTS.md")
    if not all(each.agrees for each in comparisons):
        sys.exit(1)


if __name__ == "__main__":
    main()
