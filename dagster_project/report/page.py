"""The report of a run as one self-contained HTML page: it asks nothing of any network, and says so to the browser.

It lies in the page in every language, the one that is read in the open and the others in templates; the reader's browser chooses,
or relance.yml, or a button.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from jinja2 import Environment, PackageLoader, select_autoescape

from dagster_project.report.charts import script
from dagster_project.report.language import LANGUAGES, Language
from dagster_project.report.last_run import LastRun
from dagster_project.report.panel import Alert, Chapter, Tile, written


@dataclass(frozen=True)
class Page:
    """All that the page says, in one language. Chapters without panels and panels without rows are left out."""

    language: Language
    company: str
    run: LastRun
    headline: Sequence[Tile]
    alerts: Sequence[Alert]
    chapters: Sequence[Chapter]

    @property
    def title(self) -> str:
        """The day it speaks of: the end of a day is that day's."""
        _ = self.language
        day = _.at_home(self.run.as_of - timedelta(microseconds=1)).date()
        return _("{company}: report of {day}", company=self.company, day=_.day(day))


def write_report(pages: Sequence[Page], folder: Path, state: Path, asks: bool = False) -> Path:
    """Write the page of this run, and again as `index.html`, the newest; returns the latter's path.

    Readable by its owner only: sizes of audiences are a company's own affair.

    Args:
        pages: the same in every language, the one it opens in first.
        state: the project's private folder, where what pages are made with is kept.
        asks: whether the reader's browser may say which language it opens in.
    """
    environment = Environment(
        loader=PackageLoader("dagster_project.report", "."),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("body.html.j2")

    def body(page: Page) -> str:
        chapters = [
            Chapter(chapter.key, chapter.title, chapter.note, [panel for panel in chapter.panels if panel.rows])
            for chapter in page.chapters
        ]
        told = {"_": page.language, "run": page.run, "company": page.company, "headline": page.headline, "alerts": page.alerts}
        shown = [chapter for chapter in chapters if chapter.panels]
        return template.render(**told, chapters=shown, languages=LANGUAGES, written=written)

    here = Path(__file__).parent
    text = environment.get_template("page.html.j2").render(
        first=pages[0],
        others=pages[1:],
        body=body,
        css=(here / "page.css").read_text(encoding="utf-8"),
        js=(here / "page.js").read_text(encoding="utf-8"),
        script=script(state),
        reading={"asks": asks, "charts": {page.language.code: page.language.charts() for page in pages}},
    )
    run = pages[0].run
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in (f"{run.as_of:%Y%m%dT%H%M%SZ}-{run.run_id}.html", "index.html"):
        unfinished = folder / f".{name}.part"
        unfinished.touch(mode=0o600)
        unfinished.write_text(text, encoding="utf-8")
        os.replace(unfinished, folder / name)
    return folder / "index.html"
