"""What is known of the newest run beside its tables: its checks, how long it took, what it did not write.

Kept in the project's private state, so that the page can be made again from the warehouse alone (`relance report`).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from dagster_project.private import owner_only
from dagster_project.settings import Settings

_PUBLISHED = "published_run.json"


@dataclass(frozen=True)
class Check:
    """One check of a run. `blocking` checks decide the exit code."""

    name: str
    passed: bool
    blocking: bool
    detail: str = ""


@dataclass(frozen=True)
class LastRun:
    """Of the run that the tables speak of. Holds figures only, no personal data.

    as_of: naive UTC. seconds: how long it took. not_written: activation and why it wrote no file.
    """

    run_id: str
    as_of: datetime
    seconds: float
    succeeded: bool
    checks: Sequence[Check] = field(default_factory=list)
    not_written: Sequence[tuple[str, str]] = field(default_factory=list)

    @property
    def failed_checks(self) -> list[Check]:
        """Blocking ones first."""
        return sorted((check for check in self.checks if not check.passed), key=lambda check: not check.blocking)


def keep(settings: Settings, run: LastRun) -> None:
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with open(unfinished, "w", encoding="utf-8", opener=owner_only) as file:
        json.dump(asdict(run) | {"as_of": run.as_of.isoformat()}, file)
    os.replace(unfinished, path)


def is_kept(settings: Settings, run: LastRun) -> bool:
    """Whether the same run was kept, with all that failed in this one; done once more, it looks at less, and has less to tell."""
    found = _read(_path(settings))
    if found is None or (found.run_id, found.as_of, found.succeeded) != (run.run_id, run.as_of, run.succeeded):
        return False
    return set(run.failed_checks) <= set(found.failed_checks) and set(run.not_written) <= set(found.not_written)


def keep_published(settings: Settings) -> None:
    """Keep the newest run also as that of the copy for readers: a run that finds nothing new makes no new copy.

    Where that can't be kept, the next run copies once more.
    """
    newest, published = _path(settings), _path(settings).with_name(_PUBLISHED)
    unfinished = published.with_suffix(".part")
    with suppress(OSError):
        shutil.copy(newest, unfinished)
        os.replace(unfinished, published)


def newest_is_published(settings: Settings) -> bool:
    """Whether readers have the run that was kept last; not where the copy could not be written, or a kill came between."""
    newest = newest_kept(settings)
    return newest is None or newest == newest_kept(settings, of_readers=True)


def newest_kept(settings: Settings, of_readers: bool = False) -> LastRun | None:
    """What was kept last; `of_readers`: of the run whose copy readers have."""
    return _read(_path(settings).with_name(_PUBLISHED) if of_readers else _path(settings))


def kept(settings: Settings, run_id: str, as_of: datetime) -> LastRun:
    """What was kept of a run; of one that nothing is known of, a run without checks."""
    for of_readers in (False, True):
        found = newest_kept(settings, of_readers)
        if found is not None and (found.run_id, found.as_of) == (run_id, as_of):
            return found
    return LastRun(run_id, as_of, 0.0, True)


def _read(path: Path) -> LastRun | None:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return LastRun(
            told["run_id"],
            datetime.fromisoformat(told["as_of"]),
            told["seconds"],
            told["succeeded"],
            [Check(**check) for check in told["checks"]],
            [(activation, why) for activation, why in told["not_written"]],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _path(settings: Settings) -> Path:
    return settings.state_path / "last_run.json"
