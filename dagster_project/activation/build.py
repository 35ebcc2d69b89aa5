"""One run of one activation: audience → gates → rows → changes → published export, told as an ActivationResult."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import duckdb

from dagster_project.activation import records
from dagster_project.activation.activations import Activation
from dagster_project.activation.changes import Changes, find_changes
from dagster_project.activation.feeds import PERSON, Feed
from dagster_project.activation.gates import GATES, gate_members
from dagster_project.activation.ledger import MANIFEST
from dagster_project.activation.publish import Export, publish
from dagster_project.activation.rows import build_rows, coverage
from dagster_project.activation.specs import AS_IT_STANDS, OPEN_FIELDS, Column, FileColumn
from dagster_project.activation.tables import create_tables
from dagster_project.catalog import columns_of
from dagster_project.errors import RelanceError
from dagster_project.quality.gx import CheckResult, Finding
from dagster_project.settings import Settings

PREVIEW_ROWS = 3


@dataclass(frozen=True)
class ActivationResult:
    activation: str
    destination: str
    audience: str
    mode: str
    run_id: str
    as_of: datetime
    status: Literal["published", "already_published", "unchanged", "withheld", "failed"]
    """withheld: a gate closed and there was nothing to remove; failed: a check stopped a file, removals may have gone out."""
    skipped: str | None = None
    """Why a full or add file was not written, in a sentence."""
    members: int = 0
    """People of the audience before the gates."""
    rows: int = 0
    """Rows written, all files together."""
    adds: int = 0
    removes: int = 0
    held: int = 0
    """Rows the destination holds once this export has been taken."""
    gates: list[dict[str, Any]] = field(default_factory=list)
    """gate, before, after: in order."""
    suppressed: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    """Of a feed: reason → records that are not sent for it."""
    coverage: dict[str, dict[str, float]] = field(default_factory=dict)
    """Match key → rows that carry it and their share."""
    folder: Path | None = None
    files: list[Path] = field(default_factory=list)
    checks: list[CheckResult] = field(default_factory=list)
    preview: list[dict[str, str]] = field(default_factory=list)
    """A few rows, masked."""

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)


def run_activation(
    settings: Settings, con: duckdb.DuckDBPyConnection, activation: Activation, run_id: str, as_of: datetime
) -> ActivationResult:
    """Export one activation as of a moment. The same run again finds its work done and writes nothing.

    Args:
        con: the warehouse, open for writing, outside of a transaction. Call `reconcile` first, once a command.
        run_id: letters, digits, `-` and `_`.
        as_of: UTC, naive or with a zone.

    Raises:
        RelanceError: a table is missing, a newer export exists, or the export can't be written.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", run_id):
        raise RelanceError(
            "A run_id has letters, digits, - and _ only", f"activation {activation.name}", "give the run another id"
        )
    as_of = (as_of.astimezone(UTC).replace(tzinfo=None) if as_of.tzinfo else as_of).replace(microsecond=0)
    create_tables(con)
    export = Export(activation, run_id, as_of)
    if _known(con, export):
        return _from_manifest(settings, export)
    _refuse_the_past(con, export)
    try:
        columns, doubt = _prepare(con, settings, activation, run_id, as_of)
        changes = _changes(con, settings, activation, columns, as_of, doubt is not None)
        gates = _gates(con, activation, changes, doubt is not None)
        failed = _lost(changes) + ([_doubted(doubt)] if doubt else [])
        facts: dict[str, Any] = {
            "members": gates[0]["before"],
            "gates": gates,
            "suppressed": {gate["gate"]: gate["before"] - gate["after"] for gate in gates},
            "coverage": coverage(con, columns),
            "minimum_rows": activation.destination.limits.minimum_rows,
            "skipped": doubt or _skipped(activation, changes),
            "failed_checks": [check.name for check in failed],
        }
        if isinstance(activation, Feed):
            facts |= {"left_out": records.left_out(con), "refusals": activation.tells_refusals}
        if not changes.adds and not changes.removes:
            status: Any = "failed" if failed else "unchanged" if changes.open else "withheld"
            return _result(export, status, facts, held=changes.held, checks=failed)
        facts["previous"] = _previous(con, export)
        folder, checks = publish(con, settings, export, columns, changes, facts)
        if folder:
            return _from_manifest(settings, export, "published", failed + checks)
        # A wrong full or add file stays in the house; a removal must not wait for it.
        facts["skipped"] = "a check failed: the last good export stays in place"
        facts["failed_checks"] += [check.name for check in checks if not check.passed]
        changes = _changes(con, settings, activation, columns, as_of, True)
        if changes.removes:
            folder, more = publish(con, settings, export, columns, changes, facts)
            checks = [check for check in checks if not check.passed] + more
            if folder:
                return _from_manifest(settings, export, "failed", failed + checks)
        return _result(export, "failed", facts, held=changes.held, checks=failed + checks)
    finally:
        _drop_temporary(con)


def _prepare(
    con: duckdb.DuckDBPyConnection, settings: Settings, activation: Activation, run_id: str, as_of: datetime
) -> tuple[list[FileColumn], str | None]:
    """Make act_gated and act_rows; returns the file's columns, and why nobody would believe the size."""
    if isinstance(activation, Feed):
        records.gate_records(con, settings, activation, as_of)
        return records.record_rows(con, activation), records.doubtful_size(con, activation)
    gate_members(con, settings, activation, as_of)
    return build_rows(con, activation), _doubt(con, activation, run_id)


def _changes(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    activation: Activation,
    columns: list[FileColumn],
    as_of: datetime,
    removals_only: bool,
) -> Changes:
    if isinstance(activation, Feed):
        return records.find_record_changes(con, settings, activation, columns, as_of, removals_only)
    return find_changes(con, settings, activation, columns, as_of, removals_only)


def _lost(changes: Changes) -> list[CheckResult]:
    """A failed check where rows must be removed whose identifiers the outbox no longer has; they stay in the ledger as held."""
    if not changes.lost:
        return []
    return [CheckResult("outbox", False, [Finding("sent_identifiers_to_be_kept", None, False, changes.lost)])]


def _doubt(con: duckdb.DuckDBPyConnection, activation: Activation, run_id: str) -> str | None:
    """Why nobody would believe the audience's size, in a sentence; None where it is as its YAML declares."""
    if not columns_of(con, "audiences", "size_verdicts"):
        return None
    query = """select reason, believed_before, members from audiences.size_verdicts
               where audience = ? and run_id = ? and reason is not null"""
    row = con.execute(query, [activation.audience, run_id]).fetchone()
    if row is None:
        return None
    before = f" after {row[1]:,}" if row[1] is not None else ""
    told = f"{row[2]:,} people are in {activation.audience}{before}, {row[0]}: no {activation.mode} file"
    return f"{told} until the `bounds` of its YAML allow for it"


def _doubted(why: str) -> CheckResult:
    return CheckResult("audience", False, [Finding("size_to_be_within_bounds", None, False, observed=why)])


def _gates(con: duckdb.DuckDBPyConnection, activation: Activation, changes: Changes, is_doubted: bool) -> list[dict[str, Any]]:
    stopped = dict(con.execute("select coalesce(blocked_by, ''), count(*) from act_gated group by all").fetchall())
    before = sum(stopped.values())
    least = activation.destination.limits.minimum_rows
    closed = {"minimum": changes.wanted < least, "size": is_doubted}
    gates = []
    for gate in records.GATES if isinstance(activation, Feed) else GATES:
        after = 0 if closed.get(gate) else before - stopped.get(gate, 0)
        gates.append({"gate": gate, "before": before, "after": after})
        before = after
    return gates


def _skipped(activation: Activation, changes: Changes) -> str | None:
    if not changes.open:
        least = activation.destination.limits.minimum_rows
        platform = activation.destination.title
        return f"{changes.wanted} rows are fewer than the {least} that {platform} takes: no {activation.mode} file"
    if not changes.adds and not changes.removes:
        return "no message is due" if activation.sequence else "nothing has changed since the last export"
    return None


def _result(export: Export, status: Any, facts: dict[str, Any], **more: Any) -> ActivationResult:
    told = {key: facts[key] for key in ("members", "gates", "suppressed", "left_out", "coverage", "skipped") if key in facts}
    activation = export.activation
    return ActivationResult(
        activation.name, activation.destination.name, activation.audience, activation.mode, export.run_id, export.as_of, status,
        **told, **more,
    )  # fmt: skip


def _from_manifest(
    settings: Settings, export: Export, status: str = "already_published", checks: list[CheckResult] | None = None
) -> ActivationResult:
    folder = settings.exports_path / export.place
    if not (folder / MANIFEST).is_file():
        return _result(export, status, {"skipped": "this run was exported before; its folder is no longer there"})
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if "pruned_at" in manifest:
        return _result(export, status, {"skipped": "this run was exported before; the time of its files is over"})
    if checks is None:
        checks = [CheckResult(name, False) for name in manifest["failed_checks"]]
        status = "failed" if checks else status
    counts = {key: manifest[key] for key in ("rows", "adds", "removes", "held")}
    files = [folder / file["name"] for file in manifest["files"]]
    preview = preview_rows(export, files, manifest)
    return _result(export, status, manifest, **counts, folder=folder, files=files, checks=checks, preview=preview)


def _known(con: duckdb.DuckDBPyConnection, export: Export) -> bool:
    query = "select 1 from activation.files where activation = ? and destination = ? and run_id = ? limit 1"
    return con.execute(query, [export.activation.name, export.activation.destination.name, export.run_id]).fetchone() is not None


def _previous(con: duckdb.DuckDBPyConnection, export: Export) -> str | None:
    """The export that must have been taken before this one."""
    query = """select regexp_replace(max_by(file, sequence), '/[^/]*$', '') from activation.ledger
               where activation = ? and destination = ?"""
    row = con.execute(query, [export.activation.name, export.activation.destination.name]).fetchone()
    return row[0] if row else None


def _refuse_the_past(con: duckdb.DuckDBPyConnection, export: Export) -> None:
    query = "select max(as_of) from activation.ledger where activation = ? and destination = ?"
    row = con.execute(query, [export.activation.name, export.activation.destination.name]).fetchone()
    if row and row[0] and row[0] > export.as_of:
        what = f"An export of {row[0]:%Y-%m-%d %H:%M} UTC exists already, newer than this run's {export.as_of:%Y-%m-%d %H:%M}"
        how = "run with a later --as-of; the past is replayed into a separate project folder"
        raise RelanceError(what, f"activation {export.activation.name}", how)


def preview_rows(export: Export, files: list[Path], manifest: dict[str, Any]) -> list[dict[str, str]]:
    """A few rows of the first file, masked, as it was written: the destination's rules may have changed since. None where it
    is not there any more."""
    if not files or not files[0].is_file():
        return []
    destination = export.activation.destination
    columns = {column.header: column for column in (*destination.columns, *export.activation.columns)}
    header, first = manifest["files"][0]["columns"], int(manifest["header"])
    with files[0].open(encoding=destination.file.encoding, newline="") as file:
        rows = list(islice(csv.reader(file, delimiter=manifest["delimiter"]), first, first + PREVIEW_ROWS))
    seen = [f"{name} {header[: index + 1].count(name)}" if header.count(name) > 1 else name for index, name in enumerate(header)]
    of_people = not isinstance(export.activation, Feed) or export.activation.has(PERSON)
    shown = mask if of_people else lambda _, cell: cell
    return [{title: shown(columns.get(name), cell) for title, name, cell in zip(seen, header, row, strict=True)} for row in rows]


def mask(column: Column | None, cell: str) -> str:
    """A cell shown so that nobody can be told by it; none of a column that the destination no longer has."""
    if column is None:
        return "…" if cell else cell
    is_open = column.normaliser == AS_IT_STANDS and (column.field in OPEN_FIELDS or column.role == "attribute")
    if not cell or column.fixed is not None or is_open:
        return cell
    if column.digest:
        return f"{cell[:6]}…"
    local, at, _ = cell.partition("@")
    return f"{local[:1]}***@***" if at else f"{cell[:1]}***"


def _drop_temporary(con: duckdb.DuckDBPyConnection) -> None:
    query = r"""
        select 'view', view_name from duckdb_views() where temporary and view_name like 'act\_%' escape '\'
        union all
        select 'table', table_name from duckdb_tables() where temporary and table_name like 'act\_%' escape '\'"""
    for kind, name in con.execute(query).fetchall():
        con.execute(f'drop {kind} if exists temp."{name}"')
