"""`relance preview`: what edited rules would change, before anything takes effect."""

from __future__ import annotations

from rich.console import Console

from dagster_project.explain.preview_audience import preview_audience
from dagster_project.explain.preview_identity import preview_identity
from dagster_project.report.progress import Progress
from dagster_project.report.terminal import section_table
from dagster_project.settings import Settings


def preview_rules(settings: Settings, console: Console) -> None:
    """Print what the identity rules of today's relance.yml and seeds would make of the people of the last run.

    Raises:
        RelanceError: there is no run yet, another command is running, or a model can't be built.
    """
    with Progress(console) as progress:
        change = preview_identity(settings, progress.step)
    for section in change.sections:
        console.print(section_table(section))
    told = f"{change.profiles_before:,} profiles today, {change.profiles_after:,} by these rules."
    nothing = "The rules make the same people as today. " if change.nothing else ""
    console.print(f"{nothing}{told} Nothing was changed: the next `relance run` goes by them.", markup=False)


def preview_edit(settings: Settings, name: str, console: Console) -> None:
    """Print what an audience as it is written now would change among the people of the last run.

    Raises:
        RelanceError: there is no such audience, or as `preview_rules`.
    """
    with Progress(console) as progress:
        sections = preview_audience(settings, name, progress.step)
    for section in sections:
        if section.rows:
            console.print(section_table(section))
    told = "" if sections[0].rows else "Nobody is in this audience, today or then. "
    console.print(
        f"{told}Nothing was changed or exported: the next `relance run` goes by the audiences as written.", markup=False
    )
