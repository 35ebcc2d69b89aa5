"""What has just been landed must fit its contract, whichever way it was read: the loads' own work, checked by other means.

Counts over all new rows are taken in SQL; single values go through Great Expectations on a bounded sample, since a hundred
million rows have no place in pandas.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import duckdb

from dagster_project.loads.contract import Entity
from dagster_project.quality.gx import CheckResult, expectations, validate_frame

SAMPLE = 10_000
"""New rows whose values are looked at one by one."""

FIRST, LAST = "1900-01-01T00:00:00", "2200-01-01T00:00:00"


def create_passed(con: duckdb.DuckDBPyConnection) -> None:
    """The table of what has passed: a load whose checks failed, or were never made, is checked again by the next run."""
    con.execute("create schema if not exists quality")
    con.execute(
        """create table if not exists quality.landing_passed (
            source varchar, entity varchar, batch bigint, passed_at timestamp)"""
    )


def passed_up_to(con: duckdb.DuckDBPyConnection, entity: Entity | None = None) -> int:
    """The newest batch of an entity (None: of the ledger) up to which everything passed; 0 if nothing did."""
    query = "select coalesce(max(batch), 0) from quality.landing_passed where source = ? and entity = ?"
    row = con.execute(query, _place(entity)).fetchone()
    return row[0] if row else 0


def note_passed(con: duckdb.DuckDBPyConnection, batch: int, entity: Entity | None = None) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    con.execute("insert into quality.landing_passed values (?, ?, ?, ?)", [*_place(entity), batch, now])


def _place(entity: Entity | None) -> list[str]:
    return [entity.source, entity.name] if entity else ["quality", "load_ledger"]


def check_landed(con: duckdb.DuckDBPyConnection, entity: Entity, after_batch: int = 0) -> CheckResult:
    """Validate the rows of one raw table that came after a batch against their contract. No row holds.

    Expected of all rows: a file and a line to trace them by, a value in every required column, numbers within their bounds, and,
    of facts, no key twice.
    Expected of the sample: the contract's columns, plausible times, JSON that can be read.
    """
    new = f"from {entity.table} where _batch > {after_batch:d}"
    facts = con.execute(f"select {_facts(entity)} {new}").df()
    rows = int(facts["rows"][0])
    if not rows:
        return CheckResult(_name(entity), True)
    share = 100.0 * SAMPLE / rows
    # Whole vectors are drawn, so a table of any size is not read through for a few rows of it.
    drawn = f"using sample {share}% (system)" if share < 100 else ""
    sample = con.execute(f"select * from (select * {new}) {drawn} limit {SAMPLE}").df()
    results = [validate_frame(facts, _fact_expectations(entity), _name(entity))]
    if len(sample):
        results.append(validate_frame(sample, _value_expectations(entity), _name(entity)))
    findings = [finding for result in results for finding in result.findings]
    return CheckResult(_name(entity), all(finding.passed for finding in findings), findings)


def check_ledger(con: duckdb.DuckDBPyConnection) -> CheckResult:
    """Validate the load ledger: every file has a checksum, no count is negative, and each file's books balance."""
    ledger = con.execute(
        """select sha256, rows_read, rows_accepted, rows_duplicate, rows_quarantined,
            rows_read - rows_accepted - rows_duplicate - rows_quarantined - coalesce(rows_tombstoned, 0) as rows_unaccounted
        from quality.load_ledger"""
    ).df()
    gxe = expectations()
    counts = ("rows_read", "rows_accepted", "rows_duplicate", "rows_quarantined")
    suite = [
        gxe.ExpectColumnValuesToMatchRegex(column="sha256", regex="^[0-9a-f]{64}$"),
        gxe.ExpectColumnValuesToBeInSet(column="rows_unaccounted", value_set=[0]),
        *[gxe.ExpectColumnValuesToBeBetween(column=name, min_value=0) for name in counts],
    ]
    return validate_frame(ledger, suite, "load_ledger")


def _name(entity: Entity) -> str:
    return f"raw_{entity.source}.{entity.name}"


def _required(entity: Entity) -> list[str]:
    return [name for name, column in entity.columns.items() if column.required]


def _bounds(entity: Entity) -> dict[str, int]:
    """Column → what its numbers must lie above."""
    return {name: column.above for name, column in entity.columns.items() if column.above is not None}


def _facts(entity: Entity) -> str:
    """Counts over the new rows, as one row; every count but `rows` should be nought."""
    counts = [
        "count(*) as rows",
        "count(*) - count(_file) as rows_without_file",
        "count(*) filter (coalesce(_line, 0) < 1) as rows_without_line",
    ]
    counts += [f'count(*) - count("{name}") as "without_{name}"' for name in _required(entity)]
    counts += [f'count(*) filter ("{name}" <= {least}) as "{name}_too_low"' for name, least in _bounds(entity).items()]
    return ", ".join(counts)


def _fact_expectations(entity: Entity) -> list[Any]:
    gxe = expectations()
    names = ["rows_without_file", "rows_without_line", *[f"without_{name}" for name in _required(entity)]]
    names += [f"{name}_too_low" for name in _bounds(entity)]
    return [gxe.ExpectColumnValuesToBeInSet(column=name, value_set=[0]) for name in names]


def _value_expectations(entity: Entity) -> list[Any]:
    gxe = expectations()
    suite: list[Any] = [gxe.ExpectTableColumnsToMatchSet(column_set=list(entity.all_columns))]
    for name, column in entity.columns.items():
        if column.type == "timestamp":
            suite.append(gxe.ExpectColumnValuesToBeBetween(column=name, min_value=FIRST, max_value=LAST))
        elif column.type == "json":
            suite.append(gxe.ExpectColumnValuesToBeJsonParseable(column=name))
    if entity.mode == "facts":
        suite.append(gxe.ExpectColumnValuesToBeUnique(column="_key"))
    return suite
