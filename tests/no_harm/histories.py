"""Random people and what they do: visits, carts, orders. Each history depends on the seed and the person's number alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from .people import GROWN_UP, LAST, PRODUCTS, RUNS, STAFF, Person, Record, before, spelt_email, spelt_phone, written

_FIRST = ("Ada", "Boris", "Chloé", "Driss", "Elsa", "Félix", "Gaëlle", "Hugo", "Ines", "Jean", "Kenza", "Lou")
_VIEWED, _ADDED, _REMOVED = "Product Viewed", "Product Added", "Product Removed"


def person_of(seed: int, number: int, chance: Random) -> Person:
    """Who somebody is; no identifier of theirs is anybody else's but for a family's device."""
    first = chance.choice(_FIRST)
    last = "Qu" + "".join("abcdefghij"[int(digit)] for digit in f"{number:05d}") + "er"
    plain = f"{first.lower().replace('é', 'e').replace('ë', 'e')}.{last.lower()}"
    hosts = ("example.com", "example.net", "example.org", "example.com", "gmail.com")
    host = STAFF if chance.random() < 0.03 else chance.choice(hosts)
    emails = [f"{plain}@{host}"]
    if chance.random() < 0.25:
        emails.append(f"{last.lower()}.private@example.net")
    born = None
    if chance.random() < 0.6:
        born = date(1940, 1, 1) + timedelta(days=chance.randrange(23_000))
    if chance.random() < 0.07:
        born = date(2008, 3, 20) + timedelta(days=chance.randrange(1_500))
    phone = f"+336{10_000_000 + number * 7:08d}" if chance.random() < 0.7 else None
    country = chance.choice(("FR", "FR", "FR", "FR", "DE", "GB", "US", None))
    return Person(number, first, last, tuple(emails), phone, country, born, chance.random() < 0.025)


class Life:
    """A person's history while it is being made up."""

    def __init__(self, seed: int, number: int):
        self.chance = chance = Random(f"{seed}/{number}")
        self.person = person = person_of(seed, number, chance)
        self.has_account = chance.random() < 0.65
        self.account = f"k{number}"
        """Number of the login, the customer and the contact."""
        self.is_minor = person.born is not None and person.born > GROWN_UP
        self.devices = [f"d{number}{letter}" for letter in "ab"[: chance.choice((1, 1, 2))]]
        pair = Random(f"{seed}/pair/{number // 2}")
        self.shared = f"f{number // 2}" if pair.random() < 0.06 else None
        self._made = 0

    def happens(self, odds: float) -> bool:
        return self.chance.random() < odds

    def add(self, entity: str, at: datetime, ids: Iterable[str], row: dict[str, Any], run: int | None = None) -> None:
        """Land a row: in the first file after it happened or, now and then, in a later one."""
        if run is None:
            run = next((number for number, moment in enumerate(RUNS) if at <= moment), LAST)
            run = min(LAST, run + (self.chance.choice((1, 2)) if self.happens(0.06) else 0))
        self.person.records.append(Record(run, entity, at, tuple(ids), row))

    def number(self, kind: str) -> str:
        self._made += 1
        return f"{kind}{self.person.number}-{self._made}"

    def lived(self, oldest: float, newest: float) -> datetime:
        """A moment so many days before the first run; negative: after it."""
        return before(0, self.chance.uniform(newest, oldest))

    # Visits

    def event(self, at: datetime, name: str | None, device: str, login: bool, run: int | None = None, **told: Any) -> None:
        kind = "track" if name else "identify"
        row = {"message_id": self.number("m"), "type": kind, "event": name, "anonymous_id": device, "timestamp": written(at)}
        ids = [f"{'shared' if device == self.shared else 'device'}:{device}"]
        if login:
            row["user_id"] = self.account
            ids.append(f"account:{self.account}")
        if "email" in told:
            ids.append(f"email:{told['email']}")
            told["email"] = spelt_email(self.chance, told["email"])
        self.add("events", at, ids, row | {"properties": told}, run)

    def product(self, at: datetime, name: str, device: str, login: bool, product: str, run: int | None) -> None:
        told = {"product_id": product, "quantity": 1, "price": PRODUCTS[product][2], "currency": "EUR"}
        self.event(at, name, device, login, run, **told)

    def visit(self, at: datetime, doings: list[tuple[str, str]], login: bool | None = None) -> None:
        """One visit: each doing is an event's name and a product, half a minute apart; it lands in one file."""
        device, login = self.chance.choice(self.devices), self.has_account and (self.happens(0.4) if login is None else login)
        run = None
        if self.shared and self.happens(0.3):
            device = self.shared
            # What is done on a family's device without a login is nobody's: only looks.
            doings = doings if login else [(_VIEWED, product) for _, product in doings]
        for place, (name, product) in enumerate(doings):
            self.product(at + timedelta(seconds=30 * place), name, device, login, product, run)
            run = self.person.records[-1].run

    def visits(self) -> None:
        for _ in range(self.chance.choice((0, 1, 1, 2, 3))):
            seen = self.chance.sample(sorted(PRODUCTS), self.chance.choice((1, 2)))
            self.visit(self.lived(75, -6.9), [(_VIEWED, product) for product in seen])

    def logins(self) -> None:
        """On which devices somebody turns out to be the person, sooner or later."""
        if not self.has_account:
            return
        for device in self.devices:
            if self.happens(0.8):
                at = self.chance.choice((self.lived(60, 1), self.lived(60, 1), self.lived(-0.1, -1.9), self.lived(-2.1, -6.9)))
                if self.happens(0.5):
                    self.event(at, None, device, True, email=self.person.emails[0])
                else:
                    self.event(at, "Signed In", device, True)

    # Carts and orders

    def cart(self) -> None:
        slots = ((0.1, 0.9), (1.1, 3.9), (1.1, 3.9), (4, 20), (4, 20), (4, 20), (15, 20), (15, 28), (31, 60), (-0.1, -5.5))
        newest, oldest = self.chance.choice(slots)
        at = self.lived(max(oldest, newest), min(oldest, newest))
        chosen = self.chance.sample(sorted(PRODUCTS), self.chance.choice((1, 1, 2, 3)))
        doings = [(_VIEWED, chosen[0]), *((_ADDED, product) for product in chosen)]
        if self.happens(0.08):
            doings += [(_REMOVED, product) for product in chosen]
        elif len(chosen) > 1 and self.happens(0.2):
            doings.append((_REMOVED, chosen[-1]))
        if self.happens(0.3):
            doings.append(("Checkout Started", chosen[0]))
        if self.happens(0.1):
            self.order(at - timedelta(days=self.chance.uniform(1, 8)), [self.chance.choice(sorted(PRODUCTS))])
        self.visit(at, doings)
        if self.happens(0.35):
            later = at + timedelta(minutes=self.chance.choice((6, 200, 1_500, 6_000)))
            if later < RUNS[LAST]:
                self.order(later, chosen)

    def rhythm(self) -> None:
        """Orders of years past."""
        gap, at = self.chance.choice((20, 45, 90, 200)), self.lived(1_500, 16)
        for _ in range(self.chance.choice((0, 1, 1, 2, 4))):
            self.order(at, [self.chance.choice(sorted(PRODUCTS))])
            at += timedelta(days=gap * self.chance.uniform(0.7, 1.3))
            if at > before(0, 15):
                return

    def order(self, at: datetime, products: list[str]) -> None:
        """By account, as a guest or offline; what becomes of it is told by later versions of the row."""
        number, person = self.number("o"), self.person
        row = {"order_id": number, "ordered_at": written(at), "currency": "EUR", "country": person.country, "status": "paid"}
        row["total"] = sum(PRODUCTS[product][2] for product in products)
        ids = [f"order:{number}"]
        ways = ["account"] if self.has_account else []
        # A minor's address with an order that says no name would be taken for a parent's.
        ways += [] if self.is_minor and self.has_account else ["guest", "guest", "phone" if person.phone else "guest"]
        way = self.chance.choice(ways)
        if way == "account":
            row["customer_id"] = self.account
            ids.append(f"account:{self.account}")
        if way == "guest" or (way == "account" and self.happens(0.7)):
            email = self.chance.choice(person.emails) if way == "guest" else person.emails[0]
            row["email"] = spelt_email(self.chance, email)
            ids.append(f"email:{email}")
        if way == "phone":
            row["phone"] = spelt_phone(self.chance, person.phone or "", person.country)
            ids.append(f"phone:{person.phone}")
        if person.is_tester:
            row["status"] = "test"
        elif self.happens(0.15):
            row["status"] = self.chance.choice(("pending", "cancelled"))
        self.add("orders", at, ids, row | {"updated_at": written(at)})
        run = person.records[-1].run
        for line, product in enumerate(products):
            told = {"order_id": number, "line_id": str(line), "product_id": product, "quantity": 1}
            self.add("order_lines", at, [f"order:{number}"], told | {"unit_price": PRODUCTS[product][2]}, run)
        if row["status"] == "paid" and self.happens(0.1):
            back = at + timedelta(days=self.chance.uniform(1, 25))
            if back < RUNS[LAST]:
                told = row | {"status": "refunded", "refunded_amount": row["total"], "updated_at": written(back)}
                self.add("orders", back, ids, told)
        if way == "account" and self.happens(0.3):
            device = self.chance.choice(self.devices)
            self.event(at, "Order Completed", device, True, run, order_id=number, total=row["total"], currency="EUR")
