"""Whether the sources, entities and columns that relance.yml names exist.

Read from the file itself, so that one mistake hides no other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import combinations
from typing import Any

import duckdb

from dagster_project.config_file import ConfigFile, Location, Mistake, near_miss
from dagster_project.errors import RelanceError
from dagster_project.loads.casts import MEANING, cast_to, literal
from dagster_project.loads.contract import Entity, load_contracts
from dagster_project.setting_types import written

Fault = tuple[Location, str, str]
"""Where below an entity of relance.yml, what, and how to mend it."""


def wrong_sources(file: ConfigFile, own: Collection[str]) -> list[Mistake]:
    """Every name below `sources:` that no contract knows, or that would mean nothing, with its line.

    Args:
        own: keys of a source that are no entities.
    """
    contracts = load_contracts()
    mistakes: list[Mistake] = []

    def wrong(at: Location, what: str, how: str) -> None:
        mistakes.append((at, RelanceError(what, file.where(at), how)))

    for source, configured in _entries(_entries(file.data).get("sources")).items():
        here: Location = ("sources", source)
        entities = contracts.get(source)
        if entities is None:
            wrong(here, f"There is no source `{source}`{near_miss(str(source), contracts)}", f"use one of {_names(contracts)}")
            continue
        for name, mapping in _entries(configured).items():
            if name in own:
                continue
            if name not in entities:
                what = f"The source `{source}` has no entity `{name}`{near_miss(str(name), [*entities, *own])}"
                wrong((*here, name), what, f"use one of {_names(entities)}")
                continue
            for below, what, how in _wrong_targets(entities[name], _entries(mapping)):
                wrong((*here, name, *below), what, how)
    return mistakes


def _wrong_targets(entity: Entity, mapping: dict[str, Any]) -> Iterator[Fault]:
    columns, constants, values = (_entries(mapping.get(key)) for key in ("columns", "constants", "values"))
    for key, targets in (("columns", columns), ("constants", constants), ("values", values)):
        for target in targets:
            if fault := _unknown(entity, target):
                yield (key, target), *fault
    filled = {**columns, **constants}
    for target, value in constants.items():
        if target in columns:
            yield ("constants", target), f"`{target}` stands under `columns` and under `constants`", "keep one of them"
        if target in entity.columns and not _readable(value, _entries(values.get(target)), kind := entity.columns[target].type):
            yield ("constants", target), f"`{target}` is no {kind}", f"write {MEANING[kind]}"
    for target in values:
        if target not in filled and target not in entity.columns and _unknown(entity, target) is None:
            what = f"`values` translates `{target}`, which neither `columns` nor `constants` fills"
            yield ("values", target), what, "name its column under `columns`"
        elif "." not in target and target not in entity.columns and target in filled:
            what = f"`values` translates `{target}`, which is no column of {entity.source}.{entity.name}"
            yield ("values", target), what, f"translate one of {_names(entity.columns)}"
    nested = sorted(target for target in filled if "." in target)
    for outer, inner in combinations(nested, 2):
        if inner.startswith(f"{outer}."):
            key = "columns" if inner in columns else "constants"
            yield (key, inner), f"`{inner}` lies inside `{outer}`, which has a value of its own", "keep one of them"


def _readable(constant: Any, words: dict[str, Any], kind: str) -> bool:
    """Whether a constant, translated as `values` says, is what a contract type takes; no single value is told elsewhere."""
    try:
        text = written(words.get(written(constant), constant))
    except ValueError:
        return True
    with duckdb.connect() as con:
        (read,) = con.execute(f"select {cast_to(kind, literal(text), 'VARCHAR', 'UTC')}").fetchone() or (None,)
    return read is not None


def _unknown(entity: Entity, target: str) -> tuple[str, str] | None:
    """A plain name that no column has is a trait of the company's own, unless it looks like a slip of the pen."""
    column, dot, path = target.partition(".")
    spec = entity.columns.get(column)
    if dot and (spec is None or spec.type != "json"):
        nested = _names(name for name, known in entity.columns.items() if known.type == "json") or "there is none"
        return f"`{target}` does not name a key of a JSON column", f"name a JSON column before the dot: {nested}"
    if dot and not all(path.split(".")):
        return f"`{target}` names no key of `{column}`", f"write it as {column}.name"
    if not dot and spec is None and (hint := near_miss(column, entity.columns)):
        return f"{entity.source}.{entity.name} has no column `{column}`{hint}", "correct the name"
    return None


def _names(names: Any) -> str:
    return ", ".join(sorted(names))


def _entries(value: Any) -> dict[str, Any]:
    """A mapping of the file; what is none has been told by then, since the settings ask for one."""
    return {key: item for key, item in value.items() if isinstance(key, str)} if isinstance(value, dict) else {}
