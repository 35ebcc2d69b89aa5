"""Files on disk: private, flushed, split where the platform caps them."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import duckdb

from dagster_project.activation.specs import Destination, FileColumn, Operation
from dagster_project.loads.casts import literal

CHUNK = 1 << 20


@dataclass(frozen=True)
class WrittenFile:
    name: str
    operation: str
    """full, add or remove"""
    part: int
    rows: int
    bytes: int
    sha256: str


def make_private_folder(path: Path) -> None:
    """Create a folder, and those above it that are missing, for the owner alone."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
        fsync_folder(folder.parent)


def fsync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def fsync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_private(path: Path, content: bytes) -> None:
    """Write a small file for the owner alone and flush it."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_private(path: Path, content: bytes) -> None:
    """Replace a small file so that readers see the old or the new content, never a part."""
    temporary = path.with_name(f".{path.name}.tmp")
    write_private(temporary, content)
    os.replace(temporary, path)
    fsync_folder(path.parent)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def lay_out(con: duckdb.DuckDBPyConnection, query: str, columns: list[FileColumn], destination: Destination, into: str) -> int:
    """Make the temporary view `into`: match_keys_sha256, part (1, 2, …: which file) and the cells.

    Args:
        query: SQL that gives match_keys_sha256 and the cells.

    Returns:
        How many parts the platform's caps make of it.
    """
    limits = destination.limits
    cells = ", ".join(f'"{column.id}"' for column in columns)
    fixed = [column.column for column in destination.with_fixed([])]
    width = sum(max(len(column.fixed_in(each).encode()) for each in get_args(Operation)) + 3 for column in fixed)
    # At worst every byte is a doubled quote; two quotes and a delimiter come with each cell.
    widths = [f'2 * coalesce(octet_length(encode("{column.id}")), 0) + 3' for column in columns]
    size = " + ".join([*widths, str(width)]) if limits.max_bytes else "0"
    total = con.execute(f"select count(*), coalesce(sum({size}), 0), coalesce(max({size}), 0) from ({query})").fetchone()
    rows, whole, widest = total or (0, 0, 0)
    header = 4 * sum(len(column.header.encode()) + 3 for column in destination.with_fixed(columns))
    by_rows = limits.max_rows is not None and rows > limits.max_rows
    by_bytes = limits.max_bytes is not None and whole + header > limits.max_bytes
    if not (by_rows or by_bytes):
        con.execute(f"create or replace temp view {into} as select match_keys_sha256, 1 as part, {cells} from ({query})")
        return 1
    number = "row_number() over (order by match_keys_sha256) - 1"
    row_part = f"({number}) // {limits.max_rows}" if by_rows else "0"
    room = max((limits.max_bytes or 0) - header - int(widest), 1)
    byte_part = f"(sum({size}) over (order by match_keys_sha256 rows unbounded preceding)) // {room}" if by_bytes else "0"
    con.execute(
        f"""create or replace temp table {into}_parts as
            select match_keys_sha256, dense_rank() over (order by row_part, byte_part) as part, {cells}
            from (select *, {row_part} as row_part, {byte_part} as byte_part from ({query}))"""
    )
    con.execute(f"create or replace temp view {into} as select * from {into}_parts")
    last = con.execute(f"select max(part) from {into}").fetchone()
    return int(last[0]) if last else 1


def write_files(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    view: str,
    parts: int,
    operation: Operation,
    columns: list[FileColumn],
    destination: Destination,
) -> list[WrittenFile]:
    """Write what `lay_out` prepared: `add.csv`, or `add-001.csv`, `add-002.csv` … Byte-equal for equal rows."""
    columns = destination.with_fixed(columns)
    cells = ", ".join(
        f'"{column.id}"' if column.column.fixed is None else literal(column.column.fixed_in(operation)) for column in columns
    )
    delimiter = destination.file.delimiter
    written = []
    for part in range(1, parts + 1):
        name = f"{operation}.csv" if parts == 1 else f"{operation}-{part:03d}.csv"
        body = folder / f".{name}.body"
        # DuckDB renames repeated headers (Email, Email_1), so the header is written apart.
        done = con.execute(
            f"""copy (select {cells} from {view} where part = {part} order by match_keys_sha256) to {literal(str(body))}
                (format csv, header false, delimiter {literal(delimiter)}, quote '"', escape '"')"""
        ).fetchone()
        header = io.StringIO()
        if destination.file.header:
            csv.writer(header, delimiter=delimiter, lineterminator=destination.file.line_end).writerow(
                [c.header for c in columns]
            )
        size, digest = _join(folder / name, header.getvalue().encode(destination.file.encoding), body)
        body.unlink()
        written.append(WrittenFile(name, operation, part, int(done[0]) if done else 0, size, digest))
    return written


def _join(path: Path, header: bytes, body: Path) -> tuple[int, str]:
    """Header and body in one private, flushed file; returns its size and SHA-256."""
    digest = hashlib.sha256(header)
    size = len(header)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target, body.open("rb") as source:
        target.write(header)
        while chunk := source.read(CHUNK):
            target.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        target.flush()
        os.fsync(target.fileno())
    return size, digest.hexdigest()
