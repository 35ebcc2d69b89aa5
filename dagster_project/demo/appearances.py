"""Which identifiers of which people really stand in the landed files: the truth lists no other."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa


@dataclass
class Appearances:
    """Collected while the files of one shard are written."""

    people: int
    _masks: dict[str, np.ndarray] = field(default_factory=dict)
    further: list[tuple[str, pa.Array, np.ndarray, str, bool]] = field(default_factory=list)
    """Identifiers beyond the person's own e-mail, phone and ids: type, identifiers, owners (-1 nobody), link, shared."""

    def of(self, identifier_type: str, who: np.ndarray) -> None:
        """These people's own identifier of that type was written."""
        self._masks.setdefault(identifier_type, np.zeros(self.people, dtype=bool))[who] = True

    def who(self, identifier_type: str) -> np.ndarray:
        """Indexes of the people whose identifier of that type was written."""
        return np.flatnonzero(self._masks.get(identifier_type, np.zeros(self.people, dtype=bool)))

    def add(
        self, identifier_type: str, identifiers: pa.Array, owners: np.ndarray, link: str = "exact", shared: bool = False
    ) -> None:
        """Further identifiers, one owner each; link `probable` where only likeness of names can find the person."""
        self.further.append((identifier_type, identifiers, np.asarray(owners), link, shared))
