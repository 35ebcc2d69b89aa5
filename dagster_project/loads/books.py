"""The books: what was read from every file and what became of it, and the rows that were refused.

For every file rows_read = accepted + duplicate + quarantined + tombstoned. The tables are journals: rows are only added,
but for quality.landing_files, which says what lies in the landing folder now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb
import pyarrow as pa

from dagster_project.loads.casts import identifier
from dagster_project.loads.contract import Entity, load_contracts
from dagster_project.loads.discover import Feed
from dagster_project.loads.scan import Scan

_TABLES = """
create schema if not exists quality;
create table if not exists quality.load_ledger (
    file varchar, source varchar, entity varchar, sha256 varchar, rows_read bigint, rows_accepted bigint, rows_duplicate bigint,
    rows_quarantined bigint, rows_tombstoned bigint, rows_erased bigint, loaded_at timestamp,
    batch bigint, format varchar, bytes bigint, landed_on date, mapping varchar, note varchar);
create table if not exists quality.quarantine (
    file varchar, line bigint, source varchar, entity varchar, reason varchar, raw varchar,
    record bigint, sha256 varchar, batch bigint, quarantined_at timestamp);
create table if not exists quality.landing_files (
    path varchar, source varchar, entity varchar, mapping varchar, size bigint, mtime_ns bigint, sha256 varchar,
    loaded_at timestamp);
"""


@dataclass(frozen=True)
class LandedFile:
    """A file to load: its path relative to the landing folder, and what the scan found."""

    path: str
    landed_on: date | None
    scan: Scan


@dataclass(frozen=True)
class FileLoad:
    """What became of one file's records; `note` says why it was not read the usual way."""

    file: LandedFile
    read: int
    accepted: int
    duplicate: int
    quarantined: int
    note: str | None = None


def ensure_books(con: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of the books where they are missing."""
    con.execute(_TABLES)


def ensure_raw_tables(con: duckdb.DuckDBPyConnection, feeds: Mapping[str, Sequence[str]]) -> None:
    """Create the raw tables of every source in `feeds`, and add columns that a contract has gained since."""
    contracts = load_contracts()
    existing: dict[tuple[str, str], set[str]] = {}
    names = "select schema_name, table_name, column_name from duckdb_columns() where schema_name like 'raw_%' and not internal"
    for schema, table, column in con.execute(names + " and database_name = current_database()").fetchall():
        existing.setdefault((schema, table), set()).add(column)
    for source in feeds:
        con.execute(f"create schema if not exists {identifier('raw_' + source)}")
        for entity in contracts[source].values():
            have = existing.get((f"raw_{source}", entity.name))
            if have is None:
                columns = ", ".join(f"{identifier(name)} {kind}" for name, kind in entity.all_columns.items())
                con.execute(f"create table if not exists {entity.table} ({columns})")
                continue
            for name, kind in entity.all_columns.items():
                if name not in have:
                    con.execute(f"alter table {entity.table} add column {identifier(name)} {kind}")


def next_batch(con: duckdb.DuckDBPyConnection) -> int:
    """The number the next load's rows carry."""
    return con.execute("select coalesce(max(batch), 0) + 1 from quality.load_ledger").fetchone()[0]  # type: ignore[index]


def book(con: duckdb.DuckDBPyConnection, feed: Feed, results: Sequence[FileLoad], batch: int, now: datetime) -> None:
    """Enter files in the ledger, and note how they lie in the landing folder now."""
    con.register("load_slice", pa.table(_columns(feed, results)))
    con.execute(
        """insert into quality.load_ledger by name
        select path as file, source, entity, sha256, read as rows_read, accepted as rows_accepted, duplicate as rows_duplicate,
            quarantined as rows_quarantined, 0 as rows_tombstoned, 0 as rows_erased, $now::timestamp as loaded_at,
            $batch::bigint as batch, format, size as bytes, landed_on, mapping, note
        from load_slice order by path""",
        {"now": now, "batch": batch},
    )
    con.unregister("load_slice")
    note_files(con, feed, [result.file for result in results], now)


def note_files(con: duckdb.DuckDBPyConnection, feed: Feed, files: Sequence[LandedFile], now: datetime) -> None:
    """Remember files as they lie now, so that they are not read again while they stay so."""
    con.register("load_slice", pa.table(_columns(feed, [FileLoad(file, 0, 0, 0, 0) for file in files])))
    con.execute(
        """delete from quality.landing_files as f using load_slice as s
        where f.path = s.path and f.source = s.source and f.entity = s.entity"""
    )
    con.execute(
        """insert into quality.landing_files by name
        select path, source, entity, mapping, size, mtime_ns, sha256, $now::timestamp as loaded_at
        from load_slice order by path""",
        {"now": now},
    )
    con.unregister("load_slice")


def _columns(feed: Feed, results: Sequence[FileLoad]) -> dict[str, pa.Array]:
    files = [result.file for result in results]

    def text(values: list) -> pa.Array:
        return pa.array(values, pa.string())

    def number(values: list) -> pa.Array:
        return pa.array(values, pa.int64())

    return {
        "path": text([file.path for file in files]),
        "source": text([feed.entity.source] * len(files)),
        "entity": text([feed.entity.name] * len(files)),
        "mapping": text([feed.fingerprint] * len(files)),
        "landed_on": pa.array([file.landed_on for file in files], pa.date32()),
        "sha256": text([file.scan.sha256 for file in files]),
        "format": text([file.scan.format for file in files]),
        "size": number([file.scan.size for file in files]),
        "mtime_ns": number([file.scan.mtime_ns for file in files]),
        "read": number([result.read for result in results]),
        "accepted": number([result.accepted for result in results]),
        "duplicate": number([result.duplicate for result in results]),
        "quarantined": number([result.quarantined for result in results]),
        "note": text([result.note for result in results]),
    }


def unbalanced(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str, str]]:
    """Files whose books do not balance: (file, source, entity, what is wrong). An empty list is the proof.

    Three accounts are compared: the ledger within itself, the ledger with the rows in quarantine, and the ledger with the
    rows in the raw tables.
    """
    ensure_books(con)
    wrong = con.execute(
        """select file, source, entity, 'read ' || rows_read || ', but ' ||
               (rows_accepted + rows_duplicate + rows_quarantined + rows_tombstoned) || ' accounted for'
           from quality.load_ledger
           where rows_read is distinct from rows_accepted + rows_duplicate + rows_quarantined + rows_tombstoned
           order by all"""
    ).fetchall()
    wrong += con.execute(
        """with booked as (
               select file, source, entity, batch, sum(rows_quarantined)::bigint as n from quality.load_ledger group by all),
           kept as (select file, source, entity, batch, count(*) as n from quality.quarantine group by all)
           select coalesce(booked.file, kept.file), coalesce(booked.source, kept.source), coalesce(booked.entity, kept.entity),
               coalesce(booked.n, 0) || ' rows booked as quarantined, but ' || coalesce(kept.n, 0) || ' in quarantine'
           from booked full join kept using (file, source, entity, batch)
           where coalesce(booked.n, 0) <> coalesce(kept.n, 0)
           order by all"""
    ).fetchall()
    for entity in _booked_entities(con):
        wrong += con.execute(
            f"""with booked as (
                   select file, batch, sum(rows_accepted - rows_erased)::bigint as n from quality.load_ledger
                   where source = $source and entity = $entity group by all),
               kept as (select _file as file, _batch as batch, count(*) as n from {entity.table} group by all)
               select coalesce(booked.file, kept.file), $source, $entity,
                   coalesce(booked.n, 0) || ' rows booked as accepted, but ' || coalesce(kept.n, 0) || ' in the raw table'
               from booked full join kept using (file, batch)
               where coalesce(booked.n, 0) <> coalesce(kept.n, 0)
               order by all""",
            {"source": entity.source, "entity": entity.name},
        ).fetchall()
    return wrong


def _booked_entities(con: duckdb.DuckDBPyConnection) -> list[Entity]:
    contracts = load_contracts()
    pairs = con.execute("select distinct source, entity from quality.load_ledger order by all").fetchall()
    return [contracts[source][name] for source, name in pairs if name in contracts.get(source, {})]
