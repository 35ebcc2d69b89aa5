"""Which costs are missing from the figures, or stand on the wrong day, by somebody's mistake."""

from __future__ import annotations

import duckdb

MISTAKES = {
    "share": "a share that is neither 0, nor 1, nor between (25 % is 0.25): not counted",
    "no_rate": "no exchange rate: not counted",
    "dates": "an end before the beginning: counted on the first day",
}
"""Reason of measurement.cost_gaps → what it says; the others are as they should be."""


def cost_mistakes(con: duckdb.DuckDBPyConnection) -> list[str]:
    """One sentence per origin, mistake and currency; reads measurement.cost_gaps."""
    rows = con.execute(
        """select origin, reason, told_currency, count(*), sum(told_amount) from measurement.cost_gaps
        where list_contains($mistakes, reason) group by all order by origin, reason, told_currency""",
        {"mistakes": list(MISTAKES)},
    ).fetchall()
    return [
        f"{origin}: {count:,} cost{'s' if count > 1 else ''} of {amount:,.2f} {currency or 'no currency'} with {MISTAKES[reason]}"
        for origin, reason, currency, count, amount in rows
    ]
