"""The rows that hold something on a person: as they were landed, as the unified tables have them, and those refused.

A row belongs to whom its strongest identifier stands for, as in erasures; what it names of somebody else is left out.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import duckdb

from dagster_project.catalog import has_table
from dagster_project.explain.facts import Row, rows_of
from dagster_project.explain.who import End
from dagster_project.loads.casts import identifier, literal
from dagster_project.loads.contract import Entity
from dagster_project.loads.normalise import normalise_email, normalise_phone
from dagster_project.privacy.claims import Claim, claims_of, known_as_sql
from dagster_project.privacy.numbers import numbers_of
from dagster_project.privacy.person import Person
from dagster_project.privacy.quotes import addresses_in
from dagster_project.privacy.raw import refused_rows as refused_of
from dagster_project.privacy.values import set_country
from dagster_project.privacy.wanted import find_rows, quotes_of
from dagster_project.settings import SourceSettings

FOR_EVER = datetime(9999, 12, 31)
WITHHELD = "withheld"
"""Key of a row that lists what was left out of it: another person's; and what stands in place of a text that quotes one."""

_OWNERS = (
    "contact_id", "lead_id", "customer_id", "user_id", "loyalty_card", "order_id", "email", "hashed_email", "phone",
    "anonymous_id", "advertising_id", "ga_client_id", "fbp", "push_token",
)  # fmt: skip
"""Columns of the unified tables by which a row is somebody's, the strongest first."""


class Others:
    """Which identifiers are somebody else's: each is looked up once."""

    def __init__(self, con: duckdb.DuckDBPyConnection, person: Person, country: str) -> None:
        self._con, self._own, self._country = con, person, country
        self._known: dict[End, bool] = {}

    def among(self, ends: Iterable[End]) -> set[End]:
        """Those of these that stand for somebody else."""
        wanted = sorted(set(ends) - set(self._known))
        found: dict[End, set[str]] = defaultdict(set)
        for start in range(0, len(wanted), 1000):
            part = wanted[start : start + 1000]
            marks = ", ".join(["(?, ?)"] * len(part))
            rows = self._con.execute(
                f"""select identifier_type, identifier, profile_id from identity.identifiers
                where (identifier_type, identifier) in ({marks})""",
                [value for end in part for value in end],
            ).fetchall()
            for kind, value, profile_id in rows:
                found[kind, value].add(profile_id)
        self._known |= {end: bool(found[end] - self._own.profile_ids) for end in wanted}
        return {end for end in ends if self._known[end]}

    def end(self, claim: Claim, text: str, region: str | None) -> End | None:
        """What a value of a raw column stands for."""
        if claim.type == "email":
            value = normalise_email(text)[0]
        elif claim.type == "phone":
            value = normalise_phone(text, (region or self._country).strip().upper(), self._country)[0]
        else:
            value = text.strip()
        return (claim.type, claim.known_as(value)) if value else None


def raw_rows(con: duckdb.DuckDBPyConnection, person: Person, country: str) -> tuple[dict[str, list[Row]], dict[str, int]]:
    """`<source>.<entity>` → its rows that are the person's, with their file and the number of the row in it (from 1, a header is
    none); and → how many rows name the person by a weaker identifier, and are somebody else's.
    """
    set_country(con, country)
    found: dict[str, list[Row]] = {}
    hits = find_rows(con, person, FOR_EVER)
    others = Others(con, person, country)
    for hit in hits:
        name = f"{hit.entity.source}.{hit.entity.name}"
        rows = rows_of(
            con,
            f"""select * from {hit.entity.table}
            where rowid in (select id from privacy_rows where entity = {literal(name)} and outcome <> 'freed')
            order by _file, _line, _key, _hash""",
        )
        if rows:
            found[name] = list(_told(hit.entity, rows, others))
    freed = "select entity, count(*) from privacy_rows where outcome = 'freed' group by 1 order by 1"
    return found, dict(con.execute(freed).fetchall())


def _told(entity: Entity, rows: list[Row], others: Others) -> Iterator[Row]:
    """The rows as somebody reads them: JSON taken apart, nothing that is empty, no other person's identifiers."""
    columns = {name: column.type for name, column in entity.columns.items()} | {"_extra": "json"}
    shaped = []
    for row in rows:
        given = {name: _read(row[name], kind) for name, kind in columns.items() if row.get(name) is not None}
        shaped.append({"file": row["_file"], "row": row["_line"], "loaded_at": row["_loaded_at"], **given})
    claims = [claim for claim in claims_of(entity) if claim.type not in ("typed", "order_id")]
    named = [
        (place, claim, others.end(claim, text, row.get(claim.spec.region_from or "")))
        for place, row in enumerate(shaped)
        for claim in claims
        for text in _values(row, claim)
    ]
    foreign = others.among({end for _, _, end in named if end})
    for place, claim, end in named:
        if end in foreign:
            _withhold(shaped[place], claim)
    return iter(shaped)


def _read(value: Any, kind: str) -> Any:
    if kind != "json":
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _parts(claim: Claim) -> list[str]:
    return [claim.column, *(part.removesuffix("[*]") for part in (claim.spec.path or "").split(".") if part.removesuffix("[*]"))]


def _holders(value: Any, parts: list[str]) -> Iterator[tuple[dict[str, Any], str]]:
    """The objects, and their key, at the end of a path; lists on the way are gone through."""
    if isinstance(value, list):
        for item in value:
            yield from _holders(item, parts)
    elif isinstance(value, dict) and parts[0] in value:
        if len(parts) == 1:
            yield value, parts[0]
        else:
            yield from _holders(value[parts[0]], parts[1:])


def _values(row: Row, claim: Claim) -> list[str]:
    texts = [holder[key] for holder, key in _holders(row, _parts(claim))]
    return [text for text in texts if isinstance(text, str) and (claim.spec.containing or "") in text]


def _withhold(row: Row, claim: Claim) -> None:
    for holder, key in list(_holders(row, _parts(claim))):
        del holder[key]
    row[WITHHELD] = sorted({*row.get(WITHHELD, []), ".".join(_parts(claim))})


def withhold_quotes(held: dict[str, Any], others: Others) -> None:
    """Put the word `withheld` in place of each text that quotes an address of somebody else, such as a friend's in a form."""
    found = [
        (holder, key, {("email", address) for address in addresses_in(text)})
        for holder, key in _places(held)
        if isinstance(text := holder[key], str)
    ]
    foreign = others.among({end for _, _, ends in found for end in ends})
    for holder, key, ends in found:
        if ends & foreign:
            holder[key] = WITHHELD


def _places(held: Any) -> Iterator[tuple[Any, Any]]:
    """The objects and lists within one, and their keys and positions."""
    for key in list(held) if isinstance(held, dict) else range(len(held)):
        yield held, key
        if isinstance(held[key], dict | list):
            yield from _places(held[key])


def unified_rows(con: duckdb.DuckDBPyConnection, person: Person, profile_id: str) -> dict[str, list[Row]]:
    """Table of the unified room → the person's rows."""
    columns: dict[str, list[str]] = defaultdict(list)
    for table, name in con.execute(
        """select table_name, column_name from duckdb_columns() where schema_name = 'unified' and not internal
            and table_name in (select table_name from duckdb_tables() where schema_name = 'unified')
        order by table_name, column_index"""
    ).fetchall():
        columns[table].append(name)
    _list_own(con, person)
    found = {table: _of_table(con, table, names, profile_id) for table, names in columns.items()}
    return {table: rows for table, rows in found.items() if rows}


def _list_own(con: duckdb.DuckDBPyConnection, person: Person) -> None:
    con.execute("create or replace temp table explain_own (identifier_type varchar, identifier varchar)")
    con.execute(
        "insert into explain_own select unnest($1::varchar[]), unnest($2::varchar[])",
        [[kind for kind, _ in sorted(person.identifiers)], [value for _, value in sorted(person.identifiers)]],
    )


def _of_table(con: duckdb.DuckDBPyConnection, table: str, names: list[str], profile_id: str) -> list[Row]:
    keys = [(f"'{kind}'", kind, known_as_sql(kind, names)) for kind in _OWNERS if kind in names]
    if {"identifier_type", "identifier"} <= set(names):
        keys = [("identifier_type", "identifier", "identifier")]
    if not keys:
        return []
    own = " or ".join(f"({kind}, {value}) in (select (identifier_type, identifier) from explain_own)" for kind, _, value in keys)
    known = "select profile_id from identity.identifiers as i where i.identifier_type = h.{} and i.identifier = h.{}"
    places = range(len(keys))
    hits = ", ".join(f"{kind} as _type_{n}, {value} as _value_{n}" for n, (kind, _, value) in enumerate(keys))
    owners = ", ".join(f"({known.format(f'_type_{n}', f'_value_{n}')}) as _owner_{n}" for n in places)
    whose = ", ".join(f"_owner_{n}" for n in places)
    rows = rows_of(
        con,
        f"""with h as (select *, {hits} from unified.{identifier(table)} where {own})
        select * from (select h.*, {owners} from h) where coalesce({whose}, null) = {literal(profile_id)} order by all""",
    )
    told = []
    for row in rows:
        given = {name: row[name] for name in names if row[name] is not None and not name.startswith("_")}
        foreign = sorted(
            {column for n, (_, column, _) in enumerate(keys) if row[f"_owner_{n}"] not in (None, profile_id) and column in given}
        )
        told.append(
            {name: value for name, value in given.items() if name not in foreign} | ({WITHHELD: foreign} if foreign else {})
        )
    return told


def refused_rows(
    con: duckdb.DuckDBPyConnection, person: Person, country: str, sources: Mapping[str, SourceSettings]
) -> list[Row]:
    """The rows in quarantine that name the person. Called after raw_rows, which lists how the identifiers are written."""
    if not has_table(con, "quality", "quarantine"):
        return []
    named = refused_of(con, quotes_of(con, person, country), numbers_of(con, sources))
    return rows_of(
        con,
        f"""select file, line, source, entity, reason, raw, quarantined_at, settled_at from quality.quarantine
        where rowid in (select unnest({named or "[]::bigint[]"})) order by file, line, batch, record""",
    )
