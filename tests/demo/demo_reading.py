"""The landed files of a demo, read back with no help from the generator: as a company's own script would read them."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path

import phonenumbers
import pyarrow.parquet as pq

Row = dict[str, str]


def csv_rows(landing: Path, entity: str) -> Iterator[Row]:
    """Usable-looking rows of a CSV entity (right number of columns), each file once."""
    seen = set()
    for path in sorted((landing / entity).rglob("*.csv*")):
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        if content in seen:
            continue
        seen.add(content)
        rows = csv.reader(io.StringIO(content.decode()))
        header = next(rows)
        yield from (dict(zip(header, row, strict=True)) for row in rows if len(row) == len(header))


@cache
def events(landing: Path) -> dict[str, dict]:
    """Usable events by message id, JSON columns parsed, times in milliseconds. Kept: nobody may change the rows."""
    found: dict[str, dict] = {}
    for path in sorted((landing / "segment" / "events").rglob("*.parquet")):
        for row in pq.read_table(path).to_pylist():
            row["properties"], row["context"], row["traits"] = (
                json.loads(row[key] or "null") for key in ("properties", "context", "traits")
            )
            _keep(found, row)
    for path in sorted((landing / "segment" / "events").rglob("*.ndjson.gz")):
        for line in gzip.decompress(path.read_bytes()).splitlines():
            try:
                row = json.loads(line)
                for key in ("timestamp", "receivedAt"):
                    row[key] = datetime.fromisoformat(row[key])
            except (ValueError, KeyError):
                continue
            _keep(found, row)
    return found


def _keep(found: dict[str, dict], row: dict) -> None:
    if row.get("messageId") and row.get("timestamp") and (row.get("event") or row.get("type") != "track"):
        row["at"] = round(row["timestamp"].timestamp() * 1000)
        found.setdefault(row["messageId"], row)


def clean_email(raw: str | None) -> str | None:
    text = (raw or "").strip().lower()
    local, at, domain = text.partition("@")
    return text if at and local and "." in domain else None


def clean_phone(raw: str | None, country: str | None = None) -> str | None:
    """E.164, or nothing for what is no valid number; a number in national notation is read in that country, else in France."""
    region = country if country and len(country) == 2 else "FR"
    try:
        number = phonenumbers.parse(raw or "", region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder and its content."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
