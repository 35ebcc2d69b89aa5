"""Ctrl+C ends a command in one line, exit code 130, whatever it is doing.

Dagster and DuckDB turn the signal into exceptions of their own on the way up, and some code in between takes those for a
failure it can deal with. So the signal is also seen by a thread: what it interrupts has a moment to end in good order (rolling
back, telling Dagster's history); after that the process ends. Nothing is half-written then, as after a crash.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

GRACE_SECONDS = 3.0
EXIT_CODE = 130
"""What a shell says of a command that Ctrl+C ended: 128 + SIGINT."""


class Watch:
    """Whether Ctrl+C was pressed while a command ran."""

    def __init__(self) -> None:
        self.interrupted = threading.Event()

    def follow(self, signals: int) -> None:
        """Read the numbers of signals from a pipe until it is closed."""
        with os.fdopen(signals, "rb", buffering=0) as pipe:
            while signal.SIGINT not in (got := pipe.read(64)):
                if not got:
                    return
            self.interrupted.set()
            end = time.monotonic() + GRACE_SECONDS
            while select.select([pipe], [], [], max(0.0, end - time.monotonic()))[0]:
                if not pipe.read(64):  # closed: the command has ended by itself
                    return
            end_now()


@contextmanager
def watched() -> Iterator[Watch]:
    """Watch for Ctrl+C inside the block; only a main thread can."""
    watch = Watch()
    if threading.current_thread() is not threading.main_thread():
        yield watch
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=watch.follow, args=(reader,), daemon=True).start()
    try:
        yield watch
    finally:
        signal.set_wakeup_fd(before)
        os.close(writer)


def end_now() -> NoReturn:
    """At once: threads of the database that are still at work would bring the process down with noise."""
    sys.stderr.write("relance: interrupted; the next run picks up where this one stopped\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(EXIT_CODE)
