"""What a company can know of a person by a run, worked out in plain words from the rows that landed, without the warehouse.

A person may be several to the company: identifiers that no row has named together yet. Each such set is a `Known`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from .people import PRODUCTS, RUNS, STAFF, Person, Record

PARIS = ZoneInfo("Europe/Paris")
_OWN_DOING = ("events", "leads", "reviews", "subscriptions")
_CART = ("Product Added", "Product Removed")


def at(row: dict, column: str) -> datetime:
    return datetime.fromisoformat(row[column].rstrip("Z"))


def day(moment: datetime) -> date:
    """The day of the company's calendar."""
    return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(PARIS).date()


@dataclass(frozen=True)
class Order:
    at: datetime
    status: str
    email: str | None
    products: tuple[str, ...]
    refunded_at: datetime | None

    @property
    def is_revenue(self) -> bool:
        return self.status in ("paid", "refunded")


@dataclass
class Known:
    """One person as the company knows them at a run: identifiers that belong together, and the rows that name them."""

    person: Person
    run: int
    ids: set[str]
    records: list[Record]

    @property
    def moment(self) -> datetime:
        return RUNS[self.run]

    def of(self, entity: str) -> list[Record]:
        return [record for record in self.records if record.entity == entity]

    @cached_property
    def emails(self) -> set[str]:
        return {one.partition(":")[2] for one in self.ids if one.startswith("email:")}

    @cached_property
    def is_known(self) -> bool:
        return any(not one.startswith(("device:", "order:")) for one in self.ids)

    @cached_property
    def country(self) -> str | None:
        return next((record.row["country"] for record in self.records if record.row.get("country")), None)

    @cached_property
    def is_internal(self) -> bool:
        """Staff, or somebody who places test orders."""
        tests = (record for record in self.person.known(self.run) if record.row.get("status") == "test")
        named = {one for record in tests for one in record.ids if not one.startswith("order:")}
        return bool(named & self.ids) or any(email.endswith(f"@{STAFF}") for email in self.emails)

    @cached_property
    def born(self) -> date | None:
        told = [record.row["birth_date"] for record in self.of("contacts") if "birth_date" in record.row]
        return date.fromisoformat(told[0]) if told else None

    @cached_property
    def is_minor(self) -> bool:
        today, born = day(self.moment), self.born
        return born is not None and (today.year - born.year) - ((today.month, today.day) < (born.month, born.day)) < 18

    @cached_property
    def orders(self) -> list[Order]:
        """Each order as its newest version tells it, tests apart, the oldest first."""
        versions: defaultdict[str, list[Record]] = defaultdict(list)
        for record in self.of("orders"):
            if record.row["status"] != "test":
                versions[record.row["order_id"]].append(record)
        found = []
        for number, told in versions.items():
            newest = max(told, key=lambda record: record.row["updated_at"])
            email = next((one.partition(":")[2] for one in newest.ids if one.startswith("email:")), None)
            lines = [record.row["product_id"] for record in self.of("order_lines") if record.row["order_id"] == number]
            back = at(newest.row, "updated_at") if newest.row["status"] == "refunded" else None
            found.append(Order(at(newest.row, "ordered_at"), newest.row["status"], email, tuple(lines), back))
        return sorted(found, key=lambda order: order.at)

    @cached_property
    def last_order(self) -> datetime | None:
        """Whatever became of it."""
        return self.orders[-1].at if self.orders else None

    @cached_property
    def sales(self) -> list[Order]:
        return [order for order in self.orders if order.is_revenue]

    @cached_property
    def last_sale(self) -> datetime | None:
        """The last order that brought money; whoever pays for a subscription buys on."""
        ends = [min(self.moment, at(record.row, "ended_at")) if "ended_at" in record.row else self.moment for record in
                self.of("subscriptions")]  # fmt: skip
        return max([*ends, *(order.at for order in self.sales)], default=None)

    @cached_property
    def last_action(self) -> datetime | None:
        """The last thing they did themselves."""
        own = [record.at for record in self.records if record.entity in _OWN_DOING]
        own += [order.at for order in self.orders]
        own += [record.at for record in self.of("consents") if record.row["status"] == "granted"]
        own += [record.at for record in self.of("email_events") if record.row["type"] == "clicked"]
        return max(own, default=None)

    # What they showed interest in

    @cached_property
    def _touches(self) -> list[tuple[datetime, str, str]]:
        found = [(record.at, record.row["event"], record.row["properties"]["product_id"]) for record in self.of("events")
                 if record.row["event"] in _CART]  # fmt: skip
        return sorted(touch for touch in found if self.last_order is None or touch[0] > self.last_order)

    @cached_property
    def cart(self) -> set[str]:
        """What lies in the cart: put into it since the last order and not taken out."""
        left: defaultdict[str, int] = defaultdict(int)
        for _, event, product in self._touches:
            left[product] += 1 if event == "Product Added" else -1
        return {product for product, count in left.items() if count > 0}

    @cached_property
    def cart_touched(self) -> datetime | None:
        return self._touches[-1][0] if self._touches else None

    @cached_property
    def last_added(self) -> datetime | None:
        """The last time anything went into the cart, bought since or not."""
        return max((record.at for record in self.of("events") if record.row["event"] == "Product Added"), default=None)

    def offer_above(self) -> str | None:
        """The product of the next tier in the category of the latest purchase that has one."""
        tiers = ("basic", "standard", "premium")
        owned: dict[str, tuple[int, datetime]] = {}
        for order in self.sales:
            for product in order.products:
                category, tier, _ = PRODUCTS[product]
                best, _ = owned.get(category, (0, order.at))
                owned[category] = (max(best, tiers.index(tier)), order.at)
        above = [(since, PRODUCTS[f"{category}-{tiers[tier + 1]}"][2], f"{category}-{tiers[tier + 1]}")
                 for category, (tier, since) in owned.items() if tier < 2]  # fmt: skip
        return max(above)[2] if above else None


def erased_ids(person: Person) -> set[str]:
    """What the company knew to be the person when it forgot them, themselves and all that was linked to what they named."""
    if person.erased is None:
        return set()
    asked, run, seen = person.erased
    before = [record for record in person.records if record.run <= seen and record.at < asked]
    named = {f"email:{person.emails[0]}"}
    return next((known.ids for known in _apart(person, run, before) if known.ids & named), named)


def known_people(person: Person, run: int) -> list[Known]:
    """The person as the company knows them at a run; mostly one."""
    records = person.known(run)
    if person.erased and person.erased.run <= run:
        gone = erased_ids(person)
        records = [record for record in records if not gone & set(record.ids)]
    return _apart(person, run, records)


def _apart(person: Person, run: int, records: list[Record]) -> list[Known]:
    refused = {one for record in records if record.row.get("purpose") == "trackers" for one in record.ids}
    # What happened while trackers were refused belongs to nobody.
    counted = [record for record in records if record.entity != "events" or not refused & set(record.ids)]
    groups: list[tuple[set[str], list[Record]]] = []
    for record in counted:
        if record.row.get("status") == "test":
            continue
        named = {one for one in record.ids if not one.startswith("shared:")}
        if not named:
            continue
        mine = [group for group in groups if group[0] & named]
        joined = (named.union(*(ids for ids, _ in mine)), [one for _, rows in mine for one in rows] + [record])
        groups = [group for group in groups if group not in mine] + [joined]
    return [Known(person, run, ids, rows) for ids, rows in groups]


def within(moment: datetime | None, now: datetime, days: float) -> bool:
    return moment is not None and moment >= now - timedelta(days=days)
