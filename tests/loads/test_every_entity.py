"""Every entity of every source, by its contract: nothing crashes, nothing is lost, values stay what they were."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from dagster_project.loads.contract import Entity

from .landing import OneFile, Project, parquet_bytes
from .strategies import ARROW_TYPES, ENTITIES, HOSTILE_VALUES, NOTHING, TEXTS, Row, apart, key_name, needed, rows, spellings

ONCE = settings(max_examples=1, phases=[Phase.explicit, Phase.reuse, Phase.generate])
"""Loads are slow and entities many: one example of each at a time, and no search for the smallest that fails."""


@pytest.fixture(scope="module")
def per_format(open_warehouses: Callable[[], OneFile]) -> dict[str, OneFile]:
    """A warehouse for each format, so that the same rows can come in all of them."""
    return {ending: open_warehouses() for ending in ("csv", "ndjson", "parquet")}


EVERY_ENTITY = pytest.mark.parametrize("label", ENTITIES)
NOTE = "Größe, further"
"""A column that no contract has."""


def as_csv(rows: list[Row], names: dict[str, str], columns: list[str], dialect: dict, notes: list[str]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, **dialect)
    writer.writerow([*(names[column] for column in columns), NOTE])
    writer.writerows([*(row.get(c, NOTHING).text for c in columns), note] for row, note in zip(rows, notes, strict=True))
    return text.getvalue().encode()


def as_ndjson(rows: list[Row], names: dict[str, str], notes: list[str]) -> bytes:
    lines = []
    for row, note in zip(rows, notes, strict=True):
        pairs = [f"{json.dumps(names[column])}: {cell.json}" for column, cell in row.items()]
        lines.append("{" + ", ".join([*pairs, f"{json.dumps(NOTE)}: {json.dumps(note)}"]) + "}")
    return "\n".join(lines).encode()


def as_parquet(rows: list[Row], names: dict[str, str], columns: dict[str, pa.DataType], notes: list[str]) -> bytes:
    arrays = {names[c]: pa.array([row.get(c, NOTHING).arrow for row in rows], kind) for c, kind in columns.items()}
    return parquet_bytes(pa.table(arrays | {NOTE: pa.array(notes)}))


@EVERY_ENTITY
@ONCE
@given(data=st.data())
def test_every_format_holds_what_was_written(per_format: dict[str, OneFile], label: str, data: st.DataObject) -> None:
    """A row must be the same row, value for value, whatever the format, the spelling of its columns, and the order and the
    files it comes in; else an export that changes its tool comes in twice."""
    assume(data.draw(st.booleans()))  # the first example of all is always the dullest
    entity = ENTITIES[label]
    drawn = data.draw(rows(entity, min_size=2))
    count, batch = len(drawn), per_format["csv"].count
    text_key = key_name(entity)
    drawn = [row | {text_key: apart(entity, row, batch)} for row in drawn]
    notes = data.draw(st.lists(TEXTS.filter(lambda text: text.strip(" ")), min_size=count, max_size=count))
    names = data.draw(spellings(entity))
    columns = data.draw(st.permutations(sorted({column for row in drawn for column in row})))
    cut = data.draw(st.integers(0, count))
    # Python's writer quotes a CR only where lines end in one.
    dialect = data.draw(st.sampled_from([{"quoting": csv.QUOTE_ALL, "lineterminator": "\n"}, {"lineterminator": "\r\n"}]))
    dialect |= {"delimiter": data.draw(st.sampled_from(",;\t|"))}
    kinds = {column: data.draw(st.sampled_from(ARROW_TYPES[entity.columns[column].type])) for column in columns}
    contents = {
        "csv": [as_csv(drawn[::-1], names, columns, dialect, notes[::-1])],
        "ndjson": [as_ndjson(drawn[cut:], names, notes[cut:]), as_ndjson(drawn[:cut], names, notes[:cut])],
        "parquet": [as_parquet(drawn, names, kinds, notes)],
    }
    own = ", ".join(f'"{column}"' for column in entity.columns)
    found = {}
    for ending, parts in contents.items():
        session = per_format[ending]
        books = session.load_all(label, [(ending, part) for part in parts], twice=ending == "csv")
        assert [line[1:] for line in books] == [(line[0], 0, 0) for line in books], session.refused()
        held = [
            row for part in range(len(parts)) for row in session.newest(label, f'"{text_key}", _key, _extra, {own}, _hash', part)
        ]
        assert len(held) == count == sum(line[0] for line in books)
        found[ending] = {key: rest for key, *rest in held}
    for row, note in zip(drawn, notes, strict=True):
        told = [held[row[text_key].held] for held in found.values()]
        assert told[0] == told[1] == told[2]
        _, extra, *values, _ = told[0]
        assert json.loads(extra) == {NOTE: note}
        for (column, spec), value in zip(entity.columns.items(), values, strict=True):
            wanted = row.get(column, NOTHING).held
            assert (json.loads(value) if spec.type == "json" and value else value) == wanted, column


@dataclass
class Written:
    """A file that was written record by record: its bytes, and of each record the line it begins on, its text and its values."""

    content: bytes
    records: list[tuple[int, str, list[str]]]


def is_utf8(line: bytes) -> bool:
    try:
        return bool(line.decode("utf-8"))
    except UnicodeDecodeError:
        return False


@st.composite
def hostile_csv(draw: st.DrawFn, entity: Entity) -> Written:
    """A CSV that its own reader could take apart, full of values that no column expects."""
    names = draw(spellings(entity))
    columns = draw(st.lists(st.sampled_from(sorted(names)), min_size=2, max_size=8, unique=True))
    if draw(st.booleans()):
        columns = sorted({*columns, *needed(entity)})
    header = [names[column] for column in columns] + draw(
        st.sampled_from([[], [""], ["Note"], [columns[0]], ["_key", "rowid", "j"]])
    )
    if len(set(header)) < 2:
        header.append("more")
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "cp1252"]))
    ending = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    delimiter = draw(st.sampled_from(",;\t|"))
    quoting = draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
    plausible = draw(rows(entity, max_size=3))

    def written(values: list[str]) -> str:
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator="\r\n").writerow(values)
        # What the encoding lacks is lost before the file is written; a file of CR alone can't hold line ends of another kind.
        told = text.getvalue()[:-2].encode(encoding, "replace").decode(encoding)
        return told.replace("\r", " ").replace("\n", " ") if ending == "\r" else told

    texts, records, line = [written(header)], [], 2
    for _ in range(draw(st.integers(0, 6))):
        if draw(st.booleans()) and plausible:
            row = draw(st.sampled_from(plausible))
            values = [row.get(column, NOTHING).text for column in columns] + [""] * (len(header) - len(columns))
        else:
            values = draw(st.lists(HOSTILE_VALUES, min_size=len(header), max_size=len(header)))
        values = draw(st.sampled_from([values] * 6 + [values[:-1], [*values, "x"]]))
        if any(value.strip(BLANKS) for value in values):
            text = written(values)
            texts.append(text)
            records.append((line, text, values))
            line += text.count("\n") + 1
        else:
            texts.append("")
            line += 1
    body = ending.join(texts) + draw(st.sampled_from(["", ending]))
    if encoding == "cp1252":  # a line of it that happens to be UTF-8 makes the file one of UTF-8 with faults
        assume(not any(is_utf8(line) for line in body.encode(encoding).splitlines() if not line.isascii()))
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(encoding, b"")
    return Written(mark + body.encode(encoding), records)


BLANKS = " \t\r\n\v\f"


JSON_LITERALS = st.sampled_from(
    ["1e400", "-1e400", "-0", "-0.0", "9" * 99, "0.1e-400", "NaN", "Infinity", "true", "null", "{}", "[]", '[{"a":[1]}]',
     '"\\u0000"', '"\\ud83d\\ude00"', '{"":{"":[]}}', '{"a.b":1,"$":2}', "12345678901234567890123", '"1_000"', '"٣"', '" "', '""']
) | HOSTILE_VALUES.map(json.dumps)  # fmt: skip
NO_OBJECTS = ["{broken", '"text"', "[1]", "null", "1e5", "}{", '{"a":1}{"b":2}', '{"a":1,}', "\ufeff{}", "\u00a0", "\x1c",
              "[" * 50, '{"a":' * 20_000 + "1" + "}" * 20_000, '{"a":"\\ud800"}', "é", "'", '{"a":"\t"}']  # fmt: skip


@st.composite
def hostile_ndjson(draw: st.DrawFn, entity: Entity) -> Written:
    names = draw(spellings(entity))
    keys = st.sampled_from([*names.values(), "note", "", '"', "a.b", "_key", "\0", "ключ"])
    objects = st.lists(st.tuples(keys, JSON_LITERALS), max_size=6).map(
        lambda pairs: "{" + ", ".join(f"{json.dumps(key)}: {value}" for key, value in pairs) + "}"
    )
    good = rows(entity, max_size=1).map(lambda drawn: as_ndjson(drawn, names, ["x"]).decode())
    lines = draw(st.lists(objects | good | st.sampled_from([*NO_OBJECTS, "", "  "]), max_size=8))
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    text = ending.join(lines) + draw(st.sampled_from(["", ending]))
    return Written(text.encode(), [(place, line, [line]) for place, line in enumerate(lines, 1) if line.strip(BLANKS)])


N = 3
ODD_ARRAYS: list[pa.Array] = [
    pa.array([Decimal("1" * 50), None, Decimal(0)], pa.decimal256(60, 2)),
    pa.array([Decimal("9" * 38), Decimal(-1), None], pa.decimal128(38, 0)),
    pa.array(["a", None, "2026-01-31"]).dictionary_encode(),
    pa.nulls(N),
    pa.array([[1, None], [], None]),
    pa.array([{"a": {"b": [1]}}, None, {"a": None}], pa.struct({"a": pa.struct({"b": pa.list_(pa.int64())})})),
    pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int64())),
    pa.array([0, 1, None], pa.duration("ns")),
    pa.array([0, 86399, None], pa.time32("s")),
    pa.array([0, 1, None], pa.time64("ns")),
    pa.array([b"\xff\xfe\0", b"x", None]),
    pa.array([b"ab", b"\xff\0", None], pa.binary(2)),
    pa.array([2**64 - 1, 0, None], pa.uint64()),
    pa.array([1.5, float("nan"), None], pa.float16()),
    pa.array([float("inf"), float("-inf"), -0.0]),
    pa.array([date(1, 1, 1), date(9999, 12, 31), None], pa.date64()),
    pa.array([True, False, None]),
    pa.array(["a\0b", "\U0010ffff", ""], pa.large_string()),
    pa.array(["x" * 100_000, " ", "٣"], pa.string_view()),
    *(
        pa.array([2**62, -(2**62), 0], pa.timestamp(unit, zone))
        for unit in ("ms", "us", "ns")
        for zone in (None, "Asia/Tokyo", "+05:30")
    ),
    pa.array([2**33, -(2**33), None], pa.timestamp("s", "America/New_York")),
]
ODD_NAMES = ["", " ", "rowid", "_record", "_line", "j", "file_row_number", '"', "'", "a.b", "$", "\0", "\n", "Größe", "x" * 300]


@st.composite
def hostile_parquet(draw: st.DrawFn, entity: Entity) -> pa.Table:
    """Types and names that no CSV knows."""
    names = draw(spellings(entity))
    columns = {names[column]: draw(st.sampled_from(ODD_ARRAYS)) for column in sorted(needed(entity))}
    further = st.sampled_from(sorted(names.values())) | st.sampled_from(ODD_NAMES)
    columns |= draw(st.dictionaries(further, st.sampled_from(ODD_ARRAYS), max_size=8))
    return pa.table(columns).slice(0, draw(st.sampled_from([N, N, 1, 0])))


@EVERY_ENTITY
@ONCE
@given(data=st.data())
def test_hostile_files(one_file: OneFile, label: str, data: st.DataObject) -> None:
    """Wrong types, encodings, quotes, line ends, headers, lines and nesting cost the rows that have them, no other, and nobody
    has to guess which: every row refused is told with its line, its text and a reason that does not repeat its values."""
    assume(data.draw(st.booleans()))
    entity = ENTITIES[label]
    text, lines, table = (data.draw(kind(entity)) for kind in (hostile_csv, hostile_ndjson, hostile_parquet))
    files = [("csv", text.content), ("ndjson", lines.content), ("parquet", parquet_bytes(table))]
    if data.draw(st.booleans()):
        cut = data.draw(st.integers(0, len(text.content)))
        files[0] = ("csv.gz", gzip.compress(text.content[:cut], mtime=0) + gzip.compress(text.content[cut:], mtime=0))
    books = one_file.load_all(label, files)
    assert [line[0] for line in books] == [len(text.records), len(lines.records), table.num_rows]
    for part, (read, accepted, duplicate, quarantined) in enumerate(books):
        refused = one_file.refused(part)
        assert read == accepted + duplicate + quarantined
        assert (len(one_file.newest(label, "_key", part)), len(refused)) == (accepted, quarantined)
        assert all(reason for _, reason, _ in refused)
    for part, written in enumerate([text, lines]):
        texts = {line: record for line, record, _ in written.records}
        values = {value.strip() for *_, row in written.records for value in row} - {"epoch", "false"}
        for line, reason, raw in one_file.refused(part):
            assert raw.removeprefix("\ufeff") == texts[line].removeprefix("\ufeff")
            assert not [value for value in values if len(value) > 4 and value in reason]
    assert all(1 <= line <= table.num_rows and raw for line, _, raw in one_file.refused(2))


@pytest.fixture(scope="module")
def two_orders(open_warehouses: Callable[[], OneFile]) -> tuple[OneFile, OneFile]:
    return open_warehouses(), open_warehouses()


@settings(max_examples=8, phases=ONCE.phases)
@given(data=st.data())
def test_order_of_arrival(two_orders: tuple[OneFile, OneFile], data: st.DataObject) -> None:
    """Files that arrive in another order must leave the same facts, and the same newest version of everything else."""
    label = data.draw(st.sampled_from(sorted(ENTITIES)))
    entity = ENTITIES[label]
    text_key = key_name(entity)
    batch = two_orders[0].count
    pool = data.draw(rows(entity, min_size=2, max_size=4))
    shared = {name: pool[0][name] for name in entity.key} | {text_key: apart(entity, pool[0], batch)}
    digest = {name: pool[0].get(name, NOTHING) for name in entity.key_digest}
    told = [row | shared | digest for row in pool]
    files = data.draw(st.lists(st.tuples(st.sampled_from(range(len(told))), st.integers(1, 3)), min_size=2, max_size=3))
    own = ", ".join(f'"{column}"' for column in entity.columns)
    order = "".join(f'"{column}" desc nulls last, ' for column in entity.version) + "_landed_on desc, _hash desc"
    newest = f"""select {own}, _extra, _key, _hash from "raw_{entity.source}"."{entity.name}" where "{text_key}" = ?
        order by {order if entity.mode == "versions" else "_key"} limit 1"""
    kept = []
    names = {column: column for column in entity.columns}
    for session, arriving in zip(two_orders, (files, files[::-1]), strict=True):
        for which, day in arriving:
            content = as_ndjson([told[which]], names, ["x"])
            session.load_all(label, [("ndjson", content)], f"dt=2026-01-0{day}/", twice=False)
        kept.append(session.con.execute(newest, [shared[text_key].held]).fetchall())
    assert kept[0] == kept[1] and len(kept[0]) == 1


FIRST_OF_SOURCE = {label.split(".")[0]: label for label in reversed(ENTITIES)}
"""One entity of every source, where all would only take longer."""


def test_nothing_in_it_whatever_the_source(project: Project) -> None:
    """Empty files, lone headers, tables without rows or columns and folders named like files are no errors anywhere."""
    for label in FIRST_OF_SOURCE.values():
        folder = label.replace(".", "/")
        project.write(f"{folder}/day.csv/header.csv", ",".join(ENTITIES[label].columns) + "\n")
        project.write(f"{folder}/empty.csv.gz", "")
        project.write(f"{folder}/blank.ndjson", "\n \r\n\n")
        project.write(f"{folder}/columns.parquet", parquet_bytes(pa.table({})))
        project.write(f"{folder}/rows.parquet", parquet_bytes(pa.table({name: [] for name in ENTITIES[label].columns})))
    summary = project.load()
    assert (summary.files, summary.total("read"), summary.warnings) == (5 * len(FIRST_OF_SOURCE), 0, [])


PLAIN = {
    "text": "x", "json": {}, "timestamp": "2012-01-31T00:00:00Z", "date": "2012-01-31", "decimal": 1, "rate": 1, "integer": 1,
    "boolean": True,
}  # fmt: skip


@pytest.mark.parametrize("ending", ["csv", "ndjson"])
def test_megabyte_fields(project: Project, ending: str) -> None:
    """A long text is a text: a page that somebody pasted in must come through whole, and not take its neighbours with it."""
    long = "é😀" * 170_000
    columns = {}
    for label in FIRST_OF_SOURCE.values():
        entity = ENTITIES[label]
        plain = {name: PLAIN[entity.columns[name].type] for name in sorted(needed(entity))}
        key = next(name for name in entity.key if entity.columns[name].type == "text")
        column = columns[label] = next((c for c, s in entity.columns.items() if s.type == "text" and c not in plain), key)
        rows = [plain | {key: f"k{place}"} | {column: f"{place}{text}"} for place, text in enumerate(["", long, ""])]
        if ending == "ndjson":
            text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        else:
            sink = io.StringIO()
            writer = csv.DictWriter(sink, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
            text = sink.getvalue().replace("True", "true")
        project.write(f"{label.replace('.', '/')}/long.{ending}", text)
    project.load()
    for label, column in columns.items():
        source, name = label.split(".")
        assert project.rows(f'select "{column}" from "raw_{source}"."{name}" order by _line') == [("0",), (f"1{long}",), ("2",)]
