"""What a file is before anyone loads it: its hash, how many records it holds, and what is wrong with it.

The count comes from the bytes alone, never from the reader that loads the file, so the two check each other. Anything the
fast readers can't be trusted with (encodings, NUL bytes, overlong lines, broken gzip, odd quotes) is noted as trouble and
sends the file down the exact path.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
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
NO_GZIP, CUT_GZIP, BAD_GZIP, GZIP_AND_MORE = (
    "not a gzip file", "the gzip ends early", "the gzip is damaged", "bytes after the end of the gzip",
)  # fmt: skip
NO_PARQUET = "not a Parquet file"
BROKEN = frozenset({NO_GZIP, CUT_GZIP, BAD_GZIP, GZIP_AND_MORE, NO_PARQUET})
"""Troubles that mean that a part of the file is lost, not only hard to read."""


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

    @property
    def broken(self) -> str | None:
        """Why the file can't be whole; None if nothing tells that."""
        return next(iter(sorted(self.trouble & BROKEN)), None)


def format_of(name: str) -> str | None:
    """`orders.CSV.gz` → `csv`; None for an ending that no reader takes."""
    name = name.lower()
    return next((kind for ending, kind in FORMATS.items() if name.endswith(ending)), None)


class _Digest:
    """SHA-256 of what is fed to it, worked out on another core while the bytes are counted on this one."""

    def __init__(self, on_bytes: Callable[[int], object]):
        self._sha256 = hashlib.sha256()
        self._on_bytes = on_bytes
        self._pool = ThreadPoolExecutor(1)
        self._waiting: Future | None = None

    def feed(self, chunk: bytes) -> None:
        last, self._waiting = self._waiting, self._pool.submit(self._sha256.update, chunk)
        if last:
            last.result()
        self._on_bytes(len(chunk))

    def close(self) -> str:
        self._pool.shutdown()
        return self._sha256.hexdigest()


def scan_file(path: Path, on_bytes: Callable[[int], object] = lambda _: None) -> Scan:
    """Hash a file and count its records in one pass; `on_bytes` is told how many bytes have been gone through.

    Raises:
        OSError: the file can't be opened or read.
    """
    kind = format_of(path.name) or ""
    stat = os.stat(path)
    digest = _Digest(on_bytes)
    # DuckDB has no way to say that a path is to be taken literally.
    trouble = {PATTERN_NAME} if any(mark in str(path) for mark in "*?[{") else set()
    if kind == "parquet":
        with open(path, "rb") as file:
            while chunk := file.read(CHUNK):
                digest.feed(chunk)
        known = path, kind, stat.st_size, stat.st_mtime_ns, digest.close()
        try:
            with pq.ParquetFile(path) as footer:
                shape = str(footer.schema_arrow.remove_metadata())
                return Scan(*known, footer.metadata.num_rows, shape, frozenset(trouble))
        except (pa.ArrowException, OSError, ValueError):
            return Scan(*known, 0, trouble=frozenset({NO_PARQUET}))
    count = _Count(quotes=kind == "csv", trouble=trouble)
    try:
        for block in whole_lines(_as_utf8(text_chunks(path, digest.feed), trouble), trouble):
            count.feed(block)
    except BrokenFile as error:
        trouble.add(str(error))
    count.finish()
    records = count.records - (1 if kind == "csv" and count.records else 0)
    shape = count.header if kind == "csv" else ""
    return Scan(path, kind, stat.st_size, stat.st_mtime_ns, digest.close(), records, shape, frozenset(trouble))


def scan_start(path: Path) -> Scan:
    """What the first megabyte of a text file tells of it: enough to read its first records; nothing is counted.

    Raises:
        OSError: the file can't be opened or read.
    """
    kind = format_of(path.name) or ""
    trouble: set[str] = set()
    count = _Count(quotes=kind == "csv", trouble=trouble)
    try:
        count.feed(next(whole_lines(_as_utf8(text_chunks(path), trouble), set()), b""))
    except BrokenFile as error:
        trouble.add(str(error))
    count.finish()
    stat = os.stat(path)
    return Scan(path, kind, stat.st_size, stat.st_mtime_ns, "", 0, count.header, frozenset(trouble))


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
                    return GZIP_AND_MORE if started else NO_GZIP
                member, started = zlib.decompressobj(wbits=31), True
            before = member.copy()
            try:
                unpacked = member.decompress(chunk, 4 * CHUNK)
            except zlib.error:
                # A failing call gives nothing back: the same bytes again, one by one, rescue what lies before the fault.
                yield from _bites(before, chunk)
                return BAD_GZIP
            if unpacked:
                yield unpacked
            if member.eof:
                chunk, member = member.unused_data, None
            else:
                chunk = member.unconsumed_tail
    return CUT_GZIP if member is not None else None


def from_utf16(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """UTF-16 text as UTF-8; what is no text is spelt out."""
    decoder = codecs.getincrementaldecoder("utf-16")("backslashreplace")
    return (decoder.decode(chunk).encode("utf-8", "backslashreplace") for chunk in chunks)


def _as_utf8(chunks: Iterator[bytes], trouble: set[str]) -> Iterator[bytes]:
    """Chunks with one byte per line end, whatever the encoding: in UTF-16, the byte of a line feed may be half of a letter."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= len(codecs.BOM_UTF16_LE):
            break
    chunks = chain([head], chunks)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        trouble.add(UTF16)
        return from_utf16(chunks)
    return chunks


def _bites(member: zlib._Decompress, chunk: bytes) -> Iterator[bytes]:
    try:
        for start in range(len(chunk)):
            unpacked = member.decompress(chunk[start : start + 1])
            if unpacked:
                yield unpacked
    except zlib.error:
        return


def whole_lines(chunks: Iterator[bytes], trouble: set[str]) -> Iterator[bytes]:
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


def places(block: bytes, code: int) -> np.ndarray:
    """Where a byte occurs, in order. Eight bytes are looked at together: what is sought is rare."""
    codes = np.frombuffer(block, np.uint8)
    whole = len(block) // 8 * 8
    hits = (codes[:whole] == code).reshape(-1, 8)
    rows = np.flatnonzero(hits.view(np.uint64))
    row, column = np.nonzero(hits[rows])
    return np.concatenate((rows[row] * 8 + column, whole + np.flatnonzero(codes[whole:] == code)))


def blanks(block: bytes, bounds: np.ndarray) -> list[int]:
    """Which of the stretches between these bounds are blank.

    Only one whose first character is blank can be blank as a whole; these few are looked at one by one.
    """
    suspects = np.flatnonzero(np.frombuffer(block, np.uint8)[bounds[:-1]] <= 32)
    return [int(i) for i in suspects if not block[bounds[i] : bounds[i + 1]].strip()]


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
        ends = places(block, LF)
        self._line_feeds = self._line_feeds or len(ends) > 0
        if self.quotes and b'"' in block:
            marks = places(block, QUOTE)
            ends = ends[(np.searchsorted(marks, ends) & 1) == int(self._inside)]
            self._inside ^= bool(len(marks) & 1)
        elif self._inside:
            return
        self._records(block, ends)

    def _start(self, block: bytes) -> None:
        self._first = False
        self.header = block.split(b"\n", 1)[0].decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r")
        if block.startswith(codecs.BOM_UTF8) and not self.quotes:
            self.trouble.add("byte order mark")
        if self.quotes and (self.header.count('"') % 2 or not self.header.strip()):
            self.trouble.add("no plain header")

    def _records(self, block: bytes, ends: np.ndarray) -> None:
        bounds = np.concatenate(([0], ends + 1))
        blank = sum(1 for i in blanks(block, bounds) if not (i == 0 and self._unfinished))
        self.records += len(ends) - blank
        rest = block[bounds[-1] :].strip() != b""
        self._unfinished = rest or (self._unfinished and not len(ends))

    def finish(self) -> None:
        """The last record may lack its line end."""
        if self._unfinished:
            self.records += 1
        if self._inside:
            self.trouble.add("a quote is not closed")
        if self._returns and not self._line_feeds:
            self.trouble.add(OLD_LINE_ENDS)
