"""One table of what a command tells on a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Section:
    """A title, a header and rows of plain values."""

    title: str
    header: list[str]
    rows: list[tuple[Any, ...]]
    note: str = ""
