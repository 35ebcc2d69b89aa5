"""How values are written on a terminal."""

from decimal import Decimal
from typing import Any


def written(value: Any) -> str:
    """A value as a person reads it: thousands apart, money with two decimals, nothing for a missing value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Decimal | float):
        return f"{value:,.2f}"
    return str(value)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
