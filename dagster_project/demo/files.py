"""The files of the landing folder while they are written, with a count of everything in them that is not as it should be."""

from __future__ import annotations

import gzip
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.demo.text import as_lines, join

PARQUET = {"compression": "zstd", "compression_level": 1, "write_statistics": True}
_ROW_GROUP = 65_536
"""Rows that a month of events gathers before they are written."""


@dataclass
class Book:
    """What one landing file holds."""

    source: str
    entity: str
    rows: int = 0
    """Every record but the header, usable or not."""
    malformed: list[tuple[int, str]] = field(default_factory=list)
    """Line (header counted; for Parquet the record) and what is wrong with it."""
    duplicates: Counter = field(default_factory=Counter)
    """Kind of repetition → rows that say nothing new once the files before this one are loaded."""


class LinesFile:
    """A text file of one record a line, plain or gzipped without a time stamp in it."""

    def __init__(self, path: Path, book: Book, header: str | None):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.book, self._file = book, path.open("wb")
        self._out: BinaryIO | gzip.GzipFile = self._file
        if path.suffix == ".gz":
            self._out = gzip.GzipFile(filename="", mode="wb", fileobj=self._file, mtime=0, compresslevel=4)
        self._lines = 0
        if header is not None:
            self._out.write(header.encode() + b"\n")
            self._lines = 1

    def write(self, rows: pa.StringArray, repeated: dict[str, int] | None = None) -> None:
        self._out.write(as_lines(rows))
        self._lines += len(rows)
        self.book.rows += len(rows)
        self.book.duplicates.update(repeated or {})

    def spoil(self, line: str, reason: str) -> None:
        """Write one line that can't be used."""
        self._out.write(line.encode() + b"\n")
        self._lines += 1
        self.book.rows += 1
        self.book.malformed.append((self._lines, reason))

    def close(self) -> None:
        self._out.close()
        self._file.close()


class MonthFile:
    """A Parquet file of events that grows by row groups."""

    def __init__(self, path: Path, book: Book, schema: pa.Schema):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.book = book
        self._writer = pq.ParquetWriter(path, schema, use_dictionary=["type", "event", "name", "traits"], **PARQUET)
        self._waiting: list[pa.Table] = []
        self._rows = 0

    def write(self, table: pa.Table, repeated: dict[str, int] | None = None) -> None:
        self._waiting.append(table.combine_chunks())  # a copy: a slice would keep its whole shard in memory
        self._rows += len(table)
        self.book.rows += len(table)
        self.book.duplicates.update(repeated or {})
        if self._rows >= _ROW_GROUP:
            self._flush()

    def spoil(self, table: pa.Table, reason: str) -> None:
        first = self.book.rows + 1
        self.write(table)
        self.book.malformed += [(first + row, reason) for row in range(len(table))]

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting).combine_chunks(), row_group_size=2 * _ROW_GROUP)
        self._waiting, self._rows = [], 0

    def close(self) -> None:
        self._flush()
        self._writer.close()


class Landing:
    """All files of the landing folder, kept open until the last shard is written."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.books: dict[str, Book] = {}
        self._open: dict[str, LinesFile | MonthFile] = {}

    def lines(self, path: str, header: str | None = None) -> LinesFile:
        """The text file `<source>/<entity>/…`, made on first use."""
        if path not in self._open:
            self._open[path] = LinesFile(self.folder / path, self._book(path), header)
        return self._open[path]  # type: ignore[return-value]

    def month(self, path: str, schema: pa.Schema) -> MonthFile:
        """The Parquet file `<source>/<entity>/…`, made on first use."""
        if path not in self._open:
            self._open[path] = MonthFile(self.folder / path, self._book(path), schema)
        return self._open[path]  # type: ignore[return-value]

    def table(self, path: str, columns: dict[str, pa.Array | str], repeated: dict[str, int] | None = None) -> LinesFile:
        """Append rows to the CSV file; a column given as text is the same in every row."""
        file = self.lines(path, ",".join(columns))
        size = max(len(column) for column in columns.values() if not isinstance(column, str))
        if size:
            pieces = [
                pa.array([column] * size, pa.string()) if isinstance(column, str) else column for column in columns.values()
            ]
            file.write(join(*pieces, separator=","), repeated)
        return file

    def copy(self, path: str, to: str) -> None:
        """Send a finished file once more under another name."""
        book = self.books[path]
        content = (self.folder / path).read_bytes()
        target = self.folder / to
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        again = Book(
            book.source, book.entity, book.rows, list(book.malformed), Counter({"re-sent file": book.rows - len(book.malformed)})
        )
        self.books[to] = again

    def close(self) -> None:
        for file in self._open.values():
            file.close()
        self._open = {}

    def _book(self, path: str) -> Book:
        source, entity = path.split("/")[:2]
        return self.books.setdefault(path, Book(source, entity))


class TruthFiles:
    """Parquet tables of the truth folder, which grow shard by shard."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._writers: dict[str, pq.ParquetWriter] = {}
        self.rows: Counter = Counter()

    def write(self, name: str, columns: dict[str, pa.Array]) -> None:
        table = pa.table(columns)
        if name not in self._writers:
            self._writers[name] = pq.ParquetWriter(self.folder / f"{name}.parquet", table.schema, **PARQUET)
        self._writers[name].write_table(table)
        self.rows[name] += len(table)

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers = {}
