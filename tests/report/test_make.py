"""`relance report`: the page from the warehouse alone, whatever a run does meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dagster_project.cli import main
from dagster_project.control import Run, configuration_hash, write_control
from dagster_project.errors import RelanceError
from dagster_project.report.last_run import Check, LastRun, keep, kept
from dagster_project.report.make import remake_report
from dagster_project.settings import Settings, load_settings
from dagster_project.warehouse import open_warehouse, run_lock

AS_OF = datetime(2026, 6, 30, 22, 0)
LAST = LastRun("run1", AS_OF, 61.0, False, [Check("unified/orders: key", False, True, "2 rows")], [("brevo_win_back", "held")])


def relance(settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--config", str(settings.config_path)])


@pytest.fixture
def ran(make_project) -> Settings:
    """A project whose run came no further than the control tables."""
    settings = make_project("report: {language: en}\n")
    with open_warehouse(settings) as con:
        write_control(con, settings, Run("run1", AS_OF))
    keep(settings, LAST)
    return settings


def test_the_page_is_made_without_a_run(ran: Settings) -> None:
    """Whoever deleted the page, or wants it in another language, has to run everything again."""
    result = relance(ran, "report")
    page = Path(result.output.strip())
    assert result.exit_code == 0 and page == ran.report_path / "index.html"
    html = page.read_text(encoding="utf-8")
    assert "unified/orders: key" in html and "brevo_win_back" in html and "61 s" in html
    assert page.stat().st_size < 5_000_000 and '<html lang="en">' in html
    config = ran.config_path
    config.write_text(config.read_text().replace("language: en", "language: fr"))
    relance(load_settings(config), "report")
    assert '<html lang="fr">' in page.read_text(encoding="utf-8")


def test_the_warehouse_is_only_read(ran: Settings) -> None:
    """A look at the page changes what the next run starts from."""
    before = ran.warehouse_path.stat()
    relance(ran, "report")
    assert ran.warehouse_path.stat().st_mtime_ns == before.st_mtime_ns


def test_a_run_that_goes_on_is_left_alone(ran: Settings) -> None:
    """A reader's open file makes dbt fail in the middle of the night's run; or a reader waits for its end."""
    page, is_new = remake_report(ran)
    written = page.stat().st_mtime_ns
    assert is_new
    with run_lock(ran):
        result = CliRunner().invoke(main, ["report", "--config", str(ran.config_path)])
    assert result.exit_code == 0 and result.stdout.strip() == str(page) and "is going on" in result.stderr
    assert page.stat().st_mtime_ns == written
    # And afterwards nothing is held.
    with run_lock(ran):
        pass


def test_no_page_of_a_run_that_never_was(make_project) -> None:
    """A newcomer is shown an empty page, or a missing file."""
    settings = make_project()
    assert relance(settings, "report").exit_code == 2
    with open_warehouse(settings):
        pass
    result = relance(settings, "report")
    assert result.exit_code == 2 and "relance run" in result.output
    assert not settings.report_path.exists()


def test_tables_of_another_version_are_told(ran: Settings) -> None:
    """After an upgrade, the morning's question ends in a traceback."""
    with open_warehouse(ran) as con:
        con.execute("create schema if not exists scores")
        con.execute("create table scores.rfm (profile_id varchar)")
    result = relance(ran, "report")
    assert result.exit_code == 2 and "scores.rfm" in result.output and "relance run" in result.output


def test_what_is_kept_of_a_run_is_of_that_run(ran: Settings) -> None:
    """The page of one run shows the checks of another."""
    assert kept(ran, "run1", AS_OF) == LAST
    assert kept(ran, "run2", AS_OF) == LastRun("run2", AS_OF, 0.0, True)
    later = replace(LAST, as_of=datetime(2026, 7, 1))
    assert kept(ran, "run1", later.as_of).checks == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"run_id": "run1"}', "null"])
def test_what_was_kept_may_be_damaged(ran: Settings, text: str) -> None:
    """A disk that was full leaves half a file, and no report can be made any more."""
    (ran.state_path / "last_run.json").write_text(text)
    assert kept(ran, "run1", AS_OF).checks == []


def test_a_language_that_is_not_there_is_refused(make_project) -> None:
    """`de` would silently be English."""
    with pytest.raises(RelanceError, match="language"):
        make_project("report: {language: de}\n")


def test_the_language_is_no_part_of_what_a_run_is_named_after(make_project) -> None:
    """Another language would be another run, and every export be written anew."""
    names = {configuration_hash(make_project(f"report: {{language: {code}}}\n")) for code in ("en", "fr")}
    assert len(names) == 1
