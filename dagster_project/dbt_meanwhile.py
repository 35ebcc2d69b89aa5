"""A dbt build in a thread of its own, so that what has been made is entered into Dagster's history while the rest is made."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from queue import SimpleQueue

from dagster_project.dbt_run import DbtResults, NodeResult, break_off

_PATIENCE_SECONDS = 0.2

Build = Callable[[Callable[[NodeResult], None], threading.Event], DbtResults]
"""A build that hands on each result as it comes, and begins no more models and tests once the event is set."""


class Building:
    """A build that is going on: to be iterated over, for the results as they come, parents before their children."""

    def __init__(self, ended: SimpleQueue[NodeResult | None], outcome: Future[DbtResults]):
        self._ended, self._outcome = ended, outcome

    def __iter__(self) -> Iterator[NodeResult]:
        while (node := self._ended.get()) is not None:
            yield node

    def results(self) -> DbtResults:
        """All of them, when it has ended.

        Raises:
            RelanceError: dbt could not start.
        """
        return self._outcome.result()


@contextmanager
def building(build: Build) -> Iterator[Building]:
    """Begin a build in DuckDB. Whoever leaves before its end breaks it off: a query at work is interrupted, no more are begun."""
    ended: SimpleQueue[NodeResult | None] = SimpleQueue()
    stop = threading.Event()
    with ThreadPoolExecutor(1, "dbt") as background:
        outcome = background.submit(build, ended.put, stop)
        outcome.add_done_callback(lambda _: ended.put(None))
        try:
            yield Building(ended, outcome)
        finally:
            stop.set()
            while not outcome.done():
                with suppress(Exception):  # a connection may be opening or closing just now
                    break_off()
                wait([outcome], _PATIENCE_SECONDS)
