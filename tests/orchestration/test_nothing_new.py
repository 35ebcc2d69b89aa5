"""A run that would find nothing to do is answered without it; whatever is not exactly as it was left is for a run to look at."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import pytest

from dagster_project import nothing_new
from dagster_project import run as runs
from dagster_project.assets import common
from dagster_project.nothing_new import note, standing_run, stands_on
from dagster_project.report.last_run import Check, keep, newest_kept
from dagster_project.settings import Settings, load_settings
from dagster_project.warehouse import open_warehouse, run_lock

if TYPE_CHECKING:
    from conftest import Lines, Ran

Change = Callable[[Settings], AbstractContextManager[None]]


def stands(settings: Settings, as_of: datetime | None = None) -> bool:
    with standing_run(settings, as_of or settings.moment()) as found:
        return found is not None


def lies(base: Path) -> dict[str, tuple[int, int]]:
    """Everything of a project but Dagster's own home, the lock, and the folders' times."""
    files = [path for path in base.rglob("*") if path.is_file() and "dagster" not in path.parts and path.name != "run.lock"]
    return {str(path.relative_to(base)): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


@pytest.fixture(scope="module")
def finished(ran: Ran, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The company after runs that left nothing to do but a warning, in a folder of its own; tests put back what they change."""
    base = tmp_path_factory.mktemp("finished") / "company"
    shutil.copytree(ran.settings.base, base, symlinks=True)
    settings = load_settings(base)
    assert stands(settings)
    run, stood_on = newest_kept(settings), stands_on(settings)
    assert run and stood_on
    keep(settings, replace(run, checks=[*run.checks, Check("raw_generic/orders: few_rows_refused", False, False, "1 of 2")]))
    note(settings, stood_on, settings.moment())
    yield settings
    assert stands(settings)


def test_it_is_answered_as_the_run_was_without_dagster_and_nothing_moves(finished: Settings) -> None:
    """Whoever runs twice waits a quarter of a minute for what was known, or reads of fewer warnings than there are."""
    before = lies(finished.base)
    code = f"""import sys
from dagster_project.cli import main
main(["run", "--config", {str(finished.base)!r}], standalone_mode=False)
print("imported:", sorted({{"dagster", "dbt", "great_expectations"}} & set(sys.modules)))"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "nothing new since the run" in done.stdout and "imported: []" in done.stdout
    assert "Check failed (warning): raw_generic/orders: few_rows_refused: 1 of 2" in done.stdout
    assert str(finished.report_path / "index.html") in done.stdout
    assert lies(finished.base) == before


def test_the_outcome_is_that_of_the_run_with_no_new_file(finished: Settings, ran: Ran, lines: Lines) -> None:
    """A second run that told of other figures would send somebody looking for what has changed."""
    outcome = runs.run_project(finished, progress=lines)
    assert outcome.succeeded and outcome.report.is_file()
    assert [line for line in lines.lines if line.startswith("nothing new since the run")]
    with open_warehouse(finished, read_only=True) as con:
        assert (outcome.summary.run_id,) == con.execute("select run_id from control.run").fetchone()
    told = dict(outcome.summary.headline)
    assert told["Export files"].startswith("0 new of ")
    assert told["Checks"].startswith(f"{sum(check.passed for check in ran.first.checks)} passed, 1 failed")


@pytest.mark.parametrize("asked", [{"full_refresh": True}, {"select": 'key:"scores/rfm"'}])
def test_who_asks_for_more_gets_a_run(finished: Settings, monkeypatch: pytest.MonkeyPatch, asked: dict) -> None:
    """`--full-refresh` is asked for by somebody who does not believe the tables."""

    class Begun(Exception):
        pass

    def begin(*_: object) -> None:
        raise Begun

    monkeypatch.setattr(runs, "run_job", begin)
    with pytest.raises(Begun):
        runs.run_project(finished, **asked)


def gone(place: Callable[[Settings], Path]) -> Change:
    @contextmanager
    def change(settings: Settings) -> Iterator[None]:
        path, aside = place(settings), settings.base.parent / "aside"
        path.rename(aside)
        yield
        aside.rename(path)

    return change


def there(place: str, text: str = "x") -> Change:
    @contextmanager
    def change(settings: Settings) -> Iterator[None]:
        path = settings.base / place
        missing = [folder for folder in path.parents if not folder.exists()]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        yield
        path.unlink()
        for folder in missing:
            folder.rmdir()

    return change


def said(place: str, text: Callable[[str], str]) -> Change:
    """Another text in a file."""

    @contextmanager
    def change(settings: Settings) -> Iterator[None]:
        path = settings.base / place
        with gone(lambda _: path)(settings):
            path.write_text(text((settings.base.parent / "aside").read_text()))
            yield
            path.unlink()

    return change


def with_line(text: str) -> Change:
    return said("relance.yml", lambda config: f"{config}{text}\n")


@contextmanager
def touched(settings: Settings) -> Iterator[None]:
    path = settings.base / "landing" / "generic" / "orders" / "2026-06-29.csv"
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    yield
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def export(settings: Settings) -> Path:
    return min(settings.exports_path.glob("brevo/*/*/*/*.csv"))


def last_run(**said_of_it: object) -> Callable[[str], str]:
    return lambda text: json.dumps(json.loads(text) | said_of_it)


CHANGES: dict[str, Change] = {
    "a new file": there("landing/generic/orders/2026-06-30.csv", "order_id\n"),
    "a file of nobody": there("landing/nobody/orders.csv"),
    "a landed file was written again": touched,
    "a landed file is gone": gone(lambda project: project.base / "landing/generic/consents/2026-06-29.csv"),
    "another setting": with_line("holdout: {share: 0.5}"),
    "more memory, or another engine": said("relance.yml", lambda config: config.replace("1GB", "2GB")),
    "a seed": there("seeds/closed_days.csv", "country,day\n"),
    "an audience": there("audiences/remarketing/win_back.yml"),
    "an activation": there("activations/another.yml"),
    "deliveries, which may be pending": with_line("activations: {delivery: {default: {url: 'file:///nowhere'}}}"),
    "an export file is gone": gone(export),
    "the newest export is not named": gone(lambda project: export(project).parents[2] / "latest"),
    "an unfinished export": there("exports/brevo/brevo_win_back/.tmp-0123456789abcdef/add.csv"),
    "a half-written outbox file": there(".relance/outbox/brevo_win_back/0123456789abcdef.tmp"),
    "sent keys are gone": gone(lambda project: min(project.state_path.glob("outbox/*/*"))),
    "an erasure under way": there(".relance/privacy/pending/0123456789abcdef.json", "{}"),
    "the warehouse was not closed": there("warehouse.duckdb.wal"),
    "no warehouse": gone(lambda project: project.warehouse_path),
    "no copy for readers": gone(lambda project: project.published_path),
    "readers have another run's copy": said(".relance/published_run.json", last_run(run_id="another")),
    "no page": gone(lambda project: project.report_path / "index.html"),
    "the last run failed": said(".relance/last_run.json", last_run(succeeded=False)),
    "nothing is known of the last run": gone(lambda project: project.state_path / "last_run.json"),
    "nothing was noted": gone(lambda project: project.state_path / "nothing_to_do"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_has_changed_is_for_a_run(finished: Settings, change: Change) -> None:
    """A removal that waits, a file that nobody reads: "nothing new" would hide it for good where the clock stands still."""
    with change(finished):
        assert not stands(load_settings(finished.base))


def test_another_moment_is_for_a_run(finished: Settings) -> None:
    """Audiences as of yesterday."""
    assert not stands(finished, finished.moment() + timedelta(minutes=1))


def test_what_the_clock_on_the_wall_decides_is_asked(finished: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the second day on, what lay ahead of a moment is left out, though no file has changed."""
    monkeypatch.setattr(nothing_new, "horizon", lambda con, as_of: as_of)
    assert not stands(finished)


def test_while_a_run_goes_on_it_is_not_asked(finished: Settings) -> None:
    """Tables half made would be told as whole."""
    with run_lock(finished):
        assert not stands(finished)


def test_no_run_begins_while_the_answer_is_given(finished: Settings) -> None:
    with standing_run(finished, finished.moment()) as found, pytest.raises(Exception, match="going on"), run_lock(finished):
        pass
    assert found is not None


def test_what_came_while_the_run_went_on_is_news(finished: Settings) -> None:
    """A file that lands after the folder was looked through would never be read."""
    stood_on, kept = stands_on(finished), (finished.state_path / "nothing_to_do").read_text()
    assert stood_on
    with there("seeds/closed_days.csv", "country,day\n")(finished):
        note(finished, stood_on, finished.moment())
        assert not stands(finished)
    (finished.state_path / "nothing_to_do").write_text(kept)


def test_a_command_that_wrote_is_for_a_run(spoilable: Settings) -> None:
    """Acknowledged, asked for anew, replayed, erased: all of it stands in the warehouse."""
    with open_warehouse(spoilable) as con:
        con.execute("update activation.ledger set acknowledged_at = now()::timestamp where acknowledged_at is null")
    assert not stands(spoilable)


@pytest.mark.parametrize(
    ("has_held", "is_unfinished", "stood_on", "is_noted"),
    [(True, False, "this", True), (False, False, "this", False), (True, True, "this", False), (True, False, None, False)],
    ids=["all held", "a check failed", "something is left to do", "a part, or not of the terminal"],
)
def test_only_a_whole_run_that_left_nothing_to_do_is_noted(
    company: Settings, has_held: bool, is_unfinished: bool, stood_on: str | None, is_noted: bool
) -> None:
    """What failed is tried again by the next run, which must therefore take place."""
    path = company.state_path / "nothing_to_do"
    path.unlink(missing_ok=True)
    run = dg.DagsterRun(job_name="daily", tags={common.STOOD_ON: stood_on} if stood_on else {})
    with dg.build_resources({"run": common.run_resource(company, [])}, dagster_run=run) as made:
        made.run.has_held, made.run.is_unfinished = has_held, is_unfinished
    assert path.exists() is is_noted
    path.unlink(missing_ok=True)


def test_what_every_run_warns_of_is_left_to_runs(spoilable: Settings) -> None:
    """A platform that still holds people of an activation which no longer runs is told of by every run."""
    (spoilable.state_path / "nothing_to_do").unlink()
    run = dg.DagsterRun(job_name="daily", tags={common.STOOD_ON: "this"})
    with dg.build_resources({"run": common.run_resource(spoilable, [])}, dagster_run=run) as made:
        made.run.has_held = True
    assert not (spoilable.state_path / "nothing_to_do").exists()
