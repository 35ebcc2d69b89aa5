"""Columns of text made whole columns at a time: joined pieces, ids, moments, amounts. Inputs are numpy or Arrow arrays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Piece = str | pa.Array


def join(*pieces: Piece, separator: str = "") -> pa.StringArray:
    """Pieces side by side; a missing piece counts as empty."""
    return pc.binary_join_element_wise(*pieces, separator, null_handling="replace", null_replacement="")


def wrap(before: str, column: pa.Array, after: str) -> pa.StringArray:
    """The column between two texts, missing where it is missing."""
    return pc.binary_join_element_wise(before, column, after, "", null_handling="emit_null")


def listed(*pieces: pa.Array) -> pa.StringArray:
    """Pieces separated by commas; a missing piece leaves no comma."""
    return pc.binary_join_element_wise(*pieces, ",", null_handling="skip")


def take(values: list[str | None] | pa.Array, index: np.ndarray) -> pa.StringArray:
    """`values[index]`; an index below zero gives a missing text."""
    array = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    return array.take(pa.array(index, mask=index < 0))


def only(condition: np.ndarray, column: pa.Array | str) -> pa.StringArray:
    """The column where the condition holds, else missing."""
    return pc.if_else(pa.array(condition), column, pa.scalar(None, pa.string()))


def either(condition: np.ndarray, yes: pa.Array | str, no: pa.Array | str) -> pa.StringArray:
    return pc.if_else(pa.array(condition), yes, no)


def digits(numbers: np.ndarray, width: int = 0) -> pa.StringArray:
    """Whole numbers as text, padded with zeros to `width`."""
    text = pa.array(numbers.astype(np.int64)).cast(pa.string())
    return pc.utf8_lpad(text, width, "0") if width else text


_CENTS = pa.array([f".{cent:02d}" for cent in range(100)])


def money(cents: np.ndarray) -> pa.StringArray:
    """Whole cents (zero or more) as an amount: 1290 → `12.90`."""
    return join(digits(cents // 100), take(_CENTS, cents % 100))


def _timestamp(ms: np.ndarray, unit: str) -> pa.Array:
    scale = {"ms": 1, "s": 1_000}[unit]
    return pa.array(ms // scale, mask=ms <= 0).cast(pa.timestamp(unit))


def moment(ms: np.ndarray) -> pa.StringArray:
    """`2026-06-30 14:05:09`, missing for zero."""
    return _timestamp(ms, "s").cast(pa.string())


def iso(ms: np.ndarray) -> pa.StringArray:
    """`2026-06-30T14:05:09.123Z`, missing for zero."""
    return wrap("", pc.utf8_replace_slice(_timestamp(ms, "ms").cast(pa.string()), 10, 11, "T"), "Z")


def day(ms: np.ndarray) -> pa.StringArray:
    """`2026-06-30`, missing for zero."""
    return pc.utf8_slice_codeunits(moment(ms), 0, 10)


def mixed(numbers: np.ndarray, salt: int) -> np.ndarray:
    """Whole numbers spread over all 64-bit numbers without a collision (the finaliser of SplitMix64, a bijection)."""
    z = numbers.astype(np.uint64) + np.uint64((salt * 0x9E3779B97F4A7C15) % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


_HEX = np.array([list(f"{byte:02x}".encode()) for byte in range(256)], dtype=np.uint8)
_UUID_PLACES = np.array([place for place in range(36) if place not in (8, 13, 18, 23)])


def uuids(numbers: np.ndarray, salt: int) -> pa.StringArray:
    """Whole numbers as texts in the shape of a UUID; different numbers give different texts."""
    size = len(numbers)
    halves = np.stack([mixed(numbers, salt), mixed(numbers, salt + 1)], axis=1).astype(">u8")
    text = np.full((size, 36), ord("-"), dtype=np.uint8)
    text[:, _UUID_PLACES] = _HEX[np.ascontiguousarray(halves).view(np.uint8).reshape(size, 16)].reshape(size, 32)
    offsets = np.arange(size + 1, dtype=np.int32) * 36
    return pa.StringArray.from_buffers(size, pa.py_buffer(offsets), pa.py_buffer(text.tobytes()))


def quoted(column: pa.Array) -> pa.StringArray:
    """As a CSV field in quotes, for texts that hold commas or quotes."""
    return wrap('"', pc.replace_substring(column, '"', '""'), '"')


def as_lines(rows: pa.StringArray) -> bytes:
    """All rows as one block of bytes, each ended by a line feed."""
    lines = pa.array(join(rows, "\n"))
    offsets = np.frombuffer(lines.buffers()[1], dtype=np.int32)[lines.offset : lines.offset + len(lines) + 1]
    return bytes(lines.buffers()[2][int(offsets[0]) : int(offsets[-1])]) if len(lines) else b""
