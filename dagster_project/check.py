"""`relance check`: every mistake in what people edit, at once, before anything runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagster_project.activation.activations import Activation
from dagster_project.activation.delivery import wrong_deliveries
from dagster_project.activation.feeds import load_feeds, never_left_behind, read_feeds
from dagster_project.activation.tables import held_without_activation
from dagster_project.audience_sql import wrong_audience_models
from dagster_project.audiences import load_audiences
from dagster_project.config_file import Location, touches
from dagster_project.connectors.drivers import missing_drivers
from dagster_project.connectors.store import list_store
from dagster_project.consent.policy import region_of
from dagster_project.dbt_workspace import wrong_seeds
from dagster_project.errors import RelanceError
from dagster_project.identity.probable import require_splink
from dagster_project.identity.somebodys_word import unseen_links
from dagster_project.loads.discover import Feed, Landing, discover
from dagster_project.loads.glance import look_into
from dagster_project.published import open_published
from dagster_project.scores.lead_rules import doubtful_lead_rules
from dagster_project.scores.rfm_check import rfm_warnings
from dagster_project.sequences import doubtful_hours, load_exports
from dagster_project.settings import Settings, read_settings
from dagster_project.working_days import doubtful_holidays


@dataclass(frozen=True)
class Findings:
    """What a check found: `lines` say what is there, `warnings` what may not be meant so, `mistakes` what must be mended."""

    lines: list[str]
    warnings: list[str]
    mistakes: list[RelanceError]


def check_project(config: Path) -> Findings:
    """Read configuration, sources, audiences and activations, and the columns of the newest landed files.

    Raises:
        RelanceError: relance.yml can't be read at all.
    """
    settings, wrong = read_settings(config)
    mistakes = [error for _, error in wrong]
    places = [at for at, _ in wrong]

    def read(load: Callable[[], Any]) -> Any:
        try:
            return load()
        except RelanceError as error:
            mistakes.append(error)
            return None

    landing = Landing(()) if touches(("landing",), places) else read(lambda: _landing(settings)) or Landing(())
    looks = [look_into(settings, feed) for feed in landing.feeds if not touches(_place(feed), places)]
    audiences = read(lambda: load_audiences(settings))
    # Without the audiences, activations could only be said to name unknown ones.
    exports = read(lambda: load_exports(settings, audiences)) if audiences is not None else None
    activations, sequences = exports or ([], [])
    listed = [*activations, *(sequence.activation for sequence in sequences)]
    feeds = read(lambda: load_feeds(settings, listed)) if exports is not None else None
    read(lambda: require_splink(settings))
    mistakes += [*missing_drivers(settings), *wrong_seeds(settings), *(read(lambda: wrong_deliveries(settings)) or ())]
    mistakes += [mistake for found, _ in looks for mistake in found]
    if not mistakes:
        mistakes += wrong_audience_models(settings)

    company = settings.company
    kinds = Counter(audience.spec.kind for audience in audiences or ())
    lines = [
        f"{settings.config_path}: {company.name}, {company.currency}, {company.timezone}, {company.country}",
        f"consent: the policy of {region_of(settings.consent, company.country)} where a person's country is unknown",
        *(f"{feed.label}: {len(feed.files)} file{'s' if len(feed.files) != 1 else ''}" for feed in landing.feeds),
        f"{len(audiences or ())} audiences: " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())),
        f"{len(activations)} activations: " + ", ".join(activation.name for activation in activations),
        f"{len(sequences)} sequences: " + ", ".join(sequence.name for sequence in sequences),
        f"{len(feeds or ())} feeds: " + ", ".join(feed.name for feed in feeds or ()),
    ]
    left_behind = [] if feeds is None else _left_behind(settings, [*listed, *feeds])
    doubts = (
        []
        if mistakes
        else [
            *unseen_links(settings),
            *rfm_warnings(settings),
            *doubtful_lead_rules(settings),
            *doubtful_holidays(settings),
            *doubtful_hours(settings, sequences),
        ]
    )
    warnings = [*landing.warnings, *(line for _, told in looks for line in told), *doubts, *left_behind]
    return Findings(lines, warnings, mistakes)


def _landing(settings: Settings) -> Landing:
    """Listed, not fetched: what lies in an object store may be large, and nothing runs here."""
    return discover(settings, list_store(settings) if settings.landing.is_remote else None)


def _place(feed: Feed) -> Location:
    return ("sources", feed.entity.source, feed.entity.name)


def _left_behind(settings: Settings, activations: list[Activation]) -> list[str]:
    """Activations that no longer run while people are still on their lists; nothing where the warehouse can't be read now."""
    if not settings.warehouse_path.exists():
        return []
    try:
        with open_published(settings) as con:
            known = {(activation.name, activation.destination.name) for activation in activations}
            return held_without_activation(con, known | never_left_behind(read_feeds(settings)))
    except RelanceError:
        return []
