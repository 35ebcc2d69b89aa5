"""Reading while a run writes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from dagster_project.cli import main
from dagster_project.errors import RelanceError
from dagster_project.published import open_published, publish, withdraw
from dagster_project.report.last_run import kept
from dagster_project.report.make import remake_report
from dagster_project.run import run_job, run_project
from dagster_project.settings import Settings
from dagster_project.warehouse import open_warehouse, run_lock
from tests.orchestration.conftest import Ran

_HOLD = (
    "import duckdb, sys; con = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == 'reads'); print('open', flush=True); input()"
)


@contextmanager
def held(path: Path, how: str) -> Iterator[None]:
    """Another process that has a database file open; `how`: reads or writes."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path), how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "open\n"
    try:
        yield
    finally:
        process.communicate("\n")


@pytest.mark.parametrize("question", [["audiences"], ["explain", "person1@example.com"], ["check"], ["report"]], ids=" ".join)
def test_questions_are_answered_while_a_run_writes(ran: Ran, question: list[str]) -> None:
    """The night's run goes on until nine, and until then nobody can look anything up."""
    with run_lock(ran.settings), held(ran.settings.warehouse_path, "writes"):
        result = CliRunner().invoke(main, [*question, "--config", str(ran.settings.config_path)])
    assert result.exit_code == 0, result.output


def test_a_reader_holds_nothing_up_and_keeps_what_it_reads(spoilable: Settings) -> None:
    """An analyst's notebook, left open over night, makes the morning's run fail."""
    with held(spoilable.published_path, "reads"), open_published(spoilable) as early:
        with open_warehouse(spoilable) as con:
            con.execute("create table quality.news as select 1 as one")
        publish(spoilable)
        with pytest.raises(duckdb.CatalogException):
            early.execute("select one from quality.news")
        assert early.execute("select count(*) from profiles.profiles").fetchone()[0] > 0
        # In this process, DuckDB would hand out the file that is open already.
        look = "import duckdb, sys; print(duckdb.connect(sys.argv[1], read_only=True).execute('from quality.news').fetchall())"
        late = subprocess.run([sys.executable, "-c", look, spoilable.published_path], capture_output=True, text=True, check=True)
        assert late.stdout == "[(1,)]\n"


def test_the_copy_is_the_warehouse_views_included(ran: Ran) -> None:
    """A copy under another name has views that look for a database which is not there."""
    query = "select count(*) from staging.stg_generic__contacts"
    with open_published(ran.settings) as copy, open_warehouse(ran.settings, read_only=True) as con:
        assert copy.execute(query).fetchone() == con.execute(query).fetchone() != (0,)
    assert ran.settings.published_path.stat().st_mode == ran.settings.warehouse_path.stat().st_mode


def test_the_page_made_again_tells_of_the_same_run(ran: Ran) -> None:
    """A run that found nothing to do is forgotten, and with it the checks of the one that readers have."""
    page, _ = remake_report(ran.settings)
    with open_published(ran.settings) as con:
        run_id, as_of = con.execute("select run_id, as_of from control.run").fetchone()
    assert kept(ran.settings, run_id, as_of).checks and run_id in page.read_text(encoding="utf-8")


def test_a_full_disk_leaves_the_former_copy(spoilable: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers find half a file, or a run ends as failed whose exports are all written."""
    path = spoilable.published_path
    before = path.read_bytes()
    with open_warehouse(spoilable) as con:
        con.execute("create table quality.news as select 1 as one")

    def half(source: Path, target: Path) -> None:
        target.write_bytes(before[: len(before) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", half)
    with pytest.raises(RelanceError, match=r"No space left on device.*published: null"):
        publish(spoilable)
    assert path.read_bytes() == before and [each.name for each in path.parent.iterdir()] == [path.name]


def test_what_a_full_disk_kept_from_readers_is_made_up_for(spoilable: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody makes room, runs again, is told that nothing is new, and everybody goes on reading last week."""
    later = spoilable.moment() + timedelta(minutes=1)
    with monkeypatch.context() as full:
        full.setattr(shutil, "copyfile", lambda source, target: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        assert run_job(spoilable, later).success
    assert run_job(spoilable, later).success
    with open_published(spoilable) as con:
        assert con.execute("select as_of from control.run").fetchone() == (later,)


def test_tables_half_made_stay_out_of_sight(spoilable: Settings) -> None:
    """Somebody looks whether files have come, and readers are given audiences of two moments; or each look copies gigabytes."""
    later, only_look = spoilable.moment() + timedelta(minutes=1), "group:landing"
    before = spoilable.published_path.stat().st_ino
    own = spoilable.base / "audiences" / "remarketing"
    own.mkdir(parents=True)
    shutil.copy(spoilable.folders("audiences")[0] / "remarketing" / "win_back.yml", own)
    (own / "win_back.sql").write_text("select no_such_column from {{ ref('profiles') }}\n")
    assert not run_job(spoilable, later).success
    shutil.rmtree(spoilable.base / "audiences")
    assert run_job(spoilable, later, select=only_look).success
    assert spoilable.published_path.stat().st_ino == before
    assert run_job(spoilable, later).success
    after = spoilable.published_path.stat().st_ino
    assert after != before
    assert run_project(spoilable, later, select=only_look).succeeded
    assert run_job(spoilable, later).success
    assert spoilable.published_path.stat().st_ino == after


def test_without_a_copy_the_warehouse_is_read_when_no_run_goes_on(spoilable: Settings) -> None:
    """A reader of the live file breaks the run that comes."""
    withdraw(spoilable)
    with open_published(spoilable) as con:
        assert con.execute("select count(*) from profiles.profiles").fetchone()[0] > 0
        with pytest.raises(RelanceError, match="going on"), run_lock(spoilable):
            pass
    with run_lock(spoilable), pytest.raises(RelanceError, match="going on"), open_published(spoilable):
        pass
