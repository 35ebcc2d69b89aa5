"""What advertising platforms know of purchases after each run, by the published files alone."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from .exports import spellings
from .people import Person

PLATFORMS = {"google_offline_conversions": "Order ID", "meta_offline_conversions": "order_id"}
"""Destination → the column that names the order."""
ADJUSTMENTS = "google_conversion_adjustments"
_ADDRESSES = ("Email", "Phone Number", "em", "ph")


@dataclass(frozen=True)
class Report:
    """One purchase as a platform was told of it; the addresses in its row as `type:value`."""

    destination: str
    person: int
    order: str
    addresses: frozenset[str]


@dataclass
class Reports:
    """Grows run by run. `held`: what platforms hold; `added`: what the newest run told them; `foreign`: rows with an address that
    is not the buyer's."""

    exports: Path
    people: list[Person]
    held: dict[tuple[str, str], Report] = field(default_factory=dict)
    added: list[Report] = field(default_factory=list)
    foreign: int = 0
    _read: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._buyers = {
            record.row["order_id"]: person for person in self.people for record in person.records if record.entity == "orders"
        }

    def read_new(self) -> None:
        """Take over what was published since the last call, adjustments after conversions."""
        self.added = []
        for destination in (*PLATFORMS, ADJUSTMENTS):
            for manifest in sorted(self.exports.glob(f"{destination}/*/*/*/manifest.json")):
                if manifest in self._read:
                    continue
                self._read.add(manifest)
                for file in json.loads(manifest.read_text(encoding="utf-8"))["files"]:
                    self._take(manifest.parent / file["name"], destination)

    def _take(self, path: Path, destination: str) -> None:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if destination != ADJUSTMENTS:
                    self._add(row, destination)
                elif row["Adjustment Type"] == "RETRACT":
                    del self.held["google_offline_conversions", row["Order ID"]]

    def _add(self, row: dict[str, str], destination: str) -> None:
        order = row[PLATFORMS[destination]]
        person = self._buyers.get(order)
        if person is None:
            return  # a subscription, or a stage of a lead
        own = [f"email:{email}" for email in person.emails] + ([f"phone:{person.phone}"] if person.phone else [])
        owners = {spelling: one for one in own for spelling in spellings(one)}
        cells = [row[header] for header in _ADDRESSES if row.get(header)]
        self.foreign += any(cell not in owners for cell in cells)
        report = Report(destination, person.number, order, frozenset(owners[cell] for cell in cells if cell in owners))
        assert (destination, order) not in self.held, "a purchase is told once"
        self.held[destination, order] = report
        self.added.append(report)


def placed(person: Person, order: str) -> datetime:
    return next(record.at for record in person.records if record.entity == "orders" and record.row["order_id"] == order)
