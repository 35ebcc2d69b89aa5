"""What all asset modules share: the rooms as asset groups, and the run in hand (project, clock, lock, warehouse)."""

import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

import dagster as dg
import duckdb

from dagster_project.activation.activations import Activation
from dagster_project.activation.feeds import never_left_behind, read_feeds
from dagster_project.activation.reconcile import reconcile
from dagster_project.activation.tables import held_without_activation
from dagster_project.collector import collect_seldom
from dagster_project.control import newest_moment
from dagster_project.errors import RelanceError
from dagster_project.nothing_new import note
from dagster_project.published import publish
from dagster_project.report.last_run import keep_published, newest_is_published
from dagster_project.room import require_memory
from dagster_project.settings import Settings
from dagster_project.warehouse import open_warehouse, run_lock, set_options

ROOMS = {
    "pulls": "Rows that Relance fetches itself, from APIs and databases, into the landing folder.",
    "landing": "Files as vendors, exports and people dropped them, loaded once; refused rows wait in quarantine.",
    "seeds": "Tables that marketers edit: rules, grids, weights.",
    "staging": "One view per vendor table: renamed, typed, normalised, nothing clever.",
    "unified": "One table per entity, whichever vendor it came from.",
    "control": "What this run needs to know: its moment, the company, the audiences.",
    "identity": "Which identifiers belong to the same person, and why.",
    "profiles": "One row per person, known or anonymous, and what they agreed to.",
    "scores": "Figures about people, each with what it is made of.",
    "audiences": "Who is in each audience, who is not, and why.",
    "feeds": "What platforms and tools are sent besides lists of people: products, conversions, refusals, scores.",
    "privacy": "Who was erased and who is no longer to be kept.",
    "activations": "Upload files for advertising and e-mail platforms, and the ledger of what each of them holds.",
    "measurement": "What it brought: attribution, return, lift.",
}
"""Asset group → what stands in it, in the order in which data walks."""

KIND = "duckdb"
PATIENCE_SECONDS = 3600
"""How long a run that nobody waits for waits for its turn."""

TRIGGER_TAGS = {"dagster/schedule_name", "dagster/sensor_name"}
"""Tags that Dagster puts on runs which nobody started by hand."""

STOOD_ON = "relance/stood_on"
"""Tag of a whole run of the terminal: what it began with (see `nothing_new`)."""


def room(name: str) -> str:
    """The asset group of a room.

    Raises:
        RelanceError: there is no such room; a new folder of models needs a name and a sentence in ROOMS.
    """
    if name not in ROOMS:
        raise RelanceError(f"There is no room `{name}`", f"dbt_models/models/{name}", f"move it to one of {', '.join(ROOMS)}")
    return name


class Progress(Protocol):
    """Who listens while a run works."""

    def step(self, what: str) -> None:
        """Something begins."""

    def detail(self, what: str) -> None:
        """Something worth seeing while it lasts."""


class LogProgress:
    """Progress in Dagster's log of the run, where nobody sits at a terminal."""

    def __init__(self, log: dg.DagsterLogManager):
        self.step = self.detail = log.info


class Silence:
    """Progress that nobody listens to."""

    def step(self, what: str) -> None:
        pass

    detail = step


@dataclass
class RunInHand:
    """One Dagster run of one project. Holds the writer lock from its first step to its last.

    has_news: rows were loaded, tables made or files written.
    has_held: every step and check, as far as the report knows, which comes last.
    is_unfinished: something was mended, or is to be told or done again by the next run on the same ground.
    beside: what goes on beside a step, in threads of its own; it ends with the step, or else with the run.
    """

    settings: Settings
    as_of: datetime
    full_refresh: bool
    progress: Progress
    has_news: bool = False
    has_held: bool = False
    is_unfinished: bool = False
    beside: ExitStack = field(default_factory=ExitStack, repr=False)
    _held: ExitStack = field(default_factory=ExitStack, repr=False)
    _open: duckdb.DuckDBPyConnection | None = field(default=None, repr=False)

    @contextmanager
    def warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection for one step, closed on every exit. The file stays open until `let_go`: opening it takes its time."""
        if self._open is None:
            self._open = self._held.enter_context(open_warehouse(self.settings))
        with closing(self._open.cursor()) as con:
            set_options(con, self.settings)
            yield con

    @property
    def is_torn(self) -> bool:
        """Whether this run or one before, stopped or killed, made some tables anew, and not all that hang on them."""
        return _torn(self.settings).exists()

    @is_torn.setter
    def is_torn(self, is_so: bool) -> None:
        _torn(self.settings).touch() if is_so else _torn(self.settings).unlink(missing_ok=True)

    def let_go(self) -> None:
        """Close the file, for those who open it themselves: dbt, and an erasure, which puts a new one in its place."""
        self._open = None
        self._held.close()


def _torn(settings: Settings) -> Path:
    return settings.state_path / "half_made"


@contextmanager
def _turn(settings: Settings, told: Progress, patience: float) -> Iterator[None]:
    """The writer lock, waited for if another run holds it: a run refused for that would leave its files unread.

    Raises:
        RelanceError: the lock is still held when `patience` (seconds) is over.
    """
    until = time.monotonic() + patience
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(run_lock(settings))
                break
            except RelanceError:
                if time.monotonic() >= until:
                    raise
                told.step("another run of this project is going on; waiting for it to end")
                time.sleep(min(10, patience))
        yield


def _not_in_the_past(settings: Settings, as_of: datetime, binding: bool, told: Progress) -> datetime:
    """`as_of`, or the newest moment the tables tell of where that is later: a warehouse only goes forward.

    Args:
        binding: somebody asked for this very moment.

    Raises:
        RelanceError: a moment that has passed was asked for.
    """
    newest = newest_moment(settings)
    if newest is None or as_of >= newest:
        return as_of
    if binding:
        what = f"The tables tell of {newest:%Y-%m-%d %H:%M} UTC already, later than the as_of asked for, {as_of:%Y-%m-%d %H:%M}"
        how = f"replay the past at the terminal: `relance run --as-of {as_of:%Y-%m-%dT%H:%M}Z` works in a warehouse of its own"
        raise RelanceError(what, "as_of of the run", how)
    told.step(f"the tables tell of {newest:%Y-%m-%d %H:%M} UTC already: this run speaks of that, not of {as_of:%Y-%m-%d %H:%M}")
    return newest


def _publish(run: RunInHand) -> None:
    """What a run has left is there to be read, unless it broke off between tables. What stops that stops nothing else, and
    the next run makes up for it."""
    if run.is_torn:
        run.progress.step("tables were left half made: readers keep those of the run before")
        return
    path = run.settings.published_path
    if path is None or (path.exists() and not run.has_news and newest_is_published(run.settings)):
        return
    try:
        publish(run.settings)
        keep_published(run.settings)
    except RelanceError as error:
        run.progress.step(f"warning: {error}")


def run_resource(
    settings: Settings, activations: Collection[Activation], progress: Progress | None = None
) -> dg.ResourceDefinition:
    """The resource `run`: its config is what a run can be asked for.

    Args:
        activations: those that run.
        progress: who waits for this run; None where nobody does, as for runs of schedule, sensor and web UI.
    """
    schema = {
        "as_of": dg.Field(
            dg.Noneable(str), is_required=False, default_value=None,
            description="The moment the run speaks of: 2026-06-30 (the end of that day) or 2026-06-30T14:00. Empty: now.",
        ),
        "full_refresh": dg.Field(
            bool, is_required=False, default_value=False, description="Rebuild all after the raw tables; journals are kept."
        ),
    }  # fmt: skip

    @dg.resource(config_schema=schema, description="The project, the moment the run speaks of, and the lock on its warehouse.")
    @contextmanager
    def run(context: dg.InitResourceContext) -> Iterator[RunInHand]:
        collect_seldom()  # a run of Dagster's own has a process of its own, too
        asked = context.resource_config
        as_of = settings.moment(asked["as_of"])
        told = progress or LogProgress(context.log)
        require_memory(settings)
        # Somebody at a terminal wants to know at once; a run that a schedule or sensor started can wait for its turn.
        with _turn(settings, told, patience=0 if progress else PATIENCE_SECONDS):
            started_by_itself = TRIGGER_TAGS & context.run.tags.keys() if context.run else set()
            as_of = _not_in_the_past(settings, as_of, asked["as_of"] is not None and not started_by_itself, told)
            run = RunInHand(settings, as_of, asked["full_refresh"], told)
            try:
                with run.warehouse() as con:
                    lines = [f"after a run that was cut short: {line}" for line in reconcile(con, settings)]
                    running = {(activation.name, activation.destination.name) for activation in activations}
                    left_behind = held_without_activation(con, running | never_left_behind(read_feeds(settings)))
                    lines += [f"warning: {line}" for line in left_behind]
                for line in lines:
                    told.step(line)
                run.is_unfinished = bool(lines)
                yield run
            finally:
                run.beside.close()
                run.let_go()
            _publish(run)
            stood_on = context.run.tags.get(STOOD_ON) if context.run else None
            if stood_on and run.has_held and not run.is_unfinished:
                note(settings, stood_on, run.as_of)

    return run
