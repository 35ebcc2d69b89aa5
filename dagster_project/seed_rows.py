"""The rows of a seed as a person wrote them, each with the line it stands on, for checks that tell mistakes by file and line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dagster_project.settings import Settings


@dataclass(frozen=True)
class Row:
    """One row of a seed, by column, and where it stands."""

    where: str
    values: dict[str, str]

    def __getitem__(self, column: str) -> str:
        """The trimmed text of a column; nothing where the row ends before it or the seed has no such column."""
        return self.values.get(column, "")


def seed_path(settings: Settings, seed: str) -> Path:
    """The company's own file, or the shipped one."""
    return [path for folder in settings.folders("seeds") if (path := folder / f"{seed}.csv").is_file()][-1]


def seed_rows(settings: Settings, seed: str) -> Iterator[Row]:
    """The rows of a seed, from the company's own file where it has one."""
    path = seed_path(settings, seed)
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        reader = csv.DictReader(file, restval="")
        for values in reader:
            # What stands beyond the header's columns has no name.
            values.pop(None, None)  # type: ignore[call-overload]
            yield Row(f"{path}:{reader.line_num}", {name: value.strip() for name, value in values.items()})
