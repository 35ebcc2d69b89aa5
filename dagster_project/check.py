"""`relance check`: every mistake in what people edit, at once, before anything runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dagster_project.activation.activations import load_activations
from dagster_project.audiences import load_audiences
from dagster_project.config_file import several
from dagster_project.errors import RelanceError
from dagster_project.loads.discover import discover
from dagster_project.settings import load_settings


def check_project(config: Path) -> list[str]:
    """Read configuration, sources, audiences and activations.

    Returns:
        Lines that say what was found, and warnings.

    Raises:
        RelanceError: every mistake, with file and line.
    """
    settings = load_settings(config)
    mistakes: list[RelanceError] = []

    def read(load: Callable[[], Any]) -> Any:
        try:
            return load()
        except RelanceError as error:
            mistakes.append(error)
            return None

    landing = read(lambda: discover(settings))
    audiences = read(lambda: load_audiences(settings))
    # Without the audiences, activations could only be said to name unknown ones.
    activations = read(lambda: load_activations(settings, [audience.name for audience in audiences])) if audiences is not None else None
    if mistakes:
        raise several(mistakes)
    company = settings.company
    kinds = Counter(audience.spec.kind for audience in audiences)
    return [
        f"{settings.config_path}: {company.name}, {company.currency}, {company.timezone}, {company.country}",
        *(f"{feed.label}: {len(feed.files)} file{'s' if len(feed.files) != 1 else ''}" for feed in landing.feeds),
        f"{len(audiences)} audiences: " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())),
        f"{len(activations)} activations: " + ", ".join(activation.name for activation in activations),
        *(f"Warning: {warning}" for warning in landing.warnings),
        "No mistakes.",
    ]
