"""What the benchmarks of single rooms share: their options, a project to work in, and where the figures go."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from bench.machine import describe_machine, load
from bench.process import ROOT
from dagster_project.errors import RelanceError

GIB = 2**30
SETTINGS = "company: {{name: Bench, currency: EUR, timezone: Europe/Paris, country: FR}}\nwarehouse: {{memory_limit: {memory}}}\n"


def benchmark(memory: str) -> Callable[[Callable[..., None]], click.Command]:
    """A command with the options that all have (memory, home, out); what it can't measure ends in one message and exit code 1.

    Args:
        memory: DuckDB's memory limit unless another one is asked for.
    """

    def made(measure: Callable[..., None]) -> click.Command:
        @wraps(measure)
        def run(**options: Any) -> None:
            try:
                measure(**options)
            except RelanceError as error:
                click.echo(f"bench: {error}", err=True)
                sys.exit(1)

        for option in (
            click.option("--memory", default=memory, show_default=True, help="DuckDB's memory limit."),
            click.option("--home", default=ROOT / "var" / "bench", type=click.Path(path_type=Path),
                         help="Where the tables lie. Default: var/bench"),
            click.option("--out", default=ROOT / "bench" / "out", type=click.Path(path_type=Path),
                         help="Folder for the JSON. Default: bench/out"),
        ):  # fmt: skip
            run = option(run)
        return click.command(context_settings={"help_option_names": ["-h", "--help"]})(run)

    return made


def new_project(home: Path, name: str, memory: str) -> Path:
    """An empty project below `home`, in place of the one that may be there."""
    project = home.absolute() / name
    shutil.rmtree(project, ignore_errors=True)
    (project / "landing").mkdir(parents=True)
    (project / "relance.yml").write_text(SETTINGS.format(memory=memory), encoding="utf-8")
    return project


def before() -> dict[str, Any]:
    """When and on what, as it stands before the work begins."""
    return {"date": f"{datetime.now(UTC):%Y-%m-%d %H:%M}", "machine": describe_machine(), "load_before": load()}


def write(data: dict[str, Any], out: Path, name: str) -> Path:
    """Keep the figures as JSON, with the load after the work; returns the file."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{name}.json"
    path.write_text(json.dumps({**data, "load_after": load()}, indent=2) + "\n", encoding="utf-8")
    return path


def console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 120)
