"""Where a link stands written: the landed file, and the row in it, of the message or record that tells of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import duckdb

from dagster_project.catalog import columns_of
from dagster_project.explain.links import Link
from dagster_project.loads.casts import literal
from dagster_project.loads.contract import Entity, load_contracts

Place = tuple[str, int]
"""File (relative to the landing folder) and number of the row in it, from 1; a header is no row."""

_ROWS = {
    "contact": "contact_id", "lead": "lead_id", "order": "order_id", "registration": "registration_id",
    "subscription": "subscription_id", "review": "review_id", "survey": "response_id",
}  # fmt: skip
"""Rule → what the evidence of its links is the key of; of all other rules, evidence names messages."""
_OWNERS = ("contact_id", "lead_id", "order_id")


def places_of(con: duckdb.DuckDBPyConnection, links: Iterable[Link]) -> dict[tuple[Link, str], Place]:
    """(link, evidence id) → where it stands: of a row told several times the earliest, by the date in the path.

    What is not found (an order called otherwise by its own system) is left out.
    """
    wanted: dict[str, dict[str, list[tuple[Link, str]]]] = defaultdict(lambda: defaultdict(list))
    for link in links:
        for evidence in {link.first_id, link.last_id} - {None}:
            assert evidence is not None
            for key in {evidence, evidence.split(":")[-1]}:
                wanted[_key_kind(link)][key].append((link, evidence))
    found: dict[tuple[Link, str], Place] = {}
    entities = [entity for entities in load_contracts().values() for entity in entities.values()]
    for entity in entities if wanted else []:
        for kind, keys in wanted.items():
            if not _tells_of(entity, kind) or not columns_of(con, f"raw_{entity.source}", entity.name):
                continue
            for key, file, row in _look_up(con, entity, list(keys)):
                for told in keys[key]:
                    found[told] = min(found.get(told, (file, row)), (file, row))
    return found


def _key_kind(link: Link) -> str:
    if link.rule in _ROWS:
        return _ROWS[link.rule]
    if link.left[0] in _OWNERS and link.rule in ("trait", "click") and link.left[1].endswith(link.first_id or "\0"):
        return link.left[0]
    return "message"


def _tells_of(entity: Entity, kind: str) -> bool:
    """Whether the rows of an entity go by such a key."""
    if kind == "message":
        return entity.mode == "facts" and entity.happened is not None
    (key,) = entity.key if len(entity.key) == 1 else ("",)
    return key == kind or any(spec.kind == kind for spec in entity.identifiers.get(key, []))


def _look_up(con: duckdb.DuckDBPyConnection, entity: Entity, keys: list[str]) -> list[tuple[Any, ...]]:
    values = ", ".join(literal(key) for key in sorted(keys))
    return con.execute(
        f"""select _key, unnest(min_by(struct_pack(file := _file, "row" := _line), (_landed_on, _file, _line)))
        from {entity.table} where _key in ({values}) group by _key order by all"""
    ).fetchall()
