"""Whatever stands in a file, no record is lost and none is made up."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dagster_project.loads import scan as scanning
from dagster_project.loads.books import unbalanced
from dagster_project.loads.exact import exact_records
from dagster_project.loads.scan import scan_file

from .landing import OneFile

MARKS = ["a", "1", ",", '"', '""', "\n", "\r\n", "\r", " ", "\t", ";", "\0", "é", "😀", "{", "}", '{"message_id":', "\ufeff"]
WHOLE = [
    "order_id,ordered_at,total",
    "o1,2026-01-31,1.5",
    '"o2","2026-01-31","2"',
    '{"message_id":"m","type":"page","timestamp":"2026-01-31"}',
]
PIECES = st.sampled_from([*(piece.encode() for piece in [*MARKS, *WHOLE]), b"\xff"])
HOSTILE = st.lists(PIECES, max_size=40).map(b"".join)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@pytest.mark.parametrize("kind", ["orders csv", "orders csv.gz", "events ndjson"])
@settings(max_examples=7)
@given(files=st.lists(st.tuples(HOSTILE, st.integers(0, 12)), min_size=2, max_size=6))
@example(
    files=[
        (b'order_id,ordered_at,total\n"o1,2026-01-31,1\no2,2026-01-31,2\n', 0),
        (b'order_id,ordered_at,total\no1,5" pipe,1\no2,6" pipe,2\n', 0),
        (b"\norder_id,ordered_at,total\n\n,,\n", 0),
    ]
)
def test_any_bytes_balance(one_file: OneFile, kind: str, files: list[tuple[bytes, int]]) -> None:
    """Hostile bytes must end in balanced books, never in a crash or a row that nobody accounts for, alone or beside others."""
    entity, ending = kind.split()
    contents = [content for content, _ in files]
    if ending.endswith("gz"):
        packed = [gzip.compress(content, mtime=0) for content in contents]
        contents = [content[: len(content) - cut] for content, (_, cut) in zip(packed, files, strict=True)]
    books = one_file.load_all(entity, [(ending, content) for content in contents])
    for part, (read, accepted, duplicate, quarantined) in enumerate(books):
        assert read == accepted + duplicate + quarantined
        assert len(one_file.newest(entity, "_key", part)) == accepted
    assert unbalanced(one_file.con) == []


@settings(max_examples=15)
@given(rows=st.lists(st.tuples(TEXTS, TEXTS), max_size=12), ending=st.sampled_from(["\n", "\r\n"]))
def test_csv_round_trip(one_file: OneFile, rows: list[tuple[str, str]], ending: str) -> None:
    """What a CSV writer wrote is what the raw table holds: quotes, separators, line ends and all scripts."""
    rows = [(first.replace("\0", ""), second.replace("\0", "")) for first, second in rows]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writerow(["product_id", "title", "note"])
    writer.writerows([(f"c{one_file.count}-{i}", *row) for i, row in enumerate(rows)])
    assert one_file.load("products", "csv", text.getvalue().encode()) == (len(rows), len(rows), 0, 0)
    found = one_file.newest("products", "title, _extra, _line")
    assert [(title, line) for title, _, line in found] == [(given_text(first), i) for i, (first, _) in enumerate(rows, 1)]
    assert [json.loads(extra or "{}") for _, extra, _ in found] == [{"note": b} if given_text(b) else {} for _, b in rows]


def given_text(value: object) -> str | None:
    """A value as the raw table holds it in a text column: blanks are nothing."""
    text = json.dumps(value) if isinstance(value, bool | int) else str(value or "")
    return text if text.strip(" ") else None


KEYS = st.sampled_from(["title", "brand", "Tier", "color", "größe", 'a"b'])


@settings(max_examples=15)
@given(rows=st.lists(st.dictionaries(KEYS, TEXTS | st.integers() | st.booleans(), max_size=5), max_size=12))
def test_ndjson_round_trip(one_file: OneFile, rows: list[dict]) -> None:
    """What a JSON writer wrote is what the raw table holds, further keys included."""
    lines = [json.dumps(row | {"product_id": f"j{one_file.count}-{i}"}, ensure_ascii=i % 2 == 0) for i, row in enumerate(rows)]
    assert one_file.load("products", "ndjson", "\n".join(lines).encode()) == (len(rows), len(rows), 0, 0)
    found = one_file.newest("products", "title, brand, tier, _extra")
    assert [row[:3] for row in found] == [tuple(given_text(row.get(key)) for key in ("title", "brand", "Tier")) for row in rows]
    extras = [{key: value for key, value in row.items() if key not in ("title", "brand", "Tier")} for row in rows]
    assert [json.loads(row[3] or "{}") for row in found] == extras


@settings(max_examples=150)
@given(content=HOSTILE, kind=st.sampled_from(["csv", "ndjson"]))
def test_exact_path_accounts_for_every_line(content: bytes, kind: str) -> None:
    """The exact path must hand out every line that is not blank once and in order, whatever the quotes do."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x.{kind}"
        path.write_bytes(content)
        scan = scan_file(path)
        records = list(exact_records(scan))
    if scan.trouble & {"UTF-16", "not UTF-8", "lines end in CR alone"}:
        return
    text = content.removeprefix(b"\xef\xbb\xbf").decode().replace("\0", "\\x00")
    wanted = [line.removesuffix("\r") for line in text.split("\n") if line.strip()]
    told = [line for record in records for line in record.raw.split("\n") if line.strip()]
    # A CSV's header is not handed out; it stands before the rest.
    assert told == wanted[len(wanted) - len(told) :]
    assert len(told) == len(wanted) or kind == "csv"
    assert [record.number for record in records] == list(range(1, len(records) + 1))


@settings(max_examples=60)
@given(rows=st.lists(st.lists(st.text('ab"\n\r, é', max_size=6), min_size=2, max_size=2), max_size=20), block=st.integers(1, 40))
def test_count_from_bytes(rows: list[list[str]], block: int) -> None:
    """The independent count must be right for any quoting, wherever the blocks it reads happen to end."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([["a", "b"], *rows])
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder) / "x.csv"
        path.write_bytes(text.getvalue().encode())
        patch.setattr(scanning, "CHUNK", block)
        assert scan_file(path).records == len(rows)
