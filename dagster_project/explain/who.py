"""From an identifier, as a person types it, to whom it stands for; or why it stands for nobody."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

import duckdb

from dagster_project.activation.tables import literal
from dagster_project.errors import RelanceError
from dagster_project.explain.facts import has_table
from dagster_project.loads.contract import Kind, load_contracts
from dagster_project.privacy.salt import digest, privacy_folder, read_salt
from dagster_project.settings import Settings

End = tuple[str, str]
"""Type and identifier, as it is compared."""

WHERE = "IDENTIFIER"
TYPES = frozenset(get_args(Kind)) - {"user_agent", "ip", "network", "typed"} | {"click_id"}
_PROFILE_ID = re.compile(r"p[0-9a-f]{20}")


@dataclass(frozen=True)
class Who:
    """The person that was asked for. `asked` is the identifier, None where it was a profile_id; `former` the name that counts no
    longer; `erased_at` when earlier data of the same identifier was erased (naive UTC)."""

    profile_id: str
    asked: End | None = None
    former: str | None = None
    erased_at: datetime | None = None


def find_person(con: duckdb.DuckDBPyConnection, settings: Settings, text: str) -> Who:
    """
    Args:
        text: an e-mail address or phone number in any spelling, a profile_id, former ones included, an identifier, or
            `type:value`. It is never repeated: it may be somebody's address.

    Raises:
        RelanceError: it stands for nobody (unknown, refused, erased), or for several people.
    """
    text = text.strip()
    if not text:
        raise RelanceError("Nothing was asked for", WHERE, "give an e-mail address, a phone number or a profile_id")
    if not has_table(con, "identity", "identifiers"):
        raise RelanceError("The warehouse knows no people yet", str(settings.warehouse_path), "run `relance run` first")
    if _PROFILE_ID.fullmatch(text) and (who := _by_profile_id(con, text)):
        return who
    ends = _as_written(text)
    known = _look_up(con, "profile_id", "identifiers", ends)
    if not known:
        ends = [*_normalised(text, settings.company.country.upper()), *ends]
        known = _look_up(con, "profile_id", "identifiers", ends)
    if len({profile for _, profile in known}) > 1:
        told = ", ".join(sorted({kind for (kind, _), _ in known}))
        how = "name the type, as in customer_id:4711, or give the profile_id"
        raise RelanceError(f"This identifier stands for several people, as {told}", WHERE, how)
    # An address that is a login too is asked for as what is tried first, the address.
    known.sort(key=lambda found: next(place for place, end in enumerate(ends) if _fits(end, found[0])))
    asked = [end for end, _ in known] or [(kind, value) for kind, value in ends if kind]
    erased_at = _erased(con, settings, asked or [(kind, value) for _, value in ends for kind in sorted(TYPES)])
    if known:
        return Who(known[0][1], known[0][0], erased_at=erased_at)
    if erased_at:
        told = f"Who this identifier stood for was erased on {erased_at:%Y-%m-%d}, and nothing came since"
        raise RelanceError(told, WHERE, "there is nothing left to tell; the certificate of the erasure says what was done")
    for end, reason in _look_up(con, "reason", "refused_identifiers", ends):
        raise RelanceError(f"This {end[0]} stands for nobody: {_refusal(con, end, reason)}", WHERE, _HOW[reason])
    how = "check the spelling, or name the type, as in customer_id:4711"
    raise RelanceError("Nobody is known by this identifier", WHERE, how)


_HOW = {
    "fan_out": "ask for another identifier of the person; `identity.limits` in relance.yml says how many one may have",
    "blocked": "ask for another identifier of the person; the seed blocked_identifiers says what is blocked",
    "too_long": "ask for another identifier of the person",
}


def _by_profile_id(con: duckdb.DuckDBPyConnection, profile_id: str) -> Who | None:
    if con.execute(f"select 1 from identity.identifiers where profile_id = '{profile_id}' limit 1").fetchone():
        return Who(profile_id)
    if not has_table(con, "identity", "aliases"):
        return None
    found = con.execute(f"select profile_id from identity.aliases where alias = '{profile_id}'").fetchone()
    return Who(found[0], former=profile_id) if found else None


def _as_written(text: str) -> list[tuple[str | None, str]]:
    """(type, or None for any; identifier) of what a text says, but for spelling; vendors' own numbers bear their names."""
    kind, value = _typed(text)
    emails = [("email", value.lower())] if "@" in value and kind in (None, "email") else []
    vendors = [] if "@" in value else [(kind, f"{source}:{value}") for source in sorted(load_contracts())]
    return [*emails, (kind, value), *vendors]


def _normalised(text: str, country: str) -> list[tuple[str | None, str]]:
    """The address or number that a text is, if it is one.

    Raises:
        RelanceError: it is one by its type, and can't be.
    """
    # Libraries that take a while to load, and are seldom needed.
    from dagster_project.loads.normalise import normalise_email, normalise_phone

    kind, value = _typed(text)
    if kind == "email" or (kind is None and "@" in value):
        found, reason = normalise_email(value)
        told = "email"
    elif kind in (None, "phone"):
        found, reason = normalise_phone(value, country, country)
        told = "phone"
    else:
        return []
    if kind and not found:
        raise RelanceError(f"This is no {kind}: {reason}", WHERE, "correct it")
    return [(told, found)] if found else []


def _typed(text: str) -> tuple[str | None, str]:
    """`type:value` taken apart; (None, text) of what names no type."""
    kind, colon, value = text.partition(":")
    return (kind.strip(), value.strip()) if colon and kind.strip() in TYPES else (None, text)


def _fits(wanted: tuple[str | None, str], end: End) -> bool:
    return wanted[1] == end[1] and wanted[0] in (None, end[0])


def _look_up(
    con: duckdb.DuckDBPyConnection, column: str, table: str, ends: list[tuple[str | None, str]]
) -> list[tuple[End, str]]:
    """(identifier, what a column of a table of the identity room says of it) of those that are there."""
    if not has_table(con, "identity", table):
        return []
    values = ", ".join(literal(value) for _, value in ends)
    rows = con.execute(
        f"select identifier_type, identifier, {column} from identity.{table} where identifier in ({values}) order by all"
    ).fetchall()
    return [((kind, value), told) for kind, value, told in rows if any(_fits(end, (kind, value)) for end in ends)]


def _refusal(con: duckdb.DuckDBPyConnection, end: End, reason: str) -> str:
    if reason == "blocked":
        return "it is blocked, or a mere placeholder"
    if reason == "too_long":
        return "it is too long to be an identifier"
    row = con.execute(
        f"""select partner_type, count(distinct partner) as partners from (
            select right_type as partner_type, right_identifier as partner from identity.edges
            where left_type = {literal(end[0])} and left_identifier = {literal(end[1])}
            union all
            select left_type, left_identifier from identity.edges 
            where right_type = {literal(end[0])} and right_identifier = {literal(end[1])}
        ) group by 1 order by 2 desc, 1 limit 1"""
    ).fetchone()
    return f"it is shared by {row[1]:,} of type {row[0]}" if row else "it is shared by too many"


def _erased(con: duckdb.DuckDBPyConnection, settings: Settings, ends: list[End]) -> datetime | None:
    """When one of these was erased, last."""
    if not (privacy_folder(settings).exists() or has_table(con, "privacy", "tombstones")):
        return None
    from dagster_project.privacy.tombstones import all_tombstones

    stones = [stone for stone in all_tombstones(settings, con) if stone.verdict == "gone"]
    if not stones:
        return None
    salt = read_salt(settings, {stone.salt_id for stone in stones})
    wanted = {(kind, digest(salt, kind, value)) for kind, value in ends}
    return max((stone.erased_at for stone in stones if (stone.identifier_type, stone.identifier_sha256) in wanted), default=None)
