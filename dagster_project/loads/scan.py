"""What a file is before anyone loads it: its hash, how many records it holds, and what is wrong with it.

The count comes from the bytes alone, never from the reader that loads the file, so the two check each other. Anything the
fast readers can't be trusted with (encodings, NUL bytes, overlong lines, broken gzip, odd quotes) is noted as trouble and
sends the file down the exact path.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CHUNK = 1 << 20
LINE_LIMIT = 4 << 20
"""Longest line or quoted record in bytes that is loaded; a longer one is quarantined."""

FORMATS = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".ndjson": "ndjson",
    ".ndjson.gz": "ndjson",
    ".jsonl": "ndjson",
    ".jsonl.gz": "ndjson",
    ".parquet": "parquet",
}
"""File name ending (lower case) → format."""

LF, QUOTE = 10, 34
UTF16 = "UTF-16"
NOT_UTF8 = "not UTF-8"
PATTERN_NAME = "its name reads as a pattern"
OLD_LINE_ENDS = "lines end in CR alone"


class BrokenFile(Exception):
    """The file's bytes stop making sense; what came before was handed out."""


@dataclass(frozen=True)
class Scan:
    """One file as it is on disk.

    `records` counts data records: lines that are not blank (a line end in quotes does not end a CSV record), without the
    header; for Parquet the rows its footer tells. `shape` tells files apart that can't be read together: a CSV's first
    line, a Parquet's schema. `trouble` says why the fast readers must not be trusted.
    """

    path: Path
    format: str
    size: int
    mtime_ns: int
    sha256: str
    records: int
    shape: str = ""
    trouble: frozenset[str] = frozenset()


def format_of(name: str) -> str | None:
    """`orders.CSV.gz` → `csv`; None for an ending that no reader takes."""
    name = name.lower()
    return next((kind for ending, kind in FORMATS.items() if name.endswith(ending)), None)


def scan_file(path: Path) -> Scan:
    """Hash a file and count its records in one pass.

    Raises:
        OSError: the file can't be opened or read.
    """
    kind = format_of(path.name) or ""
    stat = os.stat(path)
    digest = hashlib.sha256()
    # DuckDB has no way to say that a path is to be taken literally.
    trouble = {PATTERN_NAME} if any(mark in str(path) for mark in "*?[{") else set()
    if kind == "parquet":
        with open(path, "rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
        known = path, kind, stat.st_size, stat.st_mtime_ns, digest.hexdigest()
        try:
            with pq.ParquetFile(path) as footer:
                shape = str(footer.schema_arrow.remove_metadata())
                return Scan(*known, footer.metadata.num_rows, shape, frozenset(trouble))
        except (pa.ArrowException, OSError, ValueError):
            return Scan(*known, 0, trouble=frozenset({"not a Parquet file"}))
    count = _Count(quotes=kind == "csv", trouble=trouble)
    try:
        for block in _whole_lines(text_chunks(path, digest.update), trouble):
            count.feed(block)
    except BrokenFile as error:
        trouble.add(str(error))
    count.finish()
    records = count.records - (1 if kind == "csv" and count.records else 0)
    shape = count.header if kind == "csv" else ""
    return Scan(path, kind, stat.st_size, stat.st_mtime_ns, digest.hexdigest(), records, shape, frozenset(trouble))


def text_chunks(path: Path, on_raw: Callable[[bytes], object] = lambda _: None) -> Iterator[bytes]:
    """The (unpacked) bytes of a text file; `on_raw` sees every byte as it lies on disk, even those after a break.

    Raises:
        BrokenFile: at the end, if a gzip is none, ends early or fails its checksum.
    """
    with open(path, "rb") as file:
        raw = iter(lambda: file.read(CHUNK), b"")
        if not path.name.lower().endswith(".gz"):
            for chunk in raw:
                on_raw(chunk)
                yield chunk
            return
        reason = yield from _unzip(raw, on_raw)
        for chunk in raw:
            on_raw(chunk)
        if reason:
            raise BrokenFile(reason)


def _unzip(raw: Iterator[bytes], on_raw: Callable[[bytes], object]) -> Iterator[bytes]:
    """Unpack gzip members one after the other; returns what is wrong with them, or None."""
    member = None
    started = False
    for chunk in raw:
        on_raw(chunk)
        while chunk:
            if member is None:
                chunk = chunk.lstrip(b"\0") if started else chunk
                if not chunk:
                    break
                if chunk[:1] != b"\x1f":
                    return "bytes after the end of the gzip" if started else "not a gzip file"
                member, started = zlib.decompressobj(wbits=31), True
            before = member.copy()
            try:
                unpacked = member.decompress(chunk, 4 * CHUNK)
            except zlib.error:
                # A failing call gives nothing back: the same bytes again, one by one, rescue what lies before the fault.
                yield from _bites(before, chunk)
                return "the gzip is damaged"
            if unpacked:
                yield unpacked
            if member.eof:
                chunk, member = member.unused_data, None
            else:
                chunk = member.unconsumed_tail
    return "the gzip ends early" if member is not None else None


def _bites(member: zlib._Decompress, chunk: bytes) -> Iterator[bytes]:
    try:
        for start in range(len(chunk)):
            unpacked = member.decompress(chunk[start : start + 1])
            if unpacked:
                yield unpacked
    except zlib.error:
        return


def _whole_lines(chunks: Iterator[bytes], trouble: set[str]) -> Iterator[bytes]:
    """Blocks that end with a line end, but for the last; a line over the limit is noted and handed out in pieces."""
    carry = b""
    for chunk in chunks:
        end = chunk.rfind(b"\n") + 1
        if not end:
            carry += chunk
            if len(carry) > LINE_LIMIT:
                trouble.add("a line over the limit")
                yield carry
                carry = b""
            continue
        first = chunk.find(b"\n")
        if len(carry) + first > LINE_LIMIT:
            trouble.add("a line over the limit")
        yield carry + chunk[:end]
        carry = chunk[end:]
    if len(carry) > LINE_LIMIT:
        trouble.add("a line over the limit")
    if carry:
        yield carry


class _Count:
    """Counts records in blocks of whole lines.

    A line end counts where the number of quote marks before it is even (a doubled mark leaves that as it is) and the line
    it ends is not blank.
    """

    def __init__(self, quotes: bool, trouble: set[str]):
        self.quotes = quotes
        self.trouble = trouble
        self.records = 0
        self.header = ""
        self._inside = False
        self._unfinished = False
        self._first = True
        self._line_feeds = False
        self._returns = False

    def feed(self, block: bytes) -> None:
        if self._first:
            self._start(block)
        if b"\0" in block:
            self.trouble.add("NUL bytes")
        if not block.isascii():
            try:
                block.decode("utf-8")
            except UnicodeDecodeError:
                self.trouble.add(NOT_UTF8)
        self._returns = self._returns or b"\r" in block
        codes = np.frombuffer(block, np.uint8)
        ends = np.flatnonzero(codes == LF)
        self._line_feeds = self._line_feeds or len(ends) > 0
        if self.quotes and b'"' in block:
            marks = np.flatnonzero(codes == QUOTE)
            ends = ends[(np.searchsorted(marks, ends) & 1) == int(self._inside)]
            self._inside ^= bool(len(marks) & 1)
        elif self._inside:
            return
        self._records(block, codes, ends)

    def _start(self, block: bytes) -> None:
        self._first = False
        self.header = block.split(b"\n", 1)[0].decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r")
        if block.startswith((b"\xff\xfe", b"\xfe\xff")):
            self.trouble.add(UTF16)
        elif block.startswith(b"\xef\xbb\xbf") and not self.quotes:
            self.trouble.add("byte order mark")
        if self.quotes and (self.header.count('"') % 2 or not self.header.strip()):
            self.trouble.add("no plain header")

    def _records(self, block: bytes, codes: np.ndarray, ends: np.ndarray) -> None:
        starts = np.concatenate(([0], ends + 1))
        # Only a record whose first character is blank can be blank as a whole; these few are looked at one by one.
        suspects = np.flatnonzero(codes[starts[:-1]] <= 32) if len(ends) else ends
        blank = sum(1 for i in suspects if not block[starts[i] : ends[i]].strip() and not (i == 0 and self._unfinished))
        self.records += len(ends) - blank
        rest = block[starts[-1] :].strip() != b""
        self._unfinished = rest or (self._unfinished and not len(ends))

    def finish(self) -> None:
        """The last record may lack its line end."""
        if self._unfinished:
            self.records += 1
        if self._inside:
            self.trouble.add("a quote is not closed")
        if self._returns and not self._line_feeds:
            self.trouble.add(OLD_LINE_ENDS)
