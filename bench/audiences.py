"""`python -m bench.audiences --profiles 1M`: the whole catalogue of audiences for many people; JSON in bench/out/.

What is measured begins where scores end. The tables that audiences read come from a shop of some ten thousands of people, built
by the whole pipeline, once as of a day and once as of the next: each of its people is there many times, under as many names. The
cost of the catalogue is held against one full read of profiles and of profile_products per audience, measured in the same run.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import duckdb
from rich.console import Console
from rich.table import Table

from bench.cases import run_pipeline
from bench.process import ROOT, measure
from bench.room import GIB, before, benchmark, console, new_project, write
from bench.shop import events_of, prepare_shop

LIMITS = {"full": 6.0, "increment": 0.2, "memory": 8 * GIB}
"""What is asked for at 10 M profiles: multiple of the reads, share of the full cost, bytes."""
SMALL_EVENTS = 150_000
"""Events of the shop that the tables come from; it has a tenth as many people."""
SHOWN = 15
"""Models that the printed table names; the JSON has all."""


@dataclass(frozen=True)
class Small:
    """Warehouses of a small shop, as of a day and as of the next."""

    before: Path
    after: Path

    @property
    def people(self) -> int:
        with duckdb.connect(str(self.before), read_only=True) as con:
            row = con.execute("select count(*) from profiles.profiles").fetchone()
        return row[0] if row else 0


def prepare_small(home: Path, events: int, kept: bool = False) -> Small:
    """Build them below `home`, or take those that lie there where `kept`."""
    shop = prepare_shop(home, events)
    small = Small(shop.folder / "before.duckdb", shop.folder / "after.duckdb")
    if kept and small.before.exists() and small.after.exists():
        return small
    project = shop.new_project("audiences")
    run_pipeline(project, shop.before)
    shutil.copy(project / "warehouse.duckdb", small.before)
    shop.deliver(project)
    run_pipeline(project, shop.before + timedelta(days=1))
    (project / "warehouse.duckdb").replace(small.after)
    return small


def measure_day(project: Path, small: Path, copies: int) -> dict[str, Any]:
    """Bring what the room reads to the state of `small`, then build it: seconds, ratio to the reads, peak memory in bytes."""
    case = ["-m", "bench.audiences_case"]
    measure([*case, "grow", str(project), str(small), str(copies)], ROOT)
    read = json.loads(measure([*case, "read", str(project)], ROOT).output.splitlines()[-1])
    measured = measure([*case, "build", str(project)], ROOT)
    told = json.loads(measured.output.splitlines()[-1])
    measure([*case, "examine", str(project)], ROOT)
    reads, cpu_reads = (told["audiences"] * sum(read[which].values()) for which in ("seconds", "cpu_seconds"))
    return {
        **told, "profiles": read["profiles"], "read_seconds": read["seconds"], "reads_of_all": round(reads, 2),
        "ratio": round(told["seconds"] / reads, 3), "cpu_ratio": round(told["cpu_seconds"] / cpu_reads, 3),
        "peak_bytes": measured.peak_bytes,
    }  # fmt: skip


@benchmark(memory="6GB")
@click.option("--profiles", default="1M", show_default=True, help="People: 1M, 10M, or any number.")
@click.option("--kept", is_flag=True, help="Take the small shop's tables as an earlier run left them.")
def main(profiles: str, memory: str, kept: bool, home: Path, out: Path) -> None:
    """Measure the audiences of PROFILES people. Exit code 1 where equal people are not in equal audiences."""
    wanted = events_of(profiles)
    project = new_project(home, f"audiences-{wanted}", memory)
    small = prepare_small(home.absolute(), SMALL_EVENTS, kept)
    copies = max(2, round(wanted / small.people))
    context = before()
    full = measure_day(project, small.before, copies)
    increment = measure_day(project, small.after, copies)
    share = {"of_full": increment["seconds"] / full["seconds"], "of_limit": increment["ratio"] / LIMITS["full"]}
    data = {**context, "full": full, "increment": increment, "share": share}
    path = write(data, out, f"audiences-{wanted}")
    shown = console()
    _print(shown, data)
    shown.print(f"Equal people are in equal audiences. Load {data['load_before']} before. Also in {path}", soft_wrap=True)


def _print(console: Console, data: dict[str, Any]) -> None:
    full, increment = data["full"], data["increment"]
    counts = ", ".join(f"{full[name]:,} {name}" for name in ("profiles", "audiences", "candidates", "members"))
    table = Table(title=counts)
    for column in ("work", "first day", "next day", "asked for at 10 M"):
        table.add_column(column, justify="left" if column == "work" else "right")
    slowest = sorted(full["models"].items(), key=lambda model: -model[1])
    for name, seconds in slowest[:SHOWN]:
        table.add_row(f"  {name}", f"{seconds:.2f}", f"{increment['models'].get(name, 0):.2f}", "")
    rest = [sum(day["models"].get(name, 0) for name, _ in slowest[SHOWN:]) for day in (full, increment)]
    table.add_row(f"  {len(slowest) - SHOWN} others", *(f"{seconds:.2f}" for seconds in rest), "")
    table.add_row("whole catalogue, seconds", f"{full['seconds']:.2f}", f"{increment['seconds']:.2f}", "")
    table.add_row(
        "reads of profiles and profile_products, seconds", f"{full['reads_of_all']:.2f}", f"{increment['reads_of_all']:.2f}", ""
    )
    table.add_row("× the reads", f"{full['ratio']:.2f}", f"{increment['ratio']:.2f}", f"≤ {LIMITS['full']:g}")
    table.add_row("share of the first day", "", f"{data['share']['of_full']:.0%}", f"≤ {LIMITS['increment']:.0%}")
    table.add_row(
        "peak memory, GiB", *(f"{day['peak_bytes'] / GIB:.2f}" for day in (full, increment)), f"≤ {LIMITS['memory'] / GIB:g}"
    )
    console.print(table)


if __name__ == "__main__":
    main()
