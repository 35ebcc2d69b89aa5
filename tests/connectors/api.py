"""A small API on localhost: rows by page or by cursor, a token, and the bad days that real ones have."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Api:
    """What the server holds and what it was asked. `mishap` may answer in its place: a status and headers, or "hang up"."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    page_size: int = 3
    token: str = "t0ken"
    asked: list[dict[str, str]] = field(default_factory=list)
    mishap: Callable[[int], tuple[int, dict[str, str]] | str | None] = lambda count: None
    url: str = ""

    def answer(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        found = [row for row in self.rows if row.get("updated_at", "") >= query.get("since", "")]
        if path == "/pages":
            page = int(query.get("page", 1))
            return {"results": found[(page - 1) * self.page_size : page * self.page_size]}
        start = int(query.get("after", 0))
        batch, rest = found[start : start + self.page_size], start + self.page_size
        return {"results": batch, "paging": {"next": str(rest)} if rest < len(found) else {}}


def serve(api: Api) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query))
            api.asked.append(query)
            mishap = api.mishap(len(api.asked))
            if mishap == "hang up":
                self.close_connection = True
                return self.connection.shutdown(2)
            status, headers = mishap if isinstance(mishap, tuple) else (200, {})
            if self.headers.get("Authorization") != f"Bearer {api.token}":
                status = 401
            body = json.dumps(api.answer(parts.path, query) if status == 200 else {"error": "mail@example.com"}).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


CURSOR = "{type: cursor, cursor_path: paging.next, cursor_param: after}"
PAGES = "{type: page_number, base_page: 1, total_path: null}"


def pull_of(url: str, path: str = "cursor", paginator: str = CURSOR, more: str = "") -> str:
    """`sources:` of relance.yml with one pull of generic.contacts."""
    return f"""sources:
  generic:
    contacts:
      pull:
        rest_api:
          base_url: {url}
          path: {path}
          auth: {{type: bearer, token: "${{API_TOKEN}}"}}
          data_selector: results
          paginator: {paginator}
          incremental: {{cursor_path: updated_at, start_param: since}}
{more}"""


def contact(number: int, day: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "contact_id": str(number),
        "email": f"c{number}@example.com",
        "updated_at": f"2026-01-{day:02d}T00:00:00Z",
        "tags": ["a", {"b": number}],
        **more,
    }
