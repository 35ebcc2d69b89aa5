"""`relance explain`: who an identifier stands for, and why."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from dagster_project.audiences import load_audiences
from dagster_project.explain.person import explain_person
from dagster_project.explain.show import SHOWN, show
from dagster_project.explain.show_audience import show_audience
from dagster_project.explain.who import find_person
from dagster_project.published import open_published
from dagster_project.sequences import load_exports
from dagster_project.settings import Settings


def explain_project(settings: Settings, text: str, audience: str | None, export: Path | None, console: Console) -> None:
    """Print one person, or write everything held on them to a file. Changes nothing in the warehouse.

    Raises:
        RelanceError: the text stands for nobody; there is no such audience; the file can't be written.
    """
    with open_published(settings) as con:
        who = find_person(con, settings, text)
        if export is not None:
            from dagster_project.explain.access import everything_held, write_access

            held = everything_held(con, settings, explain_person(con, who, evidence_of=1_000_000))
            write_access(settings, held, export)
            rows = sum(map(len, held["raw"].values()))
            files = len({row["file"] for found in held["raw"].values() for row in found})
            console.print(f"{export}: {rows:,} landed rows from {files:,} files, with all that was made of them.", markup=False)
            return
        told = explain_person(con, who, evidence_of=SHOWN)
        if audience is not None:
            audiences = load_audiences(settings)
            activations, sequences = load_exports(settings, audiences)
            exports = [*activations, *(sequence.activation for sequence in sequences)]
            show_audience(con, told, audience, audiences, exports, console)
        else:
            show(told, console)
