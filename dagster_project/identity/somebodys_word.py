"""The seeds in which people say who is one person, who is not, and what stands for nobody: what they mean, and their mistakes.

Identifiers may be written as people write them: `Anna@Example.com` and `06 12 …` are read as everywhere else.
No message names an identifier: a row is told by its file and line.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

import duckdb

from dagster_project.config_file import near_miss
from dagster_project.errors import RelanceError
from dagster_project.published import open_published
from dagster_project.seed_rows import Row, seed_path, seed_rows
from dagster_project.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

End = tuple[str, str]

SIDES = ("left", "right")
PAIR = ("left_type", "left_identifier", "right_type", "right_identifier")
_ADDRESSES = {"email": "e-mail address", "phone": "telephone number"}


def as_known(kind: str, raw: str, country: str) -> str | None:
    """An identifier as it stands in the warehouse; None for an e-mail or a phone that is none.

    Args:
        country: two letters, in capitals, by which a number without a country code is read.
    """
    from dagster_project.loads.normalise import normalise_email, normalise_phone

    text = raw.strip()
    if kind == "email":
        return normalise_email(text)[0]
    if kind == "phone":
        return normalise_phone(text, country, country)[0]
    if kind == "loyalty_card":
        return text.replace(" ", "").replace("-", "").upper()
    return text.lower() if kind in ("hashed_email", "advertising_id") else text


def hand_links(must: duckdb.DuckDBPyRelation, cannot: duckdb.DuckDBPyRelation, company: duckdb.DuckDBPyRelation) -> pa.Table:
    """The pairs of both seeds for the models: the seed's name as `word`, and the columns of PAIR, identifiers as they are known.

    Args:
        must, cannot, company: the seeds must_link and cannot_link, and control.company.
    """
    import pyarrow as pa

    (country,) = company.project("upper(country)").fetchone() or ("",)

    def known(kind: str, raw: str | None) -> str:
        # What is no address is told by `relance check`; here it stays what it is.
        return as_known(kind, raw or "", country) or (raw or "").strip()

    rows = [
        dict(zip(("word", *PAIR), (word, left_type, known(left_type, left), right_type, known(right_type, right)), strict=True))
        for word, pairs in (("must_link", must), ("cannot_link", cannot))
        for left_type, left, right_type, right in pairs.project(", ".join(PAIR)).fetchall()
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in ("word", *PAIR)]))


def wrong_links(settings: Settings) -> list[RelanceError]:
    """Rows that are cut short, name an unknown type or no identifier, and pairs that are said to be one person and two."""
    known = {row["identifier_type"] for row in seed_rows(settings, "identifier_types")}
    must, cannot = list(seed_rows(settings, "must_link")), list(seed_rows(settings, "cannot_link"))
    mistakes = [wrong for seed in ("must_link", "cannot_link", "blocked_identifiers") for wrong in _ragged(settings, seed)]
    for row in [*must, *cannot]:
        for side in SIDES:
            kind, identifier = row[f"{side}_type"], row[f"{side}_identifier"]
            mistakes += _unknown(row, f"{side}_type", kind, known)
            if not identifier:
                mistakes.append(RelanceError(f"`{side}_identifier` is empty", row.where, "fill it in, or remove the row"))
            elif _end(settings, row, side) is None:
                what = f"`{side}_identifier` is no {_ADDRESSES[kind]}"
                mistakes.append(RelanceError(what, row.where, "correct it, or remove the row"))
    for row in seed_rows(settings, "blocked_identifiers"):
        mistakes += _unknown(row, "identifier_type", row["identifier_type"], known | {"*"})
    return mistakes + _contradictions(settings, must, cannot)


def unseen_links(settings: Settings) -> list[str]:
    """A warning for each identifier of must_link and cannot_link that the warehouse has never seen: its row has no effect.

    Nothing where there is no warehouse yet, or none that can be read now.
    """
    rows = [*seed_rows(settings, "must_link"), *seed_rows(settings, "cannot_link")]
    ends = [(row, side, end) for row in rows for side in SIDES if (end := _end(settings, row, side)) is not None]
    if not ends or not settings.warehouse_path.exists():
        return []
    try:
        with open_published(settings) as con:
            seen = _seen(con, {end for _, _, end in ends})
    except RelanceError:
        return []
    if seen is None:
        return []
    told = "is not in the warehouse: the row has no effect until it is seen"
    return [f"{row.where}: `{side}_identifier` {told}" for row, side, end in ends if end not in seen]


def _seen(con: duckdb.DuckDBPyConnection, ends: set[End]) -> set[End] | None:
    """Those of the identifiers that were seen; None before the first run."""
    table = "select 1 from duckdb_tables() where schema_name = 'identity' and table_name = 'observed_identifiers'"
    if con.execute(table).fetchone() is None:
        return None
    kinds, identifiers = zip(*sorted(ends), strict=True)
    query = """select identifier_type, identifier from identity.observed_identifiers
        where (identifier_type, identifier) in (select unnest(?::varchar[]), unnest(?::varchar[]))"""
    return {(row[0], row[1]) for row in con.execute(query, [list(kinds), list(identifiers)]).fetchall()}


def _end(settings: Settings, row: Row, side: str) -> End | None:
    """Type and identifier of the `left` or `right` end, as they are known; None where it is no address."""
    kind = row[f"{side}_type"]
    identifier = as_known(kind, row[f"{side}_identifier"], settings.company.country.upper())
    return None if identifier is None else (kind, identifier)


def _ragged(settings: Settings, seed: str) -> Iterator[RelanceError]:
    """Rows with fewer or more cells than the header has columns: the warehouse could not read the file."""
    path = seed_path(settings, seed)
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        reader = csv.reader(file)
        columns = len(next(reader, []))
        for cells in reader:
            if cells and len(cells) != columns:
                what = f"The row has {len(cells)} cells where the header has {columns} columns"
                yield RelanceError(what, f"{path}:{reader.line_num}", "write a comma for each empty cell, none too many")


def _unknown(row: Row, column: str, kind: str, known: set[str]) -> list[RelanceError]:
    if kind in known:
        return []
    what = f"`{column}` names no type of identifier{near_miss(kind, known)}"
    return [RelanceError(what, row.where, f"write one of {', '.join(sorted(known))}")]


def _contradictions(settings: Settings, must: list[Row], cannot: list[Row]) -> list[RelanceError]:
    """Each pair of cannot_link that rows of must_link join, with the fewest rows that do."""
    links: dict[End, list[tuple[End, Row]]] = {}
    for row in must:
        left, right = _end(settings, row, "left"), _end(settings, row, "right")
        if left and right:
            links.setdefault(left, []).append((right, row))
            links.setdefault(right, []).append((left, row))
    mistakes = []
    for row in cannot:
        left, right = _end(settings, row, "left"), _end(settings, row, "right")
        chain = _chain(links, left, right) if left and right else None
        if chain is not None:
            joined = ", ".join(each.where for each in chain)
            what = (
                "Somebody says that these two are two people, and somebody else that they are one"
                if chain
                else ("Nobody can be two people: both ends are the same")
            )
            mistakes.append(RelanceError(what, " and ".join(filter(None, (row.where, joined))), "remove one of these rows"))
    return mistakes


def _chain(links: dict[End, list[tuple[End, Row]]], start: End, goal: End) -> list[Row] | None:
    """The fewest rows that lead from one identifier to the other; None if none do."""
    found: dict[End, list[Row]] = {start: []}
    waiting = deque([start])
    while waiting:
        at = waiting.popleft()
        if at == goal:
            return found[at]
        for neighbour, row in links.get(at, []):
            if neighbour not in found:
                found[neighbour] = [*found[at], row]
                waiting.append(neighbour)
    return None
