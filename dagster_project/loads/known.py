"""What the books know of a feed's files: which of them bring nothing new, and whose rows were read by other rules than today's.

How a file is read hangs on relance.yml and on the contract (`Feed.fingerprint`, the ledger's `mapping`). When that changes, the
rows of every file that can be read again are taken back before it is, so that no table holds two readings of one row. Files
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


@dataclass(frozen=True)
class _Line:
    """A file's newest line in the ledger. `stands` unless it was taken back; `alone` if the file never held anything else."""

    path: str
    sha256: str
    mapping: str
    landed_on: datetime | None
    read: int
    stands: bool
    alone: bool


class Known:
    """The newest line of every file of a feed, as the ledger has them now."""

    def __init__(self, con: duckdb.DuckDBPyConnection, feed: Feed):
        found = con.execute(
            """select file, sha256, mapping, landed_on, rows_read, withdrawn_at is null,
                min(sha256) over of_file = max(sha256) over of_file
            from quality.load_ledger where source = ? and entity = ?
            window of_file as (partition by file)
            qualify row_number() over (partition by file order by batch desc) = 1""",
            [feed.entity.source, feed.entity.name],
        ).fetchall()
        self._mapping, self._dated = feed.fingerprint, feed.entity.mode == "versions"
        self._lines = {path: _Line(path, *rest) for path, *rest in found}
        standing = [line for line in self._lines.values() if self._is_read(line)]
        self._by_content = {self.content(line.sha256, line.landed_on): line for line in sorted(standing, key=_path, reverse=True)}

    def content(self, sha256: str, landed_on: datetime | None) -> tuple[str, datetime | None]:
        """What two files that bring the same have in common. Versions that landed at another time are news even if nothing
        changed: A, then B, then A again ends with A.
        """
        return sha256, landed_on if self._dated else None

    def _is_read(self, line: _Line) -> bool:
        return line.stands and line.mapping == self._mapping

    def is_outdated(self, path: str) -> bool:
        """Was a file loaded by other rules than today's?"""
        line = self._lines.get(path)
        return line is not None and not self._is_read(line)

    def has(self, file: LandedFile) -> bool:
        """Is this what the file held when it was read last, by today's rules?"""
        line = self._lines.get(file.path)
        return line is not None and self._is_read(line) and line.sha256 == file.scan.sha256

    def original(self, file: LandedFile) -> tuple[str, int] | None:
        """(path, records) of another file with the same content, if that was loaded. What takes the place of another content is
        no copy: its rows correct the former ones.
        """
        before = self._lines.get(file.path)
        if before and not (before.alone and before.sha256 == file.scan.sha256):
            return None
        line = self._by_content.get(self.content(file.scan.sha256, file.landed_on))
        return (line.path, line.read) if line and line.path != file.path else None


def _path(line: _Line) -> str:
    return line.path


def withdraw(con: duckdb.DuckDBPyConnection, feed: Feed, files: Sequence[LandedFile], batch: int, now: datetime) -> None:
    """Take back what was read of these files by other rules than today's, in one transaction.

    That is, of all that was loaded, what has the content of one of them, or is what one of them held before it grew. Rows that
    somebody mended by hand stay: nothing else has them.
    """
    known = Known(con, feed)
    present = {known.content(file.scan.sha256, file.landed_on) for file in files}
    by_path = {file.path: file for file in files}
    place = {"source": feed.entity.source, "entity": feed.entity.name}
    lines = con.execute(
        """select rowid, file, sha256, landed_on, bytes from quality.load_ledger
        where source = $source and entity = $entity and mapping <> $mapping and withdrawn_at is null""",
        place | {"mapping": feed.fingerprint},
    ).fetchall()
    begins = {
        path: _beginnings(file.scan.path, {size for _, other, *_, size in lines if other == path and size <= file.scan.size})
        for path, file in by_path.items()
    }
    gone = [
        line
        for line, path, sha256, landed_on, size in lines
        if known.content(sha256, landed_on) in present or begins.get(path, {}).get(size) == sha256
    ]
    taken = pa.table({"line": pa.array(gone, pa.int64())})
    insert_arrow(con, "create or replace temp table load_outdated as from load_slice", taken)
    con.execute("begin")
    try:
        _take_back(con, feed, place, batch, now)
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("drop table temp.load_outdated")


def _take_back(con: duckdb.DuckDBPyConnection, feed: Feed, place: dict[str, str], batch: int, now: datetime) -> None:
    """Rows, books and journal of the ledger's lines in load_outdated."""
    con.execute(
        f"""create or replace temp table load_withdrawn as
        select r.rowid as id, l.line, l.file, l.batch from {feed.entity.table} as r
        join (from ({line_spans(feed.entity)}) semi join load_outdated using (line)) as l
            on l.file = r._file and r._batch >= l.batch and r._batch < l.until
        anti join (from quality.replays where is_mended and source = $source and entity = $entity) as m
            on m.file = r._file and m.record = r._line and m.batch = r._batch""",
        place,
    )
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
        from quality.load_ledger as l semi join load_outdated as g on g.line = l.rowid
        where q.file = l.file and q.source = l.source and q.entity = l.entity and q.batch = l.batch and q.settled_at is null""",
        {"now": now, "why": READ_AGAIN},
    )
    con.execute(
        """delete from quality.landing_files as f using quality.load_ledger as l
        where l.rowid in (select line from load_outdated) and f.path = l.file and f.source = l.source and f.entity = l.entity"""
    )
    con.execute(
        """update quality.load_ledger set withdrawn_at = $now::timestamp, note = concat_ws('; ', note, $why)
        where rowid in (select line from load_outdated)""",
        {"now": now, "why": READ_AGAIN},
    )
    con.execute("drop table temp.load_withdrawn")


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
    """Rows that were read by other rules than today's and could not be read again, since their files are gone."""
    found = con.execute(
        f"""select coalesce(sum({IN_RAW}), 0)::bigint from quality.load_ledger
        where source = ? and entity = ? and mapping <> ?""",
        [feed.entity.source, feed.entity.name, feed.fingerprint],
    ).fetchone()
    return found[0] if found else 0


def renewed_files(con: duckdb.DuckDBPyConnection, feed: Feed) -> list[int]:
    """The numbers of those of load_files whose records may take the place of rows that tell the same version of the same thing:
    of what the file held before, or of readings by other rules than today's.
    """
    found = con.execute(
        f"""select fileno from load_files as f where exists (
            select 1 from quality.load_ledger as l where l.source = $source and l.entity = $entity
                and {IN_RAW} > 0 and (l.file = f.path or l.mapping <> $mapping))
        order by 1""",
        {"source": feed.entity.source, "entity": feed.entity.name, "mapping": feed.fingerprint},
    ).fetchall()
    return [number for (number,) in found]
