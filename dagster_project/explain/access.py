"""The answer to an access request: everything held on a person, as one JSON file (GDPR, articles 15 and 20).

Rows of others that merely name the person, and what the person's own rows name of others, are left out.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.activation.files import replace_private
from dagster_project.catalog import has_table
from dagster_project.errors import RelanceError
from dagster_project.explain.facts import Row, of_person, rows_of
from dagster_project.explain.held import Others, raw_rows, refused_rows, unified_rows, withhold_quotes
from dagster_project.explain.links import Link
from dagster_project.explain.person import Explanation
from dagster_project.explain.who import End
from dagster_project.loads.casts import literal
from dagster_project.privacy.person import Person, person_of
from dagster_project.settings import Settings

VERSION = 1
"""Of the file's structure."""

_SHOWN_APART = {"profiles", "profile_fields", "consents", "person_orders"}
"""Also what unified.orders has: there, what an order names of somebody else is withheld."""


def everything_held(con: duckdb.DuckDBPyConnection, settings: Settings, told: Explanation) -> dict[str, Any]:
    """What the file holds, in its order; values are dates, decimals and plain ones."""
    profile_id = told.who.profile_id
    person = person_of(con, [told.start])
    country = settings.company.country.upper()
    raw, of_others = raw_rows(con, person, country)
    held = {
        "about": {"what": "everything held on one person", "version": VERSION, "company": settings.company.name, **_run(con)},
        "person": {
            "profile_id": profile_id,
            "former_profile_ids": sorted(person.profile_ids - {profile_id}),
            "identifiers": [_end(end) | {"first_seen": first_seen} for end, first_seen in told.identifiers.items()],
        },
        "profile": told.profile,
        "profile_fields": told.fields,
        "consents": told.consents,
        "links": [_link(told, link) for link in told.links],
        "links_refused": [_refused(told, link) for link in told.refused],
        "profile_changes": told.changes,
        "profiles": _of_room(con, "profiles", profile_id),
        "scores": told.scores | {"history": _journal(con, person, "scores", "history")},
        "audiences": [
            {
                "audience": verdict.audience,
                "kind": verdict.kind,
                "included": verdict.included,
                "why": verdict.why,
                "clauses": [asdict(clause) for clause in verdict.clauses],
                **{
                    name: _json(value) if name in ("reason", "context") else value
                    for name, value in verdict.membership.items()
                    if name not in ("audience", "kind")
                },
            }
            for verdict in told.verdicts
        ],
        "audience_changes": _journal(con, person, "audiences", "membership_changes"),
        "exports": _exports(con, person),
        "retention": _of_room(con, "privacy", profile_id),
        "unified": unified_rows(con, person, profile_id),
        "raw": raw,
        "quarantine": refused_rows(con, person, country, settings.sources),
        "left_out": {"rows_of_others_that_name_the_person": of_others},
    }
    withhold_quotes(held, Others(con, person, country))
    return held


def write_access(settings: Settings, held: dict[str, Any], path: Path) -> None:
    """Write the file, readable by its owner only, whole or not at all.

    Raises:
        RelanceError: it can't be written there, or lies where files are loaded from.
    """
    path = path.expanduser().resolve()
    if path.is_relative_to(settings.landing_path.resolve()):
        raise RelanceError("The landing folder is for files to be loaded", f"--export {path}", "name a file elsewhere")
    text = json.dumps(held, ensure_ascii=False, indent=1, default=_plain)
    try:
        replace_private(path, text.encode("utf-8", errors="replace") + b"\n")
    except OSError as error:
        raise RelanceError(
            f"The file can't be written: {error.strerror}", f"--export {path}", "name a file in a folder that exists"
        ) from None


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)


def _json(text: str | None) -> Any:
    return json.loads(text) if text else None


def _run(con: duckdb.DuckDBPyConnection) -> Row:
    found = rows_of(con, "select as_of, run_id from control.run") if has_table(con, "control", "run") else []
    return found[0] if found else {}


def _end(end: End) -> Row:
    return {"type": end[0], "identifier": end[1]}


def _link(told: Explanation, link: Link) -> Row:
    return {"left": _end(link.left), "right": _end(link.right), **_seen(told, link)}


def _refused(told: Explanation, link: Link) -> Row:
    """Without the other identifier: it may be somebody else's."""
    own = link.left if link.left in told.identifiers else link.right
    return {"identifier": _end(own), "with_type": link.other(own)[0], "refused_reason": link.refused_reason, **_seen(told, link)}


def _seen(told: Explanation, link: Link) -> Row:
    evidence = []
    for told_by in dict.fromkeys(filter(None, (link.first_id, link.last_id))):
        file, row = told.places.get((link, told_by), (None, None))
        evidence.append({"id": told_by, "file": file, "row": row})
    return {
        "rule": link.rule,
        "source": link.source,
        "first_seen": link.first_seen,
        "last_seen": link.last_seen,
        "observations": link.observations,
        "evidence": evidence if link.refused_reason is None else [],
    }


def _of_room(con: duckdb.DuckDBPyConnection, schema: str, profile_id: str) -> dict[str, list[Row]]:
    """Table → the person's rows, of every table of a room that goes by person or by identifier."""
    columns: dict[str, set[str]] = {}
    for table, column in con.execute(
        "select table_name, column_name from duckdb_columns() where schema_name = ? and not internal order by all", [schema]
    ).fetchall():
        columns.setdefault(table, set()).add(column)
    found: dict[str, list[Row]] = {}
    for table, names in columns.items():
        if table in _SHOWN_APART or not has_table(con, schema, table):
            continue
        if "profile_id" in names:
            found[table] = of_person(con, schema, table, profile_id)
        elif {"identifier_type", "identifier"} <= names:
            own = f"select identifier_type, identifier from identity.identifiers where profile_id = {literal(profile_id)}"
            query = f'select * from "{schema}"."{table}" semi join ({own}) using (identifier_type, identifier) order by all'
            found[table] = rows_of(con, query)
    return {table: rows for table, rows in found.items() if rows}


def _journal(con: duckdb.DuckDBPyConnection, person: Person, schema: str, table: str) -> list[Row]:
    """The rows of a journal on the person, under former names too."""
    if not has_table(con, schema, table):
        return []
    return rows_of(con, f"select * from {schema}.{table} where profile_id in ({_names(person)}) order by all")


def _exports(con: duckdb.DuckDBPyConnection, person: Person) -> list[Row]:
    """What went where, and when: of the person's own rows alone, and without the digests of what was sent."""
    if not has_table(con, "activation", "ledger"):
        return []
    query = f"""select activation, destination, audience, operation, reason, as_of, exported_at, delivered_at, acknowledged_at,
        file from activation.ledger where profile_id in ({_names(person)}) order by sequence"""
    return rows_of(con, query)


def _names(person: Person) -> str:
    return ", ".join(literal(name) for name in sorted(person.profile_ids))
