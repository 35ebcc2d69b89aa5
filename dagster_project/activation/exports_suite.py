"""What a file must be before it leaves the house, derived from its destination's spec, checked on the written bytes.

Facts about the whole file (rows, duplicates, people nobody could match) are counted in SQL, so they hold across batches of any
size; then they and, batch by batch, the cells go through Great Expectations.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from dagster_project.activation.specs import Destination, FileColumn, Operation
from dagster_project.quality.gx import CheckResult, Finding, expectations, validate_frame

BATCH = 250_000


def check_file(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    destination: Destination,
    columns: list[FileColumn],
    rows: int,
    operation: Operation,
) -> CheckResult:
    """Validate one written file.

    A file of removals is checked for header, readability and number of rows only: its cells are as they were once sent, and
    a rule that came later must not keep people on a platform.

    Args:
        columns: what the file should carry.
        rows: data rows the manifest claims.
        operation: full, add or remove.
    """
    columns = destination.with_fixed(columns)
    delimiter, ids = destination.file.delimiter, [column.id for column in columns]
    if destination.file.header:
        with path.open(encoding=destination.file.encoding, newline="") as file:
            header = next(csv.reader(file, delimiter=delimiter), [])
        expected = [column.header for column in columns]
        if header != expected:
            # Names in an upload header are the destination's own: nothing personal in telling them.
            told = delimiter.join(header[: 2 * len(expected)])
            return CheckResult(path.name, False, [Finding("table_columns_to_match_ordered_list", None, False, observed=told)])
    try:
        cells = con.read_csv(
            str(path), header=False, skiprows=int(destination.file.header), sep=delimiter, quotechar='"', escapechar='"',
            all_varchar=True, names=ids, null_padding=False, strict_mode=True,
        )  # fmt: skip
        facts = _facts(con, cells, destination, [column for column in columns if column.column.fixed is None])
        removal = operation == "remove"
        results = [validate_frame(facts.to_pandas(), _file_expectations(rows, removal), path.name)]
        for batch in () if removal else cells.to_arrow_reader(BATCH):
            results.append(validate_frame(pa.table(batch).to_pandas(), _cell_expectations(columns, operation), path.name))
    except duckdb.Error as error:
        return CheckResult(path.name, False, [Finding("file_to_be_readable_csv", None, False, observed=type(error).__name__)])
    return _merged(path.name, results)


def _facts(
    con: duckdb.DuckDBPyConnection, cells: duckdb.DuckDBPyRelation, destination: Destination, columns: list[FileColumn]
) -> pa.Table:
    """One row of counts about the whole file."""
    keys = [column.id for column in columns if column.column.role == "match_key"]
    present: dict[str, str] = {}
    for column in columns:
        filled = f'"{column.id}" is not null'
        present[column.column.key] = f"{present[column.column.key]} or {filled}" if column.column.key in present else filled
    usable = [needed for needed in destination.required_any if all(key in present for key in needed)]
    matched = " or ".join("(" + " and ".join(f"({present[key]})" for key in needed) + ")" for needed in usable) or "false"
    together = [needed for needed in destination.complete_sets if all(key in present for key in needed)]
    torn = [
        "("
        + " or ".join(f"({present[key]})" for key in needed)
        + ") and not ("
        + " and ".join(f"({present[key]})" for key in needed)
        + ")"
        for needed in together
    ]
    row = ", ".join(f"coalesce(\"{key}\", '')" for key in keys)
    return cells.aggregate(
        f"""count(*) as rows,
            count(*) - count(distinct hash({row})) as duplicate_rows,
            count(*) filter (not ({matched})) as rows_without_identifier,
            count(*) filter ({" or ".join(torn) or "false"}) as rows_with_incomplete_sets"""
    ).to_arrow_table()


def _file_expectations(rows: int, removal: bool) -> list[Any]:
    gxe = expectations()
    nothing = () if removal else ("duplicate_rows", "rows_without_identifier", "rows_with_incomplete_sets")
    return [
        gxe.ExpectColumnValuesToBeInSet(column="rows", value_set=[rows]),
        *[gxe.ExpectColumnValuesToBeInSet(column=name, value_set=[0]) for name in nothing],
    ]


def _cell_expectations(columns: list[FileColumn], operation: Operation) -> list[Any]:
    gxe = expectations()
    return [
        gxe.ExpectTableColumnsToMatchOrderedList(column_list=[column.id for column in columns]),
        *[
            gxe.ExpectColumnValuesToMatchRegex(column=column.id, regex=column.column.cell_pattern)
            if column.column.fixed is None
            else gxe.ExpectColumnValuesToBeInSet(column=column.id, value_set=[column.column.fixed_in(operation)])
            for column in columns
        ],
    ]


def _merged(name: str, results: list[CheckResult]) -> CheckResult:
    """The batches of one file as one result: an expectation held if it held in each."""
    merged: dict[tuple[str, str | None], Finding] = {}
    for finding in (finding for result in results for finding in result.findings):
        at = (finding.expectation, finding.column)
        before = merged.get(at)
        if before is None:
            merged[at] = finding
        else:
            failures = (before.failures or 0) + (finding.failures or 0)
            merged[at] = Finding(*at, before.passed and finding.passed, failures, before.observed)
    return CheckResult(name, all(result.passed for result in results), list(merged.values()))
