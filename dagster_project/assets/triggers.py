"""When the jobs run: every day, every hour, and when new files have landed."""

import hashlib
import os
import time
from datetime import datetime
from pathlib import Path

import dagster as dg

from dagster_project.connectors.store import fingerprint, list_store, shown_url
from dagster_project.errors import RelanceError
from dagster_project.settings import Settings

QUIET_SECONDS = 30
"""A file changed more recently than this may still be growing."""

DAILY_AT = "0 6 * * *"
HOURLY_AT = "5 * * * *"
MESSAGES_AT = "0 * * * *"


def landing_state(landing: Path) -> tuple[str, int, float]:
    """Fingerprint of the landing folder (path, size, time of every file), number of files, newest modification (Unix time).

    Files and folders whose names begin with a dot are being written or belong to tools, and do not count.
    """
    digest, files, newest = hashlib.sha256(), 0, 0.0
    for folder, folders, names in os.walk(landing):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.startswith("."):
                continue
            path = os.path.join(folder, name)
            try:
                stat = os.stat(path)
            except FileNotFoundError:  # moved away while we were looking
                continue
            digest.update(f"{os.path.relpath(path, landing)}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
            files, newest = files + 1, max(newest, stat.st_mtime)
    return digest.hexdigest(), files, newest


def state_of(settings: Settings) -> tuple[str, int, float]:
    """`landing_state` of a project: of its folder, or of one listing of its object store, of which nothing is fetched.

    Raises:
        RelanceError: the store can't be read.
    """
    if not settings.landing.is_remote:
        return landing_state(settings.landing_path)
    listing = list_store(settings)
    return fingerprint(listing), len(listing), max((entry.changed_at for entry in listing.values()), default=0.0)


def _loaded_mark(settings: Settings) -> Path:
    return settings.state_path / "landing.loaded"


def note_loaded(settings: Settings, fingerprint: str) -> None:
    """Remember which state of the landing folder has been loaded, whoever started the run."""
    _loaded_mark(settings).write_text(fingerprint)


def landed_files_sensor(settings: Settings, job_name: str) -> dg.SensorDefinition:
    """A sensor that asks for one run per state of the landing folder; its cursor is the state last asked for."""

    @dg.sensor(
        name="landed_files",
        job_name=job_name,
        minimum_interval_seconds=300 if settings.landing.is_remote else 60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts the daily job when a file in the landing folder is new or has changed, once it has stopped growing.",
    )
    def landed_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        place = shown_url(settings.landing.url) if settings.landing.is_remote else str(settings.landing_path)
        if not settings.landing.is_remote and not settings.landing_path.is_dir():
            return dg.SkipReason(f"The landing folder does not exist: {place}")
        try:
            state, files, newest = state_of(settings)
        except RelanceError as error:
            return dg.SkipReason(str(error))
        if not files:
            return dg.SkipReason(f"No file in {place} yet.")
        mark = _loaded_mark(settings)
        if state == context.cursor or (mark.exists() and mark.read_text() == state):
            return dg.SkipReason(f"Nothing new: {files} files, all known.")
        if 0 <= time.time() - newest < QUIET_SECONDS:
            return dg.SkipReason(f"Files changed less than {QUIET_SECONDS} s ago; waiting until they stop growing.")
        return dg.SensorResult([dg.RunRequest(run_key=state, tags={"trigger": "landed files"})], cursor=state)

    return landed_files


def schedule(settings: Settings, name: str, job_name: str, cron: str, running: bool, description: str) -> dg.ScheduleDefinition:
    """A schedule in the company's time zone whose runs speak of the moment they were planned for, however late they start."""

    @dg.schedule(
        name=name,
        job_name=job_name,
        cron_schedule=cron,
        execution_timezone=settings.company.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING if running else dg.DefaultScheduleStatus.STOPPED,
        description=description,
    )
    def planned(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest(run_config=run_config(settings, context.scheduled_execution_time))

    return planned


def run_config(settings: Settings, as_of: datetime | None, full_refresh: bool = False) -> dict:
    """What a run is asked for. A clock that stands still in relance.yml wins over a schedule's."""
    moment = None if as_of is None or settings.as_of is not None else as_of.isoformat()
    return {"resources": {"run": {"config": {"as_of": moment, "full_refresh": full_refresh}}}}
