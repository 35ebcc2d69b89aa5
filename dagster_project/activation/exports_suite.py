"""What a file must be before it leaves the house, derived from its destination's spec, checked on the written bytes.

Facts about the whole file (rows, duplicates, people nobody could match) are counted in SQL, so they hold across batches of any
size; then they go through Great Expectations and, batch by batch, the cells. Rows whose every cell DuckDB sees to fit are spared
that: a million of them are looked through in a second, where Great Expectations takes half a minute.
"""

from __future__ import annotations

import csv
import re
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from dagster_project.activation.specs import Destination, FileColumn, Operation
from dagster_project.loads.casts import literal
from dagster_project.quality.gx import CheckResult, Finding, expectations, validate_frame

if TYPE_CHECKING:
    import pandas as pd

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
        cells = _read(con, path, destination, ids)
        removal = operation == "remove"
        fits = "true" if removal else " and ".join(_fits_sql(con, column, operation) for column in columns)
        facts = _facts(con, cells, destination, [column for column in columns if column.column.fixed is None], fits).to_pandas()
        results = [validate_frame(facts, _file_expectations(rows, removal), path.name)]
        if not removal:
            doubtful = cells.filter(f"not ({fits})").to_arrow_reader(BATCH) if facts["doubtful_rows"][0] else ()
            for frame in map(_as_frame, doubtful) if doubtful else [_no_rows(ids)]:
                results.append(validate_frame(frame, _cell_expectations(columns, operation), path.name))
    except duckdb.Error as error:
        return CheckResult(path.name, False, [Finding("file_to_be_readable_csv", None, False, observed=type(error).__name__)])
    return _merged(path.name, results)


def _no_rows(ids: list[str]) -> pd.DataFrame:
    import pandas as pd  # takes a fifth of a second, which a run without files is spared

    return pd.DataFrame({id: [] for id in ids}, dtype=object)


def _as_frame(batch: pa.RecordBatch) -> pd.DataFrame:
    return pa.table(batch).to_pandas()


def _fits_sql(con: duckdb.DuckDBPyConnection, column: FileColumn, operation: Operation) -> str:
    """SQL condition that is true of cells which Great Expectations would pass, though not of all of them."""
    cell = f'"{column.id}"'
    if column.column.fixed is not None:
        return f"coalesce({cell} = {literal(column.column.fixed_in(operation))}, true)"
    pattern = column.column.cell_pattern
    matches = f"regexp_matches({cell}, {literal(pattern)})"
    try:
        con.execute("select regexp_matches('', ?)", [pattern])
    except duckdb.Error:
        return "false"  # Python knows it, DuckDB doesn't
    # Of white space, digits, letters and cases the two think alike among printable ASCII.
    if re.search(r"\\[^rnt\W]|\(\?[^:]", pattern):
        matches += f" and regexp_full_match({cell}, '[ -~]*')"
    return f"coalesce({matches}, true)"


def _read(con: duckdb.DuckDBPyConnection, path: Path, destination: Destination, ids: list[str]) -> duckdb.DuckDBPyRelation:
    """The data rows of a file, all VARCHAR."""
    with path.open("rb") as file:
        lines = sum(1 for _ in islice(file, int(destination.file.header) + 1))
    if lines <= int(destination.file.header):
        # The reader takes no file that ends with its header.
        cells = ", ".join(f'null::varchar as "{id}"' for id in ids)
        return con.sql(f"select {cells} where false")
    return con.read_csv(
        str(path), header=False, skiprows=int(destination.file.header), sep=destination.file.delimiter, quotechar='"',
        escapechar='"', all_varchar=True, names=ids, null_padding=False, strict_mode=True,
    )  # fmt: skip


def _facts(
    con: duckdb.DuckDBPyConnection,
    cells: duckdb.DuckDBPyRelation,
    destination: Destination,
    columns: list[FileColumn],
    fits: str,
) -> pa.Table:
    """One row of counts about the whole file.

    Args:
        fits: SQL condition on a row whose cells need no closer look.
    """
    # A record that is sent once for ever is told from others by all of its cells: one person buys twice.
    once = destination.records is not None and destination.records.changed == "kept"
    keys = [column.id for column in columns if once or column.column.role == "match_key"]
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
            count(*) filter ({" or ".join(torn) or "false"}) as rows_with_incomplete_sets,
            count(*) filter (not ({fits})) as doubtful_rows"""
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
