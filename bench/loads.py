"""`python -m bench.loads --rows 10M`: landing to unified events beside what DuckDB needs for the same files; JSON in bench/out/.

Start-up (imports, dbt's parse) is not part of a figure: it does not grow with the rows. Closing the warehouse is, since DuckDB
writes much of a table only then.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from bench.loads_files import FORMATS, EventFiles, prepare_files
from bench.machine import describe_machine, load
from bench.process import ROOT, measure
from bench.shop import events_of
from dagster_project.errors import RelanceError

HERE = Path(__file__).parent
GIB = 2**30
SETTINGS = (
    "company: {{name: Bench, currency: EUR, timezone: Europe/Paris, country: FR}}\n"
    "as_of: {as_of}\n"
    "warehouse: {{memory_limit: 3GB}}\n"
)
LIMITS = {"parquet": 3.0, "ndjson": 2.0, "news": 0.05, "memory": 4 * GIB}
"""What is asked for: multiples of DuckDB alone, share of the full load, bytes."""


@dataclass
class Work:
    """Seconds of each repetition without start-up, and the largest memory of any."""

    name: str
    rows: int
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    peak_bytes: int = 0

    @property
    def typical(self) -> float:
        """The (lower) median."""
        return sorted(self.seconds)[(len(self.seconds) - 1) // 2]

    def run(self, *arguments: str) -> None:
        measured = measure(["-m", "bench.loads_case", *arguments], ROOT, stage_of=lambda what: what)
        stages = [stage for stage in measured.stages if stage.name == "work"]
        self.seconds.append(sum(stage.seconds for stage in stages))
        self.cpu_seconds.append(sum(stage.cpu_seconds or 0.0 for stage in stages))
        self.peak_bytes = max(self.peak_bytes, measured.peak_bytes)


def new_project(files: EventFiles, kind: str) -> Path:
    """A project whose landing folder holds the full file."""
    project = files.folder / f"project-{kind}"
    shutil.rmtree(project, ignore_errors=True)
    _deliver(files, project, "full", kind)
    (project / "relance.yml").write_text(SETTINGS.format(as_of=files.as_of), encoding="utf-8")
    return project


def _deliver(files: EventFiles, project: Path, part: str, kind: str) -> None:
    landing = project / "landing" / "segment" / "events"
    landing.mkdir(parents=True, exist_ok=True)
    os.link(files.path(part, kind), landing / f"{part}.{kind}")


def run_all(files: EventFiles, repeat: int, told: Callable[[str], None]) -> dict[str, Work]:
    """Everything, `repeat` times; DuckDB alone and the loads change places from one repetition to the next."""
    works: dict[str, Work] = {}

    def run(name: str, rows: int, *arguments: str) -> None:
        told(name)
        works.setdefault(name, Work(name, rows)).run(*arguments)

    for turn in range(repeat):
        for kind in FORMATS if turn % 2 == 0 else reversed(FORMATS):
            bare = files.folder / f"bare-{kind}.duckdb"
            for first in (True, False):
                if first == (turn % 2 == 0):
                    bare.unlink(missing_ok=True)
                    run(f"{kind}: DuckDB alone", files.rows, f"bare-{kind}", str(files.path("full", kind)), str(bare))
                    bare.unlink()
                else:
                    project = new_project(files, kind)
                    run(f"{kind}: landing to raw", files.rows, "land", str(project))
                    run(f"{kind}: raw to unified", files.rows, "unify", str(project))
            _deliver(files, project, "news", kind)
            run(f"{kind}: news to raw", files.news, "land", str(project))
            run(f"{kind}: news to unified", files.news, "unify", str(project))
            shutil.rmtree(project)
    return works


def figures(works: dict[str, Work]) -> list[dict[str, Any]]:
    """Every figure asked for: (name, value, limit, holds)."""

    def seconds(*names: str) -> float:
        return sum(works[name].typical for name in names)

    found = []

    def add(name: str, value: float, limit: float) -> None:
        found.append({"figure": name, "value": round(value, 3), "limit": limit, "holds": value <= limit})

    for kind in FORMATS:
        alone = seconds(f"{kind}: DuckDB alone")
        raw, whole = seconds(f"{kind}: landing to raw"), seconds(f"{kind}: landing to raw", f"{kind}: raw to unified")
        if kind == "parquet":
            add("Parquet to unified events, × DuckDB alone", whole / alone, LIMITS[kind])
        else:
            add("NDJSON to raw, × DuckDB alone", raw / alone, LIMITS[kind])
        add(f"{kind}: a hundredth more to raw, share of the full load", seconds(f"{kind}: news to raw") / raw, LIMITS["news"])
        news = seconds(f"{kind}: news to raw", f"{kind}: news to unified")
        add(f"{kind}: a hundredth more to unified events, share of all", news / whole, LIMITS["news"])
    add(
        "peak memory, GiB",
        max(work.peak_bytes for work in works.values() if "alone" not in work.name) / GIB,
        LIMITS["memory"] / GIB,
    )
    return found


def show(works: dict[str, Work], found: list[dict[str, Any]], console: Console) -> None:
    table = Table(title_justify="left")
    for heading in ("work", "rows", "wall s", "cpu s", "rows/s", "peak GiB"):
        table.add_column(heading, justify="left" if heading == "work" else "right", no_wrap=True)
    for work in works.values():
        cpu = sorted(work.cpu_seconds)[(len(work.cpu_seconds) - 1) // 2]
        rate = f"{work.rows / work.typical:,.0f}" if work.typical else ""
        table.add_row(
            work.name, f"{work.rows:,}", f"{work.typical:,.1f}", f"{cpu:,.1f}", rate, f"{work.peak_bytes / GIB:.2f}"
        )  # fmt: skip
    console.print(table)
    table = Table(title_justify="left")
    for heading in ("figure", "is", "at most", ""):
        table.add_column(heading, justify="left" if heading == "figure" else "right", no_wrap=True)
    for each in found:
        table.add_row(each["figure"], f"{each['value']:.3g}", f"{each['limit']:g}", "" if each["holds"] else "[bold red]NO[/]")
    console.print(table)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rows", default="1M", show_default=True, help="Events: 1M, 10M, or any number.")
@click.option("--repeat", default=1, show_default=True, type=click.IntRange(1), help="Runs of each piece; the median is shown.")
@click.option(
    "--home", default=ROOT / "var" / "bench", type=click.Path(path_type=Path), help="Where files are kept. Default: var/bench"
)
@click.option("--out", default=HERE / "out", type=click.Path(path_type=Path), help="Folder for the JSON. Default: bench/out")
def main(rows: str, repeat: int, home: Path, out: Path) -> None:
    """Measure the loads on ROWS events beside DuckDB alone."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    try:
        count = events_of(rows)
        console.print(f"Files of {count:,} events in {home} (generated on first use)", highlight=False)
        files = prepare_files(home.absolute(), count)
        context = {"date": f"{datetime.now(UTC):%Y-%m-%d %H:%M}", "machine": describe_machine(), "load_before": load()}
        works = run_all(files, repeat, lambda name: console.print(name, style="dim"))
    except RelanceError as error:
        click.echo(f"bench: {error}", err=True)
        sys.exit(2)
    found = figures(works)
    data = {**context, "load_after": load(), "works": [vars(work) for work in works.values()], "figures": found}
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"loads-{count}.json"
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    show(works, found, console)
    console.print(
        f"load {data['load_before']} before, {data['load_after']} after. Also in {path}", highlight=False, soft_wrap=True
    )


if __name__ == "__main__":
    main()
