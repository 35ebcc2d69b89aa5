"""The seeds in which people say who is one person, who is not, and what stands for nobody: their mistakes.

A row may name no identifier in a message: it is told by its file and line.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dagster_project.config_file import near_miss
from dagster_project.errors import RelanceError
from dagster_project.settings import Settings

End = tuple[str, str]


@dataclass(frozen=True)
class Row:
    """One row of a seed, by column, and where it stands."""

    where: str
    values: dict[str, str]

    def end(self, side: str) -> End:
        """Type and identifier of the `left` or `right` end."""
        return self.values.get(f"{side}_type", ""), self.values.get(f"{side}_identifier", "")


def wrong_links(settings: Settings) -> list[RelanceError]:
    """Rows that name an unknown type or no identifier, and pairs that are said to be one person and two."""
    known = {row.values["identifier_type"] for row in _rows(settings, "identifier_types")}
    must, cannot = list(_rows(settings, "must_link")), list(_rows(settings, "cannot_link"))
    mistakes = []
    for row in [*must, *cannot]:
        for side in ("left", "right"):
            kind, identifier = row.end(side)
            mistakes += _unknown(row, f"{side}_type", kind, known)
            if not identifier:
                mistakes.append(RelanceError(f"`{side}_identifier` is empty", row.where, "fill it in, or remove the row"))
    for row in _rows(settings, "blocked_identifiers"):
        mistakes += _unknown(row, "identifier_type", row.values.get("identifier_type", ""), known | {"*"})
    return mistakes + _contradictions(must, cannot)


def _unknown(row: Row, column: str, kind: str, known: set[str]) -> list[RelanceError]:
    if kind in known:
        return []
    what = f"`{column}` names no type of identifier{near_miss(kind, known)}"
    return [RelanceError(what, row.where, f"write one of {', '.join(sorted(known))}")]


def _contradictions(must: list[Row], cannot: list[Row]) -> list[RelanceError]:
    """Each pair of cannot_link that rows of must_link join, with the fewest rows that do."""
    links: dict[End, list[tuple[End, Row]]] = {}
    for row in must:
        left, right = row.end("left"), row.end("right")
        links.setdefault(left, []).append((right, row))
        links.setdefault(right, []).append((left, row))
    mistakes = []
    for row in cannot:
        chain = _chain(links, row.end("left"), row.end("right"))
        if chain is not None:
            joined = ", ".join(each.where for each in chain)
            what = (
                "Somebody says that these two are two people, and somebody else that they are one"
                if chain
                else ("Nobody can be two people: both ends are the same")
            )
            mistakes.append(RelanceError(what, " and ".join(filter(None, (row.where, joined))), "remove one of these rows"))
    return mistakes


def _chain(links: dict[End, list[tuple[End, Row]]], start: End, goal: End) -> list[Row] | None:
    """The fewest rows that lead from one identifier to the other; None if none do."""
    found: dict[End, list[Row]] = {start: []}
    waiting = deque([start])
    while waiting:
        at = waiting.popleft()
        if at == goal:
            return found[at]
        for neighbour, row in links.get(at, []):
            if neighbour not in found:
                found[neighbour] = [*found[at], row]
                waiting.append(neighbour)
    return None


def _rows(settings: Settings, seed: str) -> Iterator[Row]:
    path = _path(settings, seed)
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        reader = csv.DictReader(file, restval="")
        for values in reader:
            # What stands beyond the header's columns has no name.
            values.pop(None, None)  # type: ignore[call-overload]
            yield Row(f"{path}:{reader.line_num}", {name: value.strip() for name, value in values.items()})


def _path(settings: Settings, seed: str) -> Path:
    """The company's own file, or the shipped one."""
    return [path for folder in settings.folders("seeds") if (path := folder / f"{seed}.csv").is_file()][-1]
