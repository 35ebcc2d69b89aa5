"""A command of dbt's in this process, quiet. A dbt command line costs seconds before it does anything."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.errors import RelanceError, safe_message

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

    from dagster_project.dbt_workspace import Workspace

_QUIET = [
    "--quiet", "--no-print", "--no-use-colors", "--log-level", "none", "--log-level-file", "none",
    "--no-send-anonymous-usage-stats", "--no-version-check",
]  # fmt: skip


def invoke(
    workspace: Workspace,
    args: list[str],
    manifest: Manifest | None = None,
    listen: Callable[[Any], None] | None = None,
    profiles_dir: Path | None = None,
) -> Any:
    """dbt's outcome.

    Args:
        args: command and options, but for the places.
        manifest: of an earlier parse, so that nothing is parsed.
        listen: hears dbt's events, from dbt's own threads.
        profiles_dir: where another profile lies than the workspace's own.
    """
    from dbt.cli.main import dbtRunner

    places = ["--project-dir", workspace.project_dir, "--profiles-dir", profiles_dir or workspace.profiles_dir]
    places += ["--target-path", workspace.target_dir, "--log-path", workspace.target_dir]
    runner = dbtRunner(manifest=manifest, callbacks=[listen] if listen else [])
    outcome = runner.invoke([args[0], *map(str, places), *_QUIET, *args[1:]])
    if outcome.exception is not None and not isinstance(outcome.exception, Exception):
        raise outcome.exception  # an interruption, which dbtRunner swallows
    return outcome


def unreadable(error: BaseException | None, workspace: Workspace) -> RelanceError:
    """What to tell of a command that could not begin."""
    text = str(error or "dbt ended without a result")
    place = re.search(r"\(?((?:models|macros|seeds|tests)/[\w./-]+\.(?:sql|yml|csv))", text)
    where = (workspace.project_dir / place[1]).resolve() if place else workspace.project_dir
    if "lock" in text.lower() and "IO Error" in text:
        return RelanceError("The warehouse is in use by another process", str(where), "wait until it ends, then run again")
    return RelanceError(f"dbt can't read the models: {safe_message(text)}", str(where), "correct the file, then run again")
