"""A person of a generated history: everything that happened to them, as rows of files that landed, and how they are spelt."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

RUNS = (datetime(2026, 3, 9, 20), datetime(2026, 3, 11, 20), datetime(2026, 3, 16, 20))
"""The moments of the runs (UTC). Each sees the files that landed since the one before."""
LAST = len(RUNS) - 1

GROWN_UP = date(2008, 3, 1)
"""Who was born later is under age when the first run is made."""
STAFF = "staff.example.org"
PRODUCTS = {
    f"{category}-{tier}": (category, tier, price)
    for category in ("lamp", "chair", "kettle")
    for tier, price in (("basic", 30), ("standard", 70), ("premium", 150))
}
"""product_id → category, tier, price."""


@dataclass(frozen=True)
class Record:
    """One row of a landed file.

    run: the first run that sees it; at: when it happened; ids: whom it names, as `type:value` in the spelling that is compared;
    row: as the file has it.
    """

    run: int
    entity: str
    at: datetime
    ids: tuple[str, ...]
    row: dict[str, Any]


class Erased(NamedTuple):
    """When somebody asked to be forgotten, from which run on they are, and the last run whose files were known then."""

    asked: datetime
    run: int
    seen: int


@dataclass
class Person:
    """One human being."""

    number: int
    first_name: str
    last_name: str
    emails: tuple[str, ...]
    phone: str | None
    country: str | None
    born: date | None
    is_tester: bool = False
    records: list[Record] = field(default_factory=list)
    erased: Erased | None = None

    @property
    def is_taken_for_two(self) -> bool:
        """A minor who orders as a guest: identity takes the address for a parent's, and all done with it for another's doing."""
        orders = any(record.entity == "orders" and "customer_id" not in record.row for record in self.records)
        return self.born is not None and self.born > GROWN_UP and orders

    def known(self, run: int) -> list[Record]:
        """What had landed and happened by a run, erased or not."""
        return [record for record in self.records if record.run <= run and record.at <= RUNS[run]]


def spelt_email(chance: Random, email: str) -> str:
    """An address as people and exports write it."""
    return chance.choice([email, email, email.upper(), email.capitalize(), f" {email}", f"{email} "])


def spelt_phone(chance: Random, phone: str, country: str | None = None) -> str:
    """A French mobile number (+33 and nine digits) as people write it; beside another country, in full."""
    if country not in (None, "FR"):
        return chance.choice([phone, f"{phone[:3]} {phone[3:]}", f"{phone[:3]}-{phone[3:]}"])
    national = f"0{phone[3:]}"
    pairs = " ".join(national[place : place + 2] for place in range(0, 10, 2))
    return chance.choice([phone, national, pairs, pairs.replace(" ", "."), f"0033{phone[3:]}", f"+33 (0){phone[3:]}"])


def written(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds") + "Z"


def before(run: int, days: float) -> datetime:
    """So many days before a run, to the second."""
    return (RUNS[run] - timedelta(days=days)).replace(microsecond=0)
