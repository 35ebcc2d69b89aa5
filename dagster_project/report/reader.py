"""What the report reads: figures added up in SQL, each query once, and nothing where a part of the pipeline never ran."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import duckdb

from dagster_project.errors import RelanceError
from dagster_project.loads.casts import literal

Row = tuple[Any, ...]
_GIVEN = re.compile(r"[$](run_id|as_of|day|since)\b")


class Reader:
    """The tables of one warehouse as of one run. Only rows that were added up leave it: nobody is named in a report."""

    def __init__(self, con: duckdb.DuckDBPyConnection, run_id: str, as_of: datetime, day: date, since: datetime):
        """
        Args:
            as_of: naive UTC.
            day: the last day that the run speaks of, in the company's time.
            since: when the run began, naive UTC: what was written since is its work.
        """
        self._con = con
        tables = con.execute("select table_schema || '.' || table_name from information_schema.tables").fetchall()
        self._known = {table for (table,) in tables}
        # As literals: at its first parameter DuckDB imports pandas, which takes longer than many a report.
        self._given = {
            name: literal(str(value)) for name, value in (("run_id", run_id), ("as_of", as_of), ("day", day), ("since", since))
        }
        self._read: dict[str, list[Row]] = {}

    def rows(self, query: str, *tables: str) -> list[Row]:
        """The rows of a query where all the tables named after it exist, else none; `$run_id`, `$as_of`, `$day` and `$since` are
        the run's.

        Raises:
            RelanceError: a table is there, but not as this version makes it.
        """
        if query not in self._read:
            if not self._known.issuperset(tables):
                return []
            try:
                self._read[query] = self._con.execute(_GIVEN.sub(lambda found: self._given[found[1]], query)).fetchall()
            except duckdb.BinderException:
                what = "A table lacks a column: another version of Relance made it"
                raise RelanceError(what, ", ".join(tables), "run the whole pipeline (`relance run`)") from None
        return self._read[query]

    def row(self, query: str, *tables: str) -> Row | None:
        """The only row of a query that has one."""
        found = self.rows(query, *tables)
        return found[0] if found else None

    def records(self, query: str, *tables: str) -> list[dict[str, Any]]:
        """As `rows`, each with the names of its columns; for tables of many."""
        return [record for (record,) in self.rows(f"select told from ({query}) as told", *tables)]
