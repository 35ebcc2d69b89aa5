"""`relance check`: every mistake in what people edit, at once, before anything runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dagster_project.activation.activations import Activation, load_activations
from dagster_project.activation.tables import held_without_activation
from dagster_project.audiences import load_audiences
from dagster_project.config_file import several
from dagster_project.connectors.store import list_store
from dagster_project.dbt_workspace import wrong_seeds
from dagster_project.errors import RelanceError
from dagster_project.identity.probable import require_splink
from dagster_project.loads.discover import Landing, discover
from dagster_project.loads.glance import look_into
from dagster_project.settings import Settings, load_settings
from dagster_project.warehouse import open_warehouse


def check_project(config: Path) -> list[str]:
    """Read configuration, sources, audiences and activations, and the columns of the newest landed files.

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

    # Listed, not fetched: what lies in an object store may be large, and nothing runs here.
    landing: Landing | None = read(lambda: discover(settings, list_store(settings) if settings.landing.is_remote else None))
    audiences = read(lambda: load_audiences(settings))
    # Without the audiences, activations could only be said to name unknown ones.
    activations = None
    if audiences is not None:
        activations = read(lambda: load_activations(settings, {audience.name: audience.spec.kind for audience in audiences}))
    read(lambda: require_splink(settings))
    mistakes += wrong_seeds(settings)
    looks = [look_into(settings, feed) for feed in landing.feeds] if landing else []
    mistakes += [mistake for found, _ in looks for mistake in found]
    if mistakes:
        raise several(mistakes)
    company = settings.company
    told = [line for _, lines in looks for line in lines]
    kinds = Counter(audience.spec.kind for audience in audiences)
    return [
        f"{settings.config_path}: {company.name}, {company.currency}, {company.timezone}, {company.country}",
        *(f"{feed.label}: {len(feed.files)} file{'s' if len(feed.files) != 1 else ''}" for feed in landing.feeds),
        f"{len(audiences)} audiences: " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())),
        f"{len(activations)} activations: " + ", ".join(activation.name for activation in activations),
        *(f"Warning: {warning}" for warning in [*landing.warnings, *told, *_left_behind(settings, activations)]),
        "No mistakes.",
    ]


def _left_behind(settings: Settings, activations: list[Activation]) -> list[str]:
    """Activations that no longer run while people are still on their lists; nothing where the warehouse can't be read now."""
    if not settings.warehouse_path.exists():
        return []
    try:
        with open_warehouse(settings, read_only=True) as con:
            return held_without_activation(con, {(activation.name, activation.destination.name) for activation in activations})
    except RelanceError:
        return []
