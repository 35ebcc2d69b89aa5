"""What destinations hold after each run, by the published files alone, and whose rows these are."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from .people import Person

_ADDRESSES = ("EMAIL", "PHONE", "Email", "Phone", "email", "phone", "EMAIL_SHA256", "PHONE_SHA256")
_LAST_NAMES = ("Last Name", "ln")

Row = tuple[tuple[str, str], ...]
"""Header and cell of every filled cell."""


@dataclass(frozen=True)
class Line:
    """One row that a destination holds: whose it is, and the addresses in it as `type:value`."""

    activation: str
    destination: str
    audience: str
    is_sequence: bool
    person: int
    addresses: frozenset[str]


@dataclass
class Destinations:
    """Grows run by run. `held`: activation → key cells of a row → the row; `added` the same of the newest run's files alone."""

    exports: Path
    people: list[Person]
    held: dict[str, dict[Row, Line]] = field(default_factory=lambda: defaultdict(dict))
    added: dict[str, dict[Row, Line]] = field(default_factory=dict)
    sent: list[tuple[int, str, str, str]] = field(default_factory=list)
    """Messages of sequences: person, address, send_at, audience."""
    removed: int = 0
    unknown: list[str] = field(default_factory=list)
    """Activations with rows that are nobody's, or of two people."""
    _read: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._owners: dict[str, tuple[int, str]] = {}
        for person in self.people:
            for one in [f"email:{email}" for email in person.emails] + ([f"phone:{person.phone}"] if person.phone else []):
                self._owners.update(dict.fromkeys(spellings(one), (person.number, one)))
            self._owners[_hashed(person.last_name.lower())] = (person.number, "")

    def read_new(self) -> None:
        """Take over what was published since the last call, removals first, as the files ask for."""
        self.added = defaultdict(dict)
        for manifest in sorted(self.exports.rglob("manifest.json"), key=lambda path: path.parent.parent.name):
            if manifest in self._read or manifest.parent.parent.name == "latest" or manifest.parent.is_symlink():
                continue
            self._read.add(manifest)
            told = json.loads(manifest.read_text(encoding="utf-8"))
            if told["audience"].startswith("feeds."):
                continue  # records, not people on a list
            for operation in ("remove", "full", "add"):
                files = sorted(manifest.parent.glob(f"{operation}*.csv"))
                if operation == "full" and files:
                    self.held[told["activation"]] = {}
                for path in files:
                    self._take(path, operation, told)

    def _take(self, path: Path, operation: str, told: dict) -> None:
        activation, destination = told["activation"], told["destination"]
        for row in rows_of(path, ";" if destination == "brevo" else ","):
            keys = tuple(sorted(cell for cell in row if cell[0] in _ADDRESSES)) or row
            if operation == "remove":
                self.removed += self.held[activation].pop(keys, None) is not None
                continue
            line = self._line(row, told)
            if line is None:
                self.unknown.append(activation)
                continue
            self.held[activation][keys] = self.added[activation][keys] = line
            cells = dict(row)
            if cells.get("SEND_AT"):
                self.sent += [(line.person, one, cells["SEND_AT"], line.audience) for one in line.addresses]

    def _line(self, row: Row, told: dict) -> Line | None:
        owners = [self._owners.get(cell, (-1, "")) for header, cell in row if header in _ADDRESSES]
        owners = owners or [self._owners.get(cell, (-1, "")) for header, cell in row if header in _LAST_NAMES]
        numbers = {number for number, _ in owners}
        if len(numbers) != 1 or -1 in numbers:
            return None
        addresses = frozenset(address for _, address in owners if address)
        is_message = "SEND_AT" in dict(row)
        return Line(told["activation"], told["destination"], told["audience"], is_message, numbers.pop(), addresses)


def spellings(one: str) -> set[str]:
    """An address, given as `type:value`, as files have it: plain, or the digest of what a platform makes of it."""
    kind, _, value = one.partition(":")
    return {value, _hashed(value), _hashed(_google(value) if kind == "email" else value[1:])}


def rows_of(path: Path, delimiter: str) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file, delimiter=delimiter)
    return [tuple((name, cell) for name, cell in zip(header, line, strict=True) if cell) for line in lines]


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _google(email: str) -> str:
    """Google knows an address of Gmail without its dots."""
    local, _, host = email.partition("@")
    return f"{local.replace('.', '')}@{host}" if host == "gmail.com" else email
