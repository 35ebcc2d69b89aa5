"""Public holidays of countries, by the library holidays."""

from __future__ import annotations

from datetime import date
from functools import lru_cache


@lru_cache
def public_holidays(country: str, year: int) -> frozenset[date] | None:
    """Of a country (ISO 3166-1 alpha-2) as a whole, not of its regions alone; None where the library does not know it."""
    from holidays import country_holidays

    try:
        return frozenset(country_holidays(country, years=year))
    except NotImplementedError:
        return None
