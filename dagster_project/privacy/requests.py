"""The requests to erase somebody: those under way, and those that were done (privacy.requests).

A request under way stands in a private file from before the first change until its certificate is written, so that a command that
was killed goes on where it stopped and its certificate tells of all that was done.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.activation.files import make_private_folder, replace_private
from dagster_project.privacy.salt import digest, privacy_folder
from dagster_project.settings import Settings

_TABLE = """
create schema if not exists privacy;
create table if not exists privacy.requests (
    request_id varchar, kind varchar, requested_at timestamp, erased_at timestamp, purged_at timestamp, told varchar);
"""


Asked = Sequence[tuple[str, str]]
"""(identifier_type, identifier as it is compared) of the people who are erased by one request."""


@dataclass
class Request:
    """kind: request (somebody asked at the terminal), landed (a row of an `erasures` table) or retention. `told` is what has been
    done so far, in the words of the certificate; nothing in here names anybody.
    """

    request_id: str
    kind: str
    requested_at: datetime
    told: dict[str, Any] = field(default_factory=dict)


def _pending_file(settings: Settings, salt: str, asked: Asked) -> Path:
    told = "\x1f".join(f"{kind}\x1f{value}" for kind, value in sorted(asked))
    return privacy_folder(settings) / "pending" / f"{digest(salt, 'request', told)[:32]}.json"


def open_request(settings: Settings, salt: str, asked: Asked, kind: str, requested_at: datetime) -> Request:
    """The request under way for an identifier, else a new one."""
    path = _pending_file(settings, salt, asked)
    if path.is_file():
        kept = json.loads(path.read_text(encoding="utf-8"))
        earlier = Request(**(kept | {"requested_at": datetime.fromisoformat(kept["requested_at"])}))
        if earlier.requested_at == requested_at or kind == earlier.kind == "request":
            return earlier
    return Request(f"e{secrets.token_hex(6)}", kind, requested_at)


def save_request(settings: Settings, salt: str, asked: Asked, request: Request) -> None:
    path = _pending_file(settings, salt, asked)
    make_private_folder(path.parent)
    replace_private(path, json.dumps(asdict(request), default=str).encode())


def close_requests(settings: Settings, requests: Collection[str]) -> None:
    """Forget what was under way of requests (their ids) that are done: asked again, the person is another request."""
    for path in sorted((privacy_folder(settings) / "pending").glob("*.json")):
        if json.loads(path.read_text(encoding="utf-8"))["request_id"] in requests:
            path.unlink()


def enter_request(con: duckdb.DuckDBPyConnection, request: Request, now: datetime) -> None:
    """Enter a request that has been carried out in the warehouse, within the caller's transaction; its purge is to come."""
    con.execute(_TABLE)
    con.execute("delete from privacy.requests where request_id = ?", [request.request_id])
    row = [request.request_id, request.kind, request.requested_at, now, json.dumps(request.told)]
    con.execute("insert into privacy.requests values (?, ?, ?, ?, null, ?)", row)


def entered(con: duckdb.DuckDBPyConnection, request: Request) -> dict[str, Any]:
    """What the warehouse knows to have been done for a request by a command that was killed later on."""
    con.execute(_TABLE)
    row = con.execute("select told from privacy.requests where request_id = ?", [request.request_id]).fetchone()
    return json.loads(row[0]) if row else {}


def unpurged(con: duckdb.DuckDBPyConnection) -> list[tuple[Request, datetime]]:
    """Requests whose rows are gone while their bytes are still in the warehouse file, with when they were carried out."""
    con.execute(_TABLE)
    rows = con.execute(
        """select request_id, kind, requested_at, told, erased_at from privacy.requests
        where purged_at is null order by erased_at, request_id"""
    ).fetchall()
    return [(Request(request_id, kind, at, json.loads(told)), erased_at) for request_id, kind, at, told, erased_at in rows]


def note_purged(con: duckdb.DuckDBPyConnection, requests: list[str], now: datetime) -> None:
    con.execute("update privacy.requests set purged_at = ? where list_contains($2::varchar[], request_id)", [now, requests])
