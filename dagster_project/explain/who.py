"""From an identifier, as a person types it, to whom it stands for; or why it stands for nobody."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import duckdb

from dagster_project.catalog import has_table
from dagster_project.errors import RelanceError
from dagster_project.loads.casts import literal
from dagster_project.privacy.salt import digest, privacy_folder, read_salt
from dagster_project.privacy.typed import KNOWN_TYPES, PROFILE, TYPES, WHERE, End, Typed, look_up
from dagster_project.settings import Settings

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
        text: a profile_id, former ones included, or what `Typed` reads. It is never repeated: it may be somebody's address.

    Raises:
        RelanceError: it stands for nobody (unknown, refused, erased), or for several people.
    """
    text = text.strip()
    if not text:
        raise RelanceError("Nothing was asked for", WHERE, "give an e-mail address, a phone number or a profile_id")
    if not has_table(con, "identity", "identifiers"):
        raise RelanceError("The warehouse knows no people yet", str(settings.warehouse_path), "run `relance run` first")
    name = text.removeprefix(f"{PROFILE}:").strip()
    if _PROFILE_ID.fullmatch(name) and (who := _by_profile_id(con, name)):
        return who
    typed = Typed(con, text, settings.company.country.upper())
    asked = [end for end, _ in typed.known] or [(kind, value) for kind, value in typed.readings if kind]
    erased_at = _erased(con, settings, asked or [(kind, value) for _, value in typed.readings for kind in sorted(TYPES)])
    if typed.known:
        end, profile_id = typed.known[0]
        return Who(profile_id, end, erased_at=erased_at)
    if erased_at:
        told = f"Who this identifier stood for was erased on {erased_at:%Y-%m-%d}, and nothing came since"
        raise RelanceError(told, WHERE, "there is nothing left to tell; the certificate of the erasure says what was done")
    for end, reason in look_up(con, "reason", "refused_identifiers", typed.readings):
        raise RelanceError(f"This {end[0]} stands for nobody: {_refusal(con, end, reason)}", WHERE, _HOW[reason])
    if typed.names_no_type:
        raise RelanceError("Nobody is known by this identifier, and no type is called so", WHERE, KNOWN_TYPES)
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
