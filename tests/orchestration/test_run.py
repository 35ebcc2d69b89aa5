"""Whole runs: the first, the next with nothing new, and those in which something is wrong."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import dagster as dg
import duckdb
import pytest

from dagster_project.assets import common
from dagster_project.check import check_project
from dagster_project.errors import RelanceError
from dagster_project.run import _result, run_job, run_project
from dagster_project.settings import Settings, load_settings
from dagster_project.warehouse import open_warehouse, run_lock

if TYPE_CHECKING:
    from conftest import Lines, Ran


def one(settings: Settings, query: str) -> object:
    with open_warehouse(settings, read_only=True) as con:
        row = con.execute(query).fetchone()
    return row[0] if row else None


def test_first_run_goes_from_files_to_exports(ran: Ran) -> None:
    """The job must carry a landed file through every room in one go."""
    assert ran.first.success, (ran.first.failures, ran.first.failed_blocking_checks)
    orders = ran.first.assets["raw_generic/orders"]
    assert (orders["rows_read"], orders["rows_accepted"], orders["rows_quarantined"]) == (21, 20, 1)
    assert ran.first.assets["profiles/profiles"]["dagster/row_count"] >= 10
    win_back = ran.first.assets["activations/brevo_win_back"]
    assert win_back["status"] == "published" and win_back["added"] > 0
    assert (ran.settings.base / win_back["folder"] / "manifest.json").is_file()
    assert {check.name for check in ran.first.checks} >= {
        "quality/load_ledger: books_balance",
        "raw_generic/orders: rows_fit_their_contract",
        "activations/brevo_win_back: export_is_fit_to_leave",
    }


def test_a_refused_row_is_a_warning_that_does_not_stop_the_run(ran: Ran) -> None:
    """One bad row in twenty files must not cost a company its day."""
    refused = [check for check in ran.first.checks if check.name == "raw_generic/orders: few_rows_refused"]
    assert [check.blocking for check in refused] == [False]


def test_a_run_with_nothing_new_starts_no_dbt_and_changes_nothing(ran: Ran) -> None:
    """The same raw state, configuration and moment must cost start-up only, and must not export twice."""
    assert ran.again.success, (ran.again.failures, ran.again.failed_blocking_checks)
    assert not [line for line in ran.lines if line.startswith("dbt:")]
    assert ran.again.assets["raw_generic/orders"]["new_files"] == 0
    assert ran.again.assets["activations/brevo_win_back"]["status"] == "already published"
    assert one(ran.settings, "select count(distinct run_id) from activation.files") == 1
    assert {check.name for check in ran.again.checks if check.blocking} == {
        check.name for check in ran.first.checks if check.blocking
    }


def test_a_later_moment_builds_what_depends_on_the_clock(spoilable: Settings, lines: Lines) -> None:
    """An hourly run must not pay for the whole history, nor leave an audience as of yesterday."""
    result = run_job(spoilable, as_of=spoilable.moment("2026-07-02"), progress=lines)
    assert result.success, result.failures
    assert "audiences/members" in result.assets and "unified/unified_orders" not in result.assets
    assert any("depend on the clock" in line for line in lines.lines)
    assert one(spoilable, "select max(as_of)::varchar from audiences.sizes") == "2026-07-02 22:00:00"
    checks = {check.name for check in result.checks}
    assert {"unified/rate_gaps: amounts_have_a_rate", "identity/edges: must_links_hold"} <= checks, "what warned still warns"
    passed_over = {table for table, told in result.assets.items() if "seconds" in told and told.get("unchanged")}
    assert passed_over and "audiences/sizes" not in passed_over


def test_messages_alone_are_written_from_a_terminal(spoilable: Settings) -> None:
    """Who schedules by cron, hour by hour, must not have lists exported that are due once a day, nor wait for them."""
    before = spoilable.report_path.joinpath("index.html").read_bytes()
    outcome = run_project(spoilable, spoilable.moment("2026-07-02"), job="messages")
    assert outcome.succeeded, outcome.result.failures
    rooms = {table.partition("/")[0] for table in outcome.result.assets}
    assert "sequences" in rooms and not rooms & {"activations", "unified", "measurement"}
    assert outcome.report.read_bytes() == before
    for wrong in ({"select": "group:audiences"}, {"full_refresh": True}, {"as_of": spoilable.moment("2026-06-01")}):
        with pytest.raises(RelanceError, match="goes on from the tables"):
            run_project(spoilable, job="messages", **wrong)


def test_a_job_of_the_hour_asks_for_a_whole_run_first(make_project: Callable[..., Settings]) -> None:
    """Tables that are not there yet would be told as a broken model."""
    with pytest.raises(RelanceError, match="run `relance run` first"):
        run_project(make_project(), job="hourly")


def test_a_failed_blocking_check_stops_what_follows_and_stays_failed(spoilable: Settings) -> None:
    """Damaged raw rows must reach no export, also not by simply running again."""
    with open_warehouse(spoilable) as con:
        con.execute(
            "update raw_generic.orders set order_id = null where order_id = (select min(order_id) from raw_generic.orders)"
        )
        con.execute("delete from quality.landing_passed where entity = 'orders'")
    for _ in range(2):
        result = run_job(spoilable, as_of=spoilable.moment("2026-07-03"))
        assert not result.success and not result.failures
        assert [check.name for check in result.failed_blocking_checks] == ["raw_generic/orders: rows_fit_their_contract"]
        assert not [key for key in result.assets if key.startswith(("unified/", "audiences/", "activations/"))]


def test_a_failed_model_test_keeps_every_file_at_home(spoilable: Settings) -> None:
    """A person who stands twice in profiles would be messaged twice."""
    own = spoilable.base / "audiences" / "remarketing"
    own.mkdir(parents=True)
    shipped = spoilable.folders("audiences")[0] / "remarketing"
    model = (shipped / "win_back.sql").read_text()
    (own / "win_back.sql").write_text(f"select * from (\n{model}\n)\nunion all\nselect * from (\n{model}\n)\n")
    (own / "win_back.yml").write_text((shipped / "win_back.yml").read_text())
    result = run_job(spoilable, select='key:"audiences/win_back"+')
    assert not result.success
    assert any("audiences/decisions" in check.name for check in result.failed_blocking_checks), result.failures
    assert not [key for key in result.assets if key.startswith("activations/")]


def test_a_broken_model_is_told_with_its_file(spoilable: Settings) -> None:
    """Whoever edits an audience needs the file and the reason, not Dagster's wrapping."""
    own = spoilable.base / "audiences" / "remarketing"
    own.mkdir(parents=True)
    shipped = spoilable.folders("audiences")[0] / "remarketing"
    (own / "win_back.sql").write_text("select no_such_column from {{ ref('profiles') }}\n")
    (own / "win_back.yml").write_text((shipped / "win_back.yml").read_text())
    with pytest.raises(RelanceError, match=r"`win_back` asks for a column `no_such_column`") as caught:
        run_project(spoilable, select='key:"audiences/win_back"+')
    assert str(own / "win_back.sql") in str(caught.value)


def test_an_export_alone_needs_a_complete_build(spoilable: Settings) -> None:
    """After a build that failed, exporting by hand would send yesterday's or half-built audiences under the new run's name."""
    alone = 'key:"activations/brevo_win_back"'
    assert run_job(spoilable, select=alone).success
    with open_warehouse(spoilable) as con:
        con.execute("update control.built set run_id = null")
    result = run_job(spoilable, select=alone)
    assert "The audiences are not up to date" in result.failures["activations__brevo_win_back"]
    assert not result.assets
    assert run_job(spoilable, select=f"+{alone}").success


def test_what_a_step_stumbled_over_is_told_without_values() -> None:
    """DuckDB quotes the value it can't convert: somebody's address on the terminal and in the report."""

    @dg.op
    def stumble() -> None:
        duckdb.sql("select cast(x as integer) from (values ('ann@example.com'), ('O''Brien')) t(x)").fetchall()

    outcome = dg.GraphDefinition("stumbling", node_defs=[stumble]).execute_in_process(raise_on_error=False)
    told = _result(outcome, 0.0).failures["stumble"]
    assert "Conversion Error" in told and "ann@" not in told and "Brien" not in told


def test_the_past_is_no_replay_outside_of_the_terminal(ran: Ran) -> None:
    """A past as_of in the web UI would overwrite today's tables with yesterday's; a schedule that is late must not either."""
    newest, past = ran.settings.moment(), "2026-06-01"
    run = dg.DagsterRun(job_name="daily", tags={"dagster/schedule_name": "every_morning"})

    def begun(settings: Settings, as_of: str | None, run: dg.DagsterRun | None = None) -> datetime:
        resources, config = {"run": common.run_resource(settings, [])}, {"run": {"config": {"as_of": as_of}}}
        with dg.build_resources(resources, resource_config=config, dagster_run=run) as made:
            return made.run.as_of

    assert begun(ran.settings, None) == begun(ran.settings, past, run) == newest
    with pytest.raises(Exception) as caught:
        begun(ran.settings, past)
    assert "relance run --as-of 2026-06-01T22:00Z" in str(caught.value.__cause__ or caught.value)


def test_a_run_names_activations_that_were_left_behind(spoilable: Settings, lines: Lines) -> None:
    """Switched off, an activation removes nobody any more; nobody would notice."""
    config = spoilable.base / "relance.yml"
    config.write_text(config.read_text() + "activations: {enabled: [brevo_upsell]}\n")
    told = "still holds"
    assert any("brevo_win_back" in line and told in line for line in check_project(config).warnings)
    run_job(load_settings(spoilable.base), select='key:"scores/rfm"', progress=lines)
    assert any("warning: brevo" in line and "brevo_win_back" in line and told in line for line in lines.lines)


def test_a_part_can_be_run_and_an_empty_selection_is_told(spoilable: Settings) -> None:
    """`--select` with a slip of the pen must not look like a run that did its work."""
    result = run_job(spoilable, select='key:"scores/rfm"')
    assert result.success and set(result.assets) == {"scores/rfm"}
    for wrong in ('key:"no/such"', "group:nowhere", "((", ""):
        with pytest.raises(RelanceError, match="selection"):
            run_job(spoilable, select=wrong)


def test_a_second_run_at_the_same_time_is_refused_with_one_sentence(ran: Ran) -> None:
    """Two writers on one warehouse file; the message must be ours and not Dagster's."""
    with run_lock(ran.settings), pytest.raises(RelanceError, match="Another run of this project is going on"):
        run_job(ran.settings)


def test_the_warehouse_is_free_after_a_run(ran: Ran) -> None:
    """dbt or a failed step that kept the file open would lock analysts out until the process ends."""
    path = str(ran.settings.warehouse_path)
    code = f"import duckdb; duckdb.connect({path!r}).execute('create temp table t as select 1')"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60).returncode == 0


def test_past_runs_are_kept_for_the_web_ui(ran: Ran) -> None:
    """A run of the terminal that the web UI does not show cannot be looked into."""
    from dagster_project.instance import open_instance

    with open_instance(ran.settings) as instance:
        runs = {record.dagster_run.run_id for record in instance.get_run_records()}
        assert {ran.first.dagster_run_id, ran.again.dagster_run_id} <= runs
        checks = [log.dagster_event for log in instance.all_logs(ran.first.dagster_run_id) if log.dagster_event]
        assert sum(event.event_type_value == "ASSET_CHECK_EVALUATION" for event in checks) == len(ran.first.checks)


def test_no_personal_data_in_what_dagster_keeps(ran: Ran) -> None:
    """Metadata, checks and logs are seen by people who may not see customers."""
    home = ran.settings.state_path / "dagster"
    kept = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    for private in (b"person1@example.com", b"person7@example.com", b"+33600000", b"Ann1"):
        assert private not in kept


def test_a_scheduled_run_waits_for_its_turn(company: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sensor's run that gave up because a terminal was at work would leave the new files unread."""
    held = run_lock(company)
    held.__enter__()
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        held.__exit__(None, None, None)

    monkeypatch.setattr(common.time, "sleep", wait)
    with dg.build_resources({"run": common.run_resource(company, [])}) as resources:
        assert resources.run.settings is company
    assert len(waits) == 1


def test_a_run_is_quiet(ran: Ran, capfd: pytest.CaptureFixture[str]) -> None:
    """A thousand lines of Dagster's on the terminal would hide the one that matters."""
    run_job(ran.settings)
    told = capfd.readouterr()
    assert told.out == "" and told.err == ""
