"""Rows pulled from an API or a database, written as files of the landing folder.

`<landing>/<source>/<entity>/pull/<time of the pull, UTC>.ndjson`, one object per row as the place gives it: nested values
stay nested, nothing is added, so a row pulled twice is the same row. The file appears whole or not at all, and the cursor
is committed after it: a crash between the two pulls rows again, which the load knows for duplicates; it loses none.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dagster_project.connectors.extract import Extraction, Row, extraction
from dagster_project.connectors.failures import pull_failure
from dagster_project.connectors.options import Pull
from dagster_project.connectors.store import write_whole
from dagster_project.errors import RelanceError
from dagster_project.private import owner_only, private_folder
from dagster_project.settings import Settings

FOLDER = "pull"
TOLD_EVERY = 1.0
"""Seconds between two lines of progress."""


@dataclass(frozen=True)
class Pulled:
    """What one pull brought. `file` is its path in the landing folder; None if nothing was new."""

    rows: int
    pages: int
    file: str | None


def pull_entity(settings: Settings, source: str, entity: str, progress: Callable[[str], None] | None = None) -> Pulled:
    """Pull what is new for one entity into the landing folder.

    Raises:
        RelanceError: the place can't be read. Nothing was written, and the next pull asks for the same again.
    """
    pull = settings.pulls[source, entity]
    label, where = f"{source}.{entity}", f"{settings.config_path}, sources.{source}.{entity}.pull"
    folder = settings.landing_path / source / entity / FOLDER
    state = settings.base / ".relance" / "pulls"
    try:
        private_folder(folder)
        for left in folder.glob(".*.part"):
            left.unlink()
        with extraction(pull, _name(source, entity, pull), state) as found:
            return _write(found, folder, state / f"{source}.{entity}.sha256", label, progress or (lambda _: None))
    except Exception as error:  # dlt, requests, SQLAlchemy and its drivers have exceptions of their own
        raise pull_failure(label, pull, where, error) from None


def _write(found: Extraction, folder: Path, seen: Path, label: str, progress: Callable[[str], None]) -> Pulled:
    target = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.ndjson"
    part = target.with_name(f".{target.name}.part")
    digest, rows, told = hashlib.sha256(), 0, time.monotonic()
    try:
        with open(part, "xb", opener=owner_only) as file:
            for row in found:
                line = _line(row)
                file.write(line)
                digest.update(line)
                rows += 1
                if time.monotonic() - told > TOLD_EVERY:
                    told = time.monotonic()
                    progress(_progress(label, rows, found.pages))
            file.flush()
            os.fsync(file.fileno())
        progress(_progress(label, rows, found.pages))
        # A whole table that has not changed since the last pull is no news.
        if not rows or (seen.is_file() and seen.read_text(encoding="utf-8") == digest.hexdigest()):
            return Pulled(rows, found.pages, None)
        part.replace(target)
        write_whole(seen, digest.hexdigest())
        return Pulled(rows, found.pages, "/".join(target.parts[-4:]))
    finally:
        part.unlink(missing_ok=True)


def _progress(label: str, rows: int, pages: int) -> str:
    return f"pull {label}: {rows:,} rows" + (f" from {pages:,} pages" if pages else "")


def _name(source: str, entity: str, pull: Pull) -> str:
    """What the cursor is kept under. Another place or another question starts afresh: an old cursor would hide old rows."""
    asked = pull.rest_api or pull.sql_database
    assert asked is not None
    secret = {"headers", "auth", "paginator"}
    told = asked.model_dump_json(exclude=secret) if pull.rest_api else _sql_identity(pull)
    return f"{source}_{entity}_{hashlib.sha256(told.encode()).hexdigest()[:10]}"


def _sql_identity(pull: Pull) -> str:
    """The database without who asks: a changed password is the same place."""
    from sqlalchemy import make_url

    sql = pull.sql_database
    assert sql is not None
    url = make_url(sql.url)
    place = url.set(username=None, password=None, drivername=url.get_backend_name()).render_as_string()
    return place + sql.model_dump_json(exclude={"url", "lag"})


def _line(row: Row) -> bytes:
    """
    Raises:
        RelanceError: what was selected are no rows.
    """
    if not isinstance(row, dict):
        how = "let it point at a list of objects"
        raise RelanceError(f"What `data_selector` finds are no rows but {type(row).__name__}", "data_selector", how)
    try:
        text = json.dumps(row, ensure_ascii=False, allow_nan=False, default=_text)
    except ValueError:
        text = json.dumps(_finite(row), ensure_ascii=False, default=_text)
    # Half of a surrogate pair (an emoji cut in two) is no character: replaced, or the whole row would be refused for it.
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode() + b"\n"


def _text(value: Any) -> Any:
    """A database's value as text that the load's casts read again: exact decimals, ISO times."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return b64encode(bytes(value)).decode()
    if isinstance(value, Iterable):
        return list(value)
    return str(value)


def _finite(value: Any) -> Any:
    """JSON knows neither NaN nor infinity: NULL, as in a column that has no number."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, (list, tuple)) else value
