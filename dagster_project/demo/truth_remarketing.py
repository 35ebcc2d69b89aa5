"""Who is due for which remarketing, from the generator's own knowledge: before consent, recent orders and other exclusions."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa

from dagster_project.demo.back_office import Reviews, Subscriptions
from dagster_project.demo.facts import timestamp
from dagster_project.demo.files import TruthFiles
from dagster_project.demo.orders import PAID, PARTLY, REFUNDED, Orders
from dagster_project.demo.people import CUSTOMER, NO_BIRTH_DATE, PROSPECT, People
from dagster_project.demo.plan import DAY, Plan
from dagster_project.demo.truth import latest


def write_remarketing(
    plan: Plan, files: TruthFiles, people: People, orders: Orders, subscriptions: Subscriptions, reviews: Reviews
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """One row per person and audience, with the moment that put them there (milliseconds; of days their midnight, UTC).

    Returns:
        Audience → for each person whether they are due, and that moment.
    """
    size, as_of = len(people), plan.as_of
    today = np.datetime64(plan.until)
    counts = np.isin(orders.status_at(as_of), [PAID, REFUNDED, PARTLY])
    order_count = np.bincount(orders.person[counts], minlength=size)
    first = -latest(size, orders.person[counts], -orders.at[counts])
    last_checkout = latest(size, orders.person, orders.at)
    last_bought = np.maximum(latest(size, orders.person[counts], orders.at[counts]), subscriptions.last_paid(size, as_of))
    bought = last_bought > 0
    bought_on, first_on = _days(plan, last_bought), _days(plan, first)
    customer, prospect = bought & (people.kind == CUSTOMER), ~bought & np.isin(people.kind, [CUSTOMER, PROSPECT])

    due: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    due["lapsed_this_year"] = (customer & (bought_on.astype("M8[Y]") == today.astype("M8[Y]") - 1), last_bought)
    half_a_year_ago = _months_before(today, 6)
    due["win_back_months"] = (
        customer
        & (order_count > 0)
        & (bought_on <= half_a_year_ago)
        & (last_bought >= as_of - 730 * DAY)
        & (last_checkout <= last_bought),
        last_bought,
    )
    due["second_order"] = (
        customer & (order_count == 1) & (first >= as_of - 180 * DAY) & (first <= as_of - 30 * DAY) & (last_checkout <= first),
        first,
    )
    due["new_customers"] = (customer & (order_count > 0) & (first >= as_of - 30 * DAY), first)

    earliest, latest_day = _days(plan, np.array([as_of - 3 * DAY]))[0], today + 7
    jubilee = next_anniversary(first_on, earliest)
    due["customer_anniversaries"] = (
        customer & (order_count > 0) & (jubilee <= latest_day) & (jubilee.astype("M8[Y]") > first_on.astype("M8[Y]")),
        _midnight(jubilee),
    )
    known_birth = people.in_crm & (people.birth_day != NO_BIRTH_DATE)
    birth = np.where(known_birth, people.birth_day, 0).astype("M8[D]")
    birthday = next_anniversary(birth, earliest)
    celebrates = known_birth & (birthday <= latest_day) & (next_anniversary(birth, _later(birth, 18)) <= today)
    due["birthdays"] = (customer & celebrates, _midnight(birthday))
    due["prospect_birthdays"] = (prospect & celebrates, _midnight(birthday))

    renews = np.zeros(size, dtype=np.int64)
    renews[subscriptions.member] = subscriptions.renews_on(as_of)
    until, since = _midnight(today + 30), _midnight(_days(plan, np.array([as_of - 7 * DAY]))[0])
    due["renewal_due"] = ((renews > 0) & (renews <= until) & (renews >= since), renews)
    ended = np.zeros(size, dtype=np.int64)
    ended[subscriptions.member] = np.where(subscriptions.ended > subscriptions.paid_from, subscriptions.ended, 0)
    due["expired_subscriptions"] = (ended >= as_of - 365 * DAY, ended)

    arrived = orders.delivered_at(as_of)
    ripe = counts & (arrived >= as_of - 30 * DAY) & (arrived <= as_of - 7 * DAY)
    delivered = latest(size, orders.person[ripe], arrived[ripe])
    reviewed = latest(size, reviews.person, reviews.at)
    due["review_request"] = ((delivered > 0) & (reviewed <= delivered), delivered)

    for audience, (mask, at) in due.items():
        who = np.flatnonzero(mask)
        files.write(
            "remarketing",
            {
                "truth_person_id": people.truth_id.take(pa.array(who)),
                "audience": pa.array([audience] * len(who), pa.string()),
                "since": timestamp(at[who]),
            },
        )
    return due


def next_anniversary(date: np.ndarray, earliest: np.ndarray) -> np.ndarray:
    """The first day on or after `earliest` that is a whole number of years after the date; of 29 February at need the 28th."""
    years = np.asarray(earliest, dtype="M8[Y]").astype(int) - date.astype("M8[Y]").astype(int)
    this_year = _later(date, years)
    return np.where(this_year >= earliest, this_year, _later(date, years + 1))


def _later(date: np.ndarray, years: np.ndarray | int) -> np.ndarray:
    month = date.astype("M8[M]") + 12 * np.asarray(years)
    day = month.astype("M8[D]") + (date - date.astype("M8[M]").astype("M8[D]"))
    return np.where(day.astype("M8[M]") == month, day, (month + 1).astype("M8[D]") - 1)


def _months_before(date: np.datetime64, months: int) -> np.datetime64:
    month = date.astype("M8[M]") - months
    return min(month.astype("M8[D]") + (date - date.astype("M8[M]").astype("M8[D]")), (month + 1).astype("M8[D]") - 1)


def _days(plan: Plan, at: np.ndarray) -> np.ndarray:
    """The company's calendar day of each moment of the history; of moments that are none, a day long before."""
    known = at >= plan.start
    days = np.datetime64(plan.first_day) + plan.local_day(np.where(known, at, plan.start))
    return np.where(known, days, np.datetime64(plan.first_day - timedelta(days=3650)))


def _midnight(day: np.ndarray | np.datetime64) -> np.ndarray:
    return np.asarray(day, dtype="M8[D]").astype(np.int64) * DAY
