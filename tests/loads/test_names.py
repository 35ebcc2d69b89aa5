"""Headers, columns, folders and sources by wrong names: told at once, and never a person's name or address with them."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from dagster_project.errors import RelanceError
from dagster_project.loads.names import listed, shown

from .landing import Project, beside_good, orders_csv, parquet_bytes


def test_wrong_header(shop: Project) -> None:
    """A file with a wrong header would load as NULLs, or take the whole load down."""
    shop.write("generic/orders/bad.csv", 'order_id,when\n1,2026-01-31\n"2\n3",2026-01-31\n')
    summary = shop.load()
    assert beside_good(shop) == []
    assert shop.ledger("generic/orders/bad.csv") == (2, 0, 0, 2)
    first, second = shop.quarantine()
    reason = "the file has no columns `ordered_at`, `total`; its header has `order_id`, `when`"
    assert first[1:] == (2, reason, "1,2026-01-31")
    assert second[1] == 3 and second[3] == '"2\n3",2026-01-31'
    assert any("bad.csv" in warning and "order_id" in warning for warning in summary.warnings)


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


def test_strays_are_told(shop: Project) -> None:
    """A misspelt folder or an unknown ending would be passed over in silence."""
    shop.write("generic/oders/x.csv", "a\n1\n")
    shop.write("shopfy/order/x.csv", "a\n1\n")
    shop.write("generic/orders/x.json", "{}")
    warnings = shop.load().warnings
    assert any("generic/oders/x.csv" in w and "`orders`" in w for w in warnings)
    assert any("shopfy/order/x.csv" in w and "`shopify`" in w for w in warnings)
    assert any("x.json" in w and ".ndjson" in w for w in warnings)


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
    assert beside_good(shop) == ["a", "b", "c", "d"]
    assert any("gone.csv is a link to nothing" in w for w in summary.warnings) and any(
        "leads back into itself" in w for w in summary.warnings
    )
