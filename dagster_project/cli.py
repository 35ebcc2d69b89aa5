"""The `relance` command.

Heavy libraries (Dagster, dbt, Great Expectations) take seconds to import, so each command imports what it needs itself.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from pathlib import Path
from shlex import quote
from typing import Any

import click

from dagster_project.collector import collect_seldom
from dagster_project.errors import RelanceError
from dagster_project.interrupts import end_now, watched

BAD_INPUT = 2
CHECK_FAILED = 1


def told_plainly(command: Callable[..., Any]) -> Callable[..., Any]:
    """Mistakes a person can mend end in one message and exit code 2, Ctrl+C in one line and 130, neither in a traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        with watched() as watch:
            try:
                return command(*args, **kwargs)
            except KeyboardInterrupt:
                end_now()
            except Exception as error:
                if watch.interrupted.is_set():
                    end_now()
                if not isinstance(error, RelanceError):
                    raise
                click.echo(f"relance: {error}", err=True)
                sys.exit(BAD_INPUT)

    return run


def config_option(command: Callable[..., Any]) -> Callable[..., Any]:
    help_text = "relance.yml or the folder that holds it."
    return click.option("--config", default="relance.yml", show_default=True, type=click.Path(path_type=Path), help=help_text)(
        command
    )


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="relance")
def main() -> None:
    """Relance: raw files in, scored people and audience files out."""
    collect_seldom()
    os.environ.update(DO_NOT_TRACK="1", DBT_SEND_ANONYMOUS_USAGE_STATS="false", GX_ANALYTICS_ENABLED="false")
    # Python's helper process for dbt's locks grumbles when a run is interrupted, although it does clean them up.
    os.environ.setdefault("PYTHONWARNINGS", "ignore::UserWarning:multiprocessing.resource_tracker")


@main.command()
@config_option
@click.option(
    "--as-of", default=None, help="Date or timestamp the run speaks of; a date means the end of that day. Default: now."
)
@click.option(
    "--known-then", is_flag=True, help="With --as-of in the past: by what had been loaded by then, not by what is known now."
)
@click.option("--full-refresh", is_flag=True, help="Rebuild everything after the raw tables; journals are kept.")
@click.option(
    "--select", default=None, metavar="SELECTION", help="Dagster asset selection: run a part, such as 'group:audiences'."
)
@click.option(
    "--job",
    default="daily",
    show_default=True,
    type=click.Choice(["daily", "hourly", "messages"]),
    help="daily: everything. hourly: what depends on the clock, without new files. messages: of that, what sequences need.",
)
@told_plainly
def run(config: Path, as_of: str | None, known_then: bool, full_refresh: bool, select: str | None, job: str) -> None:
    """Run the whole pipeline, or a part of it."""
    started = time.monotonic()
    from dagster_project.report.progress import Progress
    from dagster_project.report.terminal import print_summary, report_console
    from dagster_project.settings import load_settings

    settings = load_settings(config)
    moment = settings.moment(as_of)
    if as_of is not None and moment > datetime.now(UTC).replace(tzinfo=None) + timedelta(days=1):
        what = f"`{as_of}` lies in the future; every later run would then be a look back that exports nothing"
        raise RelanceError(what, "--as-of", "name a moment that has come, or leave it out")
    console = report_console()
    with Progress(console) as progress:
        progress.step("looking for what is new")
        from dagster_project.run import run_project

        outcome = run_project(
            settings,
            moment,
            full_refresh=full_refresh,
            known_then=known_then,
            select=select,
            progress=progress,
            started=started,
            job=job,
        )
    print_summary(outcome.summary, console)
    console.print(f"Report: {outcome.report}", markup=False)
    if not outcome.succeeded:
        sys.exit(CHECK_FAILED)


@main.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--customers", default=5_000, show_default=True, type=int, help="People who order.")
@click.option("--events", default=150_000, show_default=True, type=int, help="Web events.")
@click.option("--seed", default=1, show_default=True, type=int, help="The same seed writes the same files.")
@click.option("--until", default="2026-06-30", show_default=True, metavar="DATE", help="Last day of the shop's history.")
@told_plainly
def demo(directory: Path, customers: int, events: int, seed: int, until: str) -> None:
    """Write a project folder with the raw files of a synthetic shop."""
    from dagster_project.demo import write_demo

    try:
        last_day = date.fromisoformat(until)
    except ValueError:
        raise RelanceError(f"`{until}` is no date", "--until", "write it as 2026-06-30") from None
    summary = write_demo(directory, customers=customers, events=events, seed=seed, until=last_day)
    found = "Demo shop" if summary.created else "The same demo shop is already"
    click.echo(f"{found} in {directory}: {events:,} web events. Next: relance run --config {quote(str(directory))}")


@main.command()
@click.argument("directory", type=click.Path(path_type=Path))
@told_plainly
def init(directory: Path) -> None:
    """Write a commented relance.yml and an empty landing tree for a real company."""
    from dagster_project.demo.projects import init_project

    init_project(directory)
    click.echo(f"Project in {directory}. Fill in relance.yml, drop files into landing/, then:")
    click.echo(f"relance check --config {quote(str(directory))}")


@main.command()
@config_option
@told_plainly
def check(config: Path) -> None:
    """Read configuration, audiences and activations, and say every mistake at once. Runs nothing."""
    from dagster_project.check import check_project
    from dagster_project.config_file import several

    found = check_project(config)
    for line in [] if found.mistakes else found.lines:
        click.echo(line)
    for warning in found.warnings:
        click.echo(f"Warning: {warning}")
    if found.mistakes:
        raise several(found.mistakes)
    click.echo("No mistakes.")


@main.command()
@config_option
@click.option("--source", default=None, metavar="NAME", help="Only rows of this source.")
@click.option("--entity", default=None, metavar="NAME", help="Only rows of this entity, such as orders.")
@click.option(
    "--write",
    "write_to",
    default=None,
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Load nothing, but write the rows as files to be mended by hand.",
)
@click.option(
    "--from",
    "read_from",
    default=None,
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Load the rows that were mended in this folder.",
)
@told_plainly
def replay(config: Path, source: str | None, entity: str | None, write_to: Path | None, read_from: Path | None) -> None:
    """Load rows in quarantine again, under today's rules or as somebody mended them."""
    from dagster_project.loads.replay import replay_project
    from dagster_project.settings import load_settings

    for line in replay_project(load_settings(config), source, entity, write_to, read_from):
        click.echo(line)


@main.command()
@config_option
@told_plainly
def audiences(config: Path) -> None:
    """Every audience: kind, size now, change since the last run, share reachable by channel."""
    from dagster_project.report.audiences import audience_table
    from dagster_project.report.terminal import report_console
    from dagster_project.settings import load_settings

    report_console().print(audience_table(load_settings(config)))


@main.command()
@config_option
@click.option("--accept", default=None, metavar="PROPOSAL", help="Write this proposal as a rule into seeds/lead_rules.csv.")
@told_plainly
def rules(config: Path, accept: str | None) -> None:
    """The rules by which leads get points, rules that the company's own conversions propose, and advice on checks."""
    from dagster_project.report.terminal import report_console
    from dagster_project.scores.rules_command import rules_project
    from dagster_project.settings import load_settings

    rules_project(load_settings(config), accept, report_console())


@main.command()
@click.argument("identifier")
@config_option
@click.option("--audience", default=None, metavar="NAME", help="Why in this audience or not, clause by clause.")
@click.option(
    "--export",
    default=None,
    metavar="FILE.json",
    type=click.Path(path_type=Path),
    help="Write everything held on the person as JSON (access request).",
)
@told_plainly
def explain(config: Path, identifier: str, audience: str | None, export: Path | None) -> None:
    """One person: an e-mail address, a phone number, a profile_id, or type:value such as customer_id:4711."""
    from dagster_project.explain.command import explain_project
    from dagster_project.report.terminal import report_console
    from dagster_project.settings import load_settings

    explain_project(load_settings(config), identifier, audience, export, report_console())


@main.command()
@click.argument("name", required=False)
@config_option
@click.option("--identity", is_flag=True, help="The rules by which identifiers become people: limits, rules and seeds as edited.")
@told_plainly
def preview(config: Path, name: str | None, identity: bool) -> None:
    """What an edited audience, or edited identity rules, would change: built in a scratch copy, which exports nothing."""
    from dagster_project.explain.preview import preview_edit, preview_rules
    from dagster_project.report.terminal import report_console
    from dagster_project.settings import load_settings

    if identity == (name is not None):
        raise RelanceError("What to preview is one thing", "relance preview", "name an audience, or add --identity")
    if name is not None:
        preview_edit(load_settings(config), name, report_console())
    else:
        preview_rules(load_settings(config), report_console())


@main.command()
@click.argument("identifier")
@config_option
@click.option("--dry-run", is_flag=True, help="Count what would go, and change nothing.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@told_plainly
def erase(config: Path, identifier: str, dry_run: bool, yes: bool) -> None:
    """Erase a person for good: an e-mail address, a phone number, or type:value such as customer_id:4711."""
    from dagster_project.privacy.command import erase_project
    from dagster_project.settings import load_settings

    def agreed(lines: list[str]) -> bool:
        if yes:
            return True
        if not sys.stdin.isatty():
            raise RelanceError("Nobody is there to confirm that this person is to be erased", "relance erase", "add --yes")
        for line in lines:
            click.echo(line)
        return click.confirm("Erase this person for good?")

    for line in erase_project(load_settings(config), identifier, dry_run, agreed):
        click.echo(line)


@main.command()
@click.argument("export")
@config_option
@told_plainly
def ack(config: Path, export: str) -> None:
    """Record that a platform took an export: destination/activation/moment/run, one file of it, or destination/activation."""
    from dagster_project.activation.acknowledge import acknowledge
    from dagster_project.settings import load_settings

    for line in acknowledge(load_settings(config), export):
        click.echo(line)


@main.command()
@click.argument("activation")
@config_option
@told_plainly
def resync(config: Path, activation: str) -> None:
    """Let the next run tell a destination everything of an activation or feed anew: all additions, all removals ever made."""
    from dagster_project.activation.resync import resync as ask_anew
    from dagster_project.settings import load_settings

    click.echo(ask_anew(load_settings(config), activation))


@main.command()
@config_option
@told_plainly
def report(config: Path) -> None:
    """Make the HTML report of the newest run from the warehouse, without running anything, and say where it lies."""
    from dagster_project.report.make import remake_report
    from dagster_project.settings import load_settings

    page, is_new = remake_report(load_settings(config))
    if not is_new:
        click.echo("A run of this project is going on: this is the report of the run before.", err=True)
    click.echo(str(page))


@main.command()
@click.option(
    "--config", default=None, type=click.Path(path_type=Path), help="relance.yml or its folder; default: $RELANCE_CONFIG."
)
@click.option("--port", default=3000, show_default=True, type=int)
@told_plainly
def ui(config: Path | None, port: int) -> None:
    """Dagster's web UI on localhost, with the schedules and the sensor running."""
    from dagster_project.instance import prepare_home
    from dagster_project.settings import load_settings

    settings = load_settings(config or Path(os.environ.get("RELANCE_CONFIG", "relance.yml")))
    home = prepare_home(settings)
    os.environ.update(RELANCE_CONFIG=str(settings.config_path), DAGSTER_HOME=str(home))
    # `dagster dev` tells of a successor, which wants projects of another layout; who looks at the page can do nothing about it.
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, [os.environ.get("PYTHONWARNINGS"), "ignore:Function `dev_command`"]))
    dagster = Path(sys.executable).with_name("dagster")
    arguments = ["dev", "--workspace", str(home / "workspace.yaml"), "--host", "127.0.0.1", "--port", str(port)]
    click.echo(f"Dagster's web UI comes up on http://127.0.0.1:{port} (Ctrl+C ends it)")
    sys.stdout.flush()
    os.execv(dagster, [str(dagster), *arguments])


if __name__ == "__main__":
    main()
