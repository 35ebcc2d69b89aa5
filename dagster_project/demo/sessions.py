"""Visits to the site: whose, on which device, when, what for, and when the visitor says who they are.

Owners are numbered within the shard: first the known people, then anonymous visitors, then household devices (what is done
on one before anybody logs in belongs to nobody known), then bots.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from dagster_project.demo.catalogue import PRODUCTS, baskets
from dagster_project.demo.orders import LINES, WEB, Orders
from dagster_project.demo.people import PROSPECT, TESTER, People
from dagster_project.demo.plan import DAY, HOUR, MINUTE, Plan, chance, pick, time_of_day

BROWSE, CART, CHECKOUT, ORDER, LEFT_CART, RETURN_ORDER, BOT = range(7)
"""LEFT_CART and RETURN_ORDER are the two halves of a recovered cart: filled in one visit, bought in a later one."""
NEVER, EARLY, LATE = 0, 1, 2
"""When in the visit the person says who they are: on arrival, or at the checkout."""
DEVICES_PER_PERSON = 4

_EVENTS_PER_OTHER_VISIT = 4.6
"""Mean length of a visit that brings no order, used to share out the events; the exact number is reached with page views."""


@dataclass(frozen=True)
class Owners:
    """Where each kind of owner starts in the shard's numbering."""

    known: int
    anonymous: int
    households: int
    bots: int

    @property
    def first_household(self) -> int:
        return self.known + self.anonymous

    @property
    def first_bot(self) -> int:
        return self.first_household + self.households

    def __len__(self) -> int:
        return self.first_bot + self.bots


@dataclass(frozen=True)
class Sessions:
    """Arrays with one entry per visit, sorted by device and time."""

    person: np.ndarray
    """Owner of what happens once the visitor is known."""
    device: np.ndarray
    """owner × DEVICES_PER_PERSON + number of the device, of the device's own owner."""
    at: np.ndarray
    kind: np.ndarray
    order: np.ndarray
    """Index of the order placed in the visit, else -1."""
    products: np.ndarray
    """(sessions, LINES) products looked at; -1 where there are fewer."""
    quantities: np.ndarray
    """(sessions, LINES) how many of them are put into the cart, 0 for none."""
    extra: np.ndarray
    """A further product put into the cart and taken out again, -1 for none."""
    extra_in: np.ndarray
    extra_out: np.ndarray
    identify: np.ndarray
    remembered: np.ndarray
    """Logged in since an earlier visit: every event carries the user id."""

    def __len__(self) -> int:
        return len(self.person)

    @property
    def device_owner(self) -> np.ndarray:
        return self.device // DEVICES_PER_PERSON

    @cached_property
    def device_index(self) -> tuple[np.ndarray, np.ndarray]:
        """The devices in use, and for each visit the index of its device among them."""
        return np.unique(self.device, return_inverse=True)


def make_owners(plan: Plan, shard: int, people: People) -> Owners:
    accounts = int((people.account & (people.kind != TESTER)).sum())
    households = max(3 if shard == 0 else 0, accounts // 150) if accounts >= 8 else 0
    strangers = len(plan.share(plan.people - plan.known, shard)) - households
    events = len(plan.share(plan.events, shard))
    return Owners(len(people), max(strangers, 1), households, max(3 if shard == 0 else 1, events // 20_000))


def bot_visits(owners: Owners, events: int) -> np.ndarray:
    """How many events each bot makes, of a shard's number of events: about 1% of them all together.

    Every fourth bot calls itself an ordinary browser; it makes so many that its pace gives it away.
    """
    each = max(30, min(400, events // 100 // owners.bots))
    return np.where(in_disguise(np.arange(owners.bots)), max(each, 150), each)


def in_disguise(bot: np.ndarray) -> np.ndarray:
    """Which bots, by their number, have the user agent of an ordinary browser."""
    return bot % 4 == 0


def make_sessions(plan: Plan, shard: int, people: People, orders: Orders, owners: Owners) -> Sessions:
    rng = plan.rng("sessions", shard)
    parts = [_order_visits(rng, orders), *_recovered_carts(plan, rng, orders), _household_visits(plan, rng, people, owners)]
    share = len(plan.share(plan.events, shard))
    spent = sum(len(part["person"]) for part in parts) * 7 + max(share // 50, int(bot_visits(owners, share).sum()))
    left = int((len(plan.share(plan.events, shard)) - spent) / _EVENTS_PER_OTHER_VISIT)
    parts.append(_other_visits(plan, rng, people, owners, max(left, owners.anonymous)))
    visits = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((visits["at"], visits["device"]))
    visits = {name: column[order] for name, column in visits.items()}
    visits |= _extras(rng, visits)
    visits |= _logins(rng, people, owners, visits)
    return Sessions(**{field.name: visits[field.name] for field in fields(Sessions)})


def _visit(rng, person, at, kind, order, products, quantities, device_owner=None) -> dict[str, np.ndarray]:
    size = len(person)
    number = pick(rng, [0.62, 0.28, 0.10], size)
    device = (
        np.asarray(person) * DEVICES_PER_PERSON + number
        if device_owner is None
        else np.asarray(device_owner) * DEVICES_PER_PERSON
    )
    return {
        "person": np.asarray(person),
        "device": device,
        "at": at,
        "kind": np.broadcast_to(kind, size),
        "order": np.broadcast_to(order, size),
        "products": products,
        "quantities": quantities,
    }


def _web(orders: Orders) -> np.ndarray:
    return np.flatnonzero(orders.channel == WEB)


def _is_recovery(orders: Orders, index: np.ndarray) -> np.ndarray:
    """Every sixth web order, by its own number, finishes a cart that was left earlier."""
    return (orders.first_number + index) % 6 == 3


def _order_visits(rng: np.random.Generator, orders: Orders) -> dict[str, np.ndarray]:
    index = _web(orders)
    kind = np.where(_is_recovery(orders, index), RETURN_ORDER, ORDER)
    return _visit(rng, orders.person[index], orders.at[index], kind, index, orders.products[index], orders.quantities[index])


def _recovered_carts(plan: Plan, rng: np.random.Generator, orders: Orders) -> list[dict[str, np.ndarray]]:
    index = _web(orders)
    index = index[_is_recovery(orders, index)]
    at = np.maximum(orders.at[index] - rng.integers(2 * HOUR, 6 * DAY, len(index)), plan.start)
    return [_visit(rng, orders.person[index], at, LEFT_CART, -1, orders.products[index], orders.quantities[index])]


def _household_visits(plan: Plan, rng: np.random.Generator, people: People, owners: Owners) -> dict[str, np.ndarray]:
    """Two account holders who live together: each logs in three times on the common device; other visits stay without login."""
    holders = rng.permutation(np.flatnonzero(people.account & (people.kind != TESTER)))[: 2 * owners.households]
    devices = owners.first_household + np.arange(owners.households)
    members = np.repeat(holders, 3)
    device_owner = np.concatenate([np.repeat(np.repeat(devices, 2), 3), np.repeat(devices, 2)])
    person = np.concatenate([members, np.repeat(devices, 2)])
    size = len(person)
    kind = np.array([BROWSE, CART, CHECKOUT])[pick(rng, [0.4, 0.4, 0.2], size)]
    return _visit(rng, person, _any_time(plan, rng, size), kind, -1, *_wishes(rng, kind), device_owner)


def _other_visits(plan: Plan, rng: np.random.Generator, people: People, owners: Owners, size: int) -> dict[str, np.ndarray]:
    """Visits without an order: every anonymous visitor once, the rest shared among anonymous and known people."""
    strangers = owners.known + np.arange(owners.anonymous)
    regulars = np.flatnonzero(people.visits_site)
    newcomers = np.flatnonzero(people.visits_site & (people.kind == PROSPECT))
    size = max(size, len(strangers) + len(newcomers))
    rest = size - len(strangers) - len(newcomers)
    of_known = int(rest * 0.6) if len(regulars) else 0
    extra = [
        rng.choice(regulars, of_known) if of_known else regulars[:0],
        owners.known + rng.integers(0, owners.anonymous, rest - of_known),
    ]
    person = np.concatenate([strangers, newcomers, *extra])
    known = person < owners.known
    kind = np.where(known, pick(rng, [0.62, 0.25, 0.13], size), pick(rng, [0.85, 0.11, 0.04], size))
    at = _any_time(plan, rng, size)
    nights = [change + shift for change in plan.clock_changes for shift in (-40 * MINUTE, -MINUTE, 20 * MINUTE)] + _leap_days(
        plan
    )
    at[: len(nights)] = nights[:size]
    visits = _visit(rng, person, at, kind, -1, *_wishes(rng, kind))
    visits["device"] = np.where(known, visits["device"], person * DEVICES_PER_PERSON)
    return visits


def _any_time(plan: Plan, rng: np.random.Generator, size: int) -> np.ndarray:
    """Moments in the history, half of them leaning towards its end (a shop that grows)."""
    back = rng.random(size)
    back = np.where(rng.random(size) < 0.5, back * back * back, back)
    day = plan.days - 1 - np.minimum((back * plan.days).astype(np.int64), plan.days - 1)
    at = plan.utc(plan.start + day * DAY + time_of_day(rng, size))
    return np.clip(at, plan.start + HOUR, plan.as_of - HOUR - rng.integers(0, 3 * HOUR, size))


def _leap_days(plan: Plan) -> list[int]:
    """Noon of each 29 February in the history."""
    days = [plan.start + day * DAY for day in range(plan.days)]
    return [ms + 12 * HOUR for ms in days if str(np.datetime64(ms, "ms"))[5:10] == "02-29"]


def _wishes(rng: np.random.Generator, kind: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Products looked at, and how many of each are put into the cart."""
    size = len(kind)
    products = baskets(rng, size, LINES)
    looked_at = 1 + pick(rng, [0.45, 0.3, 0.15, 0.1], size)
    products[np.arange(LINES) >= looked_at[:, None]] = -1
    wanted = np.where(kind == BROWSE, 0, 1 + pick(rng, [0.6, 0.3, 0.1], size))
    quantities = 1 + pick(rng, [0.8, 0.15, 0.05], size * LINES).reshape(size, LINES)
    quantities[(np.arange(LINES) >= wanted[:, None]) | (products < 0)] = 0
    return products, quantities


def _extras(rng: np.random.Generator, visits: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """In a quarter of the carts something goes in and out again; in a tenth of the carts left, everything (an emptied cart)."""
    kind, products, quantities = visits["kind"], visits["products"], visits["quantities"].copy()
    size = len(kind)
    extra = np.where(np.isin(kind, [CART, CHECKOUT, ORDER, LEFT_CART]) & chance(rng, 0.25, size), products.max(axis=1), -1)
    clash = np.ones(size, dtype=bool)
    while (clash := (extra >= 0) & clash).any():
        extra[clash] = (extra[clash] + 7) % len(PRODUCTS)
        clash = (products == extra[:, None]).any(axis=1)
    extra_in = np.where(extra >= 0, 1 + pick(rng, [0.7, 0.3], size), 0)
    half_way = (extra_in == 2) & chance(rng, 0.5, size) & (kind == CART)
    emptied = (extra >= 0) & (kind == CART) & chance(rng, 0.4, size)
    quantities[emptied] = 0
    return {
        "extra": extra,
        "extra_in": extra_in,
        "extra_out": np.where(half_way & ~emptied, 1, extra_in),
        "quantities": quantities,
    }


def _logins(rng: np.random.Generator, people: People, owners: Owners, visits: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """On each device of a known person one visit, drawn by lot, is the first to say who it is; what came before was anonymous.

    A guest's device may be known by the number of the order alone: no address is given to the tracker then.
    """
    person, device, kind = visits["person"], visits["device"], visits["kind"]
    size = len(person)
    known = person < owners.known
    account = np.zeros(size, dtype=bool)
    account[known] = people.account[person[known]]
    shared = device // DEVICES_PER_PERSON >= owners.first_household

    first = np.flatnonzero(np.r_[True, device[1:] != device[:-1]])
    count = np.diff(np.r_[first, size])
    rank = np.arange(size) - np.repeat(first, count)
    login = np.repeat((rng.random(len(first)) * count).astype(np.int64), count)
    ordering = np.isin(kind, [ORDER, RETURN_ORDER])
    by_order_only = ordering & ~account & chance(rng, 0.4, size)

    remembered = known & account & ~shared & (rank > login) & chance(rng, 0.7, size)
    says = known & ~shared & ((rank == login) | (account & ordering & ~remembered)) & ~by_order_only
    checkout = np.isin(kind, [CHECKOUT, ORDER, RETURN_ORDER])
    identify = np.where(says, np.where(checkout & chance(rng, 0.6, size), LATE, EARLY), NEVER)
    identify[known & shared] = EARLY
    return {"identify": identify, "remembered": remembered}
