"""The seeds of the RFM scores (rfm_grid, rfm_segments): what is wrong with them, and what may not be meant so."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product

from dagster_project.config_file import near_miss
from dagster_project.errors import RelanceError
from dagster_project.seed_rows import Row, seed_path, seed_rows
from dagster_project.settings import Settings

METRICS = ("recency_days", "frequency", "monetary")
SCORES = range(1, 6)
CUTS = ("1", "2", "3", "4")
PLACES = range(1, 100_000)

Cell = tuple[int, int, int]
"""Scores for recency, frequency and monetary value."""


@dataclass(frozen=True)
class Segment:
    """One row of rfm_segments that can be read."""

    name: str
    position: int
    where: str
    cells: frozenset[Cell]


def wrong_rfm(settings: Settings) -> list[RelanceError]:
    """Rows of both seeds that can't be meant, with their line."""
    segments = [each for each in _segments(settings) if isinstance(each, RelanceError)]
    return [*_grid(settings), *segments]


def rfm_warnings(settings: Settings) -> list[str]:
    """Segments that overlap or can never be reached, and scores that belong to none."""
    segments = [each for each in _segments(settings) if isinstance(each, Segment)]
    taken: dict[Cell, Segment] = {}
    warnings = []
    for segment in sorted(segments, key=lambda each: each.position):
        shared = segment.cells & taken.keys()
        others = ", ".join(sorted({taken[cell].name for cell in shared}))
        if shared == segment.cells:
            warnings.append(f"{segment.where}: nobody is ever in `{segment.name}`: {others} came first")
        elif shared:
            count = f"{len(shared)} of the {len(segment.cells)} combinations of scores of `{segment.name}`"
            warnings.append(f"{segment.where}: {count} belong to {others}, which came first")
        taken |= dict.fromkeys(segment.cells - shared, segment)
    holes = sorted(set(product(SCORES, repeat=3)) - taken.keys(), reverse=True)
    if holes:
        named = ", ".join("".join(map(str, cell)) for cell in holes[:5]) + (", …" if len(holes) > 5 else "")
        where = seed_path(settings, "rfm_segments")
        warnings.append(f"{where}: {len(holes)} of 125 combinations of scores are in no segment ({named}): such are `other`")
    return warnings


def _grid(settings: Settings) -> Iterator[RelanceError]:
    cuts: dict[str, dict[int, tuple[float, str]]] = defaultdict(dict)
    for row in seed_rows(settings, "rfm_grid"):
        metric, position, cut = row["metric"], row["position"], _number(row["cut"])
        if metric not in METRICS:
            what = f"There is no metric `{metric}`{near_miss(metric, METRICS)}"
            yield RelanceError(what, row.where, f"write one of {', '.join(METRICS)}")
        elif position not in CUTS:
            yield RelanceError("`position` is no number from 1 to 4", row.where, "four cuts make five scores")
        elif cut is None:
            yield RelanceError("`cut` is no number", row.where, "write the value from which on customers have the next score")
        elif int(position) in cuts[metric]:
            yield RelanceError(f"{metric} has position {position} twice", row.where, "remove one of the rows")
        else:
            cuts[metric][int(position)] = cut, row.where
    for metric, found in cuts.items():
        placed = [found[position] for position in sorted(found)]
        if len(placed) < len(CUTS):
            what = f"{metric} has {len(placed)} of the four cuts"
            yield RelanceError(what, placed[-1][1], "add the missing positions, or remove all its rows to use quintiles")
        for (lower, _), (upper, where) in pairwise(placed):
            if upper <= lower:
                yield RelanceError(f"The cuts of {metric} do not rise", where, "each cut must be greater than the one before")


def _segments(settings: Settings) -> Iterator[Segment | RelanceError]:
    positions: set[int] = set()
    for row in seed_rows(settings, "rfm_segments"):
        position = _number(row["position"])
        bounds = [_bounds(row, letter) for letter in "rfm"]
        wrong = [each for each in bounds if isinstance(each, RelanceError)]
        if not row["segment"]:
            yield RelanceError("The segment has no name", row.where, "fill in `segment`")
        elif position not in PLACES:
            yield RelanceError("`position` is no whole number from 1", row.where, "segments are tried from the lowest upwards")
        elif position in positions:
            yield RelanceError(f"Position {int(position)} stands twice", row.where, "give each segment a position of its own")
        elif wrong:
            yield from wrong
        else:
            positions.add(int(position))
            cells = frozenset(product(*(each for each in bounds if not isinstance(each, RelanceError))))
            yield Segment(row["segment"], int(position), row.where, cells)


def _bounds(row: Row, letter: str) -> range | RelanceError:
    """The scores between two bounds; an empty one bounds nothing."""
    names = (f"{letter}_low", f"{letter}_high")
    low, high = (_number(row[name] or default) for name, default in zip(names, ("1", "5"), strict=True))
    if low not in SCORES or high not in SCORES:
        return RelanceError(f"`{names[0]}` or `{names[1]}` is no score", row.where, "scores go from 1 to 5; empty means any")
    if low > high:
        return RelanceError(f"`{names[0]}` is above `{names[1]}`", row.where, "change them over")
    return range(int(low), int(high) + 1)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
