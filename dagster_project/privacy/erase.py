"""One erasure, from the request to the certificate.

Order, each step safe to be the last before a crash: the request in a private file, tombstones in a private file, upload files and
copies, everything in the warehouse in one transaction, the warehouse in a new file, the certificate. Until the transaction, the
warehouse still knows the person, so the same command finds all of it again; after it, what is left names nobody.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dagster_project.catalog import has_table
from dagster_project.errors import RelanceError
from dagster_project.loads.books import ensure_books
from dagster_project.loads.normalise import normalise_identifiers
from dagster_project.privacy.certificate import write_certificate
from dagster_project.privacy.copies import Copies, clear_copies, find_left, update_landed
from dagster_project.privacy.derived import blot_out, leave_tables
from dagster_project.privacy.exports import (
    Rewritten,
    rename_in_outbox,
    rewrite_exports,
    update_books,
    waiting_removals,
)
from dagster_project.privacy.numbers import Numbers, numbers_of
from dagster_project.privacy.person import Person, person_of
from dagster_project.privacy.purge import write_anew
from dagster_project.privacy.quotes import Quotes
from dagster_project.privacy.raw import (
    Counts,
    clear_quarantine,
    forget_values,
    keep_others_traces,
    list_traces,
    refused_rows,
    take_rows,
)
from dagster_project.privacy.requests import (
    Request,
    close_requests,
    enter_request,
    entered,
    note_purged,
    open_request,
    save_request,
    unpurged,
)
from dagster_project.privacy.salt import digest, read_salt, salt_id, set_salt
from dagster_project.privacy.seeds import lines_naming
from dagster_project.privacy.tombstones import Tombstone, all_tombstones, file_tombstones, store_tombstones
from dagster_project.privacy.values import set_country
from dagster_project.privacy.wanted import Hit, find_rows, order_identifiers, others_accounts, quotes_of, rows_left, visits
from dagster_project.published import publish, withdraw
from dagster_project.settings import Settings
from dagster_project.warehouse import open_warehouse


@dataclass(frozen=True)
class Found:
    """What an erasure would take: identifiers by type, rows by table and what becomes of them, refused rows, removals by
    destination; and the lines of seeds that name the person.
    """

    identifiers: dict[str, int]
    rows: dict[str, dict[str, int]]
    refused: int
    removals: dict[str, int]
    seeds: list[str]


@dataclass(frozen=True)
class Wish:
    """Who is to be erased (identifiers as they are compared), why (see `Request`), up to which moment, and how the rows that ask
    for it name them.
    """

    asked: tuple[tuple[str, str], ...]
    kind: str
    requested_at: datetime
    written: tuple[tuple[str, str], ...] = ()


def look_for(con: duckdb.DuckDBPyConnection, settings: Settings, asked: tuple[str, str]) -> Found:
    """Count what an erasure would take; changes nothing."""
    _prepare(con, settings)
    person = person_of(con, [asked])
    hits = find_rows(con, person, now_utc())
    quotes = quotes_of(con, person, settings.company.country, _names(con, hits))
    refused = len(refused_rows(con, quotes, numbers_of(con, settings.sources)))
    rows: dict[str, dict[str, int]] = {}
    query = "select entity, outcome, count(*) from privacy_rows group by all order by all"
    for entity, outcome, count in con.execute(query).fetchall():
        rows.setdefault(entity, {})[outcome] = count
    removals = waiting_removals(con, settings, sorted(person.profile_ids))
    return Found(_by_type(person), rows, refused, removals, lines_naming(settings, person, quotes))


def erase(settings: Settings, wishes: Sequence[Wish]) -> list[Path]:
    """Erase people, and write the warehouse anew once for all of them; whoever calls this holds the run lock.

    Returns:
        The certificates, also of what a killed command had left to do.

    Raises:
        RelanceError: a file can't be read or written; calling again goes on.
    """
    for wish in wishes:
        _erase_one(settings, wish)
    return finish(settings)


def _erase_one(settings: Settings, wish: Wish) -> None:
    """All but the new file."""
    with open_warehouse(settings) as con:
        salt = _prepare(con, settings)
        request = open_request(settings, salt, wish.asked, wish.kind, wish.requested_at)
        # Killed after the rows were gone, it starts from what it had done.
        request.told = entered(con, request) or request.told
        person = person_of(con, wish.asked, wish.written)
        profiles = sorted(person.profile_ids)
        hits = find_rows(con, person, request.requested_at)
        quotes = quotes_of(con, person, settings.company.country, _names(con, hits))
        save_request(settings, salt, wish.asked, request)
        stones = _tombstones(con, settings, wish, person, request, salt, hits)
        file_tombstones(settings, stones)
        files = rewrite_exports(con, settings, profiles, quotes)
        removals = waiting_removals(con, settings, profiles)
        rename_in_outbox(con, settings, profiles)
        numbers = numbers_of(con, settings.sources)
        copies = clear_copies(con, settings, quotes, numbers)
        _tell_files(request, person, files, copies, removals)
        request.told["seeds"] = sorted({*request.told.get("seeds", []), *lines_naming(settings, person, quotes)})
        save_request(settings, salt, wish.asked, request)
        con.execute("begin")
        try:
            _erase_rows(con, settings, person, hits, quotes, numbers, request, files, copies, stones)
            con.execute("commit")
        except BaseException:
            con.execute("rollback")
            raise


def finish(settings: Settings) -> list[Path]:
    """Write the warehouse anew for requests whose rows are gone, and their certificates; nothing where there is nothing to do."""
    with open_warehouse(settings) as con:
        waiting = unpurged(con)
    if not waiting:
        return []
    # The copy that people read still has the rows; whoever has it open keeps it until they close it.
    withdraw(settings)
    write_anew(settings)
    with suppress(RelanceError):  # who looks then reads the warehouse itself
        publish(settings)
    now = now_utc()
    paths = [write_certificate(settings, request, erased_at, now) for request, erased_at in waiting]
    with open_warehouse(settings) as con:
        note_purged(con, [request.request_id for request, _ in waiting], now)
    close_requests(settings, {request.request_id for request, _ in waiting})
    return paths


def now_utc() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _prepare(con: duckdb.DuckDBPyConnection, settings: Settings) -> str:
    """The books and the values worked out of all that was loaded; returns the salt."""
    con.execute("set timezone = 'UTC'")
    ensure_books(con)
    set_country(con, settings.company.country)
    salt = read_salt(settings, {stone.salt_id for stone in all_tombstones(settings, con)})
    set_salt(con, salt)
    normalise_identifiers(con, settings)
    return salt


def _names(con: duckdb.DuckDBPyConnection, hits: list[Hit]) -> set[str]:
    """First and last names in the rows found."""
    found: set[str] = set()
    for hit in hits:
        entity = hit.entity
        columns = [f'"{name}"' for name in entity.columns if re.search("(first|last)_?name", name)]
        if columns:
            rows = f"select id from privacy_rows where entity = '{entity.source}.{entity.name}' and outcome <> 'freed'"
            query = f"select distinct unnest([{', '.join(columns)}]) from {entity.table} where rowid in ({rows})"
            found |= {name for (name,) in con.execute(query).fetchall() if name and len(name) >= 3}
    return found


def _by_type(person: Person) -> dict[str, int]:
    derived = {("hashed_email", digest) for kind, digest in person.identifiers if kind == "hashed_email"}
    return dict(sorted(Counter(kind for kind, _ in person.identifiers - derived).items()))


def _tombstones(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    wish: Wish,
    person: Person,
    request: Request,
    salt: str,
    hits: list[Hit],
) -> list[Tombstone]:
    """All tombstones, the new ones among them."""
    now, by = now_utc(), salt_id(salt)
    # Orders as the system of the rows found numbers them: another's of the same number is somebody else's.
    gone = {end for end in person.identifiers if end[0] != "order_id"} | order_identifiers(con) | {*wish.asked, *wish.written}
    wanted = [(kind, value, "gone") for kind, value in gone]
    wanted += [(kind, value, "visit") for kind, value in visits(con)]
    wanted += [(kind, value, "other") for kind, value in others_accounts(con, hits) if (kind, value) not in gone]
    new = [
        Tombstone(kind, digest(salt, kind, value), verdict, request.requested_at, now, request.request_id, by)
        for kind, value, verdict in wanted
    ]
    both = {stone.key: stone for stone in new} | {stone.key: stone for stone in all_tombstones(settings, con)}
    return sorted(both.values(), key=lambda stone: stone.key)


def _tell_files(request: Request, person: Person, files: list[Rewritten], copies: Copies, removals: dict[str, int]) -> None:
    """Add what was done with files to what the request tells, whichever attempt did it."""
    told = request.told
    rewritten = {f"exports/{change.path}": change.gone for change in files} | copies.rewritten
    told["identifiers"] = _most(told.get("identifiers", {}), _by_type(person))
    told["files_rewritten"] = _most(told.get("files_rewritten", {}), rewritten)
    told["files_removed"] = sorted({*told.get("files_removed", []), *copies.removed})
    told["removals_waiting"] = _most(told.get("removals_waiting", {}), removals)
    told["landing_files"] = sorted({*told.get("landing_files", []), *copies.landed})
    told["landing_files_perhaps"] = sorted({*told.get("landing_files_perhaps", []), *copies.perhaps})
    told["landing_files_unnamed"] = max(told.get("landing_files_unnamed", 0), copies.landed_unnamed)


def _most(before: dict[str, int], now: dict[str, int]) -> dict[str, int]:
    return {name: max(before.get(name, 0), now.get(name, 0)) for name in sorted(before | now)}


def _tell_tables(request: Request, counts: Counts) -> None:
    """Add the rows that went, table by table."""
    kinds = {"erased": counts.erased, "anonymous": counts.anonymous, "mentions": counts.mentions}
    tables = {row["table"]: row for row in request.told.get("tables", [])}
    for kind, found in kinds.items():
        for table, rows in found.items():
            row = tables.setdefault(table, {"table": table, **dict.fromkeys(kinds, 0)})
            row[kind] += rows
    request.told["tables"] = [tables[name] for name in sorted(tables)]


def _erase_rows(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    person: Person,
    hits: list[Hit],
    quotes: Quotes,
    numbers: Numbers,
    request: Request,
    files: list[Rewritten],
    copies: Copies,
    stones: list[Tombstone],
) -> None:
    """Everything in the warehouse, within the caller's transaction."""
    counts, now = Counts(), now_utc()
    list_traces(con, hits)
    _forget_match_keys(con, hits, quotes, counts)
    take_rows(con, hits, now, counts)
    keep_others_traces(con)
    counts.add(counts.erased, "quality.quarantine", clear_quarantine(con, quotes, numbers, now))
    leave_tables(con, person, request.requested_at, counts)
    # Who became a customer again has an address that is known again.
    if not rows_left(con, person):
        forget_values(con, person.identifiers, counts)
        blot_out(con, quotes, counts)
    update_books(con, files)
    update_landed(con, settings, copies)
    store_tombstones(con, stones)
    _tell_tables(request, counts)
    request.told["tombstones"] = sum(stone.request_id == request.request_id for stone in stones)
    request.told["files_left"] = find_left(settings, quotes)
    enter_request(con, request, now)
    if has_table(con, "control", "built"):
        # What is made of the raw tables is made anew with the next run.
        con.execute("update control.built set raw_state = null, configuration = null, run_id = null")


def _forget_match_keys(con: duckdb.DuckDBPyConnection, hits: list[Hit], quotes: Quotes, counts: Counts) -> None:
    """Normalised keys kept from earlier exports: those of every text in the rows that go. Others' are worked out again."""
    if not has_table(con, "activation", "match_keys"):
        return
    con.execute("create or replace temp table privacy_cells (text varchar)")
    for hit in hits:
        entity = hit.entity
        texts = [f'"{name}"' for name, column in entity.columns.items() if column.type == "text"]
        con.execute(
            f"""insert into privacy_cells select distinct unnest([{", ".join(texts)}]) from {entity.table}
            where rowid in (select id from privacy_rows where entity = '{entity.source}.{entity.name}' and outcome <> 'freed')"""
        )
    con.execute("insert into privacy_cells select unnest($1::varchar[])", [[*quotes.emails, *quotes.phones]])
    done = con.execute(
        """delete from activation.match_keys
        where lower(trim(raw)) in (select lower(trim(text)) from privacy_cells where text is not null)"""
    ).fetchone()
    counts.add(counts.erased, "activation.match_keys", done[0] if done else 0)
