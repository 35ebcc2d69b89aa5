"""Bad rows and odd texts: refused with a reason, or read as they are meant; the rest loads, the books balance."""

from __future__ import annotations

import gzip

import pytest

from .landing import Project, beside_good, event, orders_csv


def test_nul_bytes(shop: Project) -> None:
    """A NUL byte ends a text early in some readers, and the row would be cut silently."""
    shop.write("generic/orders/nul.csv", b"order_id,ordered_at,total\na,2026-01-31,1\nb\0x,2026-01-31,2\nc,2026-01-31,3\n")
    shop.write("generic/events/nul.ndjson", (event(1) + "\n").encode() + b'{"message_id": "x\0"}\n')
    shop.load()
    assert beside_good(shop) == ["a", "c"]
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
    assert beside_good(shop) == ["a", "c"]
    for _, line, reason, raw in shop.quarantine():
        assert (line in (2, 3)) and "bytes, more than" in reason and "[cut: 10000" in raw and len(raw) < 20_000


def test_rows_that_fail_validation(shop: Project) -> None:
    """A wrong total must not become NULL, and the reason must name the column and the line, not the person."""
    shop.write(
        "generic/orders/rows.csv",
        orders_csv('a,2026-01-31,1,"x\ny"', "", "b,2026-01-31,EUR 2,", ",2026-01-31,3,", "c,31/01/2026,,", "d,2026-01-31,5,"),
    )
    shop.load()
    assert beside_good(shop) == ["a", "d"] and shop.note("generic/orders/rows.csv") is None
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
    assert beside_good(shop) == ["a", "b", "c", "d"]


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
