"""Every visit as a row of slots (arrive, log in, look, add, remove, check out, order), unfolded into events in time order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dagster_project.demo.catalogue import baskets
from dagster_project.demo.orders import LINES
from dagster_project.demo.people import People
from dagster_project.demo.plan import DAY, HOUR, MINUTE, SECOND, Plan, chance
from dagster_project.demo.sessions import (
    BOT,
    CART,
    CHECKOUT,
    DEVICES_PER_PERSON,
    EARLY,
    LATE,
    LEFT_CART,
    NEVER,
    ORDER,
    RETURN_ORDER,
    Owners,
    Sessions,
    bot_visits,
)

# Slots of a visit, in the order in which things happen.
ARRIVAL, GLANCE, LOGIN, SIGN_UP, LISTING = range(5)
VIEW = 5
ADD = VIEW + LINES
EXTRA_ADD = ADD + LINES
EXTRA_REMOVE, CART_VIEW, HELP, CHECKOUT_START, LATE_LOGIN, COMPLETED, THANKS = range(EXTRA_ADD + 1, EXTRA_ADD + 8)
SLOTS = THANKS + 1
PAGES = [LISTING, HELP, THANKS]
"""Page views that a visit may have or not: with them the number of events is made exact."""

PAGE, IDENTIFY, SIGNED_UP, VIEWED, ADDED, REMOVED, CART_VIEWED, CHECKOUT_STARTED, ORDER_COMPLETED = range(9)
KIND_OF_SLOT = np.array(
    [
        PAGE,
        VIEWED,
        IDENTIFY,
        SIGNED_UP,
        PAGE,
        *[VIEWED] * LINES,
        *[ADDED] * LINES,
        ADDED,
        REMOVED,
        CART_VIEWED,
        PAGE,
        CHECKOUT_STARTED,
        IDENTIFY,
        ORDER_COMPLETED,
        PAGE,
    ]
)


@dataclass(frozen=True)
class Events:
    """Arrays with one entry per event, sorted by arrival."""

    session: np.ndarray
    slot: np.ndarray
    kind: np.ndarray
    at: np.ndarray
    received: np.ndarray
    """Arrival: seconds later as a rule, days later from a device that was offline."""
    owner: np.ndarray
    logged_in: np.ndarray
    """Carries the user id."""
    product: np.ndarray
    quantity: np.ndarray
    first: np.ndarray
    """First event of its visit: the landing page."""
    number: np.ndarray
    """Unique within the shard: becomes the message id."""

    def __len__(self) -> int:
        return len(self.session)

    def take(self, index: np.ndarray) -> Events:
        return Events(**{name: column[index] for name, column in vars(self).items()})


def add_bots(plan: Plan, shard: int, sessions: Sessions, owners: Owners) -> Sessions:
    """The sessions with one visit per bot at the end."""
    rng = plan.rng("bots", shard)
    bots = owners.first_bot + np.arange(owners.bots)
    none = np.full(owners.bots, -1)
    at = rng.integers(plan.start, plan.as_of - DAY, owners.bots)
    if shard == 0:
        at[:2] = plan.as_of - rng.integers(2 * DAY, 20 * DAY, 2)
    at = at // HOUR * HOUR + at % (50 * MINUTE)  # never over midnight: one day has to show how fast they are
    visits = {
        "person": bots,
        "device": bots * DEVICES_PER_PERSON,
        "at": at,
        "kind": np.full(owners.bots, BOT),
        "order": none,
        "products": np.full((owners.bots, LINES), -1),
        "quantities": np.zeros((owners.bots, LINES), dtype=np.int64),
        "extra": none,
        "extra_in": none * 0,
        "extra_out": none * 0,
        "identify": none * 0,
        "remembered": none == 0,
    }
    return Sessions(**{name: np.concatenate([column, visits[name]]) for name, column in vars(sessions).items() if name in visits})


def make_events(plan: Plan, shard: int, people: People, sessions: Sessions, owners: Owners) -> Events:
    """Exactly the shard's share of the events, unless the visits alone are more."""
    rng = plan.rng("events", shard)
    wanted = len(plan.share(plan.events, shard))
    machine = _bot_events(rng, sessions, owners, wanted)
    present = _slots(rng, people, sessions, owners)
    places = np.argwhere(np.isin(sessions.kind, [BOT], invert=True)[:, None] & np.isin(np.arange(SLOTS), PAGES))
    places = places[~present[places[:, 0], places[:, 1]]]
    missing = wanted - int(present.sum()) - len(machine["session"])
    chosen = places[rng.permutation(len(places))[: max(0, missing)]]
    present[chosen[:, 0], chosen[:, 1]] = True

    session, slot = np.nonzero(present)
    first = np.r_[True, session[1:] != session[:-1]]
    gap = np.where(first, 0, rng.integers(4 * SECOND, 75 * SECOND, len(session)))
    elapsed = np.cumsum(gap)
    anchor = first | (slot == COMPLETED)
    anchor_of = np.zeros(len(sessions), dtype=np.int64)
    anchor_of[session[anchor]] = elapsed[anchor]  # a visit's order comes later than its arrival and so has the last word
    at = sessions.at[session] + elapsed - anchor_of[session]

    identified = np.select([sessions.identify == EARLY, sessions.identify == LATE], [LOGIN, LATE_LOGIN], SLOTS)[session]
    known = sessions.person[session] < owners.known
    account = np.zeros(len(session), dtype=bool)
    account[known] = people.account[sessions.person[session[known]]]
    shared = sessions.device_owner[session] != sessions.person[session]
    product, quantity = _contents(sessions, session, slot)
    columns = {
        "session": session,
        "slot": slot,
        "kind": KIND_OF_SLOT[slot],
        "at": at,
        "owner": np.where(shared & (slot < identified), sessions.device_owner[session], sessions.person[session]),
        "logged_in": account & (sessions.remembered[session] | (slot >= identified)),
        "product": product,
        "quantity": quantity,
        "first": first,
    }
    columns = {name: np.concatenate([column, machine[name]]) for name, column in columns.items()}
    received = columns["at"] + _delays(plan, rng, columns["at"])
    events = Events(**columns, received=received, number=np.arange(len(received)))
    return events.take(np.lexsort((events.number, received)))


def _slots(rng: np.random.Generator, people: People, sessions: Sessions, owners: Owners) -> np.ndarray:
    """(sessions, SLOTS): which slots happen in each visit, before page views are added."""
    size, kind = len(sessions), sessions.kind
    ordering = np.isin(kind, [ORDER, RETURN_ORDER])
    returning = kind == RETURN_ORDER
    shared = sessions.device_owner != sessions.person
    present = np.zeros((size, SLOTS), dtype=bool)
    present[:, ARRIVAL] = kind != BOT
    present[:, GLANCE] = shared
    present[:, LOGIN] = sessions.identify == EARLY
    present[:, LATE_LOGIN] = sessions.identify == LATE
    present[:, SIGN_UP] = (sessions.identify == EARLY) & _first_of_person(people, sessions, owners)
    present[:, VIEW : VIEW + LINES] = (sessions.products >= 0) & ~returning[:, None]
    present[:, ADD : ADD + LINES] = (sessions.quantities > 0) & ~returning[:, None]
    present[:, EXTRA_ADD] = sessions.extra >= 0
    present[:, EXTRA_REMOVE] = sessions.extra >= 0
    present[:, CART_VIEW] = returning | (np.isin(kind, [CART, CHECKOUT, ORDER, LEFT_CART]) & chance(rng, 0.6, size))
    present[:, CHECKOUT_START] = ordering | (kind == CHECKOUT)
    present[:, COMPLETED] = ordering
    return present


def _first_of_person(people: People, sessions: Sessions, owners: Owners) -> np.ndarray:
    """The visit in which an account holder first logs in early: there the account is made."""
    mask = np.zeros(len(sessions), dtype=bool)
    login = np.flatnonzero((sessions.identify != NEVER) & (sessions.person < owners.known))
    login = login[people.account[sessions.person[login]]]
    login = login[np.lexsort((sessions.at[login], sessions.person[login]))]
    person = sessions.person[login]
    mask[login[np.flatnonzero(np.r_[True, person[1:] != person[:-1]])]] = True
    return mask


def _contents(sessions: Sessions, session: np.ndarray, slot: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Product (-1 for none) and quantity of each event."""
    product, quantity = np.full(len(session), -1), np.zeros(len(session), dtype=np.int64)
    for start in (VIEW, ADD):
        mine = np.flatnonzero((slot >= start) & (slot < start + LINES))
        product[mine] = sessions.products[session[mine], slot[mine] - start]
        quantity[mine] = sessions.quantities[session[mine], slot[mine] - start] if start == ADD else 1
    glance = slot == GLANCE
    product[glance], quantity[glance] = sessions.products[session[glance], 0], 1
    for one, column in ((EXTRA_ADD, sessions.extra_in), (EXTRA_REMOVE, sessions.extra_out)):
        mine = slot == one
        product[mine], quantity[mine] = sessions.extra[session[mine]], column[session[mine]]
    return product, quantity


def _bot_events(rng: np.random.Generator, sessions: Sessions, owners: Owners, wanted: int) -> dict[str, np.ndarray]:
    """Bots look at everything, several products a second, and every third of them fills a cart."""
    visits = len(sessions) - owners.bots + np.arange(owners.bots)
    each = bot_visits(owners, wanted)
    session = np.repeat(visits, each)
    step = np.arange(len(session)) - np.repeat(np.cumsum(each) - each, each)
    adds = (np.repeat(np.arange(owners.bots), each) % 3 == 0) & (step % 10 == 9)
    slot = np.where(adds, EXTRA_ADD, VIEW)
    return {
        "session": session,
        "slot": slot,
        "kind": KIND_OF_SLOT[slot],
        "at": sessions.at[session] + step * rng.integers(90, 400),
        "owner": sessions.person[session],
        "logged_in": np.zeros(len(session), dtype=bool),
        "product": baskets(rng, len(session), 1)[:, 0],
        "quantity": np.ones(len(session), dtype=np.int64),
        "first": step == 0,
    }


def _delays(plan: Plan, rng: np.random.Generator, at: np.ndarray) -> np.ndarray:
    """Milliseconds until arrival; five in a thousand events come hours to weeks late, none after the demo's clock."""
    size = len(at)
    late = rng.integers(6 * HOUR, 20 * DAY, size)
    is_late = chance(rng, 0.005, size, at_least=min(size, 20)) & (at + late < plan.as_of - MINUTE)
    return np.where(is_late, late, rng.integers(180, 3_000, size))
