"""Part a shop's landing folder in two: what had arrived by some moment, and the newest events, which arrive later.

The moment is chosen so that a given share of the events is held back. Everything that happened since (orders, contacts, e-mail
events, …) is held back with them, as it would be in a shop, in files of their own dated one day later. Rows without a
readable time stay where they were. Files that lose no row are the same files (hard links).
"""

from __future__ import annotations

import csv
import gzip
import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO

import duckdb

from dagster_project.errors import RelanceError

EVENTS = "segment/events"
LEARNT_AT = {
    "generic/orders": "updated_at",
    "generic/contacts": "updated_at",
    "generic/leads": "created_at",
    "generic/email_events": "occurred_at",
    "generic/consents": "occurred_at",
    "generic/events": "timestamp",
    "generic/referrals": "created_at",
    "generic/reviews": "created_at",
    "generic/social_interactions": "occurred_at",
    "generic/surveys": "answered_at",
    "generic/subscriptions": "started_at",
}
"""Entity of CSV files → the column that says when the shop came to know a row."""
ORDERS, ORDER_LINES = "generic/orders", "generic/order_lines"

Belongs = Callable[[bytes], bool]


@dataclass
class Split:
    """What was parted. `moment` is naive UTC, a full minute."""

    moment: datetime
    held_events: int = 0
    orders: set[bytes] = field(default_factory=set)


def split_landing(landing: Path, base: Path, increment: Path, share: float) -> Split:
    """Write the landing trees `base` and `increment`, which must not exist yet.

    Args:
        share: part of the events to hold back; must lie within the newest days, which are landed as NDJSON.

    Raises:
        RelanceError: the newest days hold fewer events than that.
    """
    return split_at(landing, base, increment, _moment(landing, share))


def split_at(landing: Path, base: Path, increment: Path, moment: datetime) -> Split:
    """Write the landing trees `base`, what had arrived by `moment` (naive UTC), and `increment`, what came later."""
    split = Split(moment)
    arrival = split.moment.date() + timedelta(days=1)
    entities = sorted(
        (path for path in landing.glob("*/*") if path.is_dir()),
        key=lambda path: (path.relative_to(landing).as_posix() == ORDER_LINES, path),  # lines follow their orders
    )
    for folder in entities:
        entity = folder.relative_to(landing).as_posix()
        for path in sorted(file for file in folder.rglob("*") if file.is_file()):
            target = base / path.relative_to(landing)
            target.parent.mkdir(parents=True, exist_ok=True)
            held_path = increment / entity / f"dt={arrival}" / path.name
            if path.suffix == ".parquet":
                is_parted = entity == EVENTS and _part_parquet(path, split, target, held_path)
            else:
                is_parted = _may_hold_news(path, split.moment.date()) and _part(path, entity, split, target, held_path)
            if not is_parted:
                os.link(path, target)
    return split


def merge(into: Path, tree: Path) -> None:
    """Drop the files of a landing tree into another one (as hard links)."""
    shutil.copytree(tree, into, copy_function=os.link, dirs_exist_ok=True)


def _moment(landing: Path, share: float) -> datetime:
    months = f"read_parquet('{landing}/{EVENTS}/*/*.parquet', hive_partitioning = false)"
    days = (
        f"read_json('{landing}/{EVENTS}/*/*.ndjson.gz', format = 'newline_delimited', ignore_errors = true, "
        "columns = {receivedAt: 'TIMESTAMP'}, hive_partitioning = false)"
    )
    with duckdb.connect() as con:
        old, new = (con.execute(f"select count(*) from {files}").fetchone() for files in (months, days))
        held = round(share * (sum(row[0] for row in (old, new) if row)))
        row = con.execute(f'select "receivedAt" from {days} order by 1 desc nulls last limit 1 offset {held}').fetchone()
    if row is None or row[0] is None:
        raise RelanceError(f"The newest days hold fewer than {held} events", str(landing), "hold back a smaller share")
    return row[0].replace(second=0, microsecond=0)


def _may_hold_news(path: Path, day: date) -> bool:
    """Only files that were landed on or after the day of the split."""
    return path.parent.name.removeprefix("dt=") >= day.isoformat()


def _part_parquet(path: Path, split: Split, target: Path, held_path: Path) -> bool:
    """The same for a file of events; False, and nothing written, if none is held back."""
    is_news = f"""coalesce("receivedAt" >= timestamptz '{split.moment}+00', false)"""
    with duckdb.connect() as con:
        rows = con.from_parquet(str(path), hive_partitioning=False)
        news, found = rows.filter(is_news), rows.aggregate(f"count(*) filter ({is_news})").fetchone()
        held = found[0] if found else 0
        if not held:
            return False
        held_path.parent.mkdir(parents=True, exist_ok=True)
        news.write_parquet(str(held_path))
        rows.filter(f"not {is_news}").write_parquet(str(target))
    split.held_events += held
    return True


def _part(path: Path, entity: str, split: Split, target: Path, held_path: Path) -> bool:
    """Write the rows of a file to where they belong; False, and nothing written, if none is held back."""
    belongs, has_header = _rule(path, entity, split)
    if belongs is None:
        return False
    held = 0
    with ExitStack() as files:
        lines = files.enter_context(_opened(path))
        kept_file = files.enter_context(_opened(target, "wb"))
        held_file = None
        header = next(lines, b"") if has_header else b""
        kept_file.write(header)
        for line in lines:
            if not belongs(line):
                kept_file.write(line)
                continue
            if held_file is None:
                known = held_path.exists()
                held_path.parent.mkdir(parents=True, exist_ok=True)
                held_file = files.enter_context(_opened(held_path, "ab"))
                held_file.write(b"" if known else header)
            held_file.write(line)
            held += 1
    if not held:
        target.unlink()
        return False
    split.held_events += held if entity == EVENTS else 0
    return True


def _rule(path: Path, entity: str, split: Split) -> tuple[Belongs | None, bool]:
    """Which lines are held back, and whether the first line is a header."""
    if entity == EVENTS:
        moment = split.moment.isoformat().encode()
        return lambda line: _json_text(line, b'"receivedAt":"') >= moment, False
    if entity not in LEARNT_AT and entity != ORDER_LINES:
        return None, True
    with _opened(path) as lines:
        header = next(csv.reader([next(lines, b"").decode()]), [])
    if entity == ORDER_LINES:
        place = header.index("order_id")
        return lambda line: _cell(line, place).encode() in split.orders, True
    place, moment_text = header.index(LEARNT_AT[entity]), split.moment.isoformat(sep=" ")
    order = header.index("order_id") if entity == ORDERS else None

    def is_news(line: bytes) -> bool:
        news = _cell(line, place)[:19].replace("T", " ") >= moment_text
        if news and order is not None:
            split.orders.add(_cell(line, order).encode())
        return news

    return is_news, True


def _json_text(line: bytes, key: bytes) -> bytes:
    """The text after a key in a line of JSON; nothing if there is none."""
    start = line.find(key)
    return line[start + len(key) : line.find(b'"', start + len(key))] if start >= 0 else b""


def _cell(line: bytes, place: int) -> str:
    """One cell of a CSV line; nothing if the line is cut off."""
    row = next(csv.reader([line.decode("utf-8", "replace").replace("\0", "")]), [])
    return row[place] if place < len(row) else ""


def _opened(path: Path, mode: str = "rb") -> IO[bytes]:
    """A plain or gzipped file."""
    return gzip.open(path, mode, compresslevel=4) if path.suffix == ".gz" else path.open(mode)  # type: ignore[return-value]
