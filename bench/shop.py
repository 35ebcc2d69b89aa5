"""The shops that the benchmark runs on: generated once per size, parted once, and kept."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bench.split import merge, split_at, split_landing
from dagster_project.demo import write_demo
from dagster_project.errors import RelanceError

EVENTS_PER_CUSTOMER = 30
INCREMENT = 0.01
"""Share of the events that the increment brings."""
TAIL = timedelta(minutes=2)
"""What is left of the shop's last day, and month, when the increment ends: it lies within one day. What a new day costs, and the
models that are fitted anew once a month, is a case of its own."""
FEWEST_EVENTS = 2_000
"""Of a shop whose run is next to nothing but what any run costs."""


def events_of(size: str) -> int:
    """1M → 1000000.

    Raises:
        RelanceError: that is no number of events.
    """
    found = re.fullmatch(r"(\d+)([kKmM]?)", size)
    if not found:
        raise RelanceError(f"`{size}` is no size", "--size", "write a number of events: 1M, 10M, 100M, 250k or 50000")
    return int(found[1]) * {"": 1, "k": 10**3, "m": 10**6}[found[2].lower()]


@dataclass(frozen=True)
class Shop:
    """A generated shop, parted in landing trees: `base`, `increment`, and a tail that is not used.

    events, people: as generated. before, after: the clock (naive UTC) of a run on `base`, and on `increment` too.
    held_events: events in `increment`.
    """

    folder: Path
    events: int
    people: int
    before: datetime
    after: datetime
    held_events: int

    @property
    def base(self) -> Path:
        return self.folder / "base"

    @property
    def increment(self) -> Path:
        return self.folder / "increment"

    def new_project(self, name: str, memory: str | None = None) -> Path:
        """A fresh project folder without a warehouse, on the landing tree `base`, with DuckDB's memory limit if one is given."""
        project = self.folder / name
        shutil.rmtree(project, ignore_errors=True)
        project.mkdir()
        told = (self.folder / "shop" / "relance.yml").read_text(encoding="utf-8")
        if memory:
            told = told.replace("\nwarehouse:\n", f"\nwarehouse:\n  memory_limit: {memory}\n")
        (project / "relance.yml").write_text(told, encoding="utf-8")
        merge(project / "landing", self.base)
        return project

    def deliver(self, project: Path) -> None:
        """Drop the increment's files into a project's landing folder."""
        merge(project / "landing", self.increment)


def prepare_shop(home: Path, events: int) -> Shop:
    """The shop of this size below `home`; generated and parted if it is not there yet."""
    folder = home / str(events)
    mark = folder / "parted.json"
    customers = max(50, events // EVENTS_PER_CUSTOMER)
    try:
        demo = write_demo(folder / "shop", customers=customers, events=events)
    except RelanceError:  # an older generator's shop is in the way; the folder is the benchmark's own
        shutil.rmtree(folder / "shop")
        demo = write_demo(folder / "shop", customers=customers, events=events)
    after = datetime.fromisoformat(demo.totals["as_of"].removesuffix("Z")) - TAIL
    if demo.created or not mark.exists():
        mark.unlink(missing_ok=True)
        for name in ("whole", "tail", "base", "increment"):
            shutil.rmtree(folder / name, ignore_errors=True)
        split_at(folder / "shop" / "landing", folder / "whole", folder / "tail", after)
        split = split_landing(folder / "whole", folder / "base", folder / "increment", INCREMENT)
        shutil.rmtree(folder / "whole")
        mark.write_text(json.dumps({"moment": split.moment.isoformat(), "events": split.held_events}))
    told = json.loads(mark.read_text())
    people = demo.totals["known_people"] + demo.totals["anonymous_people"]
    return Shop(folder, events, people, datetime.fromisoformat(told["moment"]), after, told["events"])


def an_hour_later(moment: datetime) -> datetime:
    return moment + timedelta(hours=1)
