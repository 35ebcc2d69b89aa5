"""Python's garbage collector, as a process wants it that makes a million objects to keep and little garbage.

dbt's manifest and Dagster's definitions live as long as a run. To walk over all of them again and again, and once more on the way
out, took 9 of the 84 seconds of a run over next to no data, and freed nothing that a process of a minute would miss.
"""

import atexit
import gc

YOUNG, MIDDLE, ALL = 700, 10, 1000
"""Python's own thresholds but for the last: of collections of all that lives, one in a hundred remains."""


def collect_seldom() -> None:
    """From now on in this process; what it leaves behind at its end is the operating system's to free."""
    gc.set_threshold(YOUNG, MIDDLE, ALL)
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
