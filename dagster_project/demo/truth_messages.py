"""Which message of which sequence comes next for whom, and when: of sequences that follow from facts alone, before consent, what
leaves people out of audiences, and what else they are sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pyarrow as pa

from dagster_project.demo.facts import Rows, timestamp
from dagster_project.demo.files import TruthFiles
from dagster_project.demo.orders import PAID, PARTLY, REFUNDED, Orders
from dagster_project.demo.plan import DAY, HOUR, Plan

_MAIL, _CALLS = [(8, 21)], [(10, 13), (14, 20)]
_NEVER = np.iinfo(np.int64).max
Due = tuple[np.ndarray, np.ndarray, str]
"""Owners, when it is due, and the step."""


def write_messages(
    plan: Plan,
    files: TruthFiles,
    owners: pa.Array,
    carts: np.ndarray,
    leads: Rows,
    registrations: Rows,
    due: dict[str, tuple[np.ndarray, np.ndarray]],
    orders: Orders,
) -> None:
    """One row per person and sequence.

    Args:
        owners: truth id of every owner.
        carts: when each owner's open cart was last touched, in milliseconds; 0 without one.
        due: remarketing audience → who is due for it, and since when.
    """
    last_order = np.zeros(len(owners), dtype=np.int64)
    np.maximum.at(last_order, orders.person, orders.at)
    since = _customers_since(plan, orders, leads, len(owners))[registrations[0]]
    no_customers, customers = since == _NEVER, since <= registrations[1]["starts_at"].cast(pa.int64()).to_numpy()
    for sequence, (who, at, step) in [
        ("cart_recovery", _cart(plan, carts)),
        ("sales_cadence", _first_call(plan, leads, last_order)),
        ("open_day_reminder", _reminder(plan, registrations, no_customers, (4, 365), 7, "next_week")),
        ("open_day_reminder", _reminder(plan, registrations, no_customers, (1, 3), 1, "tomorrow")),
        ("open_day_thanks", _after_event(plan, registrations, no_customers, "attended", 1, "thanks")),
        ("open_day_no_show", _after_event(plan, registrations, no_customers, "no_show", 2, "missed")),
        ("customer_event_reminder", _reminder(plan, registrations, customers, (4, 365), 7, "next_week")),
        ("customer_event_reminder", _reminder(plan, registrations, customers, (1, 3), 1, "tomorrow")),
        ("customer_event_thanks", _after_event(plan, registrations, customers, "attended", 1, "thanks")),
        ("customer_event_no_show", _after_event(plan, registrations, customers, "no_show", 2, "missed")),
        ("customer_reactivation", _at_ten(plan, *due["win_back_months"], 31, "still_interested")),
        ("review_request", _review(plan, *due["review_request"])),
    ]:
        files.write(
            "messages",
            {
                "truth_person_id": owners.take(pa.array(who)),
                "sequence": pa.array([sequence] * len(who), pa.string()),
                "step": pa.array([step] * len(who), pa.string()),
                "due_at": timestamp(at),
            },
        )


def _customers_since(plan: Plan, orders: Orders, leads: Rows, size: int) -> np.ndarray:
    """Of each owner, when they first bought, by an order that counts or by what is told of their lead, in milliseconds."""
    counts = np.isin(orders.status_at(plan.as_of), [PAID, REFUNDED, PARTLY])
    since = np.full(size, _NEVER)
    np.minimum.at(since, orders.person[counts], orders.at[counts])
    sold = np.array([status == "converted" for status in leads[1]["status"].to_pylist()], dtype=bool)
    np.minimum.at(since, leads[0][sold], leads[1]["converted_at"].cast(pa.int64()).to_numpy(zero_copy_only=False)[sold])
    return since


def _cart(plan: Plan, touched: np.ndarray) -> Due:
    """24 hours after the cart was left; of carts up to four days old."""
    who = np.flatnonzero((touched > 0) & (touched <= plan.as_of - DAY) & (touched >= plan.as_of - 4 * DAY))
    return who, touched[who] + DAY, "reminder"


def _first_call(plan: Plan, leads: Rows, last_order: np.ndarray) -> Due:
    """The first moment from the newest lead on at which calls are allowed, of leads that can still be called within five days."""
    person, columns = leads
    created = columns["created_at"].cast(pa.int64()).to_numpy()
    is_open = np.array([status not in ("lost", "converted") for status in columns["status"].to_pylist()], dtype=bool)
    order = np.lexsort((np.array(columns["lead_id"].to_pylist()), created, person))
    newest = order[np.r_[person[order][1:] != person[order][:-1], True]] if len(order) else order
    open_on = _working_days(plan)
    now = _first_open(plan, plan.as_of, _CALLS, open_on)
    is_sold = last_order[person[newest]] > created[newest]
    mine = newest[is_open[newest] & ~is_sold & (created[newest] + 5 * DAY >= now)]
    at = [_first_open(plan, int(created[row]), _CALLS, open_on) for row in mine]
    return person[mine], np.array(at, dtype=np.int64), "first_call"


def _reminder(plan: Plan, registrations: Rows, wanted: np.ndarray, left: tuple[int, int], before: int, step: str) -> Due:
    """At ten, so many days before the event, where the days left until then lie between two numbers."""
    who, _, days = _guests(plan, registrations, wanted, "registered")
    until = days - plan.local_day(np.array([plan.as_of]))[0]
    mine = (until >= left[0]) & (until <= left[1])
    return who[mine], _local(plan, days[mine] - before, 10), step


def _after_event(plan: Plan, registrations: Rows, wanted: np.ndarray, status: str, later: int, step: str) -> Due:
    """So many days after an event of the last week, at ten."""
    who, starts, days = _guests(plan, registrations, wanted, status)
    send = _first_open(plan, plan.as_of, _MAIL)
    at = _local(plan, days + later, 10)
    mine = np.maximum(at, send) <= starts + 7 * DAY
    return who[mine], at[mine], step


def _guests(plan: Plan, registrations: Rows, wanted: np.ndarray, status: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Owners, when their event starts, and on which day of the history."""
    who, columns = registrations
    starts = columns["starts_at"].cast(pa.int64()).to_numpy()
    mine = np.array([told == status for told in columns["status"].to_pylist()], dtype=bool) & wanted
    return who[mine], starts[mine], plan.local_day(starts[mine])


def _at_ten(plan: Plan, mask: np.ndarray, since: np.ndarray, days: int, step: str) -> Due:
    who = np.flatnonzero(mask)
    return who, _local(plan, plan.local_day(since[who]) + days, 10), step


def _review(plan: Plan, mask: np.ndarray, since: np.ndarray) -> Due:
    """A week after delivery by the clock on the wall, within the hours in which mails go out."""
    who = np.flatnonzero(mask)
    delivered = since[who]
    week = plan.midnight(plan.first_day) + (plan.local_day(delivered) + 7) * DAY + _time_of_day(plan, delivered)
    at = [_first_open(plan, int(moment), _MAIL) for moment in plan.utc(week)]
    return who, np.array(at, dtype=np.int64), "request"


def _time_of_day(plan: Plan, at: np.ndarray) -> np.ndarray:
    return at - _local(plan, plan.local_day(at), 0)


def _local(plan: Plan, day: np.ndarray, hour: int) -> np.ndarray:
    """UTC milliseconds of an hour on days of the history."""
    return plan.utc(plan.midnight(plan.first_day) + day * DAY + hour * HOUR)


def _first_open(plan: Plan, at: int, hours: list[tuple[int, int]], is_open: Callable[[int], bool] = lambda day: True) -> int:
    """The moment itself if it lies in such hours of such a day, or the first full hour after it that does."""
    while True:
        day = int(plan.local_day(np.array([at]))[0])
        hour = (at - int(_local(plan, np.array([day]), 0)[0])) // HOUR
        if is_open(day) and any(opens <= hour < closes for opens, closes in hours):
            return at
        at = at // HOUR * HOUR + HOUR


def _working_days(plan: Plan) -> Callable[[int], bool]:
    """Whether the shop, which is in France, works on a day of the history."""
    from holidays import country_holidays

    closed = country_holidays("FR", years=range(plan.first_day.year, plan.until.year + 2))

    def works(day: int) -> bool:
        this = date.fromordinal(plan.first_day.toordinal() + day)
        return this.weekday() < 5 and this not in closed

    return works
