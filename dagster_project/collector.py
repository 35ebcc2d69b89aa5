"""Python's garbage collector, as a process wants it that makes a million objects to keep and little garbage.

dbt's manifest and Dagster's definitions live as long as a run. To walk over all of them again and again, and once more on the way
out, took 9 of the 84 seconds of a run over next to no data, and freed nothing that a process of a minute would miss.
"""

import atexit
import gc

ALL = 1000
"""Of collections of all that lives, which come after so many of the middle generation, one in a hundred remains."""


def collect_seldom() -> None:
    """From now on in this process; what it leaves behind at its end is the operating system's to free."""
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, ALL)
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
