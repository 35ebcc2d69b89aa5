"""The report of a run as one self-contained HTML page: no script, no network."""

from __future__ import annotations

import os
from pathlib import Path

from jinja2 import Environment, PackageLoader, select_autoescape

from dagster_project.report.summary import Summary
from dagster_project.report.text import is_number, written


def write_report(summary: Summary, folder: Path) -> Path:
    """Write the page of this run, and again as `index.html`, the newest; returns the latter's path.

    Readable by its owner only: sizes of audiences are a company's own affair.
    """
    environment = Environment(
        loader=PackageLoader("dagster_project.report", "."), autoescape=select_autoescape(default=True), trim_blocks=True
    )
    environment.filters.update(written=written)
    environment.tests.update(numeric=is_number)
    page = environment.get_template("page.html.j2").render(summary=summary)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in (f"{summary.as_of:%Y%m%dT%H%M%SZ}-{summary.run_id}.html", "index.html"):
        unfinished = folder / f".{name}.part"
        unfinished.touch(mode=0o600)
        unfinished.write_text(page, encoding="utf-8")
        os.replace(unfinished, folder / name)
    return folder / "index.html"
