"""All that `relance explain` tells of one person, read from the warehouse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from dagster_project.explain.evidence import Place, places_of
from dagster_project.explain.facts import Row, changes_of, of_person, profile_of, scores_of
from dagster_project.explain.links import (
    Link,
    Step,
    accepted_links,
    identifiers_of,
    refused_links,
    start_of,
    tree_from,
)
from dagster_project.explain.verdicts import Verdict, verdicts_of
from dagster_project.explain.who import End, Who


@dataclass(frozen=True)
class Explanation:
    """One person.

    identifiers: with when each was first seen.
    tree: how each identifier is reached from the one asked for (links.tree_from).
    links: every link that joins two of the identifiers, the strongest first.
    refused, refused_count: links at the identifiers that join nobody, the first of them, and how many there are.
    places: (link, evidence id) → where it stands written, of the links of the tree and the refused ones.
    """

    who: Who
    identifiers: dict[End, datetime | None]
    tree: dict[End, Step]
    links: list[Link]
    refused: list[Link]
    refused_count: int
    places: dict[tuple[Link, str], Place]
    profile: Row
    fields: list[Row]
    consents: list[Row]
    changes: list[Row]
    scores: dict[str, list[Row]]
    verdicts: list[Verdict]

    @property
    def start(self) -> End:
        return next(iter(self.tree))


def explain_person(con: duckdb.DuckDBPyConnection, who: Who, evidence_of: int) -> Explanation:
    """
    Args:
        evidence_of: links of the tree, and refused ones, whose evidence is looked up in the raw tables: each costs.
    """
    identifiers = identifiers_of(con, who.profile_id)
    links = accepted_links(con, who.profile_id)
    refused_count, refused = refused_links(con, who.profile_id)
    tree = tree_from(who.asked or start_of(identifiers, who.profile_id), links)
    used = [step.link for step in tree.values() if step.link][:evidence_of] + refused[:evidence_of]
    return Explanation(
        who=who,
        identifiers=identifiers,
        tree=tree,
        links=links,
        refused=refused,
        refused_count=refused_count,
        places=places_of(con, used),
        profile=profile_of(con, who.profile_id),
        fields=of_person(con, "profiles", "profile_fields", who.profile_id),
        consents=of_person(con, "profiles", "consents", who.profile_id),
        changes=changes_of(con, who.profile_id),
        scores=scores_of(con, who.profile_id),
        verdicts=verdicts_of(con, who.profile_id),
    )
