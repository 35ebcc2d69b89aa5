"""The page of a run, made from the warehouse: figures read once, told in every language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from dagster_project.errors import RelanceError
from dagster_project.published import open_published
from dagster_project.report.alerts import alerts
from dagster_project.report.audience_panels import audience_chapter
from dagster_project.report.brought import brought_chapter
from dagster_project.report.data_panels import data_chapter
from dagster_project.report.headline import headline
from dagster_project.report.language import LANGUAGES, Language, language, spoken_in
from dagster_project.report.last_run import LastRun, kept
from dagster_project.report.page import Page, write_report
from dagster_project.report.people_panels import people_chapter
from dagster_project.report.reader import Reader
from dagster_project.report.score_panels import score_chapter
from dagster_project.settings import Settings
from dagster_project.warehouse import is_running


def newest_page(settings: Settings) -> Path:
    """Where the page of the newest run lies."""
    return settings.report_path / "index.html"


def reader_of(con: duckdb.DuckDBPyConnection, settings: Settings, run: LastRun) -> Reader:
    """What a run's figures are read by."""
    since = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=run.seconds)
    day = tongue(settings, "en").at_home(run.as_of - timedelta(microseconds=1)).date()
    return Reader(con, run.run_id, run.as_of, day, since)


def tongue(settings: Settings, code: str) -> Language:
    """A language as the company's country writes it."""
    company = settings.company
    return language(code, company.country, company.currency, company.timezone)


def make_report(con: duckdb.DuckDBPyConnection, settings: Settings, run: LastRun) -> Path:
    """Write the page of the run that the tables speak of; parts of the pipeline that never ran are absent from it.

    Returns:
        The newest page, index.html.
    """
    read = reader_of(con, settings, run)
    first = settings.report.language or spoken_in(settings.company.country)
    codes = sorted(LANGUAGES, key=lambda code: code != first)
    pages = [_page(read, tongue(settings, code), settings.company.name, run) for code in codes]
    return write_report(pages, settings.report_path, settings.state_path, asks=settings.report.language is None)


def _page(read: Reader, _: Language, company: str, run: LastRun) -> Page:
    chapters = [
        brought_chapter(read, _),
        audience_chapter(read, _, run),
        people_chapter(read, _),
        score_chapter(read, _),
        data_chapter(read, _, run),
    ]
    return Page(_, company, run, headline(read, _, run), alerts(read, _, run), chapters)


def remake_report(settings: Settings) -> tuple[Path, bool]:
    """Make the page of the newest run again, from what was published alone: it waits for no run, and holds none up.

    Returns:
        The newest page, and whether it was made now; the one that lies there already, while a run goes on that will make it.

    Raises:
        RelanceError: there is neither a run nor a page of one.
    """
    page = newest_page(settings)
    if not settings.warehouse_path.exists():
        raise RelanceError("There is no report yet", str(page), "run `relance run` first")
    if page.exists() and is_running(settings):
        return page, False
    with open_published(settings) as con:
        run = _newest(con)
        if run is None:
            raise RelanceError("There is no report yet", str(page), "run `relance run` first")
        return make_report(con, settings, kept(settings, *run)), True


def _newest(con: duckdb.DuckDBPyConnection) -> tuple[str, datetime] | None:
    try:
        return con.execute("select run_id, as_of from control.run").fetchone()
    except duckdb.CatalogException:
        return None
