"""Whether floor and pipeline compute the same thing: their figures on the same files, and how far apart they may lie.

They need not be equal. The floor leaves out what takes more than one script: identifiers that registrations, reviews and
subscriptions tell of, blocked and parents' addresses, telephone numbers by the rules of their country, full day and zone rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

BOUNDS = {"people": 0.01, "customers": 0.01, "net_revenue": 0.001, "cart_abandoners": 0.05}
"""Figure → largest share of the pipeline's figure that the floor's may differ by."""


@dataclass(frozen=True)
class Comparison:
    """One figure of floor and pipeline, and of the floor's peers, which must come to the floor's."""

    figure: str
    floor: float
    pipeline: float
    bound: float
    peers: Mapping[str, float] = field(default_factory=dict)

    @property
    def difference(self) -> float:
        """As a share of the pipeline's figure."""
        return abs(self.floor - self.pipeline) / self.pipeline if self.pipeline else float(self.floor != 0)

    @property
    def agrees(self) -> bool:
        return self.difference <= self.bound and all(
            abs(each - self.floor) <= self.bound * self.floor for each in self.peers.values()
        )


def compare(
    floor: dict[str, float], pipeline: dict[str, float], peers: Mapping[str, dict[str, float]] | None = None
) -> list[Comparison]:
    """`peers`: name → figures of those that came to an end."""
    return [
        Comparison(figure, floor[figure], pipeline[figure], bound, {name: told[figure] for name, told in (peers or {}).items()})
        for figure, bound in BOUNDS.items()
    ]
