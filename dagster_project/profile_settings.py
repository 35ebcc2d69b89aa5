"""Whose word counts for which field of a profile, and when a customer has lapsed: parts of relance.yml."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import duckdb
from pydantic import BeforeValidator, Field

from dagster_project.config_file import Part, near_miss
from dagster_project.loads.contract import load_contracts

PROFILE_FIELDS = (
    "email", "phone", "first_name", "last_name", "birth_date", "gender", "street", "city", "postal_code", "region", "country",
    "company", "job_title", "income_band", "loyalty_points", "owner", "acquisition_source", "person_kind",
)  # fmt: skip
"""Fields of a profile that several tellers may speak of."""

TELLERS = ("contacts", "leads", "orders", "event_registrations", "subscriptions", "reviews", "site", "identifiers")
"""Who speaks of a person, best first: entities, `site` (what visitors say of themselves in identify calls) and `identifiers` (an
address that is known from anything else)."""


def _teller(value: Any) -> str:
    """`contacts`, or `hubspot.contacts` for those of one source."""
    source, _, entity = str(value).rpartition(".")
    if entity not in TELLERS:
        raise ValueError(f"`{value}` tells of no person{near_miss(entity, TELLERS)}; known are {', '.join(TELLERS)}")
    if source and source not in load_contracts():
        raise ValueError(f"there is no source `{source}`{near_miss(source, load_contracts())}")
    return str(value)


Teller = Annotated[str, BeforeValidator(_teller)]
Ranking = Annotated[list[Teller], Field(min_length=1)]


class Profile(Part):
    """Which word about a person survives."""

    priority: Ranking = list(TELLERS)
    """Best first; who is not named comes after, in the usual order. `hubspot.contacts` are those of one source. Of words of the
    same rank the newest counts."""
    fields: dict[Literal[PROFILE_FIELDS], Literal["newest"] | Ranking] = {}  # type: ignore[valid-type]
    """A field's own ranking, or `newest`: whoever said it."""


class Lifecycle(Part):
    """When a customer has lapsed."""

    lapsed_after_days: int = Field(default=365, ge=1)
    """Days after the last order, or after a paid subscription ended."""
    professional_lapsed_after_days: int | None = Field(default=None, ge=1)
    """The same for professionals, who may buy more seldom; by default as for everybody."""
    lead_days: int | None = Field(default=None, ge=1)
    """Days after which a lead that did not buy is a prospect again; by default never."""


def write_priority(con: duckdb.DuckDBPyConnection, profile: Profile) -> None:
    """Write control.profile_priority: one row per field and teller with its priority (1 is best, equal ones by recency).

    source is NULL where the priority holds for the teller whatever its source.
    """
    con.execute(
        "create or replace table control.profile_priority (field varchar, teller varchar, source varchar, priority bigint)"
    )
    rows = []
    for field in PROFILE_FIELDS:
        ranking = profile.fields.get(field, profile.priority)
        named = [] if ranking == "newest" else list(ranking)
        for position, name in enumerate(named, 1):
            source, _, teller = name.rpartition(".")
            rows.append((field, teller, source or None, position))
        for position, teller in enumerate((teller for teller in TELLERS if teller not in named), len(named) + 1):
            rows.append((field, teller, None, 1 if ranking == "newest" else position))
    con.executemany("insert into control.profile_priority values (?, ?, ?, ?)", rows)
