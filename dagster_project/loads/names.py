"""Names of columns as they may be told to people: in messages, reports and the tables of quality.

A name comes from a file, so it can be anything: somebody's address where a CSV has no header or JSON has ids for keys, a text
without end, a line end. Whatever tells of a column of a file takes its name through `shown`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

HIDDEN = "(a name that looks like a value)"

_ADDRESS_OR_PHONE = re.compile(r".*@.*\..*|(?:[\s.,:/()+-]*\d){7,}[\s.,:/()+-]*", re.DOTALL)
_VALUE = re.compile(r".*@.*\..*|[\d\s.,:/()TZ+-]*\d[\d\s.,:/()TZ+-]*|.*\d{6}.*", re.DOTALL)
"""An address, a number, a time, a phone number, an id: what a name of a column does not look like."""
_LONGEST = 60
_TOLD = 40
"""Names that are told in one list."""


def looks_like_value(name: str) -> bool:
    """Whether what stands for a column's name seems to be somebody's data."""
    return len(name) > _LONGEST or bool(_VALUE.fullmatch(name))


def is_personal(name: str) -> bool:
    """Whether a name is an address or a telephone number: no column is called so, and nobody's is kept as a name."""
    return bool(_ADDRESS_OR_PHONE.fullmatch(name))


def plain(name: str) -> str:
    """A name as a report's own column holds it: without what can't be printed, and not at all if it looks like a value."""
    if looks_like_value(name):
        return HIDDEN
    return "".join(mark if mark.isprintable() else "\ufffd" for mark in name)


def shown(name: str) -> str:
    """A name within a sentence: in backticks."""
    told = plain(name)
    return told if told == HIDDEN else f"`{told.replace('`', chr(39))}`"


def listed(names: Sequence[str]) -> str:
    """Names in one list of bounded length; those that look like values are counted."""
    told = [shown(name) for name in names if not looks_like_value(name)]
    hidden, more = len(names) - len(told), len(told) - _TOLD
    parts = told[:_TOLD] + ([f"{more} more"] if more > 0 else [])
    if hidden:
        parts.append(f"{hidden} whose names look like values" if hidden > 1 else "one whose name looks like a value")
    return ", ".join(parts) or "nothing"
