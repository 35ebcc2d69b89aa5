"""What the books know of a feed's files: which of them bring nothing new, and whose rows were read by other rules than today's.

How a file is read hangs on relance.yml and on the contract (`Feed.fingerprint`, the ledger's `mapping`). When that changes, the
rows of every file that can be read again are taken back in the transaction that brings them anew, so that no table holds two
readings of one row, nor none. Until then they are set aside: rows of one reading are not compared with those of another. Files
that have left the landing folder can't be read again: their rows stay until a row of today's reading tells the same version of
the same thing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from dagster_project.loads.books import IN_RAW, LandedFile, book_replaced, line_spans
from dagster_project.loads.discover import Feed
from dagster_project.loads.record_by_record import insert_arrow

READ_AGAIN = "read again under another mapping"
_BLOCK = 1 << 20

Content = tuple[str, str, bool, datetime | None]


@dataclass(frozen=True)
class _Line:
    """A file's newest line in the ledger. `stands` if it was read by today's rules and not taken back; `alone` if the file never
    held anything else.
    """

    path: str
    sha256: str
    format: str
    landed_on: datetime | None
    read: int
    stands: bool
    alone: bool


class Known:
    """The newest line of every file of a feed, as the ledger has them now."""

    def __init__(self, con: duckdb.DuckDBPyConnection, feed: Feed):
        found = con.execute(
            """select file, sha256, format, landed_on, rows_read, withdrawn_at is null and mapping = $mapping,
                min(sha256) over of_file = max(sha256) over of_file
            from quality.load_ledger where source = $source and entity = $entity
            window of_file as (partition by file)
            qualify row_number() over (partition by file order by batch desc) = 1""",
            _place(feed) | {"mapping": feed.fingerprint},
        ).fetchall()
        self._is_dated = _is_dated(feed)
        self._lines = {path: _Line(path, *rest) for path, *rest in found}
        standing = sorted((line for line in self._lines.values() if line.stands), key=lambda line: line.path, reverse=True)
        self._by_content = {
            content(line.path, line.sha256, line.format, line.landed_on if self._is_dated else None): line for line in standing
        }

    def content(self, file: LandedFile) -> Content:
        """What two files of this feed that bring the same have in common."""
        return content(file.path, file.scan.sha256, file.scan.format, file.landed_on if self._is_dated else None)

    def has(self, file: LandedFile) -> bool:
        """Is this what the file held when it was read last, by today's rules?"""
        line = self._lines.get(file.path)
        return line is not None and line.stands and line.sha256 == file.scan.sha256

    def original(self, file: LandedFile) -> tuple[str, int] | None:
        """(path, records) of another file with the same content, if that was loaded. What takes the place of another content is
        no copy: its rows correct the former ones.
        """
        before = self._lines.get(file.path)
        if before and not (before.alone and before.sha256 == file.scan.sha256):
            return None
        line = self._by_content.get(self.content(file))
        return (line.path, line.read) if line and line.path != file.path else None


def content(path: str, sha256: str, kind: str, landed_on: datetime | None) -> Content:
    """What two files that bring the same have in common: their bytes, and that they are read alike, which hangs on the name.

    Args:
        landed_on: of versions only. Those that landed at another time are news even if nothing changed: A, then B, then A again
            ends with A.
    """
    return sha256, kind, path.lower().endswith(".gz"), landed_on


def _is_dated(feed: Feed) -> bool:
    return feed.entity.mode == "versions"


def _place(feed: Feed) -> dict[str, str]:
    return {"source": feed.entity.source, "entity": feed.entity.name}


def is_outdated(con: duckdb.DuckDBPyConnection, feed: Feed) -> bool:
    """Was something of a feed read by other rules than today's, and stands?"""
    found = con.execute(
        """select count(*) > 0 from quality.load_ledger
        where source = $source and entity = $entity and mapping <> $mapping and withdrawn_at is null""",
        _place(feed) | {"mapping": feed.fingerprint},
    ).fetchone()
    return bool(found and found[0])


def find_outdated(con: duckdb.DuckDBPyConnection, feed: Feed, files: Sequence[LandedFile]) -> None:
    """Fill load_outdated (path, line) with the lines of the ledger, read by other rules than today's, that are to be taken back
    when a file is read: those that have its content, wherever it lay, and those of what it held before it grew.
    """
    lines = con.execute(
        """select rowid, file, sha256, format, landed_on, bytes from quality.load_ledger
        where source = $source and entity = $entity and mapping <> $mapping and withdrawn_at is null""",
        _place(feed) | {"mapping": feed.fingerprint},
    ).fetchall()
    by_content: dict[Content, list[int]] = {}
    by_path: dict[str, list[tuple[int, str, int]]] = {}
    for line, path, sha256, kind, landed_on, size in lines:
        by_content.setdefault(content(path, sha256, kind, landed_on if _is_dated(feed) else None), []).append(line)
        by_path.setdefault(path, []).append((line, sha256, size))
    pairs = set()
    for file in files if lines else ():
        same = content(file.path, file.scan.sha256, file.scan.format, file.landed_on if _is_dated(feed) else None)
        pairs |= {(file.path, line) for line in by_content.get(same, ())}
        before = [line for line in by_path.get(file.path, ()) if line[2] <= file.scan.size]
        begins = _beginnings(file.scan.path, {size for *_, size in before})
        pairs |= {(file.path, line) for line, sha256, size in before if begins.get(size) == sha256}
    ordered = sorted(pairs)
    table = {"path": pa.array((path for path, _ in ordered), pa.string()), "line": pa.array((n for _, n in ordered), pa.int64())}
    insert_arrow(con, "create or replace temp table load_outdated as from load_slice", pa.table(table))


def set_aside(con: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """Fill load_aside (id, line) with the rows of the raw table that are still to be taken back: rows of one reading are never
    compared with those of another.
    """
    con.execute(f"insert into load_aside select id, line from ({_rows_of(feed, 'load_outdated')})", _place(feed))


def _rows_of(feed: Feed, lines: str) -> str:
    """SQL of the rows (id, line, file, batch) that the ledger's lines in a table have brought, but those that somebody mended by
    hand: nothing else has them.
    """
    return f"""select r.rowid as id, l.line, l.file, l.batch from {feed.entity.table} as r
        join (from ({line_spans(feed.entity)}) semi join {lines} using (line)) as l
            on l.file = r._file and r._batch >= l.batch and r._batch < l.until
        anti join (from quality.replays where is_mended and source = $source and entity = $entity) as m
            on m.file = r._file and m.record = r._line and m.batch = r._batch"""


def withdraw(con: duckdb.DuckDBPyConnection, feed: Feed, paths: Sequence[str], batch: int, now: datetime) -> int:
    """Take back the lines in load_outdated of these files: their rows, with books and journal; returns how many rows went.

    All of it happens in the caller's transaction, the one in which the files are booked anew.
    """
    gone = """create or replace temp table load_taken as
        select distinct line from load_outdated where list_contains($paths::varchar[], path)"""
    con.execute(gone, {"paths": list(paths)})
    con.execute("delete from load_outdated where line in (select line from load_taken)")
    (lines,) = con.execute("select count(*) from load_taken").fetchone() or (0,)
    rows = _take_back(con, feed, batch, now) if lines else 0
    con.execute("drop table temp.load_taken")
    return rows


def _take_back(con: duckdb.DuckDBPyConnection, feed: Feed, batch: int, now: datetime) -> int:
    """Rows, books and journal of the ledger's lines in load_taken; returns the number of rows."""
    con.execute(f"create or replace temp table load_withdrawn as {_rows_of(feed, 'load_taken')}", _place(feed))
    con.execute(f"delete from {feed.entity.table} where rowid in (select id from load_withdrawn)")
    gone = con.execute("select file, batch, count(*) from load_withdrawn group by all order by all").fetchall()
    for file, of_batch, count in gone:
        book_replaced(con, feed.entity, file, of_batch, count)
    con.execute(
        """insert into quality.replaced by name
        select l.source, l.entity, null as _key, $batch::bigint as batch, $now::timestamp as replaced_at
        from quality.load_ledger as l where l.rowid in (select line from load_withdrawn) order by l.file, l.batch""",
        {"batch": batch, "now": now},
    )
    con.execute(
        """update quality.quarantine as q set settled_at = $now::timestamp, settlement = $why
        from quality.load_ledger as l semi join load_taken as g on g.line = l.rowid
        where q.file = l.file and q.source = l.source and q.entity = l.entity and q.batch = l.batch and q.settled_at is null""",
        {"now": now, "why": READ_AGAIN},
    )
    con.execute(
        """delete from quality.landing_files as f using quality.load_ledger as l
        where l.rowid in (select line from load_taken) and f.path = l.file and f.source = l.source and f.entity = l.entity"""
    )
    con.execute(
        """update quality.load_ledger set withdrawn_at = $now::timestamp, note = concat_ws('; ', note, $why)
        where rowid in (select line from load_taken)""",
        {"now": now, "why": READ_AGAIN},
    )
    con.execute("drop table temp.load_withdrawn")
    return sum(count for *_, count in gone)


def _beginnings(path: Path, sizes: set[int]) -> dict[int, str]:
    """The sha256 of the first bytes of a file, by their number; none of a file that went meanwhile."""
    digest, done, found = hashlib.sha256(), 0, {}
    try:
        with path.open("rb") as file:
            for size in sorted(sizes):
                while done < size and (block := file.read(min(_BLOCK, size - done))):
                    digest.update(block)
                    done += len(block)
                found[size] = digest.hexdigest()
    except OSError:
        return {}
    return found


def rows_of_former_readings(con: duckdb.DuckDBPyConnection, feed: Feed) -> int:
    """Rows that were read by other rules than today's and could not be read again."""
    found = con.execute(
        f"""select coalesce(sum({IN_RAW}), 0)::bigint from quality.load_ledger
        where source = $source and entity = $entity and mapping <> $mapping""",
        _place(feed) | {"mapping": feed.fingerprint},
    ).fetchone()
    return found[0] if found else 0


def renewed_files(con: duckdb.DuckDBPyConnection, feed: Feed) -> list[int]:
    """The numbers of those of load_files whose records may take the place of rows that tell the same version of the same thing:
    of what the file held before, or of readings by other rules than today's.

    Fills load_former (path, file) with the files, themselves among them, that have the rows of what those of load_files held
    before: where one was a copy, its rows are another's.
    """
    dated = "and c.landed_on is not distinct from l.landed_on" if _is_dated(feed) else ""
    con.execute(
        f"""create or replace temp table load_standing as
        select l.* from (select *, rowid as line from quality.load_ledger) as l
        left join (select line, count(*) as rows from load_aside group by line) as a using (line)
        where source = $source and entity = $entity and {IN_RAW} > coalesce(a.rows, 0)""",
        _place(feed),
    )
    con.execute(
        f"""create or replace temp table load_former as
        select path, path as file from load_files
        union
        select f.path, l.file from load_files as f
        join quality.load_ledger as c on c.source = $source and c.entity = $entity and c.file = f.path
        join load_standing as l on c.sha256 = l.sha256 and c.format = l.format {dated}
            and ends_with(lower(c.file), '.gz') = ends_with(lower(l.file), '.gz')""",
        _place(feed),
    )
    found = con.execute(
        """select fileno from load_files where path in (select path from load_former join load_standing using (file))
            or exists (select 1 from load_standing where mapping <> $mapping)
        order by 1""",
        {"mapping": feed.fingerprint},
    ).fetchall()
    con.execute("drop table temp.load_standing")
    return [number for (number,) in found]
