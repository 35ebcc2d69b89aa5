"""The shop's back office: orders and their lines, exported twice, and the reviews and subscriptions that come of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from dagster_project.demo.appearances import Appearances
from dagster_project.demo.catalogue import IDS, PRICES
from dagster_project.demo.files import Landing
from dagster_project.demo.orders import CHANNELS, COUPONS, CURRENCIES, REFUNDED, STATUSES, TEST, Orders
from dagster_project.demo.people import CUSTOMER, People, spaced_national
from dagster_project.demo.plan import DAY, HOUR, SECOND, Plan, chance, pick
from dagster_project.demo.text import day, digits, either, join, moment, money, only, take
from dagster_project.demo.vocabulary import HEARD_VIA

_BAD_ORDERS = [
    (",C999999,,,{day} 10:00:00,paid,EUR,10.00,0.00,0.00,1.66,10.00,0.00,,web,,,FR,75011,{day} 10:00:00", "no order_id"),
    (
        "X9000001,C999999,,,31/02/2026 at noon,paid,EUR,10.00,0.00,0.00,1.66,10.00,0.00,,web,,,FR,75011,{day} 10:00:00",
        "ordered_at can't be read",
    ),
    ("X9000002,C999999,,,{day} 10:00:00,paid,EUR,10.00,0.00,0.00,1.66,1.0e,0.00,,web,,,FR,75011,{day} 10:00:00", "total cut off"),
    ("X9000003,C999999,,,{day} 10:00:00,paid,EUR,10.00", "too few columns"),
    (
        "X9000004,C999999,,,{day} 10:00:00,paid,EUR,10.00,0.00,0.00,1.66,10.00,0.00,,web,,,FR,75011,,more,columns",
        "too many columns",
    ),
]


@dataclass(frozen=True)
class Reviews:
    """Arrays with one entry per review."""

    person: np.ndarray
    at: np.ndarray


@dataclass(frozen=True)
class Subscriptions:
    """Arrays with one entry per subscription, at most one per person; moments in milliseconds."""

    member: np.ndarray
    started: np.ndarray
    ended: np.ndarray
    """0 while it runs."""

    @property
    def paid_from(self) -> np.ndarray:
        """The end of the trial."""
        return self.started + 14 * DAY

    def renews_on(self, moment: int) -> np.ndarray:
        """Midnight (UTC) of the day of the next renewal; 0 of those that ended."""
        periods = (moment - self.started) // (30 * DAY) + 1
        return np.where(self.ended == 0, (self.started + periods * 30 * DAY) // DAY * DAY, 0)

    def last_paid(self, people: int, moment: int) -> np.ndarray:
        """For each of so many people, until when they have paid (`moment` while it runs); 0 for whoever never has."""
        paid = np.zeros(people, dtype=np.int64)
        pays = (self.paid_from <= moment) & ((self.ended == 0) | (self.ended > self.paid_from))
        paid[self.member] = np.where(pays, np.where(self.ended == 0, moment, self.ended), 0)
        return paid


def write_orders(plan: Plan, shard: int, landing: Landing, people: People, orders: Orders, seen: Appearances) -> None:
    """The first export holds all orders as they stood then; the second, what came or changed since (refunds above all)."""
    rng = plan.rng("back_office", shard)
    writing = rng.random(len(orders))
    heard = rng.integers(0, len(HEARD_VIA), len(orders))
    new = orders.at >= plan.cut
    changed = new | (orders.updated_at(plan.as_of) > orders.updated_at(plan.cut))
    for name, at, rows in (
        (f"dt={plan.cut_day}", plan.cut, np.flatnonzero(~new)),
        (f"dt={plan.until}", plan.as_of, np.flatnonzero(changed)),
    ):
        columns = _order_columns(people, orders, rows, at, writing[rows], heard[rows])
        file = landing.table(f"generic/orders/{name}/orders.csv", columns)
        if shard == 0 and at == plan.as_of:
            for line, reason in _BAD_ORDERS:
                file.spoil(line.replace("{day}", plan.until.isoformat()), reason)
        lines = np.flatnonzero(~new) if at == plan.cut else np.flatnonzero(new)
        landing.table(f"generic/order_lines/{name}/order_lines.csv", _line_columns(orders, lines))
    if shard == 0:
        landing.lines(f"generic/order_lines/dt={plan.until}/order_lines.csv").spoil("W0000001,L9,,1,9.90,0.00", "no product_id")
    seen.of("email", orders.person[orders.has_email])
    seen.of("phone", orders.person[orders.has_phone])
    seen.of("customer_id", orders.person[orders.by_account])


def _order_columns(people: People, orders: Orders, rows: np.ndarray, at: int, writing: np.ndarray, heard: np.ndarray) -> dict:
    who = orders.person[rows]
    index = pa.array(who)
    postal_code = people.city()[1]
    phone = either(writing < 0.5, spaced_national(people, who), people.e164.take(index))
    status = np.where(orders.outcome[rows] == TEST, TEST, orders.status_at(at)[rows])
    return {
        "order_id": orders.order_id.take(pa.array(rows)),
        "customer_id": only(orders.by_account[rows], people.customer_id.take(index)),
        "email": only(orders.has_email[rows], people.email.take(index)),
        "phone": only(orders.has_phone[rows], phone),
        "ordered_at": moment(orders.at[rows]),
        "status": take(STATUSES, status),
        "currency": take(CURRENCIES, orders.currency[rows]),
        "subtotal": money(orders.subtotal[rows]),
        "discount": money(orders.discount[rows]),
        "shipping": money(orders.shipping[rows]),
        "tax": money(orders.tax[rows]),
        "total": money(orders.total[rows]),
        "refunded_amount": money(orders.refunded_at(at)[rows]),
        "coupon_codes": take(COUPONS, orders.coupon[rows]),
        "channel": take(CHANNELS, orders.channel[rows]),
        "heard_via": take(list(HEARD_VIA), heard),
        "delivered_at": moment(orders.delivered_at(at)[rows]),
        "country": people.country_code().take(index),
        "postal_code": postal_code.take(index),
        "updated_at": moment(orders.updated_at(at)[rows]),
    }


def _line_columns(orders: Orders, rows: np.ndarray) -> dict:
    row, line = np.nonzero(orders.products[rows] >= 0)
    order = rows[row]
    product = orders.products[order, line]
    return {
        "order_id": orders.order_id.take(pa.array(order)),
        "line_id": join("L", digits(line + 1)),
        "product_id": IDS.take(pa.array(product)),
        "quantity": digits(orders.quantities[order, line]),
        "unit_price": money(PRICES[product]),
        "discount": money(orders.discounts[order, line]),
    }


def write_reviews(plan: Plan, shard: int, landing: Landing, people: People, orders: Orders, seen: Appearances) -> Reviews:
    """One delivered order in twenty is reviewed, by the customer's id and often with the address."""
    rng = plan.rng("reviews", shard)
    size = len(orders)
    at = orders.delivered + rng.integers(DAY, 20 * DAY, size) // SECOND * SECOND
    mine = np.flatnonzero(chance(rng, 0.05, size) & (at < plan.as_of) & orders.by_account & ~np.isin(orders.outcome, [TEST]))
    who = orders.person[mine]
    unhappy = orders.outcome[mine] == REFUNDED
    rating = np.where(unhappy, 1 + pick(rng, [0.7, 0.3], len(mine)), 1 + pick(rng, [0.03, 0.05, 0.12, 0.35, 0.45], len(mine)))
    named = people.has_email[who] & orders.has_email[mine]
    landing.table(
        f"generic/reviews/dt={plan.until}/reviews.csv",
        {
            "review_id": join("V", digits(orders.first_number + mine, 7)),
            "customer_id": people.customer_id.take(pa.array(who)),
            "email": only(named, people.email.take(pa.array(who))),
            "product_id": IDS.take(pa.array(orders.products[mine, 0])),
            "rating": digits(rating),
            "created_at": moment(at[mine]),
        },
    )
    seen.of("email", who[named])
    seen.of("customer_id", who)
    return Reviews(who, at[mine])


def write_subscriptions(
    plan: Plan, shard: int, landing: Landing, people: People, orders: Orders, seen: Appearances
) -> Subscriptions:
    """A coffee club for two account holders in a hundred: running, on trial, cancelled."""
    rng = plan.rng("subscriptions", shard)
    ordered = np.zeros(len(people), dtype=bool)
    ordered[orders.person[orders.by_account]] = True
    members = np.flatnonzero(
        chance(rng, 0.02, len(people), at_least=len(people) // 100) & people.account & (people.kind == CUSTOMER) & ordered
    )
    size = len(members)
    started = rng.integers(plan.start, plan.as_of - HOUR, size) // SECOND * SECOND
    ended = started + rng.integers(20 * DAY, 400 * DAY, size) // SECOND * SECOND
    ended = np.where(chance(rng, 0.4, size) & (ended < plan.as_of), ended, 0)
    made = Subscriptions(members, started, ended)
    landing.table(
        f"generic/subscriptions/dt={plan.until}/subscriptions.csv",
        {
            "subscription_id": join("U", digits(people.number[members], 6)),
            "customer_id": people.customer_id.take(pa.array(members)),
            "email": people.email.take(pa.array(members)),
            "plan": take(["coffee-club-1kg", "coffee-club-2kg"], rng.integers(0, 2, size)),
            "started_at": moment(started),
            "trial_ends_at": moment(made.paid_from),
            "renews_on": only(ended == 0, day(made.renews_on(plan.as_of))),
            "ended_at": moment(ended),
            "amount": money(np.full(size, 2_190)),
            "currency": "EUR",
        },
    )
    seen.of("customer_id", members)
    seen.of("email", members[people.has_email[members]])
    return made
