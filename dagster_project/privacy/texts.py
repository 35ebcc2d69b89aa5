"""Text files of records (CSV, JSON lines) written again without some of their records: the others stay byte for byte."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from dagster_project.activation.files import fsync_folder
from dagster_project.private import owner_only

DELIMITERS = (",", ";", "\t", "|")


def records(path: Path, encoding: str = "utf-8") -> Iterator[str]:
    """The records of a file with their line ends; a quoted field may hold line ends."""
    pending = ""
    with path.open(encoding=encoding, newline="", errors="surrogateescape") as file:
        for line in file:
            pending += line
            if pending.count('"') % 2 == 0:
                yield pending
                pending = ""
    if pending:
        yield pending


def lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="", errors="surrogateescape") as file:
        yield from file


def cells(record: str, delimiter: str) -> list[str]:
    return next(csv.reader([record.rstrip("\r\n")], delimiter=delimiter), [])


def rewrite(path: Path, read: Iterator[str], keeps: Callable[[int, str], bool]) -> int:
    """Write a file again with the records (counted from 0) that are to be kept, whole or not at all; returns how many went.

    A file that loses nothing is left alone; one that is written again can be read by its owner only, and keeps its time.
    """
    temporary = path.with_name(f".{path.name}.rewritten")
    gone = 0
    try:
        with open(temporary, "w", encoding="utf-8", newline="", errors="surrogateescape", opener=owner_only) as file:
            for number, record in enumerate(read):
                if keeps(number, record):
                    file.write(record)
                else:
                    gone += 1
            file.flush()
            os.fsync(file.fileno())
        if not gone:
            return 0
        stat = path.stat()
        os.utime(temporary, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        os.replace(temporary, path)
        fsync_folder(path.parent)
        return gone
    finally:
        temporary.unlink(missing_ok=True)
