"""What a run is doing, while it does it: a spinner on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console


class Progress:
    """Tells one step at a time. On a terminal the line is replaced; elsewhere each step is a line with its start time."""

    def __init__(self, console: Console):
        self._console = console
        self._started = time.monotonic()
        self._status = console.status("") if console.is_terminal else None

    def __enter__(self) -> Progress:
        if self._status:
            self._status.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._status:
            self._status.stop()

    def step(self, what: str) -> None:
        """Say what begins now."""
        if self._status:
            self._status.update(what)
        else:
            self._console.print(f"[{time.monotonic() - self._started:6.1f} s] {what}", markup=False, highlight=False)

    def detail(self, what: str) -> None:
        """Say something worth seeing only while it lasts."""
        if self._status:
            self._status.update(what)
