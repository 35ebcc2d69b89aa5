"""The report of a run as one self-contained HTML page: it asks nothing of any network, and says so to the browser."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, select_autoescape

from dagster_project.report.charts import script
from dagster_project.report.section import Section
from dagster_project.report.summary import Summary
from dagster_project.report.text import is_number, written


def write_report(summary: Summary, folder: Path) -> Path:
    """Write the page of this run, and again as `index.html`, the newest; returns the latter's path.

    Readable by its owner only: sizes of audiences are a company's own affair.
    """
    environment = Environment(
        loader=PackageLoader("dagster_project.report", "."), autoescape=select_autoescape(default=True), trim_blocks=True
    )
    environment.filters.update(written=written, csv=_csv)
    environment.tests.update(numeric=is_number)
    drawn = script() if any(section.chart for section in summary.sections) else ""
    page = environment.get_template("page.html.j2").render(summary=summary, script=drawn)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in (f"{summary.as_of:%Y%m%dT%H%M%SZ}-{summary.run_id}.html", "index.html"):
        unfinished = folder / f".{name}.part"
        unfinished.touch(mode=0o600)
        unfinished.write_text(page, encoding="utf-8")
        os.replace(unfinished, folder / name)
    return folder / "index.html"


def _csv(section: Section) -> str:
    """The address of a section's numbers as a CSV file, which lies in the page itself."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([section.header, *([_defused(cell) for cell in row] for row in section.rows)])
    return f"data:text/csv;charset=utf-8,{quote(text.getvalue())}"


def _defused(cell: Any) -> Any:
    """A text that a spreadsheet would run as a formula, with a quote before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@")) else cell
