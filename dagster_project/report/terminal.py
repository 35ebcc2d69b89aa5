"""The summary on a terminal; plain lines where the output is not one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dagster_project.report.section import Section
from dagster_project.report.text import is_number, written

if TYPE_CHECKING:
    from dagster_project.report.summary import Summary


def report_console() -> Console:
    """Standard output; where it is no terminal, lines are wide enough for the tables."""
    return Console(width=None if sys.stdout.isatty() else 170)


def print_summary(summary: Summary, console: Console) -> None:
    """Print every table that has rows, then the headline and the checks that failed."""
    for section in summary.sections:
        if section.rows:
            console.print(section_table(section))
    headline = Table(
        show_header=False,
        min_width=60,
        title=f"{summary.company}, as of {summary.as_of:%Y-%m-%d %H:%M} UTC",
        title_justify="left",
        box=None,
    )
    for name, figure in summary.headline:
        headline.add_row(name, figure)
    console.print(headline)
    for check in summary.failed_checks:
        weight = "blocking" if check.blocking else "warning"
        console.print(f"Check failed ({weight}): {check.name}{': ' + check.detail if check.detail else ''}", markup=False)


def section_table(section: Section) -> Table:
    """A section as a table; columns of figures stand to the right."""
    title = section.title + (f" ({section.note})" if section.note else "")
    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim", box=SIMPLE_HEAD, pad_edge=False)
    for index, name in enumerate(section.header):
        numeric = all(is_number(row[index]) or row[index] is None for row in section.rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in section.rows:
        # As they are: brackets in a value are no markup.
        table.add_row(*(Text(written(value)) for value in row))
    return table
