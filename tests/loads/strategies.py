"""Rows of any entity, made from its contract: plausible ones with what the raw table must hold of them, and hostile values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from dagster_project.loads.contract import Entity, load_contracts, snake

ENTITIES = {f"{source}.{name}": entity for source, kinds in load_contracts().items() for name, entity in kinds.items()}
"""Every entity of every source by `source.entity`."""

CLOCK = st.datetimes(datetime(2010, 1, 1), datetime(2014, 1, 1))
"""Times that no clock rule can refuse, a device's clock corrected or not."""
DAY_ZERO = datetime(1970, 1, 1)


@dataclass(frozen=True)
class Cell:
    """One value: as text (CSV), as a JSON literal, as a value for Arrow, and as the raw table must hold it."""

    text: str
    json: str
    arrow: Any
    held: Any


NOTHING = Cell("", "null", None, None)

Row = dict[str, Cell]
"""Contract column → value; columns that a row has not are absent."""

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20) | st.sampled_from(
    [
        "NULL",
        "null",
        "nan",
        "0",
        "007",
        "1.0",
        "=1+1",
        "O'Hara",
        'say "hi"',
        "a,b;c\td|e",
        "line\nline",
        "cr\rcr\r\n",
        "😀",
        "e\u0301",
    ]
)


def text_cell(text: str) -> Cell:
    """A text is held as it is; one of blanks alone is nothing."""
    return Cell(text, json.dumps(text, ensure_ascii=len(text) % 2 == 0), text, text if text.strip(" ") else None)


def _decimals(places: int, whole: int) -> st.SearchStrategy[Cell]:
    numbers = st.decimals(-(10**whole) + 1, 10**whole - 1, places=places, allow_nan=False, allow_infinity=False)

    def cell(number: Decimal, form: Callable[[Decimal], str], quoted: bool) -> Cell:
        text = form(number)
        # Most tools read a bare number of JSON as a double, which holds 15 digits.
        bare = not quoted and len(number.normalize().as_tuple().digits) <= 15
        return Cell(text, format(number, "f") if bare else json.dumps(text), number, number)

    forms = st.sampled_from([lambda n: format(n, "f"), lambda n: f" {n:f} ", lambda n: f"{n:f}0", lambda n: f"{n:E}"])
    return st.builds(cell, numbers, forms, st.booleans())


def _integer(number: int, form: str, quoted: bool) -> Cell:
    text = form.format(number)
    return Cell(text, json.dumps(text) if quoted else str(number), number, number)


def _boolean(value: bool, word: int) -> Cell:
    text = (("false", "0", "No", "F", "n"), ("true", "1", "YES", "t", "Y"))[value][word]
    return Cell(text, "true" if value else "false", value, value)


def _json(value: Any) -> Cell:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Cell(text, text, text, value)


def _date(day: date, form: str, quoted: bool) -> Cell:
    text = day.strftime(form) if day.year > 999 else day.isoformat()
    return Cell(text, text if text.isdigit() and not quoted else json.dumps(text), day, day)


def _timestamp(moment: datetime, form: int, offset: int) -> Cell:
    """ISO 8601 in its usual dresses, or an epoch (of times beyond 2001 alone, where its unit is plain)."""
    iso = moment.isoformat(timespec="microseconds")
    away = moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=offset)))
    micros = (moment - DAY_ZERO) // timedelta(microseconds=1)
    texts = [iso, iso + "Z", iso.replace("T", " "), iso.replace("T", " ") + " UTC", away.isoformat(timespec="microseconds")]
    if moment.year > 2001:
        texts.append(str(micros))
    text = texts[form % len(texts)]
    return Cell(text, text if text.isdigit() else json.dumps(text), moment, moment)


JSON_TEXTS = st.text("abz é😀'\",{}[]:\\", max_size=8)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | JSON_TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(JSON_TEXTS, inner, max_size=3),
    max_leaves=5,
)
NETWORKS = (st.tuples(st.ip_addresses(v=4), st.integers(0, 32)) | st.tuples(st.ip_addresses(v=6), st.integers(0, 128))).map(
    lambda pair: f"{pair[0]}/{pair[1]}"
)
"""Networks, named by any address in them."""
YEARS = (datetime(1900, 1, 2), datetime(2200, 12, 30))

CELLS: dict[str, st.SearchStrategy[Cell]] = {
    "text": TEXTS.map(text_cell),
    "json": st.dictionaries(JSON_TEXTS, JSON_VALUES, max_size=3).map(_json),
    "timestamp": st.builds(_timestamp, st.datetimes(*YEARS), st.integers(0, 5), st.integers(-14 * 60, 14 * 60)),
    "date": st.builds(_date, st.dates(YEARS[0].date(), YEARS[1].date()), st.sampled_from(["%Y-%m-%d", "%Y%m%d"]), st.booleans()),
    "decimal": _decimals(4, 14),
    "rate": _decimals(12, 16),
    "integer": st.builds(_integer, st.integers(-(2**63), 2**63 - 1), st.sampled_from(["{}", " {} ", "{}.0"]), st.booleans()),
    "boolean": st.builds(_boolean, st.booleans(), st.integers(0, 4)),
    "network": NETWORKS.map(text_cell),
}
"""Contract type → values that must be accepted, in the spellings they come in."""

ARROW_TYPES: dict[str, list[pa.DataType]] = {
    "text": [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())],
    "json": [pa.string()],
    "timestamp": [pa.timestamp("us"), pa.timestamp("us", "UTC"), pa.timestamp("us", "Asia/Tokyo"), pa.timestamp("us", "+05:30")],
    "date": [pa.date32(), pa.date64()],
    "decimal": [pa.decimal128(18, 4), pa.decimal128(38, 4)],
    "rate": [pa.decimal128(28, 12), pa.decimal128(38, 12)],
    "integer": [pa.int64(), pa.decimal128(38, 0)],
    "boolean": [pa.bool_()],
    "network": [pa.string()],
}
"""Contract type → Parquet types its values come in."""


def needed(entity: Entity) -> set[str]:
    """Columns that a row is given so that no rule of the contract can refuse it."""
    names = {name for name, spec in entity.columns.items() if spec.required or spec.required_when}
    return names | set(entity.key) | {group[0] for group in entity.require_any}


def key_name(entity: Entity) -> str:
    """A part of the key by whose text rows can be told apart."""
    return next(name for name in entity.key if entity.columns[name].type in ("text", "network"))


def apart(entity: Entity, row: Row, number: int) -> Cell:
    """The value of that part with a number in it; once more with another, it bears both."""
    name = key_name(entity)
    text = row[name].text
    if entity.columns[name].type == "text":
        return text_cell(f"{number}:{text}")
    within = text.removesuffix("::") if re.fullmatch("2001:db8(:[0-9a-f]+)+::", text) else "2001:db8"
    return text_cell(f"{within}:{number:x}::")


def rows(entity: Entity, min_size: int = 1, max_size: int = 8) -> st.SearchStrategy[list[Row]]:
    """Rows that must all be accepted, each with a key of its own."""
    must, clock = needed(entity), set(entity.happened.columns if entity.happened else [])
    name_of_key = key_name(entity)

    def cells(name: str) -> st.SearchStrategy[Cell]:
        kind = entity.columns[name].type
        if kind == "text" and name in must:
            return TEXTS.filter(lambda text: text.strip(" ") != "").map(text_cell)
        if entity.columns[name].above is not None:
            return CELLS[kind].filter(lambda cell: cell.held > entity.columns[name].above)
        if name in clock and kind == "date":
            return st.builds(_date, CLOCK.map(datetime.date), st.sampled_from(["%Y-%m-%d", "%Y%m%d"]), st.booleans())
        if name in clock:
            return st.builds(_timestamp, CLOCK, st.integers(0, 5), st.integers(-14 * 60, 14 * 60))
        return CELLS[kind]

    row = st.fixed_dictionaries(
        {name: cells(name) for name in sorted(must)},
        optional={name: cells(name) | st.just(NOTHING) for name in entity.columns if name not in must},
    )

    def number(drawn: list[Row]) -> list[Row]:
        return [row | {name_of_key: apart(entity, row, place)} for place, row in enumerate(drawn)]

    return st.lists(row, min_size=min_size, max_size=max_size).map(number)


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def spellings(entity: Entity) -> st.SearchStrategy[dict[str, str]]:
    """Contract column → one of the names it may bear in a file."""

    def names(column: str) -> list[str]:
        told = [column, *entity.columns[column].aliases]
        told += [form for name in told for form in (camel(name), name.upper(), name.replace("_", " ").title(), f" {name}")]
        return [
            form for form in told if snake(form.strip()) in {snake(name) for name in [column, *entity.columns[column].aliases]}
        ]

    return st.fixed_dictionaries({column: st.sampled_from(names(column)) for column in entity.columns})


ABSURD = [
    "1e400", "-1e400", "-0", "9" * 99, "NaN", "inf", "-Infinity", "1_000", "٣", "٣٤,٥", "0x10", "1,5", "1.2.3", "--1", "1e-400",
    "0000-00-00", "2026-02-30", "31/01/2026", "9999-12-31T23:59:60Z", "2026-01-31T25:00", "epoch",
    "-9223372036854775809", "١٩٧٠-٠١-٠١",
    "{", "[1", '{"a":', "[" * 60, "null", "true", "{}", "[]", '"', '""', '"""', 'a"b', "'", "\\", '\\"', ",", ";",
    "\t", "|", "\r",
    "\n", "\r\n", "", " ", "\u00a0", "\u2028", "\x1c", "\x85", "\ufeff", "\ufffd", "\U0010ffff",
    "e\u0301\u0323\u0301", "👩‍👩‍👧‍👦",
    "\u202eabc",
    "' or 1=1 --", "=cmd()", "$1", "{{ x }}", "%s", "#", "-- x", "NULL", "\\N", "canary.alice@example.com",
]  # fmt: skip
"""Values that somebody's export holds some day, and that no column but a text can take."""

HOSTILE_VALUES = st.sampled_from(ABSURD) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
