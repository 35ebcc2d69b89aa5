"""How far a long step of a load has come, told every second while it lasts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb

Tell = Callable[[str], None]
EVERY_SECONDS = 1.0


class Meter:
    """Counts what has been done of a total."""

    def __init__(self, total: int):
        self.total = total
        self.done = 0

    def add(self, amount: int) -> None:
        self.done += amount

    def share(self) -> float | None:
        """Between 0 and 1; None while nothing is done yet."""
        return min(1.0, self.done / self.total) if self.total and self.done else None


@contextmanager
def watched(tell: Tell | None, what: str, share: Callable[[], float | None]) -> Iterator[None]:
    """Tell `what` with the share done until the block ends; nothing where it ends at once."""
    if tell is None:
        yield
        return
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(EVERY_SECONDS):
            done = share()
            tell(what if done is None else f"{what}, {done:.0%}")

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def share_of_query(con: duckdb.DuckDBPyConnection) -> float | None:
    """How far the query has come that runs on this connection in another thread; None if DuckDB can't tell."""
    percent = con.query_progress()
    return percent / 100 if percent >= 0 else None
