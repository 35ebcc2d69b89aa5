"""NDJSON as DuckDB can query it: the lines of files, cut from their bytes, each with its number.

DuckDB's own reader keeps neither record nor line numbers and needs a copy of the text to make them from. Here the text goes
straight from the file into Arrow arrays, a block at a time, and DuckDB takes JSON apart on all cores while the next is cut.
Only for files that the scan found nothing wrong with: UTF-8, no line over the limit, no broken gzip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.loads.scan import LF, Scan, blanks, places, text_chunks, whole_lines

NAME = "load_lines"
"""What the lines of a group of files are called in SQL."""

PASSES = 3
"""How often the lines of a file are gone through: for their keys, for what tells them apart, for their values."""

_SCHEMA = pa.schema([("_fileno", pa.int64()), ("_record", pa.int64()), ("line", pa.int64()), ("j", pa.string())])


class Lines:
    """The lines of some files that are not blank, line end included; may be read any number of times.

    Columns: `_fileno` (place of the file in the list, from 0), `_record` and `line` (from 1, within the file; blank lines
    count as lines, not as records), `j`.
    """

    def __init__(self, scans: Sequence[Scan], on_bytes: Callable[[int], object] = lambda _: None):
        self._scans = scans
        self._on_bytes = on_bytes

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return pa.RecordBatchReader.from_batches(_SCHEMA, self._batches()).__arrow_c_stream__(requested_schema)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        for number, scan in enumerate(self._scans):
            records = lines = 0
            for block in whole_lines(text_chunks(scan.path, lambda chunk: self._on_bytes(len(chunk))), set()):
                texts, kept, all_lines = _cut(block)
                numbers = [np.full(len(kept), number), np.arange(len(kept)) + records + 1, kept + lines + 1]
                yield pa.record_batch([*map(pa.array, numbers), texts], schema=_SCHEMA)
                records += len(kept)
                lines += all_lines


def _cut(block: bytes) -> tuple[pa.StringArray, np.ndarray, int]:
    """(lines that are not blank, their places in the block, number of all lines) of a block of whole lines."""
    ends = places(block, LF)
    bounds = np.concatenate(([0], ends + 1))
    if bounds[-1] < len(block):
        bounds = np.append(bounds, len(block))
    count = len(bounds) - 1
    texts = pa.StringArray.from_buffers(count, pa.py_buffer(bounds.astype(np.int32)), pa.py_buffer(block))
    blank = blanks(block, bounds)
    if not blank:
        return texts, np.arange(count), count
    kept = np.delete(np.arange(count), blank)
    return texts.take(pa.array(kept)), kept, count
