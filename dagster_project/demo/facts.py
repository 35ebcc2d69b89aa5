"""Facts that a writer of landing files hands on to truth/."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

Rows = tuple[np.ndarray, dict[str, pa.Array]]
"""Whose each row is (index of the owner in the shard), and the columns."""


def together(first: Rows, second: Rows) -> Rows:
    """The rows of both."""
    columns = {name: pa.concat_arrays([cells, second[1][name]]) for name, cells in first[1].items()}
    return np.concatenate([first[0], second[0]]), columns


def timestamp(ms: np.ndarray) -> pa.Array:
    """UTC moments, missing for zero."""
    return pa.array(ms, mask=ms == 0).cast(pa.timestamp("ms"))
