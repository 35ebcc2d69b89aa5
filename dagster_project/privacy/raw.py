"""An erased person's rows leave the raw tables, the quarantine and the values worked out of them; the books say so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import duckdb
import pyarrow as pa

from dagster_project.catalog import has_table
from dagster_project.loads.books import next_batch
from dagster_project.loads.casts import identifier, literal
from dagster_project.loads.contract import Entity
from dagster_project.privacy.anonymous import of_nobody, without
from dagster_project.privacy.claims import claims_of, json_path
from dagster_project.privacy.numbers import Numbers, refused_with
from dagster_project.privacy.quotes import Quotes, matching_sql
from dagster_project.privacy.wanted import Hit, hit_sql, raw_entities

DEVICES = ("anonymous_id",)
MAILED = ("events", "email_events")
"""Entities that tell what became of messages, which is rolled up by e-mail address."""


@dataclass
class Counts:
    """What was done: table → rows, by what became of them."""

    erased: dict[str, int] = field(default_factory=dict)
    anonymous: dict[str, int] = field(default_factory=dict)
    mentions: dict[str, int] = field(default_factory=dict)

    def add(self, into: dict[str, int], table: str, rows: int) -> None:
        if rows:
            into[table] = into.get(table, 0) + rows


def take_rows(con: duckdb.DuckDBPyConnection, hits: list[Hit], now: datetime, counts: Counts) -> None:
    """Let the rows in privacy_rows go, or stay of nobody, within the caller's transaction.

    What was made of the rows that stay of nobody, and of other rows of the devices concerned, is to be made anew: they get a new
    batch. Fills privacy_keys (source, key), the rows that derived tables may hold, and privacy_devices (type, raw), the devices
    and logins.
    """
    con.execute("create or replace temp table privacy_keys (source varchar, entity varchar, key varchar)")
    con.execute("insert into privacy_keys select split_part(entity, '.', 1), split_part(entity, '.', 2), key from privacy_rows")
    _list_devices(con, hits)
    batch = next_batch(con)
    for hit in hits:
        entity, name = hit.entity, f"{hit.entity.source}.{hit.entity.name}"
        of = f"select id from privacy_rows where entity = '{name}' and outcome"
        if entity.anonymous:
            cells = ", ".join(f"{identifier(column)} = {sql}" for column, sql in of_nobody(entity, identifier).items())
            anew = f", _batch = {batch}" if entity.mode == "facts" else ""
            done = _done(con, f"update {entity.table} set {cells}{anew} where rowid in ({of} = 'anonymous')")
            counts.add(counts.anonymous, name, done)
        mentions = [(claim, hit_sql(claim, entity)) for claim in claims_of(entity) if claim.type != "order_id"]
        if cells := ", ".join(f"{identifier(column)} = {sql}" for column, sql in without(entity, identifier, mentions).items()):
            counts.add(counts.mentions, name, _done(con, f"update {entity.table} set {cells} where rowid in ({of} = 'freed')"))
        counts.add(counts.erased, name, _done(con, f"delete from {entity.table} where rowid in ({of} = 'gone')"))
        _book_erased(con, entity, name)
    retold = _tell_anew(con, batch)
    for source, entity_name in sorted({(hit.entity.source, hit.entity.name) for hit in hits} | retold):
        con.execute("insert into quality.retold values (?, ?, ?, ?)", [source, entity_name, batch, now])


def _done(con: duckdb.DuckDBPyConnection, statement: str, parameters: list | None = None) -> int:
    row = con.execute(statement, parameters or []).fetchone()
    return int(row[0]) if row else 0


def _book_erased(con: duckdb.DuckDBPyConnection, entity: Entity, name: str) -> None:
    """Count the rows that went under the newest lines of their files that can have brought them."""
    gone = con.execute(
        "select file, batch, count(*) from privacy_rows where entity = ? and outcome = 'gone' group by all order by all", [name]
    ).fetchall()
    for file, batch, rows in gone:
        lines = con.execute(
            """select rowid, rows_accepted - rows_erased, coalesce(rows_anonymous, 0) from quality.load_ledger
            where file = ? and source = ? and entity = ? order by batch > ?, batch desc""",
            [file, entity.source, entity.name, batch],
        ).fetchall()
        for line, accepted, of_nobody_already in lines:
            moved = min(accepted, rows)
            rows -= moved
            # Amounts of nobody were never accepted.
            apart = min(of_nobody_already, rows)
            rows -= apart
            con.execute(
                """update quality.load_ledger set rows_erased = rows_erased + $moved,
                    rows_anonymous = coalesce(rows_anonymous, 0) - $apart where rowid = $line""",
                {"moved": moved, "apart": apart, "line": line},
            )


def _list_devices(con: duckdb.DuckDBPyConnection, hits: list[Hit]) -> None:
    """Fill privacy_devices with the devices and logins of the rows found, and with those that share rows with one of them."""
    con.execute("create or replace temp table privacy_devices (type varchar, raw varchar)")
    con.execute(
        "insert into privacy_devices select distinct type, raw from privacy_wanted where type in ('anonymous_id', 'user_id')"
    )
    for hit in hits:
        _add_devices(con, hit.entity, f"rowid in (select id from privacy_rows where entity = '{_name(hit.entity)}')")
    for entity in raw_entities(con):
        logins = [claim for claim in claims_of(entity) if claim.type == "user_id" and not claim.in_list]
        same = " or ".join(
            f"{claim.value_sql(identifier)} in (select raw from privacy_devices where type = 'user_id')" for claim in logins
        )
        if same and _has_devices(entity):
            _add_devices(con, entity, same)


def _name(entity: Entity) -> str:
    return f"{entity.source}.{entity.name}"


def _has_devices(entity: Entity) -> bool:
    return any(claim.type in DEVICES for claim in claims_of(entity))


def _add_devices(con: duckdb.DuckDBPyConnection, entity: Entity, rows: str) -> None:
    if not _has_devices(entity):
        return
    for claim in claims_of(entity):
        if claim.type in (*DEVICES, "user_id"):
            value = claim.value_sql(identifier)
            value = f"unnest({value})" if claim.in_list else value
            con.execute(
                f"""insert into privacy_devices
                select distinct '{claim.type}', value from (select {value} as value from {entity.table} where {rows})
                where value is not null and ('{claim.type}', value) not in (select type, raw from privacy_devices)"""
            )


def _tell_anew(con: duckdb.DuckDBPyConnection, batch: int) -> set[tuple[str, str]]:
    """Give what remains of the devices, logins and messages a new batch; returns the (source, entity) of it."""
    told = set()
    for entity in raw_entities(con):
        types = (*DEVICES, "user_id") if _has_devices(entity) else ()
        found = [claim for claim in claims_of(entity) if claim.type in (*types, *(("email",) if entity.name in MAILED else ()))]
        if not found:
            continue
        parts = []
        for claim in found:
            listed = "privacy_wanted" if claim.type == "email" else "privacy_devices"
            raws = f"select raw from {listed} where type = '{claim.type}'"
            value = claim.value_sql(identifier)
            parts.append(
                f"list_has_any({value}, (select list(raw) from ({raws})))"
                if claim.in_list
                else f"coalesce({value} in ({raws}), false)"
            )
        own = f"_batch <> {batch} and ({' or '.join(f'coalesce({part}, false)' for part in parts)})"
        con.execute(
            f"""insert into privacy_keys
            select '{entity.source}', '{entity.name}', _key from {entity.table} where {own}"""
        )
        if _done(con, f"update {entity.table} set _batch = {batch} where {own}"):
            told.add((entity.source, entity.name))
    return told


def forget_values(con: duckdb.DuckDBPyConnection, identifiers: Iterable[tuple[str, str]], counts: Counts) -> None:
    """Let go what Python worked out of the rows that went: the person's addresses and numbers, and what no other row holds."""
    values = sorted({value for kind, value in identifiers if kind in ("email", "phone")})
    told = "select raw from privacy_traces where kind = "
    conditions = {
        "normalised": "list_contains($1::varchar[], value) or (kind, raw) in (select kind, raw from privacy_traces)",
        "ip_addresses": f"ip in ({told}'ip')",
        "user_agents": f"user_agent in ({told}'user_agent')",
    }
    for table, condition in conditions.items():
        if has_table(con, "identity", table):
            parameters = [values] if "$1" in condition else []
            counts.add(
                counts.erased, f"identity.{table}", _done(con, f"delete from identity.{table} where {condition}", parameters)
            )


def list_traces(con: duckdb.DuckDBPyConnection, hits: list[Hit]) -> None:
    """Make privacy_traces (kind, raw): what the loads worked out of the rows found. Called before the rows go."""
    con.execute("create or replace temp table privacy_traces (kind varchar, raw varchar)")
    for hit in hits:
        rows = f"rowid in (select id from privacy_rows where entity = '{_name(hit.entity)}' and outcome <> 'freed')"
        for column, specs in hit.entity.worked_out.items():
            for spec in specs:
                value = identifier(column)
                if spec.path:
                    value = f"json_extract_string({value}, {literal(json_path(spec.path))})"
                    value = f"unnest({value})" if "[*]" in spec.path else value
                con.execute(
                    f"""insert into privacy_traces select distinct '{spec.kind}', value from (
                        select {value} as value from {hit.entity.table} where {rows})
                    where trim(value) <> '' and ('{spec.kind}', value) not in (select kind, raw from privacy_traces)"""
                )


def keep_others_traces(con: duckdb.DuckDBPyConnection) -> None:
    """Take out of privacy_traces what rows of others hold too. Called when the rows are gone."""
    found = con.execute("select kind, list(raw order by raw) from privacy_traces group by kind order by kind").fetchall()
    for kind, raws in found:
        pattern = "|".join(re.escape(raw) for raw in sorted(raws, key=len, reverse=True))
        for entity in raw_entities(con):
            for column, specs in entity.worked_out.items():
                if not any(spec.kind == kind for spec in specs):
                    continue
                text, nested = identifier(column), any(spec.path for spec in specs)
                held = f"select {text} from {entity.table} where list_contains($raws::varchar[], {text})"
                if nested:
                    # Looking for the text is cheaper than taking every JSON apart.
                    held = f"""select unnest(regexp_extract_all({text}, $pattern)) from {entity.table}
                        where regexp_matches({text}, $pattern)"""
                parameters = {"kind": kind, "pattern": pattern} if nested else {"kind": kind, "raws": raws}
                con.execute(f"delete from privacy_traces where kind = $kind and raw in ({held})", parameters)


def refused_rows(con: duckdb.DuckDBPyConnection, quotes: Quotes, numbers: Numbers) -> list[int]:
    """The rows (rowid) in quarantine that name the person."""
    named = {row for row, text in _may_quote(con, "raw", quotes) if quotes.found_in(text)}
    return sorted(named.union(refused_with(con, numbers)))


def clear_quarantine(con: duckdb.DuckDBPyConnection, quotes: Quotes, numbers: Numbers, now: datetime) -> int:
    """Blank the refused rows that name the person.

    The rows stay counted: books must balance; nothing of what stood in them does.
    """
    done = _blank(con, _CLEARED, refused_rows(con, quotes, numbers), [now])
    # What stands for a header may be a row.
    _blank(con, "header = null", [row for row, text in _may_quote(con, "header", quotes) if quotes.found_in(text)], [])
    return done


def _blank(con: duckdb.DuckDBPyConnection, cells: str, rows: list[int], parameters: list) -> int:
    con.register("privacy_slice", pa.table({"id": pa.array(rows, pa.int64())}))
    done = _done(con, f"update quality.quarantine set {cells} where rowid in (select id from privacy_slice)", parameters)
    con.unregister("privacy_slice")
    return done


_CLEARED = "raw = '', is_whole = false, reason = 'erased', settled_at = $1::timestamp, settlement = 'erased'"


def _may_quote(con: duckdb.DuckDBPyConnection, column: str, quotes: Quotes) -> list[tuple[int, str]]:
    hints = [*quotes.hints, *quotes.word_hints]
    query = f"select rowid, {column} from quality.quarantine where {matching_sql(column, hints)} order by 1"
    return con.execute(query, hints).fetchall()
