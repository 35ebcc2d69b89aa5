"""Who ordered what, when and for how much: rhythms from weekly to yearly, refunds, cancellations, currencies, coupons."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from dagster_project.demo.catalogue import PRICES, baskets
from dagster_project.demo.influencers import CODES, spread_codes
from dagster_project.demo.people import CUSTOMER, TESTER, People
from dagster_project.demo.plan import DAY, HOUR, MINUTE, SECOND, Plan, chance, pick, time_of_day
from dagster_project.demo.text import digits, join, take
from dagster_project.demo.vocabulary import COUNTRIES

WEB, STORE, PHONE = 0, 1, 2
CHANNELS = ["web", "store", "phone"]
PAID, PENDING, REFUNDED, PARTLY, CANCELLED, TEST = range(6)
STATUSES = ["paid", "pending", "refunded", "partially_refunded", "cancelled", "test"]
CURRENCIES = ["EUR", "USD", "GBP", "CHF"]
INFLUENCED = 2
"""The kind of coupon that influencers give away, each under a code of their own."""
COUPONS = ["WELCOME10", "COFFEE15", CODES[0], "FREESHIP", *CODES[1:]]
COUPON_PERCENT = np.array([10, 15, 10, 0])
"""By kind, of which there are as many as there are percentages."""
LINES = 4
"""The longest basket."""

_RHYTHMS = [(7, 0.005), (14, 0.015), (30, 0.06), (60, 0.10), (90, 0.12), (180, 0.17), (365, 0.15), (0, 0.38)]
"""Days between orders and the share of customers who keep that rhythm; 0 = one order only."""
_MOST = 30
"""No one orders more often than this in the history."""


@dataclass(frozen=True)
class Orders:
    """Arrays with one entry per order, sorted by person and time; money in cents of the order's currency."""

    first_number: int
    person: np.ndarray
    at: np.ndarray
    channel: np.ndarray
    currency: np.ndarray
    coupon: np.ndarray
    products: np.ndarray
    """(orders, LINES), -1 where the basket is shorter."""
    quantities: np.ndarray
    discounts: np.ndarray
    shipping: np.ndarray
    outcome: np.ndarray
    """Status once everything has happened; see `status_at`."""
    outcome_at: np.ndarray
    refundable: np.ndarray
    """Cents given back when the outcome is a refund."""
    delivered: np.ndarray
    by_account: np.ndarray
    """The order carries the customer's id."""
    has_email: np.ndarray
    has_phone: np.ndarray

    def __len__(self) -> int:
        return len(self.person)

    @cached_property
    def subtotal(self) -> np.ndarray:
        return (np.where(self.products >= 0, PRICES[self.products], 0) * self.quantities).sum(axis=1)

    @cached_property
    def discount(self) -> np.ndarray:
        return self.discounts.sum(axis=1)

    @cached_property
    def total(self) -> np.ndarray:
        return self.subtotal - self.discount + self.shipping

    @property
    def tax(self) -> np.ndarray:
        """VAT of 20% contained in the total, rounded down to the cent."""
        return self.total // 6

    @cached_property
    def order_id(self) -> pa.StringArray:
        return join(take(["W", "S", "P"], self.channel), digits(self.first_number + np.arange(len(self)), 7))

    def status_at(self, moment: int) -> np.ndarray:
        """Status as the back office knew it then."""
        return np.where(self.outcome_at <= moment, self.outcome, np.where(self.outcome == TEST, TEST, PAID))

    def refunded_at(self, moment: int) -> np.ndarray:
        return np.where(self.outcome_at <= moment, self.refundable, 0)

    def delivered_at(self, moment: int) -> np.ndarray:
        return np.where(self.delivered <= moment, self.delivered, 0)

    def updated_at(self, moment: int) -> np.ndarray:
        """Newest change of the order that had happened by then."""
        changes = np.stack([self.at, np.where(self.outcome_at <= moment, self.outcome_at, 0), self.delivered_at(moment)])
        return changes.max(axis=0)


def make_orders(plan: Plan, shard: int, people: People) -> Orders:
    rng = plan.rng("orders", shard)
    person, at = _occasions(plan, rng, people)
    size = len(person)
    tester = people.kind[person] == TESTER
    counter = people.counter_only[person]

    channel = pick(rng, [0.62, 0.30, 0.08], size)
    guest = ~people.account[person] & ~counter
    channel[guest | tester] = WEB
    channel[counter] = np.where(rng.random(int(counter.sum())) < 0.9, STORE, PHONE)

    home = np.array([CURRENCIES.index(country.currency) for country in COUNTRIES])[people.country[person]]
    currency = np.where(rng.random(size) < 0.7, home, 0)
    if shard == 0:
        currency[np.flatnonzero(~tester)[-1]] = CURRENCIES.index("CHF")

    products = baskets(rng, size, LINES)
    lines = 1 + pick(rng, [0.45, 0.30, 0.16, 0.09], size)
    products[np.arange(LINES) >= lines[:, None]] = -1
    quantities = np.where(products >= 0, 1 + pick(rng, [0.8, 0.15, 0.05], size * LINES).reshape(size, LINES), 0)
    coupon = np.where(chance(rng, 0.18, size), rng.integers(0, len(COUPON_PERCENT), size), -1)
    percent = np.where(coupon >= 0, COUPON_PERCENT[coupon], 0)
    amounts = np.where(products >= 0, PRICES[products], 0) * quantities
    discounts = amounts * percent[:, None] // 100
    free = (channel == STORE) | (coupon == COUPONS.index("FREESHIP")) | (amounts.sum(axis=1) >= 5_000)
    shipping = np.where(free, 0, 490)
    total = amounts.sum(axis=1) - discounts.sum(axis=1) + shipping

    outcome = np.array([PAID, REFUNDED, PARTLY, CANCELLED])[pick(rng, [0.915, 0.03, 0.035, 0.02], size)]
    delay = np.where(outcome == CANCELLED, rng.integers(HOUR, 2 * DAY, size), rng.integers(3 * DAY, 25 * DAY, size))
    outcome_at = np.where(outcome == PAID, at, at + delay // SECOND * SECOND)
    open_now = (at > plan.as_of - 3 * DAY) & chance(rng, 0.3, size)
    outcome[open_now], outcome_at[open_now] = PENDING, at[open_now]
    outcome[tester], outcome_at[tester] = TEST, at[tester]
    refundable = np.where(outcome == REFUNDED, total, np.where(outcome == PARTLY, np.maximum(1, amounts[:, 0] // 2), 0))
    refundable = np.minimum(refundable, np.where(outcome == PARTLY, np.maximum(1, total - 1), refundable))
    delivered = np.where(channel == WEB, at + rng.integers(2 * DAY, 6 * DAY, size) // SECOND * SECOND, at)
    delivered[np.isin(outcome, [CANCELLED, PENDING, TEST])] = plan.as_of + DAY

    store_card = (channel == STORE) & people.has_phone[person] & ~counter & chance(rng, 0.3, size)
    return Orders(
        first_number=(shard << 20) + 1,
        person=person,
        at=at,
        channel=channel,
        currency=currency,
        coupon=_coupon_of_influencers(plan, shard, coupon),
        products=products,
        quantities=quantities,
        discounts=discounts,
        shipping=shipping,
        outcome=outcome,
        outcome_at=outcome_at,
        refundable=refundable,
        delivered=delivered,
        by_account=people.account[person] | counter,
        has_email=people.has_email[person] & ((channel == WEB) | ~counter),
        has_phone=people.has_phone[person] & (counter | (channel == PHONE) | store_card | (guest & chance(rng, 0.3, size))),
    )


def _coupon_of_influencers(plan: Plan, shard: int, coupon: np.ndarray) -> np.ndarray:
    """Kinds of coupon → coupons: those that influencers give away, told apart by whose they are."""
    given = np.flatnonzero(coupon == INFLUENCED)
    whose = spread_codes(plan, shard, len(given))
    coupon[given] = np.where(whose > 0, len(COUPON_PERCENT) + whose - 1, INFLUENCED)
    return coupon


def _occasions(plan: Plan, rng: np.random.Generator, people: People) -> tuple[np.ndarray, np.ndarray]:
    """Person and moment of every order: each customer keeps a rhythm, some have stopped keeping it."""
    customers = np.flatnonzero(people.kind == CUSTOMER)
    count = len(customers)
    every = np.array([days for days, _ in _RHYTHMS])[pick(rng, [share for _, share in _RHYTHMS], count)]
    first = rng.integers(0, plan.days - 1, count)
    lapsed = chance(rng, 0.35, count)
    last = np.where(lapsed, first + ((plan.days - first) * rng.random(count)).astype(np.int64), plan.days - 1)
    orders = np.where(every > 0, np.minimum((last - first) // np.maximum(every, 1) + 1, _MOST), 1)

    person = np.repeat(customers, orders)
    rank = np.arange(len(person)) - np.repeat(np.cumsum(orders) - orders, orders)
    step = np.repeat(every, orders)
    wobble = ((rng.random(len(person)) - 0.5) * step * 0.4).astype(np.int64)
    days = np.clip(np.repeat(first, orders) + rank * step + np.where(rank > 0, wobble, 0), 0, plan.days - 1)

    testers = np.repeat(np.flatnonzero(people.kind == TESTER), 2)
    person = np.concatenate([person, testers])
    days = np.concatenate([days, rng.integers(plan.days // 2, plan.days - 1, len(testers))])
    at = plan.utc(plan.start + days * DAY + time_of_day(rng, len(person)))
    at = np.clip(at, plan.start + HOUR, plan.as_of - 10 * MINUTE - rng.integers(0, HOUR, len(person))) // SECOND * SECOND
    order = np.lexsort((at, person))
    return person[order], at[order]
