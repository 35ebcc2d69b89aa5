"""From prepared rows to an export that is there whole or not at all, and a ledger that agrees with it.

Order, each step safe to be the last before a crash: files in a temporary folder beside their place, checked, outbox, folder
renamed into place, ledger committed, `latest` moved. `reconcile` finishes or undoes what a crash left between.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.activation.activations import Activation
from dagster_project.activation.changes import Changes
from dagster_project.activation.exports_suite import check_file
from dagster_project.activation.files import (
    WrittenFile,
    fsync_folder,
    lay_out,
    make_private_folder,
    write_files,
    write_private,
)
from dagster_project.activation.ledger import MANIFEST, commit, manifest_text, point_latest
from dagster_project.activation.messages import JOURNAL
from dagster_project.activation.outbox import outbox_file, write_outbox
from dagster_project.activation.specs import FileColumn
from dagster_project.errors import RelanceError
from dagster_project.loads.casts import literal
from dagster_project.quality.gx import CheckResult
from dagster_project.settings import Settings

SCHEMA_VERSION = 1
TEMPORARY = ".tmp-"


@dataclass(frozen=True)
class Export:
    """Where one run of one activation writes."""

    activation: Activation
    run_id: str
    as_of: datetime

    @property
    def place(self) -> str:
        """Path below the exports folder, `/`-separated."""
        return f"{self.activation.destination.name}/{self.activation.name}/{self.as_of:%Y%m%dT%H%M%SZ}/{self.run_id}"


def publish(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    export: Export,
    columns: list[FileColumn],
    changes: Changes,
    facts: dict[str, Any],
) -> tuple[Path | None, list[CheckResult]]:
    """Write, check and publish what act_rows, act_adds and act_removes hold.

    Args:
        facts: what the manifest says beyond the files (gates, coverage, …).

    Returns:
        The export's folder and the checks; no folder where a check failed: nothing has changed, the last good export stays.

    Raises:
        RelanceError: the disk is full or the folder can't be written.
    """
    folder = settings.exports_path / export.place
    work = folder.parent.parent / f"{TEMPORARY}{export.run_id}"
    try:
        shutil.rmtree(work, ignore_errors=True)
        make_private_folder(work)
        files = _write(con, work, export, columns, changes)
        checks = _check(con, work, export, columns, changes, files)
        if not all(check.passed for check in checks):
            shutil.rmtree(work)
            return None, checks
        _write_manifest(settings, work, export, columns, changes, files, facts)
        _write_outbox(con, settings, export, columns, changes, files)
        try:
            _move_into_place(work, folder)
        except Exception:
            if not folder.exists():
                outbox_file(settings, export.activation.name, export.run_id).unlink(missing_ok=True)
            raise
    except (OSError, duckdb.IOException) as error:
        shutil.rmtree(work, ignore_errors=True)
        reason = getattr(error, "strerror", None) or "input/output error"
        how = "make room or give the folder back to its owner, then run again; nothing half-written was left"
        raise RelanceError(f"The export can't be written: {reason}", str(folder), how) from None
    except Exception:
        shutil.rmtree(work, ignore_errors=True)
        raise
    try:
        commit(con, settings, folder)
        point_latest(con, settings, export.activation.destination.name, export.activation.name)
    except (OSError, duckdb.IOException) as error:
        reason = getattr(error, "strerror", None) or "input/output error"
        how = "make room, then run again: the next run enters the export in the ledger"
        raise RelanceError(f"The export is there but could not be entered in the ledger: {reason}", str(folder), how) from None
    return folder, checks


def _write(
    con: duckdb.DuckDBPyConnection, work: Path, export: Export, columns: list[FileColumn], changes: Changes
) -> list[WrittenFile]:
    destination = export.activation.destination
    files: list[WrittenFile] = []
    operation = _positive(export, changes)
    if operation:
        only = "" if operation == "full" else " where match_keys_sha256 in (select match_keys_sha256 from act_adds)"
        parts = lay_out(con, f"select * from act_rows{only}", columns, destination, "act_out")
        files += write_files(con, work, "act_out", parts, operation, columns, destination)
    if changes.removes and not changes.replaced:
        wanted = "select * from act_removed where match_keys_sha256 in (select match_keys_sha256 from act_removes)"
        parts = lay_out(con, wanted, changes.removal_columns, destination, "act_out_remove")
        files += write_files(con, work, "act_out_remove", parts, "remove", changes.removal_columns, destination)
    return files


def _positive(export: Export, changes: Changes) -> str | None:
    """`full`, `add`, or None where no such file may or need be written."""
    if not changes.open:
        return None
    if export.activation.mode == "full":
        return "full"
    return "add" if changes.adds else None


def _check(
    con: duckdb.DuckDBPyConnection,
    work: Path,
    export: Export,
    columns: list[FileColumn],
    changes: Changes,
    files: list[WrittenFile],
) -> list[CheckResult]:
    return [
        check_file(
            con, work / file.name, export.activation.destination,
            changes.removal_columns if file.operation == "remove" else columns, file.rows, file.operation,
        )
        for file in files
    ]  # fmt: skip


def _write_manifest(
    settings: Settings,
    work: Path,
    export: Export,
    columns: list[FileColumn],
    changes: Changes,
    files: list[WrittenFile],
    facts: dict[str, Any],
) -> None:
    activation = export.activation
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "activation": activation.name,
        "destination": activation.destination.name,
        "audience": activation.audience,
        "as_of": f"{export.as_of.isoformat()}Z",
        "run_id": export.run_id,
        "mode": activation.mode,
        "sequence": activation.sequence,
        "journalled": activation.journalled,
        "rows": sum(file.rows for file in files),
        "columns": activation.destination.headers(columns),
        "header": activation.destination.file.header,
        "delimiter": activation.destination.file.delimiter,
        "files": [
            {
                "name": file.name,
                "operation": file.operation,
                "rows": file.rows,
                "bytes": file.bytes,
                "sha256": file.sha256,
                "columns": activation.destination.headers(changes.removal_columns if file.operation == "remove" else columns),
            }
            for file in files
        ],
        "adds": changes.adds,
        "removes": changes.removes,
        "held": changes.held,
        "consent": {"purposes": activation.destination.consent.purposes, "silence": settings.consent.unknown},
        "apply": activation.destination.removal.how,
        "resync": list(changes.resync),
        **facts,
    }
    write_private(work / MANIFEST, manifest_text(manifest))
    fsync_folder(work)


def _write_outbox(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    export: Export,
    columns: list[FileColumn],
    changes: Changes,
    files: list[WrittenFile],
) -> None:
    keys = [column.id for column in columns if column.column.role == "match_key"]
    parts = []
    if changes.replaced:
        nothing = "".join(f', null::varchar as "{id}"' for id in keys) + _journal_sql(export, told=False)
        full = literal(f"{export.place}/{files[0].name}")
        parts.append(
            f"""select 'remove' as operation, reason, profile_id, match_keys_sha256, attributes_sha256, {full} as file{nothing}
                from act_removes"""
        )
    elif changes.removes:
        nothing = "".join(f', null::varchar as "{id}"' for id in keys) + _journal_sql(export, told=False)
        name = _file_sql(export, [file for file in files if file.operation == "remove"])
        parts.append(
            f"""select 'remove' as operation, c.reason, c.profile_id, c.match_keys_sha256, c.attributes_sha256,
                    {name} as file{nothing}
                from act_removes c join act_out_remove o using (match_keys_sha256)"""
        )
    if changes.adds:
        cells = "".join(f', o."{id}"' for id in keys) + _journal_sql(export, told=True)
        messages = _journalled_sql(export)
        name = _file_sql(export, [file for file in files if file.operation != "remove"])
        parts.append(
            f"""select 'add' as operation, c.reason, c.profile_id, c.match_keys_sha256, c.attributes_sha256, {name} as file{cells}
                from act_adds c join act_out o using (match_keys_sha256) {messages}"""
        )
    write_outbox(con, outbox_file(settings, export.activation.name, export.run_id), " union all ".join(parts))


def _journalled_sql(export: Export) -> str:
    """SQL of the join that gives an added row what a journal needs of it."""
    if export.activation.sequence:
        return "left join act_messages m using (profile_id)"
    return "join act_rows m using (match_keys_sha256)" if export.activation.journalled else ""


def _journal_sql(export: Export, told: bool) -> str:
    """SQL of what the journal of messages, or the ledger of records, needs of an added row, or of its absence in a removed one;
    nothing of a list."""
    if export.activation.journalled:
        return "".join(f", m.{name}" if told else f", null::varchar as {name}" for name in ("record_key", "journal"))
    if not export.activation.sequence:
        return ""
    return "".join(f", m.{name}" if told else f", null::{kind} as {name}" for name, kind in JOURNAL.items())


def _file_sql(export: Export, files: list[WrittenFile]) -> str:
    whens = " ".join(f"when {file.part} then {literal(f'{export.place}/{file.name}')}" for file in files)
    return f"case o.part {whens} end"


def _move_into_place(work: Path, folder: Path) -> None:
    make_private_folder(folder.parent)
    os.rename(work, folder)
    fsync_folder(folder.parent)
