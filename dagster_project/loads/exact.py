"""The exact path: a text file record by record, with line numbers and raw text, so that one bad record costs one record.

Used for files the fast readers fail on or disagree about, and to find the lines of records that failed validation.
"""

from __future__ import annotations

import codecs
import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from dagster_project.loads import scan as scans
from dagster_project.loads.scan import BrokenFile, Scan, text_chunks

csv.field_size_limit(2 * scans.LINE_LIMIT)

RAW_KEPT = 10_000
"""Characters that are kept of an overlong record."""
BLANKS = " \t\n\r\v\f"
"""What makes up a blank line, as bytes.strip() of the independent count sees it; a no-break space is something."""


@dataclass(frozen=True)
class Record:
    """One record: its 1-based number and line, its text, and why it can't be used (None if it can be).

    `fields` are a CSV record's values; None where they were not asked for. `whole` tells whether the text is what stood in
    the file: of what is no text, is overlong or was cut off, it is as much as can be shown.
    """

    number: int
    line: int
    raw: str
    reason: str | None = None
    fields: list[str] | None = None
    whole: bool = True


@dataclass(frozen=True)
class _Line:
    number: int
    text: str
    reason: str | None = None


def exact_records(scan: Scan, delimiter: str = ",", width: int | None = None) -> Iterator[Record]:
    """Every record of a CSV or NDJSON file; nothing that stands in the file is left out.

    `width` is the number of columns a CSV record must have; without it, records are told apart but not taken apart. A CSV's
    first record is its header: it is handed out only if it is broken.
    """
    records = _csv_records(_lines(scan), delimiter, width) if scan.format == "csv" else _json_records(_lines(scan))
    number = 0
    for position, (line, text, reason, fields, whole) in enumerate(records):
        if position == 0 and scan.format == "csv" and reason is None:
            continue
        number += 1
        yield Record(number, line, text, reason, fields, whole)


def header_of(scan: Scan, delimiter: str) -> list[str]:
    """Column names of a CSV: the values of its first record, none if that is broken."""
    first = next(_csv_records(_lines(scan), delimiter, None), None)
    return first[3] or [] if first else []


def split_record(raw: str, delimiter: str, width: int) -> tuple[list[str] | None, str | None]:
    """(values, why they can't be used) of one CSV record, its text as it was handed out."""
    lines = (_Line(number, text) for number, text in enumerate(raw.split("\n"), 1))
    _, _, reason, fields, _ = next(_csv_records(lines, delimiter, None), (0, "", None, [], True))
    return fields, reason or shape_fault(fields, width)


_Parts = tuple[int, str, str | None, list[str] | None, bool]


def _json_records(lines: Iterator[_Line]) -> Iterator[_Parts]:
    for line in lines:
        if line.reason or line.text.strip(BLANKS):
            yield line.number, line.text.removesuffix("\r"), line.reason, None, line.reason is None


def _csv_records(lines: Iterator[_Line], delimiter: str, width: int | None) -> Iterator[_Parts]:
    """CSV records by RFC 4180. A record that is malformed gives up its first line alone; reading goes on at its second."""
    waiting: deque[_Line] = deque()
    source = _Peekable(lines, waiting)
    header = True
    for line in source:
        if line.reason is None and not line.text.strip(BLANKS):
            continue
        if line.reason is not None or '"' not in line.text:
            text = line.text.removesuffix("\r")
            fields = text.split(delimiter) if line.reason is None else None
            yield line.number, text, line.reason or shape_fault(fields, width, header), fields, line.reason is None
        else:
            taken = [line]
            fields, reason = _parse(source, taken, delimiter)
            if reason is not None:
                waiting.extendleft(reversed(taken[1:]))
                taken, fields = taken[:1], None
            text = "\n".join(part.text for part in taken).removesuffix("\r")
            yield line.number, text, reason or shape_fault(fields, width, header), fields, True
        header = False


def shape_fault(fields: list[str] | None, width: int | None, header: bool = False) -> str | None:
    """Why the values of a record can't be told apart: there are too many or too few of them."""
    if fields is None or width is None or header or len(fields) == width:
        return None
    return f"the record has {len(fields)} values where the header has {width} columns"


def _parse(source: _Peekable, taken: list[_Line], delimiter: str) -> tuple[list[str] | None, str | None]:
    """Parse the record that starts with `taken[0]`, adding to `taken` the lines it spans."""

    def texts() -> Iterator[str]:
        yield taken[0].text + "\n"
        size = len(taken[0].text)
        for line in source:
            taken.append(line)
            size += len(line.text) + 1
            if line.reason is not None or size > scans.LINE_LIMIT:
                return
            yield line.text + "\n"

    try:
        return next(csv.reader(texts(), delimiter=delimiter, strict=True)), None
    except csv.Error as error:
        closed = "unexpected end" not in str(error)
        return None, "the quotes are malformed" if closed else "a quote is opened and never closed"


class _Peekable:
    """Lines in order, those put back first."""

    def __init__(self, lines: Iterator[_Line], waiting: deque[_Line]):
        self._lines, self._waiting = lines, waiting

    def __iter__(self) -> _Peekable:
        return self

    def __next__(self) -> _Line:
        return self._waiting.popleft() if self._waiting else next(self._lines)


def _lines(scan: Scan) -> Iterator[_Line]:
    """Physical lines as text, without the LF; a CR before it may stand in quotes and be part of a value."""
    encoding = _encoding(scan)
    for number, (raw, length, broken) in enumerate(_raw_lines(scan), 1):
        if number == 1 and encoding != "cp1252":
            raw = raw.removeprefix(codecs.BOM_UTF8)
        try:
            text, reason = raw.decode(encoding), broken
        except UnicodeDecodeError:
            text, reason = raw.decode("utf-8", "backslashreplace"), broken or "the text is not valid UTF-8"
        if length > scans.LINE_LIMIT:
            reason = reason or f"the line has {length} bytes, more than the {scans.LINE_LIMIT} that are read"
            text = f"{text[:RAW_KEPT]} [cut: {length} bytes]"
        if "\0" in text:
            reason = reason or "the record holds a NUL byte"
            text = text.replace("\0", "\\x00")
        yield _Line(number, text, reason)


def _raw_lines(scan: Scan) -> Iterator[tuple[bytes, int, str | None]]:
    """(bytes, full length, fault) per physical line; of an overlong line only the start is held in memory."""
    head, length, broken = b"", 0, None
    try:
        for chunk in _plain_chunks(scan):
            *ended, rest = chunk.split(b"\n")
            for piece in ended:
                yield (head + piece if length <= scans.LINE_LIMIT else head), length + len(piece), None
                head, length = b"", 0
            length += len(rest)
            head = head + rest if length <= scans.LINE_LIMIT else (head + rest)[: 4 * RAW_KEPT]
    except BrokenFile as error:
        broken = f"{error}: what follows is lost"
    if length or broken:
        yield head, length, broken


def _plain_chunks(scan: Scan) -> Iterator[bytes]:
    """The file's text as bytes with LF line ends, UTF-16 turned into UTF-8."""
    chunks = text_chunks(scan.path)
    if scans.UTF16 in scan.trouble:
        chunks = scans.from_utf16(chunks)
    if scans.OLD_LINE_ENDS in scan.trouble:
        chunks = (chunk.replace(b"\r", b"\n") for chunk in chunks)
    return chunks


def _encoding(scan: Scan) -> str:
    """UTF-8, unless no line beyond ASCII is UTF-8: then the file comes from an older Windows or Latin-1 export.

    A file that mixes both is UTF-8 with faults.
    """
    if scans.NOT_UTF8 not in scan.trouble or scans.UTF16 in scan.trouble:
        return "utf-8"
    for raw, _, broken in _raw_lines(scan):
        if broken is None and not raw.isascii():
            try:
                raw.decode("utf-8")
                return "utf-8"
            except UnicodeDecodeError:
                pass
    return "cp1252"
