"""Bad files and bad rows: refused with a reason, the rest loads, the books balance."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.errors import RelanceError
from dagster_project.loads import load
from dagster_project.loads.load import load_landing
from dagster_project.loads.names import listed, shown

from .landing import Project, event, orders_csv, parquet_bytes

GOOD = "generic/orders/good.csv"


@pytest.fixture
def shop(project: Project) -> Project:
    """A project with one good file, which every test expects to load whatever lies beside it."""
    project.write(GOOD, orders_csv("g1,2026-01-31,10.00,", "g2,2026-01-31,20.00,"))
    return project


def loaded(project: Project) -> list[str]:
    assert project.ledger(GOOD) == (2, 2, 0, 0)
    return [order for (order,) in project.rows("select order_id from raw_generic.orders order by 1") if not order.startswith("g")]


def test_wrong_header(shop: Project) -> None:
    """A file with a wrong header would load as NULLs, or take the whole load down."""
    shop.write("generic/orders/bad.csv", 'order_id,when\n1,2026-01-31\n"2\n3",2026-01-31\n')
    summary = shop.load()
    assert loaded(shop) == []
    assert shop.ledger("generic/orders/bad.csv") == (2, 0, 0, 2)
    first, second = shop.quarantine()
    reason = "the file has no columns `ordered_at`, `total`; its header has `order_id`, `when`"
    assert first[1:] == (2, reason, "1,2026-01-31")
    assert second[1] == 3 and second[3] == '"2\n3",2026-01-31'
    assert any("bad.csv" in warning and "order_id" in warning for warning in summary.warnings)


def test_truncated_gzip(shop: Project) -> None:
    """DuckDB loads what it can unpack of half a gzip and says nothing of the rest."""
    lines = "".join(event(i, properties={"n": os.urandom(20).hex()}) + "\n" for i in range(2000))
    whole = gzip.compress(lines.encode(), mtime=0)
    shop.write("generic/events/half.ndjson.gz", whole[: len(whole) // 2])
    shop.load()
    read, accepted, duplicate, quarantined = shop.ledger("generic/events/half.ndjson.gz")
    assert 500 < accepted < 1500 and (duplicate, quarantined) == (0, 1) and read == accepted + 1
    (row,) = shop.quarantine()
    assert row[1] == accepted + 1 and "gzip ends early" in row[2]
    assert lines.splitlines()[accepted].startswith(row[3])
    assert loaded(shop) == []


def test_gzip_cut_between_records(shop: Project) -> None:
    """A gzip that ends early exactly at a line end would look complete."""
    data = gzip.compress((event(1) + "\n" + event(2) + "\n").encode(), mtime=0)
    shop.write("generic/events/cut.ndjson.gz", data[:-8])
    shop.load()
    assert shop.ledger("generic/events/cut.ndjson.gz") == (3, 2, 0, 1)


def test_damaged_and_fake_gzip(shop: Project) -> None:
    """A flipped byte or a plain file named .gz would abort the load or vanish."""
    data = bytearray(gzip.compress("".join(event(i) + "\n" for i in range(50)).encode(), mtime=0))
    data[-6] ^= 0xFF
    shop.write("generic/events/checksum.ndjson.gz", bytes(data))
    shop.write("generic/events/plain.ndjson.gz", b'{"a": 1}\n')
    shop.load()
    assert shop.ledger("generic/events/checksum.ndjson.gz") == (51, 50, 0, 1)
    assert shop.ledger("generic/events/plain.ndjson.gz") == (1, 0, 0, 1)
    assert "not a gzip file" in shop.quarantine()[-1][2]


def test_several_gzip_members(shop: Project) -> None:
    """Files appended to each other after packing are one valid gzip; only the first part would load."""
    data = gzip.compress((event(1) + "\n").encode()) + gzip.compress((event(2) + "\n").encode())
    shop.write("generic/events/two.ndjson.gz", data)
    shop.load()
    assert shop.ledger("generic/events/two.ndjson.gz") == (2, 2, 0, 0)


def test_nul_bytes(shop: Project) -> None:
    """A NUL byte ends a text early in some readers, and the row would be cut silently."""
    shop.write("generic/orders/nul.csv", b"order_id,ordered_at,total\na,2026-01-31,1\nb\0x,2026-01-31,2\nc,2026-01-31,3\n")
    shop.write("generic/events/nul.ndjson", (event(1) + "\n").encode() + b'{"message_id": "x\0"}\n')
    shop.load()
    assert loaded(shop) == ["a", "c"]
    assert [(row[1], row[2]) for row in shop.quarantine()] == [
        (2, "the record holds a NUL byte"),
        (3, "the record holds a NUL byte"),
    ]


def test_ten_megabyte_line(shop: Project) -> None:
    """One overlong line aborts DuckDB's read of the whole file."""
    long = event(2, properties={"x": "y" * 10_000_000})
    shop.write("generic/events/long.ndjson", "\n".join([event(1), long, event(3)]) + "\n")
    shop.write(
        "generic/orders/long.csv", orders_csv("a,2026-01-31,1,", "b,2026-01-31,2," + "z" * 10_000_000, 'c,2026-01-31,3,""')
    )
    shop.load()
    assert shop.ledger("generic/events/long.ndjson") == (3, 2, 0, 1)
    assert loaded(shop) == ["a", "c"]
    for _, line, reason, raw in shop.quarantine():
        assert (line in (2, 3)) and "bytes, more than" in reason and "[cut: 10000" in raw and len(raw) < 20_000


def test_parquet_that_is_none(shop: Project) -> None:
    """A file that only bears the name would stop the load."""
    shop.write("generic/orders/fake.parquet", b"PAR1 not really")
    shop.write("generic/orders/empty.parquet", b"")
    shop.load()
    assert loaded(shop) == []
    assert [row[2] for row in shop.quarantine()] == ["the file is not a Parquet file"] * 2


def test_damaged_parquet(shop: Project) -> None:
    """A damaged row group would take the good ones with it."""
    table = pa.table({"order_id": [f"o{i}" for i in range(40)], "ordered_at": ["2026-01-31"] * 40, "total": [1.5] * 40})
    path = shop.landing / "generic/orders/damaged.parquet"
    pq.write_table(table, path, row_group_size=10, compression="zstd", use_dictionary=False)
    start = pq.ParquetFile(path).metadata.row_group(2).column(0).data_page_offset
    data = bytearray(path.read_bytes())
    data[start : start + 40] = b"\xff" * 40
    path.write_bytes(data)
    shop.load()
    assert shop.ledger("generic/orders/damaged.parquet") == (40, 30, 0, 10)
    assert [row[1] for row in shop.quarantine()] == list(range(21, 31))
    (reason,) = {row[2] for row in shop.quarantine()}
    assert reason.startswith("row group 3 of 4 of the Parquet file can't be read: ") and not reason.endswith(": ")


def test_rows_that_fail_validation(shop: Project) -> None:
    """A wrong total must not become NULL, and the reason must name the column and the line, not the person."""
    shop.write(
        "generic/orders/rows.csv",
        orders_csv('a,2026-01-31,1,"x\ny"', "", "b,2026-01-31,EUR 2,", ",2026-01-31,3,", "c,31/01/2026,,", "d,2026-01-31,5,"),
    )
    shop.load()
    assert loaded(shop) == ["a", "d"] and shop.note("generic/orders/rows.csv") is None
    assert [row[1:] for row in shop.quarantine()] == [
        (5, "`total` is not a number with a decimal point", "b,2026-01-31,EUR 2,"),
        (6, "`order_id` is missing", ",2026-01-31,3,"),
        (7, "`ordered_at` is not a time (ISO 8601 or Unix epoch); `total` is missing", "c,31/01/2026,,"),
    ]


def test_wrong_optional_value_is_refused(shop: Project) -> None:
    """An optional amount that can't be read would silently count as nothing."""
    shop.write(
        "generic/orders/tax.csv", "order_id,ordered_at,total,tax\na,2026-01-31,1,\nb,2026-01-31,1,ten\nc,2026-01-31,1,0.2\n"
    )
    shop.load()
    assert shop.note("generic/orders/tax.csv") is None
    assert [row[1:] for row in shop.quarantine()] == [(3, "`tax` is not a number with a decimal point", "b,2026-01-31,1,ten")]


def test_record_of_wrong_width_and_open_quote(shop: Project) -> None:
    """One malformed record aborts a CSV reader, or swallows the rest of the file into one field."""
    text = orders_csv(
        "a,2026-01-31,1,",
        "b,2026-01-31,2",
        "c,2026-01-31,3,,,",
        'd,2026-01-31,4,"open',
        "e,2026-01-31,5,",
        'f,2026-01-31,6,"x"y',
        "g0,2026-01-31,7,",
    )
    shop.write("generic/orders/width.csv", text)
    shop.load()
    assert shop.ledger("generic/orders/width.csv") == (7, 3, 0, 4)
    assert [(row[1], row[2]) for row in shop.quarantine()] == [
        (3, "the record has 3 values where the header has 4 columns"),
        (4, "the record has 6 values where the header has 4 columns"),
        (5, "the quotes are malformed"),
        (7, "the quotes are malformed"),
    ]


def test_lines_that_are_no_objects(shop: Project) -> None:
    """A broken JSON line becomes a row of NULLs in DuckDB's reader when errors are ignored."""
    lines = [event(1), "{broken", "", '"text"', "[1]", "null", event(2), event(3) + event(4), event(5)]
    shop.write("generic/events/mixed.ndjson", "\n".join(lines))
    shop.load()
    assert shop.ledger("generic/events/mixed.ndjson") == (8, 3, 0, 5)
    assert [(row[1], row[2]) for row in shop.quarantine()] == [
        (n, "the line is not a JSON object of moderate depth") for n in (2, 4, 5, 6, 8)
    ]
    assert shop.quarantine()[0][3] == "{broken"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(shop: Project, encoding: str) -> None:
    """Exports of spreadsheets come in these encodings; names would turn to garbage or rows be lost."""
    shop.write("generic/contacts/c.csv", "contact_id,last_name\n1,Müller\n2,Peña\n".encode(encoding))
    shop.write(
        "generic/events/e.ndjson",
        '{"message_id": "m1", "type": "page", "timestamp": "2026-01-31", "user_id": "Zoë"}\n'.encode(encoding),
    )
    shop.load()
    assert shop.rows("select contact_id, last_name from raw_generic.contacts order by 1") == [("1", "Müller"), ("2", "Peña")]
    assert shop.value("select user_id from raw_generic.events") == "Zoë"


@pytest.mark.parametrize("ending", ["\n", "\r", "\r\n"])
def test_letters_that_hold_half_a_line_end(shop: Project, ending: str) -> None:
    """In UTF-16 a letter may hold the byte of a line feed: taken for one, it hides how the lines of the file really end."""
    text = ending.join(["contact_id,last_name", "1,\u0a0a\u010a", "2,\u0d0d", ""])
    for name, encoding in {"le": "utf-16-le", "be": "utf-16-be"}.items():
        data = "\ufeff".encode(encoding) + text.replace("1,", f"1{name},").replace("2,", f"2{name},").encode(encoding)
        shop.write(f"generic/contacts/{name}.csv.gz", gzip.compress(data[:1], mtime=0) + gzip.compress(data[1:], mtime=0))
    shop.load()
    names = [("1be", "\u0a0a\u010a"), ("1le", "\u0a0a\u010a"), ("2be", "\u0d0d"), ("2le", "\u0d0d")]
    assert shop.rows("select contact_id, last_name from raw_generic.contacts order by 1") == names


def test_mixed_encoding(shop: Project) -> None:
    """One row in another encoding must not turn the others to garbage."""
    shop.write("generic/contacts/c.csv", "contact_id,last_name\n1,Müller\n".encode() + "2,Peña\n".encode("latin-1"))
    shop.load()
    assert shop.rows("select contact_id, last_name from raw_generic.contacts") == [("1", "Müller")]
    assert [(row[1], row[2]) for row in shop.quarantine()] == [(3, "the text is not valid UTF-8")]


def test_delimiters_and_line_ends(shop: Project) -> None:
    """Semicolons, tabs, CRLF and CR alone are usual in exports and no reason to refuse a file."""
    for name, text in {
        "semicolon": "order_id;ordered_at;total\r\na;2026-01-31;1\r\n",
        "tab": "order_id\tordered_at\ttotal\nb\t2026-01-31\t2\n",
        "mac": "order_id,ordered_at,total\rc,2026-01-31,3\r",
        "unended": "order_id,ordered_at,total\nd,2026-01-31,4",
    }.items():
        shop.write(f"generic/orders/{name}.csv", text)
    shop.load()
    assert loaded(shop) == ["a", "b", "c", "d"]


def test_empty_and_header_only_files(shop: Project) -> None:
    """Files without rows are no errors, and are booked so that they are not read again."""
    shop.write("generic/orders/empty.csv", "")
    shop.write("generic/orders/header.csv", "order_id,ordered_at,total\n")
    shop.write("generic/events/empty.ndjson", "\n\n")
    shop.load()
    assert loaded(shop) == []
    assert {shop.ledger(f"generic/{name}") for name in ("orders/empty.csv", "orders/header.csv", "events/empty.ndjson")} == {
        (0, 0, 0, 0)
    }
    assert shop.note("generic/orders/empty.csv") == "read record by record: it is empty"


def test_names_and_links(shop: Project) -> None:
    """Folders named like files, links in circles, links to nothing and names with pattern marks stop careless readers."""
    shop.write("generic/orders/day.csv/part.csv", orders_csv("a,2026-01-31,1,"))
    shop.write("generic/orders/odd [1]*.csv", orders_csv("b,2026-01-31,1,"))
    shop.write("generic/orders/o'clock.csv", orders_csv("c,2026-01-31,1,"))
    (shop.landing / "generic/orders/loop").symlink_to(shop.landing / "generic")
    (shop.landing / "generic/orders/gone.csv").symlink_to("nowhere.csv")
    elsewhere = shop.base / "elsewhere.csv"
    elsewhere.write_text(orders_csv("d,2026-01-31,1,"))
    (shop.landing / "generic/orders/linked.csv").symlink_to(elsewhere)
    summary = shop.load()
    assert loaded(shop) == ["a", "b", "c", "d"]
    assert any("gone.csv is a link to nothing" in w for w in summary.warnings) and any(
        "leads back into itself" in w for w in summary.warnings
    )


@pytest.mark.parametrize(
    ("first", "columns"),
    [
        ("77,alice@example.com,Alice,Liddell", "4 columns"),
        ("Alice,Liddell,Oxford", "3 columns"),  # nothing of it looks like a value
        ("77,alice@example.com,Alice,email,Liddell", "5 columns"),  # a value that is a column's name by chance
        ("Alice", "one column"),
    ],
)
@pytest.mark.parametrize("more", ["78,bob@example.com,Bob,Builder", ""])
def test_header_that_is_a_person(shop: Project, first: str, columns: str, more: str) -> None:
    """A file without a header would have its first row told to everybody as the names of its columns, or, if it is the only
    row, be lost without a word."""
    shop.write("generic/contacts/c.csv", f"{first}\n{more}")
    summary = shop.load()
    told = [*summary.warnings, *(reason for _, _, reason, _ in shop.quarantine())]
    for table in ("load_ledger", "feed_columns", "drift"):
        told += [str(row) for row in shop.rows(f"from quality.{table}")]
    assert any(f"its header ({columns}) is hardly one of generic.contacts: is it missing?" in line for line in summary.warnings)
    assert not [line for line in told for value in ("alice", "Alice", "Liddell", "Oxford") if value in line]


@pytest.mark.parametrize("ending", ["csv", "parquet", "ndjson"])
def test_columns_named_like_people(shop: Project, ending: str) -> None:
    """A pivoted export has customers for columns: their values are kept, their names are told to nobody."""
    pairs = {"order_id": "a", "ordered_at": "2026-01-31", "total": "1"}
    for more in ({}, {"alice@example.com": "c", "+33 6 12 34 56 78": "d", "plain": "e"}):  # what is usual, then what is not
        pairs |= more
        quoted = [",".join(f'"{text}"' for text in line) for line in (pairs, pairs.values())]
        content: str | bytes = "\n".join(quoted) if ending == "csv" else json.dumps(pairs)
        if ending == "parquet":
            content = parquet_bytes(pa.table({name: [value] for name, value in pairs.items()}))
        shop.write(f"generic/orders/{len(pairs)}.{ending}", content)
        shop.load()
    if isinstance(content, str):
        shop.write(f"generic/orders/7.{ending}", content.replace("total", "sum"))
    told = [*shop.load().warnings, *(reason for _, _, reason, _ in shop.quarantine())]
    for table in ("load_ledger", "feed_columns", "drift"):
        told += [str(row) for row in shop.rows(f"from quality.{table}")]
    assert not [line for line in told if "alice" in line or "33 6" in line]
    extra = shop.value("select _extra from raw_generic.orders where _extra is not null")
    assert list(json.loads(extra).values()) == ["c", "d", "e"]
    assert shop.quarantine() or ending == "parquet"


def test_names_are_told_in_bounds() -> None:
    """A column's name that ends a line, turns it around or fills a screen would hide what a message says."""
    assert shown("a`b\n\u202ec") == "`a'b\ufffd\ufffdc`"
    assert "x" not in shown("x" * 61) and "2026" not in shown("2026-01-31")
    told = listed([*(f"c{i}" for i in range(500)), "alice@example.com", "\0"])
    assert len(told) < 500 and told.endswith("more, one whose name looks like a value")


def test_blanks_that_are_something(shop: Project) -> None:
    """A line of a no-break space is blank to some readers; where two disagree, refused rows would bear others' text."""
    lines = [event(1), "\u00a0", "\x1c", '{"message_id": "x"}', event(2)]
    shop.write("generic/events/odd.ndjson", "\n".join(lines))
    shop.load()
    assert shop.ledger("generic/events/odd.ndjson") == (5, 2, 0, 3)
    assert [(row[1], row[3]) for row in shop.quarantine()] == [(2, "\u00a0"), (3, "\x1c"), (4, '{"message_id": "x"}')]


def test_line_ends_in_quotes_on_both_paths(shop: Project) -> None:
    """One bad record elsewhere in a file must not change what its neighbours say."""
    for name, more in (("fast", ""), ("exact", 'x,"1"2\r\n')):
        shop.write(f"generic/products/{name}.csv", f'product_id,title\r\n{name},"two\r\nlines"\r\n{more}')
    shop.load()
    assert shop.rows("select distinct title from raw_generic.products") == [("two\r\nlines",)]


def test_strays_are_told(shop: Project) -> None:
    """A misspelt folder or an unknown ending would be passed over in silence."""
    shop.write("generic/oders/x.csv", "a\n1\n")
    shop.write("shopfy/order/x.csv", "a\n1\n")
    shop.write("generic/orders/x.json", "{}")
    warnings = shop.load().warnings
    assert any("generic/oders/x.csv" in w and "`orders`" in w for w in warnings)
    assert any("shopfy/order/x.csv" in w and "`shopify`" in w for w in warnings)
    assert any("x.json" in w and ".ndjson" in w for w in warnings)


def test_unreadable_file(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that can't be opened must not stop the others."""
    path = shop.write("generic/orders/locked.csv", orders_csv("a,2026-01-31,1,"))

    def refuse(target: Path, *rest: object):  # the tests may run as root, whom no permission stops
        if target == path:
            raise PermissionError(13, "Permission denied")
        return scan(target, *rest)

    scan = load.scan_file
    monkeypatch.setattr(load, "scan_file", refuse)
    assert any("locked.csv can't be read" in w for w in shop.load().warnings)
    assert loaded(shop) == []


def test_missing_landing_folder(shop: Project) -> None:
    """A landing folder that was moved away must be one clear message, not an empty load."""
    settings = shop.settings
    shop.landing.rename(shop.base / "moved")
    with shop.warehouse(settings) as con, pytest.raises(RelanceError, match="landing folder does not exist"):
        load_landing(settings, con)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sources: {shopfy: {}}", "`shopify`"),
        ("sources: {generic: {oders: {files: x.csv}}}", "`orders`"),
        ("sources: {generic: {orders: {columns: {totl: x}}}}", "`total`"),
        ("sources: {generic: {orders: {columns: {total.x: x}}}}", "JSON column"),
    ],
)
def test_sources_that_fit_no_contract(shop: Project, text: str, message: str) -> None:
    """A slip in relance.yml would quietly load nothing, or load it under a name nobody reads."""
    shop.configure(text)
    with pytest.raises(RelanceError, match=message):
        shop.load()


def test_bottomless_nesting(shop: Project) -> None:
    """DuckDB walks nested objects on the stack: one line of 600 kB could take the process down, with no message at all."""
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    shop.write("generic/events/deep.ndjson", "\n".join([event(1), event(2)[:-1] + f', "more": {deep}}}', event(3)]))
    shop.write(
        "generic/events/deep.csv",
        f'message_id,type,timestamp,properties\nx,page,2026-01-31,"{deep.replace(chr(34), chr(34) * 2)}"\n',
    )
    shop.load()
    assert shop.ledger("generic/events/deep.ndjson") == (3, 2, 0, 1)
    assert shop.ledger("generic/events/deep.csv") == (1, 0, 0, 1)
