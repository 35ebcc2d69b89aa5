"""One table of what a command tells, and how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Section:
    """A title, a header, rows of plain values; on the page with a chart of them."""

    title: str
    header: list[str]
    rows: list[tuple[Any, ...]]
    note: str = ""
    chart: dict[str, Any] | None = None
    """Vega-Lite."""
    page_only: bool = False
    """Too long for a terminal."""
