"""Which amounts could not be brought to the company's currency."""

from __future__ import annotations

import duckdb


def rate_gaps(con: duckdb.DuckDBPyConnection) -> list[str]:
    """One sentence per table and currency whose amounts have no exchange rate, or only an old one; reads unified.rate_gaps."""
    rows = con.execute(
        """select table_name, currency, rows_without_rate, rows_at_an_old_rate, first_day, last_day
        from unified.rate_gaps order by table_name, currency"""
    ).fetchall()
    return [
        f"{table}: {' and '.join(_faults(missing, old))} in {currency}, between {first} and {last}"
        for table, currency, missing, old, first, last in rows
    ]


def _faults(missing: int, old: int) -> list[str]:
    told = [(missing, "without a rate"), (old, "at a rate more than a month old")]
    return [f"{count:,} row{'s' if count > 1 else ''} {fault}" for count, fault in told if count]
