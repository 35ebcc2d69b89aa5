"""What customers say of the shop: answers to its survey, and whom they recommended it to."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from dagster_project.demo.appearances import Appearances
from dagster_project.demo.files import Landing
from dagster_project.demo.orders import CANCELLED, Orders
from dagster_project.demo.people import CUSTOMER, PROSPECT, People
from dagster_project.demo.plan import DAY, HOUR, SECOND, Plan, chance, pick
from dagster_project.demo.text import digits, either, join, moment, only

_SCORES = [0.02, 0.01, 0.02, 0.03, 0.03, 0.05, 0.07, 0.12, 0.18, 0.22, 0.25]
"""Shares of the answers 0 to 10: somewhat more promoters than others."""


def write_surveys(plan: Plan, shard: int, landing: Landing, people: People, orders: Orders, seen: Appearances) -> None:
    """“Would you recommend us?”, asked after an order; one in twelve of those by account answers."""
    rng = plan.rng("surveys", shard)
    size = len(orders)
    at = orders.at + rng.integers(3 * DAY, 30 * DAY, size) // SECOND * SECOND
    answered = orders.by_account & (people.kind[orders.person] == CUSTOMER) & (orders.outcome != CANCELLED) & (at < plan.as_of)
    mine = np.flatnonzero(answered & chance(rng, 0.08, size, at_least=min(size, 40)))
    who = orders.person[mine]
    named = people.has_email[who] & orders.has_email[mine] & chance(rng, 0.5, len(mine))
    landing.table(
        f"generic/surveys/dt={plan.until}/surveys.csv",
        {
            "response_id": join("Q", digits(orders.first_number + mine, 7)),
            "customer_id": people.customer_id.take(pa.array(who)),
            "email": only(named, people.email.take(pa.array(who))),
            "score": digits(pick(rng, _SCORES, len(mine))),
            "answered_at": moment(at[mine]),
        },
    )
    seen.of("customer_id", who)
    seen.of("email", who[named])


def write_referrals(plan: Plan, shard: int, landing: Landing, people: People, first_order: np.ndarray, seen: Appearances) -> None:
    """One account holder in fifty recommended the shop to somebody, who is known by now and may have ordered.

    Args:
        first_order: each person's first order in milliseconds, 0 without one.
    """
    rng = plan.rng("referrals", shard)
    members = np.flatnonzero((people.kind == CUSTOMER) & people.account & people.has_email & (first_order > 0))
    referrer = members[chance(rng, 0.02, len(members), at_least=min(len(members), 6))]
    friends = np.flatnonzero(np.isin(people.kind, [CUSTOMER, PROSPECT]) & people.account & people.has_email)
    friend = friends[rng.integers(0, len(friends), len(referrer))] if len(friends) else referrer
    mine = friend != referrer
    referrer, friend = referrer[mine], friend[mine]
    room = np.maximum(plan.as_of - first_order[referrer] - HOUR, HOUR)
    at = first_order[referrer] + (rng.random(len(referrer)) * room).astype(np.int64) // SECOND * SECOND
    converted = np.where(first_order[friend] > at, first_order[friend], 0)
    by_email = referrer % 2 == 0
    landing.table(
        f"generic/referrals/dt={plan.until}/referrals.csv",
        {
            "referral_id": join("F", digits(people.number[referrer], 7)),
            "referrer": either(by_email, people.email.take(pa.array(referrer)), people.customer_id.take(pa.array(referrer))),
            "referred": people.email.take(pa.array(friend)),
            "created_at": moment(at),
            "converted_at": moment(converted),
        },
    )
    seen.of("email", referrer[by_email])
    seen.of("customer_id", referrer[~by_email])
    seen.of("email", friend)
