"""Whether the company's own audiences can be built at all: tried on a warehouse without a single row, before anything runs.

A model that names a column that nobody has would otherwise fail at the end of a run, after everything else was built.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.audiences import Audience, load_audiences
from dagster_project.config_file import several
from dagster_project.control import Run, configuration_hash, write_control
from dagster_project.errors import RelanceError
from dagster_project.loads.books import ensure_books, ensure_raw_tables
from dagster_project.loads.discover import feeds, remember_feeds
from dagster_project.settings import SHIPPED, Settings
from dagster_project.warehouse import open_warehouse

if TYPE_CHECKING:
    from dagster_project.dbt_run import NodeResult

FOLDER = Path(".relance") / "check"


def wrong_audience_models(settings: Settings) -> list[RelanceError]:
    """Own audience models that can't be built, each with its file, line and what is there instead.

    Takes some seconds when an audience, or anything that it is made of, has changed since it was last found sound.
    """
    own = {audience.name: audience for audience in load_audiences(settings) if not audience.model_path.is_relative_to(SHIPPED)}
    if not own:
        return []
    fingerprint = hashlib.sha256(configuration_hash(settings).encode()).hexdigest()
    mark = settings.base / FOLDER / "sound"
    if mark.exists() and mark.read_text() == fingerprint:
        return []
    broken = _try(settings, sorted(own))
    if not broken:
        mark.write_text(fingerprint)
    return [_mistake(node, own.get(node.name)) for node in broken]


def require_sound_audiences(settings: Settings) -> None:
    """
    Raises:
        RelanceError: every mistake in the company's own audience models.
    """
    if mistakes := wrong_audience_models(settings):
        raise several(mistakes)


def _try(settings: Settings, names: list[str]) -> tuple[NodeResult, ...]:
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
        upstream = [f"+{name}" for name in names]
        return dbt_build(prepare_workspace(empty), upstream, ["resource_type:test"]).broken
    finally:
        for path in empty.state_path.glob(f"{empty.warehouse_path.name}*"):
            path.unlink()


def _mistake(node: NodeResult, audience: Audience | None) -> RelanceError:
    if audience is None:
        how = "correct the model, or the seed that it reads"
        return RelanceError(f"`{node.name}` can't be built: {node.message}", str(node.path), how)
    path, lines = audience.model_path, audience.model_path.read_text(encoding="utf-8").splitlines()
    missing = re.search(r'[Cc]olumn "([^"]+)"', node.message)
    near = re.search(r"Candidate bindings: ([^\n]+?)(?:\s+LINE|$)", node.message)
    if missing is None:
        return RelanceError(f"The audience `{node.name}` can't be built: {node.message}", str(path), "correct the model")
    name = missing[1].rpartition(".")[2]
    line = next((number for number, text in enumerate(lines, 1) if re.search(rf"\b{re.escape(name)}\b", text)), 1)
    how = f"name a column that is there, such as {near[1]}" if near else "name a column that is there"
    return RelanceError(f"The audience `{node.name}` asks for a column `{name}` that nobody has", f"{path}:{line}", how)
