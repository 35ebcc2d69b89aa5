"""What the page is made of: chapters of panels, each a question with its figures, drawn and as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from dagster_project.report.language import Language
from dagster_project.report.section import Section
from dagster_project.report.sentences import said

Spec = dict[str, Any]

KEPT = 5_000
"""Rows of a panel that the page carries; tables of more are read in the warehouse."""

FIGURES = {"count", "number", "money", "share", "percent", "figure"}
"""Kinds of columns that stand to the right."""
STYLES = {"path": "path", "prose": "prose", "sentence": "prose", "day": "time", "month": "time", "moment": "time"}
"""Other kinds of columns with a look of their own."""


@dataclass(frozen=True)
class Column:
    """A column's heading and what stands in it.

    kind: text, prose, sentence (English of the tables, told in the reader's language where it is known), path, word (of the
        tables, told in the reader's language), stage (of AARRR), count, number, money, share (0.1 is 10%), percent (10 is 10%),
        day, month, moment, mark (yes or no), or figure: a value and its unit.
    is_shown: on the page; the CSV has all.
    """

    name: str
    kind: str = "text"
    is_shown: bool = True

    @property
    def style(self) -> str:
        """Its class in the page's styles; most have none."""
        return "number" if self.kind in FIGURES else STYLES.get(self.kind, "")


@dataclass(frozen=True)
class Panel:
    """A question and its answer.

    key: names the panel in links and the file of its numbers, the same in all languages. shown: rows that the page shows; the CSV
    has those beyond as well, up to KEPT. is_open: its table is not folded away under the chart, since the answer stands there.
    """

    key: str
    title: str
    note: str
    columns: Sequence[Column]
    rows: Sequence[tuple[Any, ...]]
    charts: Sequence[Spec] = ()
    shown: int = 40
    is_open: bool = False

    @property
    def drawn(self) -> list[Spec]:
        """Its charts, but for those that would show nothing."""
        return [chart for chart in self.charts if chart["data"]["values"]]

    @property
    def unseen(self) -> int:
        """Columns that its CSV alone has."""
        return sum(not column.is_shown for column in self.columns)

    def section(self, currency: str, with_note: bool = False) -> Section:
        """As a table for a terminal."""
        header = [f"{column.name} {currency}" if column.kind == "money" else column.name for column in self.columns]
        return Section(self.title, header, list(self.rows), self.note if with_note else "")

    def csv(self) -> str:
        """The address of the numbers as a CSV file, which lies in the page itself: plain numbers and ISO dates."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([column.name for column in self.columns])
        writer.writerows([_bare(cell) for cell in row] for row in self.rows[:KEPT])
        return f"data:text/csv;charset=utf-8,{quote(text.getvalue())}"


@dataclass(frozen=True)
class Tile:
    """A figure of the headline, and what it is to be held against."""

    name: str
    figure: str
    note: str = ""
    tone: str = ""
    """good or bad, where one can say."""


@dataclass(frozen=True)
class Alert:
    """Something to look at, with the line it crossed."""

    title: str
    told: str
    is_grave: bool = False


@dataclass(frozen=True)
class Chapter:
    key: str
    title: str
    note: str
    panels: list[Panel] = field(default_factory=list)


def written(cell: Any, column: Column, _: Language) -> str:
    """A cell as its reader reads it."""
    match column.kind:
        case "count" | "number" | "money" | "share" | "percent" | "day" | "month" | "moment" | "word" | "stage":
            return getattr(_, column.kind)(cell)
        case "figure":
            return _figure(*cell, _)
        case "sentence":
            return said(cell or "", _)
        case "mark":
            return "" if cell is None else _("yes") if cell else _("no")
    return "" if cell is None else str(cell)


def _figure(value: Any, unit: str, _: Language) -> str:
    """A value of measurement.aarrr and the like, by its unit: count, share, rate, seconds, currency or score."""
    match unit:
        case "share" | "rate":
            return _.share(value)
        case "currency":
            return _.money(value)
        case "seconds":
            return _("{number} s", number=_.count(value))
    return _.number(value, 1)


def _bare(cell: Any) -> Any:
    """A value as programs read it; a text that a spreadsheet would run as a formula, with a quote before it."""
    if isinstance(cell, tuple):
        cell = cell[0]
    if isinstance(cell, float):
        return round(cell, 6)
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(cell, date):
        return cell.isoformat()
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
