"""Staging against the contracts of the raw tables."""

import ast
import re
from pathlib import Path

import jinja2
import pytest

from dagster_project.loads.contract import Entity, load_contracts

MODELS = Path(__file__).resolve().parents[2] / "dbt_models" / "models" / "staging"
ENTITIES = [entity for entities in load_contracts().values() for entity in entities.values()]
CANONICAL = load_contracts()["generic"]


def _readers(entity: Entity) -> list[str]:
    call = f"source('raw_{entity.source}', '{entity.name}')"
    return [text for path in sorted((MODELS / entity.source).glob("*.sql")) if call in (text := path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: f"{entity.source}.{entity.name}")
def test_every_raw_table_is_staged_in_its_newest_version(entity: Entity) -> None:
    """A raw table that nobody reads is data lost in silence; one that keeps versions and is read whole counts customers twice."""
    readers = _readers(entity)
    assert readers, "no staging model reads this table"
    for text in readers:
        found = re.findall(rf"latest_version\(source\('raw_{entity.source}', '{entity.name}'\)(?:, (\[.*?\]))?\)", text)
        if entity.mode == "facts":
            assert not found
        else:
            assert [[name.strip("' ") for name in order.strip("[]").split(",") if name] for order in found] == [entity.version]


@pytest.mark.parametrize("entity", sorted(set(CANONICAL) - {"erasures"}))
def test_the_horizon_and_the_contract_mean_the_same_moment(macros: Path, entity: str) -> None:
    """A run as of last month would set its horizon by one column and leave out by another: rows of later days would count."""
    source = (macros / "staging" / "unify.sql").read_text(encoding="utf-8")
    environment = jinja2.Environment()
    environment.globals["return"] = lambda value: value
    columns = CANONICAL[entity].columns
    names = {alias for name, column in columns.items() for alias in (name, *column.aliases)}
    listed = ast.literal_eval(environment.from_string(source).module.happened_in().strip())
    used = next((name for name in listed if name in names), None)
    clock = CANONICAL[entity].happened
    assert used == (next(name for name in listed if name in (clock.at[0], *columns[clock.at[0]].aliases)) if clock else None)
