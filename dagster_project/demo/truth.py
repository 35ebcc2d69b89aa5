"""What is true of the demo, written from the generator's own knowledge of who did what. truth/README.md explains each table."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from dagster_project.demo.addresses import COMPANIES, Addresses, office_visitors
from dagster_project.demo.appearances import Appearances
from dagster_project.demo.catalogue import IDS, PRICES
from dagster_project.demo.engagement import PURPOSES, STATUSES, Statements
from dagster_project.demo.events import ADDED, CHECKOUT_STARTED, REMOVED, VIEWED, Events
from dagster_project.demo.facts import Rows, timestamp
from dagster_project.demo.files import TruthFiles
from dagster_project.demo.orders import CANCELLED, CHANNELS, COUPONS, CURRENCIES, PAID, PARTLY, PENDING, REFUNDED, TEST, Orders
from dagster_project.demo.orders import STATUSES as ORDER_STATUSES
from dagster_project.demo.people import NO_BIRTH_DATE, People
from dagster_project.demo.plan import DAY, Plan
from dagster_project.demo.reference import RATE_UNIT, exchange_rates
from dagster_project.demo.sessions import DEVICES_PER_PERSON, Owners, Sessions
from dagster_project.demo.text import digits, join, only, take

KINDS = ["customer", "prospect", "test", "anonymous", "household_device", "bot", "internal"]
ABANDONED_AFTER, ABANDONED_UNTIL = DAY, 30 * DAY


class Truth:
    """The truth of one shard; every method writes one table."""

    def __init__(
        self,
        plan: Plan,
        shard: int,
        files: TruthFiles,
        people: People,
        orders: Orders,
        owners: Owners,
        sessions: Sessions,
        events: Events,
    ):
        self.plan, self.files, self.people, self.orders = plan, files, people, orders
        self.owners, self.sessions, self.events = owners, sessions, events
        strangers = plan.share(plan.people - plan.known, shard).start + np.arange(owners.anonymous) + 1
        others = (shard << 20) + 1
        self.owner_id = pa.concat_arrays(
            [
                people.truth_id,
                join("A", digits(strangers, 8)),
                join("H", digits(others + np.arange(owners.households), 7)),
                join("B", digits(others + np.arange(owners.bots), 7)),
            ]
        )
        sizes = [owners.anonymous, owners.households, owners.bots]
        self.owner_kind = np.concatenate([people.kind, np.repeat([3, 4, 5], sizes)])
        self.owner_kind[office_visitors(owners, shard)] = KINDS.index("internal")

    def _who(self, owner: np.ndarray) -> dict[str, pa.Array]:
        return {"truth_person_id": self.owner_id.take(pa.array(owner)), "kind": take(KINDS, self.owner_kind[owner])}

    def write_people(self) -> None:
        size = len(self.owners)
        known = np.arange(size) < len(self.people)
        place = np.where(known, np.arange(size), -1)
        birth = np.full(size, NO_BIRTH_DATE)
        birth[known] = self.people.birth_day
        minor = np.zeros(size, dtype=bool)
        minor[known] = self.people.is_minor(self.plan)
        guardian = np.full(size, -1)
        guardian[known] = self.people.guardian
        self.files.write(
            "people",
            self._who(np.arange(size))
            | {
                "is_known": pa.array(known & (self.owner_kind != 2)),
                "first_name": take(self.people.first_name, place),
                "last_name": take(self.people.last_name, place),
                "country": take(self.people.country_code(), place),
                "birth_date": pa.array(birth.astype(np.int32), mask=birth == NO_BIRTH_DATE).cast(pa.date32()),
                "is_minor": pa.array(minor),
                "guardian_truth_person_id": take(self.people.truth_id, guardian),
            },
        )

    def write_devices(self, devices: pa.Array, addresses: Addresses) -> None:
        """Each device: whose it is, and from where it visits."""
        owner = self.sessions.device_index[0] // DEVICES_PER_PERSON
        self.files.write(
            "devices",
            {"anonymous_id": devices}
            | self._who(owner)
            | {
                "is_bot": pa.array(self.owner_kind[owner] == KINDS.index("bot")),
                "is_internal": pa.array(addresses.is_internal),
                "company": take([company for _, company, *_ in COMPANIES], addresses.company),
            },
        )

    def write_identifiers(self, seen: Appearances, devices: pa.Array, message_users: np.ndarray) -> None:
        """Each identifier that stands in the landed files.

        Args:
            seen: what the writers of the CSV files put into them.
            devices: anonymous ids, in the order of the sessions' devices.
            message_users: indexes of the people whose user id stands in an event.
        """
        device, _ = self.sessions.device_index
        owner = device // DEVICES_PER_PERSON
        household = (owner >= self.owners.first_household) & (owner < self.owners.first_bot)
        people, orders = self.people, self.orders
        everything = [
            ("anonymous_id", devices.filter(pa.array(~household)), owner[~household], "exact", False),
            ("anonymous_id", devices.filter(pa.array(household)), owner[household], "exact", True),
            ("user_id", people.customer_id.take(pa.array(message_users)), message_users, "exact", False),
            ("order_id", orders.order_id, orders.person, "exact", False),
        ]
        for kind, column in (("email", people.email), ("phone", people.e164), ("customer_id", people.customer_id)):
            mine = seen.who(kind)
            everything.append((kind, column.take(pa.array(mine)), mine, "exact", False))
        for kind, identifiers, owners, link, shared in everything + seen.further:
            is_shared = np.full(len(owners), shared)
            if kind == "phone":
                is_shared |= people.shares_phone[owners]
            self.files.write(
                "identifiers",
                {
                    "identifier_type": pa.array([kind] * len(owners), pa.string()),
                    "identifier": identifiers,
                    "truth_person_id": take(self.owner_id, owners),
                    "shared": pa.array(is_shared),
                    "link": pa.array([link] * len(owners), pa.string()),
                },
            )

    def write_carts(self) -> tuple[int, np.ndarray]:
        """Open carts: what was added and not removed since the person's last order. Returns how many count as abandoned, and when
        each owner's was last touched (0 without one)."""
        events = self.events
        last_order = latest(len(self.owners), self.orders.person, self.orders.at)
        mine = np.flatnonzero(np.isin(events.kind, [ADDED, REMOVED]) & (events.at > last_order[events.owner]))
        owner, at = events.owner[mine], events.at[mine]
        change = np.where(events.kind[mine] == ADDED, 1, -1) * events.quantity[mine]
        item, place = np.unique(owner * len(PRICES) + events.product[mine], return_inverse=True)
        net = np.zeros(len(item), dtype=np.int64)
        np.add.at(net, place, change)
        item, net = item[net > 0], net[net > 0]
        holder, product = item // len(PRICES), item % len(PRICES)
        self.files.write(
            "cart_items",
            {
                "truth_person_id": self.owner_id.take(pa.array(holder)),
                "product_id": IDS.take(pa.array(product)),
                "quantity": pa.array(net),
                "price": decimal(PRICES[product], 2),
            },
        )
        value, quantity = np.zeros((2, len(self.owners)), dtype=np.int64)
        np.add.at(value, holder, net * PRICES[product])
        np.add.at(quantity, holder, net)
        added = latest(len(self.owners), owner[change > 0], at[change > 0])
        touched = latest(len(self.owners), owner, at)
        checkout = events.kind == CHECKOUT_STARTED
        checkout_at = latest(len(self.owners), events.owner[checkout], events.at[checkout])
        open_carts = np.flatnonzero(quantity > 0)
        age = self.plan.as_of - touched[open_carts]
        abandoned = (age >= ABANDONED_AFTER) & (age <= ABANDONED_UNTIL)
        started = np.where(checkout_at > last_order, checkout_at, 0)
        self.files.write(
            "carts",
            self._who(open_carts)
            | {
                "quantity": pa.array(quantity[open_carts]),
                "value": decimal(value[open_carts], 2),
                "last_added_at": timestamp(added[open_carts]),
                "last_touched_at": timestamp(touched[open_carts]),
                "checkout_started_at": timestamp(started[open_carts]),
                "last_order_at": timestamp(last_order[open_carts]),
                "abandoned": pa.array(abandoned),
            },
        )
        return int((abandoned & (self.owner_kind[open_carts] < 5)).sum()), np.where(quantity > 0, touched, 0)

    def write_product_viewers(self) -> None:
        """Each person and product looked at, put into the cart or bought."""
        events, orders = self.events, self.orders
        order, line = np.nonzero(orders.products >= 0)
        bought = orders.person[order] * len(PRICES) + orders.products[order, line]
        item = events.owner * len(PRICES) + events.product
        rows = {kind: np.flatnonzero(events.kind == kind) for kind in (VIEWED, ADDED)}
        pair = np.unique(np.concatenate([item[rows[VIEWED]], item[rows[ADDED]], bought]))
        viewed = np.searchsorted(pair, item[rows[VIEWED]])
        views = np.bincount(viewed, minlength=len(pair))
        at = events.at[rows[VIEWED]]
        added = latest(len(pair), np.searchsorted(pair, item[rows[ADDED]]), events.at[rows[ADDED]])
        self.files.write(
            "product_viewers",
            self._who(pair // len(PRICES))
            | {
                "product_id": IDS.take(pa.array(pair % len(PRICES))),
                "views": pa.array(views),
                "first_viewed_at": timestamp(-latest(len(pair), viewed, -at)),
                "last_viewed_at": timestamp(latest(len(pair), viewed, at)),
                "last_added_at": timestamp(added),
                "last_bought_at": timestamp(latest(len(pair), np.searchsorted(pair, bought), orders.at[order])),
            },
        )

    def write_visits(self) -> None:
        """When each person or device was last on the site."""
        last = latest(len(self.owners), self.events.owner, self.events.at)
        seen = np.flatnonzero(last[: self.owners.first_bot])
        self.files.write("visits", self._who(seen) | {"last_visit_at": timestamp(last[seen])})

    def write_rows(self, name: str, rows: Rows) -> None:
        """What a writer of landing files says is true of its rows."""
        owner, columns = rows
        self.files.write(name, self._who(owner) | columns)

    def write_buyers(self) -> dict[str, int]:
        """Every order, and what it comes to per person. Returns totals (millionths of the company's currency)."""
        orders, plan = self.orders, self.plan
        status, refunded = orders.status_at(plan.as_of), orders.refunded_at(plan.as_of)
        rate = np.full(len(orders), RATE_UNIT)
        days = plan.local_day(orders.at)
        for currency, rates in exchange_rates(plan).items():
            mine = orders.currency == CURRENCIES.index(currency)
            rate[mine] = rates[days[mine]]
        rate[orders.currency == CURRENCIES.index("CHF")] = 0
        gross, back = orders.total * rate, refunded * rate
        self.files.write(
            "orders",
            {
                "order_id": orders.order_id,
                "truth_person_id": self.owner_id.take(pa.array(orders.person)),
                "ordered_at": timestamp(orders.at),
                "channel": take(CHANNELS, orders.channel),
                "coupon": take(COUPONS, orders.coupon),
                "status": take(ORDER_STATUSES, status),
                "currency": take(CURRENCIES, orders.currency),
                "total": decimal(orders.total, 2),
                "refunded_amount": decimal(refunded, 2),
                "total_eur": _where(rate > 0, decimal(gross, 6)),
                "refunded_eur": _where(rate > 0, decimal(back, 6)),
            },
        )
        counts = np.isin(status, [PAID, REFUNDED, PARTLY])
        person = orders.person
        size = len(self.people)

        def total(amount: np.ndarray, rows: np.ndarray) -> np.ndarray:
            sums = np.zeros(size, dtype=np.int64)
            np.add.at(sums, person[rows], amount[rows])
            return sums

        order_count = total(np.ones(len(orders), dtype=np.int64), counts)
        gross_sum, net_sum = total(gross, counts), total(gross - back, counts)
        buyers = np.flatnonzero(order_count)
        self.files.write(
            "buyers",
            self._who(buyers)
            | {
                "order_count": pa.array(order_count[buyers]),
                "gross_revenue": decimal(gross_sum[buyers], 6),
                "net_revenue": decimal(net_sum[buyers], 6),
                "first_order_at": timestamp(-latest(size, person[counts], -orders.at[counts])[buyers]),
                "last_order_at": timestamp(latest(size, person[counts], orders.at[counts])[buyers]),
                "orders_without_rate": pa.array(total((rate == 0).astype(np.int64), counts)[buyers]),
            },
        )
        return {
            "orders": len(orders),
            "test_orders": int((status == TEST).sum()),
            "cancelled_orders": int((status == CANCELLED).sum()),
            "pending_orders": int((status == PENDING).sum()),
            "refunded_orders": int((refunded > 0).sum()),
            "orders_without_rate": int(((rate == 0) & counts).sum()),
            "buyers": len(buyers),
            "gross_revenue": int(gross_sum.sum()),
            "net_revenue": int(net_sum.sum()),
        }

    def write_consent(self, statements: Statements) -> None:
        now = statements.newest()
        self.files.write(
            "consent",
            self._who(statements.owner[now])
            | {
                "purpose": take(PURPOSES, statements.purpose[now]),
                "status": take(STATUSES, statements.status[now]),
                "since": timestamp(statements.at[now] // 1000 * 1000),
                "identifier": statements.identifier.take(pa.array(now)),
            },
        )


def latest(size: int, index: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The greatest `at` for each index below `size`; 0 where there is none."""
    latest = np.full(size, np.iinfo(np.int64).min)
    np.maximum.at(latest, index, at)
    return np.where(latest == np.iinfo(np.int64).min, 0, latest)


def decimal(units: np.ndarray, places: int) -> pa.Array:
    """Whole units of 10^-places as an exact decimal number."""
    one = 10**places
    return join(digits(units // one), ".", digits(units % one, places)).cast(pa.decimal128(20, places))


def _where(condition: np.ndarray, column: pa.Array) -> pa.Array:
    return only(condition, column.cast(pa.string())).cast(column.type)
