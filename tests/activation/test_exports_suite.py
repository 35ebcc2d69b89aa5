"""Rows that DuckDB sees to fit need no closer look: only if Great Expectations would pass them too."""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb
import pytest
from activation_shop import shipped_destinations
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dagster_project.activation.exports_suite import _fits_sql
from dagster_project.activation.specs import Column, FileColumn

SHIPPED = {column.cell_pattern for each in shipped_destinations().values() for column in each.columns}
PATTERNS = sorted(SHIPPED | {r"^\S+$", r"^\w+\d*\b", "(?i)^k+$", "^(?=a).*$", "^a$", r"^[^\W_]+$", r"^(a)\1$", r"\D", "a++"})


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as con:
        yield con


def passed_unseen(con: duckdb.DuckDBPyConnection, pattern: str, cell: str) -> bool:
    column = FileColumn("cell", Column(key="cell", header="cell", field="email", pattern=pattern, source="a test"))
    row = con.execute(f"select {_fits_sql(con, column, 'add')} from (select ?::varchar as cell)", [cell]).fetchone()
    return bool(row and row[0])


@settings(max_examples=150, deadline=None)
@given(
    pattern=st.sampled_from(PATTERNS),
    cell=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
)
@example(pattern=r"^\S+$", cell="a\xa0b")
@example(pattern="^a$", cell="a\n")
@example(pattern=r"^[^\s@]+$", cell="a\x1cb")
@example(pattern="(?i)^k+$", cell="\u212a")
def test_nothing_is_passed_that_python_would_not_pass(con: duckdb.DuckDBPyConnection, pattern: str, cell: str) -> None:
    """DuckDB's regular expressions are not Python's: what they take for white space, a digit or a letter differs."""
    if passed_unseen(con, pattern, cell):
        assert re.search(pattern, cell)


@pytest.mark.parametrize(
    ("pattern", "cell"),
    [("^[0-9a-f]{64}$", "ab" * 32), (r'^[^\s@;,"]+@[^\s@;,"]+\.[^\s@;,"]+$', "ann@example.com"), (r"^[^\r\n]+$", "Zoé")],
)
def test_what_stands_in_nearly_every_row_is_passed(con: duckdb.DuckDBPyConnection, pattern: str, cell: str) -> None:
    """Were every row looked at twice, a million of them would take half a minute."""
    assert passed_unseen(con, pattern, cell)
