"""Whether floor and pipeline compute the same thing: their figures on the same files, and how far apart they may lie.

They need not be equal. The floor leaves out what takes more than one script: identifiers that registrations, reviews and
subscriptions tell of, blocked and parents' addresses, telephone numbers by the rules of their country, full day and zone rules.
"""

from __future__ import annotations

from dataclasses import dataclass

BOUNDS = {"people": 0.01, "customers": 0.01, "net_revenue": 0.001, "cart_abandoners": 0.05}
"""Figure → largest share of the pipeline's figure that the floor's may differ by."""


@dataclass(frozen=True)
class Comparison:
    """One figure of both."""

    figure: str
    floor: float
    pipeline: float
    bound: float

    @property
    def difference(self) -> float:
        """As a share of the pipeline's figure."""
        return abs(self.floor - self.pipeline) / self.pipeline if self.pipeline else float(self.floor != 0)

    @property
    def agrees(self) -> bool:
        return self.difference <= self.bound


def compare(floor: dict[str, float], pipeline: dict[str, float]) -> list[Comparison]:
    return [Comparison(name, floor[name], pipeline[name], bound) for name, bound in BOUNDS.items()]
