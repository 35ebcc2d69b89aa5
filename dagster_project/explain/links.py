"""The links of a person: those that make one person of the identifiers, as a tree from the one asked for, and those refused."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from dagster_project.explain.who import End
from dagster_project.loads.casts import literal

REFUSED_SHOWN = 200
"""Refused links that are read; a junk address may have millions."""


@dataclass(frozen=True)
class Link:
    """One row of identity.edges. `first_id` and `last_id` are the first and last message or row that tells of it; times are naive
    UTC."""

    left: End
    right: End
    rule: str
    tier: int
    source: str
    first_seen: datetime | None
    last_seen: datetime | None
    observations: int
    refused_reason: str | None
    first_id: str | None
    last_id: str | None

    def other(self, end: End) -> End:
        return self.right if end == self.left else self.left

    @property
    def rank(self) -> tuple:
        """The strongest and oldest first; never by order of arrival."""
        return self.tier, self.first_seen is None, self.first_seen, self.left, self.right, self.rule


@dataclass(frozen=True)
class Step:
    """How an identifier is reached: from `before`, by `link` (both None at the start), `depth` links from the start."""

    before: End | None
    link: Link | None
    depth: int


_COLUMNS = """e.left_type, e.left_identifier, e.right_type, e.right_identifier, e.rule, e.tier, e.source, e.first_seen,
    e.last_seen, e.observations, e.refused_reason, e.evidence"""


def _own(profile_id: str) -> str:
    return f"(select identifier_type, identifier from identity.identifiers where profile_id = {literal(profile_id)})"


def identifiers_of(con: duckdb.DuckDBPyConnection, profile_id: str) -> dict[End, datetime | None]:
    """The identifiers of a person → when each was first seen; in a settled order."""
    own = f"where profile_id = {literal(profile_id)}"
    rows = con.execute(f"select identifier_type, identifier, first_seen from identity.identifiers {own} order by all").fetchall()
    return {(kind, value): first_seen for kind, value, first_seen in rows}


def accepted_links(con: duckdb.DuckDBPyConnection, profile_id: str) -> list[Link]:
    """The links that join two identifiers of the person."""
    rows = con.execute(
        f"""with own as materialized {_own(profile_id)}
        select {_COLUMNS} from identity.edges as e
        semi join own as l on e.left_type = l.identifier_type and e.left_identifier = l.identifier
        semi join own as r on e.right_type = r.identifier_type and e.right_identifier = r.identifier
        where e.accepted"""
    ).fetchall()
    return sorted(map(_link, rows), key=lambda link: link.rank)


def refused_links(con: duckdb.DuckDBPyConnection, profile_id: str) -> tuple[int, list[Link]]:
    """How many links at the person's identifiers join nobody, and the first REFUSED_SHOWN of them."""
    touching = f"""own as materialized {_own(profile_id)},
        refused as (
            select {_COLUMNS} from identity.edges as e
            where not e.accepted and (
                (e.left_type, e.left_identifier) in (select (identifier_type, identifier) from own)
                or (e.right_type, e.right_identifier) in (select (identifier_type, identifier) from own)
            )
        )"""
    rows = con.execute(
        f"""with {touching}
        select *, count(*) over () from refused
        order by tier, left_type, left_identifier, right_type, right_identifier, rule limit {REFUSED_SHOWN}"""
    ).fetchall()
    return (rows[0][-1] if rows else 0), [_link(row[:-1]) for row in rows]


def _link(row: tuple[Any, ...]) -> Link:
    left_type, left, right_type, right, rule, tier, source, first_seen, last_seen, observations, reason, evidence = row
    told = json.loads(evidence) if evidence else {}
    ends = (left_type, left), (right_type, right)
    return Link(*ends, rule, tier, source, first_seen, last_seen, observations, reason, told.get("first"), told.get("last"))


def start_of(identifiers: Iterable[End], profile_id: str) -> End:
    """The identifier that a person is named after; the first where its name comes from elsewhere."""
    ends = list(identifiers)
    return next((end for end in ends if own_id(end) == profile_id), ends[0])


def own_id(end: End) -> str:
    """The profile_id of a person named after an identifier."""
    return "p" + hashlib.sha256("|".join(end).encode()).hexdigest()[:20]


def tree_from(start: End, links: Iterable[Link]) -> dict[End, Step]:
    """Identifier → how it is reached from the start: over as few links as can be, the strongest and oldest of them. In the order
    in which a search in breadth comes to them, so any first part of it holds together.
    """
    at: dict[End, list[Link]] = defaultdict(list)
    for link in links:
        at[link.left].append(link)
        at[link.right].append(link)
    found = {start: Step(None, None, 0)}
    queue = [start]
    for end in queue:
        for link in at[end]:
            other = link.other(end)
            if other not in found:
                found[other] = Step(end, link, found[end].depth + 1)
                queue.append(other)
    return found
