"""Which orders and refunds say too little, or too much, about money."""

from __future__ import annotations

import duckdb

GAPS = {
    "no_amount": "{count} {orders} without an amount that can be read",
    "amount_below_zero": "{count} {orders} of less than nothing",
    "refund_without_order": "{count} {refunds} of orders that nobody tells of",
    "refund_above_amount": "{count} {refunds} of more than the order's amount",
    "refund_of_unpriced_products": "{count} {refunds} of products without a known price",
}
"""Gap → what it says of some rows."""


def order_gaps(con: duckdb.DuckDBPyConnection) -> list[str]:
    """One sentence per source, month and gap; reads quality.order_gaps."""
    rows = con.execute(
        """select source, gap, coalesce(strftime(day, '%Y-%m'), 'no known month') as month, count(*)
        from quality.order_gaps group by all order by source, month, gap"""
    ).fetchall()
    return [f"{source}, {month}: {_told(gap, count)}" for source, gap, month, count in rows]


def _told(gap: str, count: int) -> str:
    ending = "s" if count > 1 else ""
    return GAPS[gap].format(count=f"{count:,}", orders=f"order{ending}", refunds=f"refund{ending}")
