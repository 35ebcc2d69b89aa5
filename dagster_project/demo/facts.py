"""Facts that a writer of landing files hands on to truth/."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

Rows = tuple[np.ndarray, dict[str, pa.Array]]
"""Whose each row is (index of the owner in the shard), and the columns."""


def timestamp(ms: np.ndarray) -> pa.Array:
    """UTC moments, missing for zero."""
    return pa.array(ms, mask=ms == 0).cast(pa.timestamp("ms"))
