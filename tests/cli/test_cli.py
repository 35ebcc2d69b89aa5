"""The command line as a person meets it: exit codes, messages, nothing half-written."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagster_project.settings import Settings
from dagster_project.warehouse import run_lock

from .conftest import COMPANY, refused, relance


def test_an_as_of_in_the_future_is_refused(folder: Path):
    """A mistyped year would turn every later run into a look back that exports nothing."""
    refused(relance("run", "--config", folder, "--as-of", "2999-01-01"), "lies in the future")
    assert not (folder / "warehouse.duckdb").exists()


@pytest.mark.parametrize("command", ["run", "check", "audiences", "report"])
def test_wrong_key_is_told_by_every_command(folder: Path, command: str):
    """Whichever command a person types first, a mistyped key is told, not ignored."""
    (folder / "relance.yml").write_text(COMPANY + "landingg: landing\n")
    refused(relance(command, "--config", folder), "landingg", "did you mean `landing`", "relance.yml:2")


def test_missing_folder_is_told(tmp_path: Path):
    """The commonest mistake: the command typed in the wrong folder."""
    refused(relance("run", "--config", tmp_path / "nowhere"), "does not exist")


def test_an_as_of_that_is_no_date_is_told(folder: Path):
    """A mistyped date must not silently mean now."""
    refused(relance("run", "--config", folder, "--as-of", "yesterday"), "`yesterday`", "--as-of")


def test_two_runs_at_once_exclude_each_other(make_project):
    """Two writers in one warehouse would tear it; the second one must say so plainly."""
    settings: Settings = make_project()
    with run_lock(settings):
        refused(relance("run", "--config", settings.config_path), "Another run of this project is going on")


def test_questions_before_the_first_run_are_answered(folder: Path):
    """A newcomer asks before the first run; the answer is what to do, not a missing file."""
    refused(relance("audiences", "--config", folder), "relance run")
    refused(relance("report", "--config", folder), "relance run")


def test_audiences_and_report_after_a_run(demo: Settings):
    """The two questions asked every morning."""
    result = relance("audiences", "--config", demo.config_path)
    assert result.exit_code == 0, result.output
    for name in ("cart_abandoners", "product_viewers", "win_back", "upsell", "recent_buyers", "no_consent"):
        assert name in result.output
    page = Path(relance("report", "--config", demo.config_path).output.strip())
    html = page.read_text(encoding="utf-8")
    assert "cart_abandoners" in html and "RFM segments" in html
    assert "http://" not in html and "https://" not in html  # self-contained
    assert page.stat().st_mode & 0o077 == 0


def test_init_writes_a_project_that_passes_the_check(tmp_path: Path):
    """What the tool itself writes must be right, and must not overwrite what is there."""
    assert relance("init", tmp_path / "mine").exit_code == 0
    checked = relance("check", "--config", tmp_path / "mine")
    assert checked.exit_code == 0
    assert "Warning" not in checked.output
    refused(relance("init", tmp_path / "mine"))


def test_demo_refuses_a_folder_with_other_things(tmp_path: Path):
    """A demo must never be written over somebody's work."""
    (tmp_path / "thesis.txt").write_text("ten years")
    refused(relance("demo", tmp_path))
    assert (tmp_path / "thesis.txt").read_text() == "ten years"
