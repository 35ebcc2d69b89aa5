"""The cases that are measured, one after the other on one project: all from nothing, a day's news, nothing new, new hours."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from bench.process import Measurement, measure
from bench.shop import Shop, an_hour_later

SLICE = '+key:"activations/google_cart_abandoners" or +key:"scores/rfm"'
"""What the floor computes too, in Dagster's selection syntax."""

_STAGES = (
    ("looking for", "start-up"),
    ("starting", "start-up"),
    ("landing: reading", "loads"),
    ("landing: checking", "checks of what landed"),
    ("identifiers", "identifiers"),
    ("dbt", "dbt models and tests"),
    ("export", "activations"),
    ("report", "report"),
    ("nothing new", "summary"),
)

_FIGURES = """
    select
        (select count(*) from profiles.profiles) as people,
        (select count(*) from profiles.profiles where order_count > 0) as customers,
        (select sum(net_revenue) from profiles.profiles) as net_revenue,
        (select count(*) from audiences.decisions where audience = 'cart_abandoners'
            and (included or blocked_by = 'excluded:no_consent')) as cart_abandoners"""

Figures = dict[str, float]


@dataclass
class Case:
    """One case with its repetitions. `rows`: landed rows that were new to it."""

    name: str
    what: str
    runs: list[Measurement] = field(default_factory=list)
    rows: int = 0

    @property
    def typical(self) -> Measurement:
        """The (lower) median run by wall time: a run as it was, so that its stages add up."""
        return sorted(self.runs, key=lambda run: run.seconds)[(len(self.runs) - 1) // 2]


def stage_of(step: str) -> str:
    """The stage a step of `relance run` belongs to; an unknown one is a stage of its own."""
    return next((stage for prefix, stage in _STAGES if step.startswith(prefix)), step.split(":")[0])


def run_pipeline(project: Path, as_of: datetime, *options: str) -> Measurement:
    """`relance run` in a process of its own."""
    arguments = ["-m", "dagster_project.cli", "run", "--config", str(project / "relance.yml"), "--as-of", as_of.isoformat() + "Z"]
    return measure([*arguments, *options], project, stage_of)


def run_floor(landing: Path, as_of: datetime, folder: Path) -> tuple[Measurement, Figures]:
    """The floor in a process of its own, with the figures it came to."""
    folder.mkdir(parents=True, exist_ok=True)
    measured = measure(["-m", "bench.floor", str(landing), as_of.isoformat(), str(folder)], folder)
    return measured, figures_of(measured)


def figures_of(measured: Measurement) -> Figures:
    """What the floor, or a peer of it, printed."""
    return json.loads(measured.output)


def rows_read(project: Path) -> int:
    """Rows read from the landing folder so far."""
    with duckdb.connect(str(project / "warehouse.duckdb"), read_only=True) as con:
        row = con.execute("select sum(rows_read)::bigint from quality.load_ledger").fetchone()
    return row[0] if row and row[0] else 0


def figures(project: Path) -> Figures:
    """What the pipeline came to. Cart abandoners are counted before consent, which the floor asks for in its export."""
    with duckdb.connect(str(project / "warehouse.duckdb"), read_only=True) as con:
        row = con.execute(_FIGURES).fetchone() or ()
        names = [column[0] for column in con.description or ()]
    return {name: float(value or 0) for name, value in zip(names, row, strict=True)}


@dataclass
class Results:
    """All cases of one shop, the floor beside them, and what both came to on the same files."""

    floor: Case
    cases: list[Case]
    floor_figures: Figures = field(default_factory=dict)
    pipeline_figures: Figures = field(default_factory=dict)


def run_cases(shop: Shop, tiny: Shop, repeat: int = 1, with_slice: bool = False, memory: str | None = None) -> Results:
    """Measure every case `repeat` times; floor and full build change places from one repetition to the next.

    Args:
        tiny: a shop with next to nothing to do, which costs what a run costs before there is anything to do.
        memory: DuckDB's limit in the pipeline; the floor has its own.
    """
    floor = Case("floor", "the same slice as one DuckDB script")
    full = Case("full build", "everything, on a fresh warehouse")
    part = Case("the floor's slice", "on a fresh warehouse, only what the floor computes too (all files are loaded)")
    increment = Case("increment", f"{shop.held_events:,} new events and what else happened meanwhile")
    unchanged = Case("nothing new", "the same files, the same moment")
    day = Case("a new day", "the same files, the first hour of the next day, and month: models are fitted anew")
    hour = Case("a new hour", "the same files, the hour after that")
    messages = Case("messages", "the same files, one more hour, the job of messages alone")
    fixed = Case("fixed cost", f"a full build of {tiny.events:,} events")
    results = Results(floor, [full, *([part] if with_slice else []), increment, unchanged, day, hour, messages, fixed])

    for turn in range(repeat):
        project = shop.new_project("project", memory)
        for first in (True, False):
            if first == (turn % 2 == 0):
                measured, results.floor_figures = run_floor(shop.base, shop.before, shop.folder / "floor")
                floor.runs.append(measured)
            else:
                full.runs.append(run_pipeline(project, shop.before))
        full.rows = floor.rows = rows_read(project)
        results.pipeline_figures = figures(project)

        shop.deliver(project)
        increment.runs.append(run_pipeline(project, shop.after))
        increment.rows = rows_read(project) - full.rows
        unchanged.runs.append(run_pipeline(project, shop.after))
        moment = shop.after
        for case, options in ((day, ()), (hour, ()), (messages, ("--job", "messages"))):
            moment = an_hour_later(moment)
            case.runs.append(run_pipeline(project, moment, *options))
        fixed.runs.append(run_pipeline(tiny.new_project("project"), tiny.before))
        if with_slice:
            sliced = shop.new_project("slice", memory)
            part.runs.append(run_pipeline(sliced, shop.before, "--select", SLICE))
            part.rows = rows_read(sliced)
    return results
