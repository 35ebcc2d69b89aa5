"""Lines of the company's seeds that name an erased person: they are the company's own, so it is told which to take out."""

from __future__ import annotations

from dagster_project.privacy.person import Person
from dagster_project.privacy.quotes import Quotes
from dagster_project.seed_rows import Row, seed_rows
from dagster_project.settings import Settings

NAMING = {
    "must_link": (("left_type", "left_identifier"), ("right_type", "right_identifier")),
    "cannot_link": (("left_type", "left_identifier"), ("right_type", "right_identifier")),
    "blocked_identifiers": (("identifier_type", "pattern"),),
}
"""Seed → its columns with types and identifiers."""


def lines_naming(settings: Settings, person: Person, quotes: Quotes) -> list[str]:
    """`seeds/must_link.csv:7` of each line that names the person, below the project's folder where it lies there."""
    return [
        row.where.removeprefix(f"{settings.base}/")
        for seed, ends in NAMING.items()
        for row in seed_rows(settings, seed)
        if any(_names(row, kind, value, person, quotes) for kind, value in ends)
    ]


def _names(row: Row, kind: str, value: str, person: Person, quotes: Quotes) -> bool:
    return (row[kind], row[value]) in person.identifiers or quotes.found_in(row[value])
