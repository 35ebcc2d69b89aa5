"""Which costs are missing from the figures, or stand on the wrong day, by somebody's mistake."""

from __future__ import annotations

import duckdb

MISTAKES = {
    "share": "{count} with a share that is neither 0, nor 1, nor between (25 % is 0.25), of {amount}: not counted",
    "no_rate": "{count} without an exchange rate, of {amount}: not counted",
    "dates": "{count} with an end before the beginning, of {amount}: counted on the first day",
}
"""Reason of measurement.cost_gaps → what it says of some costs; the others are as they should be."""
REFUSED = "{feed}: {count} refused, in quarantine: not counted"
COSTLY = ("ad_spend", "basic_ad", "campaign_stats", "influencers", "marketing_costs")
"""Entities whose refused rows are costs that are missing."""


def cost_mistakes(con: duckdb.DuckDBPyConnection) -> list[str]:
    """One sentence per origin, mistake and currency, and per feed with rows that were refused; reads measurement.cost_gaps and
    quality.quarantine."""
    rows = con.execute(
        """select origin, reason, coalesce(told_currency, 'no known currency') as currency, count(*), sum(told_amount)
        from measurement.cost_gaps where list_contains($mistakes, reason) group by all order by origin, reason, currency""",
        {"mistakes": list(MISTAKES)},
    ).fetchall()
    refused = con.execute(
        """select source || '/' || entity as feed, count(*) from quality.quarantine
        where settled_at is null and list_contains($costly, entity) group by all order by feed""",
        {"costly": list(COSTLY)},
    ).fetchall()
    told = [
        f"{origin}: " + MISTAKES[reason].format(count=f"{count:,}", amount=f"{amount:.2f} {currency}")
        for origin, reason, currency, count, amount in rows
    ]
    return told + [REFUSED.format(feed=feed, count=f"{count:,}") for feed, count in refused]
