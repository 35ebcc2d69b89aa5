"""Purchase days as what the models of customer value take: per customer, how many orders, until when, of what value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

WEEK = 7.0


@dataclass(frozen=True)
class Days:
    """One entry per customer and day with an order, by customer, then day. `day` counts from 1970."""

    customer: NDArray[np.int64]
    day: NDArray[np.int64]
    value: NDArray[np.float64]

    @classmethod
    def of(cls, table: pa.Table) -> Days:
        """From a table with profile_id, order_date and value, in whatever order."""
        table = table.sort_by([("profile_id", "ascending"), ("order_date", "ascending")]).combine_chunks()
        customer = table["profile_id"].combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
        day = table["order_date"].cast(pa.date32()).cast(pa.int32()).to_numpy().astype(np.int64)
        return cls(customer, day, table["value"].cast(pa.float64()).to_numpy())

    def before(self, day: int) -> Days:
        kept = self.day < day
        return Days(self.customer[kept], self.day[kept], self.value[kept])


@dataclass(frozen=True)
class Histories:
    """One entry per customer, as of a day.

    x: orders after the first; t_x, age: weeks from the first order to the last one and to the day.
    value: mean net value of the orders after the first, 0 where there is none.
    """

    customer: NDArray[np.int64]
    x: NDArray[np.float64]
    t_x: NDArray[np.float64]
    age: NDArray[np.float64]
    value: NDArray[np.float64]

    @property
    def repeat_buyers(self) -> int:
        return int((self.x > 0).sum())


def histories(days: Days, until: int) -> Histories:
    """What was known on the eve of day `until`."""
    days = days.before(until)
    customer, starts, counts = np.unique(days.customer, return_index=True, return_counts=True)
    if not len(customer):
        none = np.zeros(0)
        return Histories(customer, none, none, none, none)
    first, last = days.day[starts], days.day[starts + counts - 1]
    later = np.add.reduceat(days.value, starts) - days.value[starts]
    x = (counts - 1).astype(float)
    value = np.divide(later, x, out=np.zeros(len(x)), where=x > 0)
    return Histories(customer, x, (last - first) / WEEK, (until - 1 - first) / WEEK, value)


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - date(1970, 1, 1)).days
