"""A collector as companies run them: takes what Segment's and RudderStack's libraries send, writes one message a line."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Collector(ThreadingHTTPServer):
    """`lines` is what it wrote. Of `mishaps` each next request takes one: it is written, then answered so, or not at all (0)."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lines: list[str] = []
        self.mishaps: list[int] = []
        self.requests = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def take(self, body: bytes) -> int:
        """Write the messages of an envelope; returns the status to answer with.

        As Segment's pipeline does, every message gets the envelope's time of sending and the time of its receipt.
        """
        envelope: dict[str, Any] = json.loads(body)
        self.requests += 1
        times = {"sentAt": envelope["sentAt"], "receivedAt": datetime.now(UTC).isoformat()}
        self.lines += [json.dumps(message | times) for message in envelope["batch"]]
        return self.mishaps.pop(0) if self.mishaps else 200


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        packed = self.headers.get("Content-Encoding") == "gzip"
        status = self.server.take(gzip.decompress(body) if packed else body) if self.path == "/v1/batch" else 404
        if status:
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are no news."""


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that listens on this machine until the block ends."""
    with Collector() as collector:
        thread = threading.Thread(target=collector.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield collector
        collector.shutdown()
        thread.join()
