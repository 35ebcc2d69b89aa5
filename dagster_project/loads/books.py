"""The books: what was read from every file and what became of it, and the rows that were refused.

For every line of the ledger (one per file and load of it) rows_read = accepted + duplicate + quarantined + tombstoned. Lines are
never removed, but their counts follow what becomes of the rows later on: an accepted row turns into a duplicate when a better
telling takes its place, or when its file is read again by other rules (`withdrawn_at`); both are told in quality.replaced,
there with the key of the row, here without one. Rows that went since their person was erased are counted apart (`rows_erased`).
A refused row that is loaded after all goes from quality.quarantine to quality.replays. It is open until then, or until its file
is corrected or read again (`settled_at`). quality.landing_files says what lies in the landing folder now. quality.retold tells of
rows that got a later batch, so that what was made of them is made anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from dagster_project.loads.casts import identifier
from dagster_project.loads.contract import META_COLUMNS, Entity, load_contracts
from dagster_project.loads.discover import Feed
from dagster_project.loads.layout import Layout
from dagster_project.loads.scan import Scan

_TABLES = """
create schema if not exists quality;
create table if not exists quality.load_ledger (
    file varchar, source varchar, entity varchar, sha256 varchar, rows_read bigint, rows_accepted bigint, rows_duplicate bigint,
    rows_quarantined bigint, rows_tombstoned bigint, rows_erased bigint, loaded_at timestamp,
    batch bigint, format varchar, bytes bigint, landed_on timestamp, mapping varchar, note varchar);
alter table quality.load_ledger add column if not exists layout varchar;
alter table quality.load_ledger add column if not exists broken varchar;
alter table quality.load_ledger add column if not exists drifted bigint;
alter table quality.load_ledger add column if not exists withdrawn_at timestamp;
alter table quality.load_ledger add column if not exists rows_anonymous bigint;
create table if not exists quality.quarantine (
    file varchar, line bigint, source varchar, entity varchar, reason varchar, raw varchar,
    record bigint, sha256 varchar, batch bigint, quarantined_at timestamp);
alter table quality.quarantine add column if not exists is_whole boolean;
alter table quality.quarantine add column if not exists settled_at timestamp;
alter table quality.quarantine add column if not exists settlement varchar;
alter table quality.quarantine add column if not exists header varchar;
create table if not exists quality.replays (
    file varchar, line bigint, source varchar, entity varchar, reason varchar, outcome varchar, is_mended boolean,
    record bigint, batch bigint, replayed_at timestamp);
alter table quality.replays add column if not exists raw_md5 varchar;
create table if not exists quality.replaced (source varchar, entity varchar, _key varchar, batch bigint, replaced_at timestamp);
create table if not exists quality.retold (source varchar, entity varchar, batch bigint, retold_at timestamp);
create table if not exists quality.landing_files (
    path varchar, source varchar, entity varchar, mapping varchar, size bigint, mtime_ns bigint, sha256 varchar,
    loaded_at timestamp);
"""


IN_RAW = "(rows_accepted - rows_erased + coalesce(rows_anonymous, 0))"
"""SQL of the rows of a line of the ledger that are in the raw table: also amounts of nobody, taken from rows of erased people."""


@dataclass(frozen=True)
class LandedFile:
    """A file to load: its path relative to the landing folder, and what the scan found."""

    path: str
    landed_on: datetime | None
    scan: Scan


@dataclass(frozen=True)
class FileLoad:
    """What became of one file's records. Of those that erasures stopped (`tombstoned`), some are in the raw table as amounts of
    nobody (`anonymous`).

    `note` says why it was not read the usual way, `broken` why a part of it is lost.
    """

    file: LandedFile
    read: int
    accepted: int
    duplicate: int
    quarantined: int
    tombstoned: int = 0
    anonymous: int = 0
    note: str | None = None
    layout: Layout | None = None
    broken: str | None = None


def ensure_books(con: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of the books where they are missing."""
    con.execute(_TABLES)
    _retype(con, "quality", "load_ledger", {"landed_on": "timestamp"})


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
            _retype(con, f"raw_{source}", entity.name, {"_landed_on": META_COLUMNS["_landed_on"]})
            if "_happened_at" not in have:
                con.execute(f"update {entity.table} set _happened_at = {entity.happened_sql(identifier)}")


def _retype(con: duckdb.DuckDBPyConnection, schema: str, table: str, wanted: Mapping[str, str]) -> None:
    """Give columns (name → type) of a table that an earlier release made the type they have now."""
    query = """select column_name, lower(data_type) from duckdb_columns()
        where database_name = current_database() and schema_name = ? and table_name = ?"""
    for name, kind in con.execute(query, [schema, table]).fetchall():
        if wanted.get(name, kind) != kind:
            con.execute(f"alter table {identifier(schema)}.{identifier(table)} alter {identifier(name)} type {wanted[name]}")


def next_batch(con: duckdb.DuckDBPyConnection) -> int:
    """The number the rows of the next load, or of the next replay, carry."""
    return newest_batch(con) + 1


def newest_batch(con: duckdb.DuckDBPyConnection, entity: Entity | None = None) -> int:
    """The newest number that rows of an entity (None: of any) can carry; 0 before the first load."""
    of_entity = "where source = $source and entity = $entity" if entity else ""
    query = f"""select coalesce(max(batch), 0) from (
        select batch, source, entity from quality.load_ledger union all select batch, source, entity from quality.replays
        union all select batch, source, entity from quality.retold
    ) {of_entity}"""
    row = con.execute(query, {"source": entity.source, "entity": entity.name} if entity else {}).fetchone()
    return row[0] if row else 0


def book(con: duckdb.DuckDBPyConnection, feed: Feed, results: Sequence[FileLoad], batch: int, now: datetime) -> None:
    """Enter files in the ledger, and note how they lie in the landing folder now."""
    con.register("load_slice", pa.table(_columns(feed, results)))
    con.execute(
        """insert into quality.load_ledger by name
        select path as file, source, entity, sha256, read as rows_read, accepted as rows_accepted, duplicate as rows_duplicate,
            quarantined as rows_quarantined, tombstoned as rows_tombstoned, anonymous as rows_anonymous,
            0 as rows_erased, $now::timestamp as loaded_at,
            $batch::bigint as batch, format, size as bytes, landed_on, mapping, note, layout, broken
        from load_slice order by path""",
        {"now": now, "batch": batch},
    )
    _settle(con, batch, now)
    con.unregister("load_slice")
    note_files(con, feed, [result.file for result in results], now)


def line_spans(entity: Entity) -> str:
    """SQL of the ledger's lines of an entity: line (its rowid), file, mapping, and the numbers from `batch` to below `until` that
    the rows of the raw table have that it counts. Rows that were replayed carry a later number than their line.
    """
    return f"""select rowid as line, file, mapping, batch,
            coalesce(lead(batch) over (partition by file order by batch), {2**63 - 1}) as until
        from quality.load_ledger where source = '{entity.source}' and entity = '{entity.name}'"""


def book_replaced(con: duckdb.DuckDBPyConnection, entity: Entity, file: str, batch: int, rows: int) -> None:
    """Count rows of a file that left the raw table as duplicates: other tellings of them stand there, or soon will. Amounts of
    nobody were never accepted: they only are in the raw table no longer.

    The rows carry the batch of the file, or a later one if they were replayed.
    """
    lines = con.execute(
        """select rowid, rows_accepted - rows_erased, coalesce(rows_anonymous, 0) from quality.load_ledger
        where file = ? and source = ? and entity = ? and batch <= ? order by batch desc""",
        [file, entity.source, entity.name, batch],
    ).fetchall()
    for line, accepted, anonymous in lines:
        told = min(accepted, rows)
        amounts = min(anonymous, rows - told)
        rows -= told + amounts
        con.execute(
            """update quality.load_ledger set rows_accepted = rows_accepted - $told, rows_duplicate = rows_duplicate + $told,
                rows_anonymous = coalesce(rows_anonymous, 0) - $amounts
            where rowid = $line""",
            {"told": told, "amounts": amounts, "line": line},
        )


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


def _settle(con: duckdb.DuckDBPyConnection, batch: int, now: datetime) -> None:
    """Refused rows of earlier readings of the files in load_slice are settled, and so are those of this batch that were mended
    by hand when they stood in an earlier content.
    """
    con.execute(
        """update quality.quarantine as q set settled_at = $now::timestamp,
            settlement = case when s.sha256 = l.sha256 then 'read again under another mapping' else 'corrected file' end
        from quality.load_ledger as l join load_slice as s on s.path = l.file and s.source = l.source and s.entity = l.entity
        where q.file = l.file and q.source = l.source and q.entity = l.entity and q.batch = l.batch
            and q.settled_at is null and q.batch < $batch""",
        {"now": now, "batch": batch},
    )
    con.execute(
        """update quality.quarantine as q set settled_at = $now::timestamp, settlement = 'mended before'
        from quality.replays as r join load_slice as s on s.path = r.file and s.source = r.source and s.entity = r.entity
        where r.is_mended and q.batch = $batch and q.file = r.file and q.source = r.source and q.entity = r.entity
            and q.record = r.record and md5(q.raw) = r.raw_md5""",
        {"now": now, "batch": batch},
    )


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
        "landed_on": pa.array([file.landed_on for file in files], pa.timestamp("us")),
        "sha256": text([file.scan.sha256 for file in files]),
        "format": text([file.scan.format for file in files]),
        "size": number([file.scan.size for file in files]),
        "mtime_ns": number([file.scan.mtime_ns for file in files]),
        "read": number([result.read for result in results]),
        "accepted": number([result.accepted for result in results]),
        "duplicate": number([result.duplicate for result in results]),
        "quarantined": number([result.quarantined for result in results]),
        "tombstoned": number([result.tombstoned for result in results]),
        "anonymous": number([result.anonymous for result in results]),
        "note": text([result.note for result in results]),
        "layout": text([result.layout.dump() if result.layout else None for result in results]),
        "broken": text([result.broken for result in results]),
    }


def broken_files(con: duckdb.DuckDBPyConnection, landing: Path, since: datetime) -> list[tuple[str, str]]:
    """(file, what is wrong) of the files of which a part is lost: those that came since then or still lie in the landing folder.

    A file stops being told of when a whole one takes its place.
    """
    found = con.execute(
        """select file, broken, loaded_at >= $since from quality.load_ledger
        qualify broken is not null and row_number() over (partition by source, entity, file order by batch desc) = 1
        order by all""",
        {"since": since},
    ).fetchall()
    return [(file, what) for file, what, is_new in found if is_new or (landing / file).exists()]


def unbalanced(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str, str]]:
    """Files whose books do not balance: (file, source, entity, what is wrong). An empty list is the proof.

    Three accounts are compared: the ledger within itself, the ledger with the rows in quarantine, and the ledger with the
    rows in the raw tables (file by file: a row that was replayed carries a later batch than its file).
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
                   select file, sum({IN_RAW})::bigint as n from quality.load_ledger
                   where source = $source and entity = $entity group by all),
               kept as (select _file as file, count(*) as n from {entity.table} group by all)
               select coalesce(booked.file, kept.file), $source, $entity,
                   coalesce(booked.n, 0) || ' rows booked as accepted, but ' || coalesce(kept.n, 0) || ' in the raw table'
               from booked full join kept using (file)
               where coalesce(booked.n, 0) <> coalesce(kept.n, 0)
               order by all""",
            {"source": entity.source, "entity": entity.name},
        ).fetchall()
    return wrong


def _booked_entities(con: duckdb.DuckDBPyConnection) -> list[Entity]:
    contracts = load_contracts()
    pairs = con.execute("select distinct source, entity from quality.load_ledger order by all").fetchall()
    return [contracts[source][name] for source, name in pairs if name in contracts.get(source, {})]
