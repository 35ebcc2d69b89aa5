"""Whether the company's own audiences and feeds can be built: tried on a warehouse without a single row, before anything runs.

A model that names a column that nobody has would otherwise fail at the end of a run, after everything else was built.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from dagster_project.activation.feeds import SCHEMA, FeedModel, own_models
from dagster_project.audiences import Audience, load_audiences
from dagster_project.catalog import columns_of
from dagster_project.config_file import read_config_file, several
from dagster_project.control import Run, configuration_hash, write_control
from dagster_project.errors import RelanceError
from dagster_project.loads.books import ensure_books, ensure_raw_tables
from dagster_project.loads.discover import feeds, remember_feeds
from dagster_project.settings import SHIPPED, Settings
from dagster_project.warehouse import open_warehouse

if TYPE_CHECKING:
    from dagster_project.dbt_run import NodeResult

FOLDER = Path(".relance") / "check"
COLUMNS = ("profile_id", "clauses", "clauses_met", "blocked_by", "anchor_at", "value", "offers", "reason", "context")
"""What all audiences tell of a candidate (see the macro audience_candidates)."""


def wrong_audience_models(settings: Settings) -> list[RelanceError]:
    """Own models of audiences and feeds that can't be built, each with its file, line and what is there instead.

    Takes some seconds when one of them, or anything that it is made of, has changed since it was last found sound.
    """
    own = {audience.name: audience for audience in load_audiences(settings) if not audience.model_path.is_relative_to(SHIPPED)}
    feed_models = own_models(settings)
    if not own and not feed_models:
        return []
    fingerprint = configuration_hash(settings)
    mark = settings.base / FOLDER / "sound"
    if mark.exists() and mark.read_text() == fingerprint:
        return []
    mistakes = _try(settings, own, feed_models)
    if not mistakes:
        mark.write_text(fingerprint)
    return mistakes


def require_sound_audiences(settings: Settings) -> None:
    """
    Raises:
        RelanceError: every mistake in the company's own models of audiences and feeds.
    """
    if mistakes := wrong_audience_models(settings):
        raise several(mistakes)


def _try(settings: Settings, own: dict[str, Audience], feed_models: list[FeedModel]) -> list[RelanceError]:
    # dbt and what normalises take seconds to import, and most projects have no audience of their own.
    from dagster_project.dbt_run import dbt_build
    from dagster_project.dbt_workspace import prepare_workspace
    from dagster_project.loads.normalise import normalise_identifiers

    empty = settings.model_copy(update={"warehouse": settings.warehouse.model_copy(update={"path": FOLDER / "empty.duckdb"})})
    empty._state = FOLDER
    empty.state_path.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = feeds(settings)
    remember_feeds(empty, found)
    try:
        with open_warehouse(empty) as con:
            ensure_books(con)
            ensure_raw_tables(con, found)
            normalise_identifiers(con, empty)
            write_control(con, empty, Run("check", empty.moment()))
        upstream = [f"+{name}" for name in sorted([*own, *(model.name for model in feed_models)])]
        broken = dbt_build(prepare_workspace(empty), upstream, ["resource_type:test"]).broken
        with open_warehouse(empty, read_only=True) as con:
            misshapen = [mistake for _, audience in sorted(own.items()) for mistake in _misshapen(con, audience)]
            misshapen += [mistake for model in feed_models for mistake in _untold(con, model)]
        return [_mistake(node, own.get(node.name)) for node in broken] + misshapen
    finally:
        for path in empty.state_path.glob(f"{empty.warehouse_path.name}*"):
            path.unlink()


def _misshapen(con: duckdb.DuckDBPyConnection, audience: Audience) -> list[RelanceError]:
    """What a model that was built does not tell of an audience: whoever writes it without the macro may forget some."""
    built = columns_of(con, "audiences", audience.name)
    missing = [name for name in COLUMNS if name not in built] if built else []
    if not missing:
        return []
    what = f"The audience `{audience.name}` is no audience: its model lacks the columns {', '.join(missing)}"
    return [RelanceError(what, str(audience.model_path), "let the macro audience_candidates make it, as the shipped ones do")]


def _untold(con: duckdb.DuckDBPyConnection, model: FeedModel) -> list[RelanceError]:
    """What the YAML of a feed's model names and the model does not tell."""
    built = columns_of(con, SCHEMA, model.name)
    missing = [name for name in model.columns if name not in built] if built else []
    if not missing:
        return []
    what = f"The YAML of the feed model `{model.name}` names columns that it does not have: {', '.join(missing)}"
    return [RelanceError(what, str(model.path), "add them to the model, or take them out of the YAML")]


def _mistake(node: NodeResult, audience: Audience | None) -> RelanceError:
    if audience is None:
        how = "correct the model, or the seed that it reads"
        return RelanceError(f"`{node.name}` can't be built: {node.message}", str(node.path), how)
    path, lines = audience.model_path, audience.model_path.read_text(encoding="utf-8").splitlines()
    missing = re.search(r'[Cc]olumn "([^"]+)"', node.message)
    near = re.search(r"Candidate bindings: ([^\n]+?)(?:\s+LINE|$)", node.message)
    if unsaid := re.search(r"lacks the option `(\w+)`", node.message):
        place = read_config_file(audience.yaml_path).where(("models", 0, "config", "meta", "audience", "options"))
        what = f"The model of the audience `{node.name}` asks for an option `{unsaid[1]}` that its YAML does not give"
        return RelanceError(what, place, "add it to `options`")
    if missing is None:
        return RelanceError(f"The audience `{node.name}` can't be built: {node.message}", str(path), "correct the model")
    name = missing[1].rpartition(".")[2]
    line = next((number for number, text in enumerate(lines, 1) if re.search(rf"\b{re.escape(name)}\b", text)), 1)
    how = f"name a column that is there, such as {near[1]}" if near else "name a column that is there"
    return RelanceError(f"The audience `{node.name}` asks for a column `{name}` that nobody has", f"{path}:{line}", how)
