"""What deviates from a feed's usual columns is told file by file, and costs no value."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.loads.drift import files_that_drifted

from .landing import Project, event

HEAD = "order_id,ordered_at,total,status,note"


def orders(head: str, *rows: str) -> str:
    return "\n".join([head, *rows, ""])


def drift(project: Project, file: str | None = None) -> list[tuple[str, str]]:
    """(kind, column) of all files, or of one."""
    query = "select kind, column_name from quality.drift where file = coalesce(?, file) order by file, kind, column_name"
    return project.rows(query, file)


@pytest.fixture
def shop(project: Project) -> Project:
    """A project whose orders have come once, in their usual shape."""
    project.write("generic/orders/2026-01-01.csv", orders(HEAD, "a,2026-01-01,1,paid,x"))
    project.load()
    return project


def test_the_first_file_is_the_usual_shape(shop: Project) -> None:
    """A first delivery has nothing to deviate from; a report full of it would not be read again."""
    shop.write("generic/orders/2026-01-02.csv", orders(HEAD, "b,2026-01-02,1,paid,x"))
    shop.load()
    assert drift(shop) == []


def test_new_and_gone_columns(shop: Project) -> None:
    """A vendor that adds or drops a column says so to nobody: values would appear, or turn to nothing, unseen."""
    path = "generic/orders/2026-01-02.csv"
    shop.write(path, orders("order_id,ordered_at,total,gift,tax", "b,2026-01-02,1,ribbon,0.2"))
    shop.load()
    assert drift(shop) == [("gone", "note"), ("gone", "status"), ("new", "gift"), ("new", "tax")]
    details = dict(shop.rows("select column_name, detail from quality.drift"))
    assert "_extra" in details["gift"] and "`tax`" in details["tax"] and "`status` empty" in details["status"]
    (row,) = shop.rows("select status, tax::varchar, _extra from raw_generic.orders where order_id = 'b'")
    assert row == (None, "0.2000", '{"gift":"ribbon"}')
    assert shop.value("select drifted from quality.load_ledger where file like '%01-02%'") == 4
    shop.write("generic/orders/2026-01-03.csv", orders("order_id,ordered_at,total,gift,tax", "c,2026-01-03,1,,"))
    shop.load()
    assert ("new", "gift") not in drift(shop, "generic/orders/2026-01-03.csv")


def test_renamed_column_is_matched_and_told(shop: Project) -> None:
    """client_id that becomes clientId must still be read, and somebody must know."""
    shop.write("generic/orders/2026-01-02.csv", orders("orderId,Ordered At,total,status,note", "b,2026-01-02,1,paid,x"))
    shop.load()
    assert shop.value("select count(*) from raw_generic.orders where order_id = 'b' and ordered_at is not null") == 1
    assert drift(shop) == [("renamed", "Ordered At"), ("renamed", "orderId")]
    assert (
        shop.value("select detail from quality.drift where column_name = 'orderId'")
        == "fills `order_id`, as did `order_id` before"
    )


def test_a_first_file_with_its_own_spelling_has_drifted_from_nothing(project: Project) -> None:
    """What a vendor has always called otherwise is listed, but is no news every time a company starts."""
    project.configure("sources: {generic: {orders: {columns: {total: betrag}}}}")
    project.write("generic/orders/a.csv", orders("OrderID,ordered_at,betrag", "b,2026-01-02,1"))
    project.load()
    assert project.rows("select kind, column_name, compared_with from quality.drift") == [("renamed", "OrderID", "contract")]
    with project.warehouse() as con:
        assert files_that_drifted(con) == []


def test_retyped_column_is_quarantined_and_told(shop: Project) -> None:
    """Amounts that come as words from one day on are refused row by row; that it is the column must be said once."""
    rows = [f"b{i},2026-01-02,EUR {i},paid,x" for i in range(3)]
    shop.write("generic/orders/2026-01-02.csv", orders(HEAD, *rows, "c,2026-01-02,4,paid,x"))
    shop.load()
    assert drift(shop) == [("retyped", "total")]
    assert shop.ledger("generic/orders/2026-01-02.csv") == (4, 1, 0, 3)
    assert "EUR" not in shop.value("select detail from quality.drift")
    shop.write("generic/orders/2026-01-03.csv", orders(HEAD, *[f"d{i},2026-01-02,{i},paid,x" for i in range(3)], "e,?,1,,"))
    shop.load()
    assert drift(shop, "generic/orders/2026-01-03.csv") == []


def test_parquet_that_changes_its_types(project: Project) -> None:
    """Ids that turn from text into floats get a `.0` elsewhere; the change is worth a look even where all can be read."""
    for day, ids, note in [(1, ["1", "2"], ["x", "y"]), (2, [3.0, 4.0], ["x", "y"])]:
        table = pa.table({"order_id": ids, "ordered_at": ["2026-01-01"] * 2, "total": [1, 2], "note": note})
        (project.landing / "generic/orders").mkdir(parents=True, exist_ok=True)
        pq.write_table(table, project.landing / f"generic/orders/2026-01-0{day}.parquet")
        project.load()
    assert project.rows("select kind, column_name, detail from quality.drift") == [
        ("retyped", "order_id", "VARCHAR before, DOUBLE now")
    ]


def test_a_folder_is_no_column(project: Project) -> None:
    """DuckDB makes a column of a folder named `dt=…`: it would come and go with the format of the files."""
    folder = project.landing / "generic/products/dt=2026-01-01"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"product_id": ["1"]}), folder / "a.parquet")
    project.write("generic/products/dt=2026-01-02/a.csv", "product_id\n2\n")
    project.load()
    assert project.rows("select distinct _extra from raw_generic.products") == [(None,)]
    assert drift(project) == []


def test_missing_required_column(shop: Project) -> None:
    """A file that lost its total is refused as a whole; the report must name the column, not a thousand rows."""
    shop.write("generic/orders/2026-01-02.csv", orders("order_id,ordered_at,status,note", "b,2026-01-02,paid,x"))
    shop.write("generic/orders/2026-01-03.ndjson", '{"order_id": "c", "ordered_at": "2026-01-03", "status": "paid"}\n')
    shop.load()
    assert ("required_missing", "total") in drift(shop, "generic/orders/2026-01-02.csv")
    assert ("required_missing", "total") in drift(shop, "generic/orders/2026-01-03.ndjson")


def test_keys_that_are_seldom_given_are_not_missed(project: Project) -> None:
    """JSON leaves out what it does not have: a file without a rare key is no drift, nor a small one without a usual key."""
    project.write("generic/events/1.ndjson", "\n".join(event(i, usual=1, **({} if i % 3 else {"rare": 1})) for i in range(100)))
    project.load()
    project.write("generic/events/2.ndjson", "\n".join(event(i, **({"usual": 1} if i % 3 else {})) for i in range(200, 260)))
    project.write("generic/events/3.ndjson", "\n".join(event(i) for i in range(300, 305)))
    project.load()
    assert drift(project) == []
    project.write("generic/events/4.ndjson", "\n".join(event(i) for i in range(400, 450)))
    project.load()
    assert drift(project) == [("gone", "usual")]


def test_each_file_of_one_load_is_compared_with_those_before_it(project: Project) -> None:
    """Whichever way the reader groups files, drift follows their order; a damaged file must not become the usual shape."""
    wide, narrow = orders(HEAD + ",gift", "a,2026-01-01,1,paid,x,y"), orders(HEAD, "a,2026-01-01,1,paid,x")
    contents = {1: narrow, 2: wide, 3: wide, 4: wide + "\0\n"}
    for day, text in contents.items():
        project.write(f"generic/orders/2026-01-0{day}.csv", text.replace("a,", f"a{day},"))
        if day == 1:
            project.load()
    project.load()
    assert drift(project) == [("new", "gift")]
    assert project.value("select file from quality.drift") == "generic/orders/2026-01-02.csv"


def test_a_column_long_gone_is_no_longer_usual(shop: Project) -> None:
    """A column that was dropped for good must not be missed for ever."""
    for day in range(2, 5):
        shop.write(
            f"generic/orders/2026-01-{day:02}.csv", orders("order_id,ordered_at,total,status", f"o{day},2026-01-02,1,paid")
        )
        shop.load()
    assert shop.rows("select file, column_name from quality.drift where kind = 'gone'") == [
        ("generic/orders/2026-01-02.csv", "note")
    ]
    with shop.warehouse() as con:
        assert files_that_drifted(con) == []


def test_the_first_files_of_a_feed_have_drifted_from_nothing(project: Project) -> None:
    """A company that lands a year of history at once would find a report full of what has always been so."""
    project.write("generic/orders/2025.csv", orders("order_id,ordered_at,total,status", "a,2025-01-01,1,paid"))
    project.write("generic/orders/2026.csv", orders("order_id,ordered_at,total,gift", "b,2026-01-01,1,x", "c,2026-01-01,EUR,x"))
    project.write("generic/orders/other.csv", orders("OrderID,ordered_at,status", "d,2026-01-01,paid"))
    project.load()
    with project.warehouse() as con:
        assert files_that_drifted(con) == []
    assert {row[0] for row in project.rows("select compared_with from quality.drift")} == {"contract"}


KINDS = {
    "ga4/events/events_2026020{}": {"event_timestamp": 1, "event_name": "x", "user_pseudo_id": "u", "batch_page_id": 1},
    "ga4/events/events_intraday_2026020{}": {
        "event_timestamp": 2,
        "event_name": "x",
        "user_pseudo_id": "u",
        "is_active_user": True,
    },
    "segment/events/tracks/{}": {"id": "t", "event": "x", "timestamp": "2026-02-01", "properties_total": 1},
    "segment/events/page.{}": {"id": "p", "name": "x", "timestamp": "2026-02-01", "url": "/"},
}
"""Files of one feed that have columns of their own, as their senders write them."""


@pytest.mark.parametrize("ending", ["parquet", "ndjson", "csv"])
def test_kinds_of_files_in_one_feed(project: Project, ending: str) -> None:
    """GA4 fills a table of another shape during the day, RudderStack writes pages beside tracks: told as drift every day, they
    would hide the day on which something has changed."""

    def land(place: str, row: dict, day: int) -> None:
        table = pa.table({name: [value] * 20 for name, value in row.items()} | {"day": [day] * 20})
        path = project.landing / f"{place.format(day)}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        if ending == "parquet":
            pq.write_table(table, path)
        elif ending == "csv":
            table.to_pandas().to_csv(path, index=False)
        else:
            path.write_text("".join(json.dumps(line) + "\n" for line in table.to_pylist()))

    for day in range(1, 5):
        for place, row in KINDS.items():
            if day % 2 or "page" not in place:
                land(place, row, day)
        project.load()
    assert drift(project) == []
    for place, row in KINDS.items():
        *kept, _ = row
        land(place, {name: row[name] for name in kept}, 6)
    project.load()
    assert sorted(drift(project)) == [("gone", list(row)[-1]) for row in sorted(KINDS.values(), key=lambda row: list(row)[-1])]


def test_kinds_of_files_that_no_name_tells(shop: Project) -> None:
    """Files may bear nothing but numbers for names, whatever is in them."""
    heads = [HEAD, "order_id,ordered_at,total,channel"]
    for day in range(2, 8):
        head = heads[day % 2]
        values = {"order_id": f"o{day}", "ordered_at": "2026-01-02", "total": "1"}
        shop.write(f"generic/orders/{day}.csv", orders(head, ",".join(values.get(name, "x") for name in head.split(","))))
        shop.load()
    found = shop.rows("select file, kind, column_name from quality.drift order by all")
    told = [("gone", "note"), ("gone", "status"), ("new", "channel")]
    assert found == [("generic/orders/3.csv", *deviation) for deviation in told], "the second kind is news once"


@pytest.mark.parametrize("head", ["order_id,ordered_at", HEAD.replace("order_id", "orderId") + ",gift"])
def test_a_file_without_rows_tells_nothing(shop: Project, head: str) -> None:
    """A quiet day's export has what columns its tool likes; nor must what follows it be measured by them."""
    shop.write("generic/orders/2026-01-02.csv", head + "\n")
    shop.load()
    shop.write("generic/orders/2026-01-03.csv", orders(HEAD, "b,2026-01-02,1,paid,x"))
    shop.load()
    assert drift(shop) == []
    shop.write("generic/orders/2026-01-04.csv", orders(HEAD + ",gift", "c,2026-01-02,1,paid,x,y"))
    shop.load()
    assert drift(shop) == [("new", "gift")]
    assert shop.rows("select file from quality.load_ledger where drifted is null") == []


def test_no_value_gets_into_the_report(project: Project) -> None:
    """A CSV without a header has somebody's data for names, and JSON may have addresses for keys."""
    project.write("generic/contacts/1.csv", "contact_id,email\n1,a@example.com\n")
    project.write("generic/events/1.ndjson", event(1) + "\n")
    project.load()
    project.write("generic/contacts/2.csv", "7,ann@example.com,Ann,+33612345678\n8,bob@example.com,Bob,+33612345679\n")
    project.write("generic/events/2.ndjson", json.dumps(json.loads(event(2)) | {"ann@example.com": 1, "plain": 2}) + "\n")
    summary = project.load()
    told = [*summary.warnings, *(" ".join(map(str, row)) for row in project.rows("select * from quality.drift"))]
    told += [reason for _, _, reason, _ in project.quarantine()]
    assert any("is it missing?" in line for line in told) and any("plain" in line for line in told)
    assert not [line for line in told if "@" in line or "Ann" in line or "336" in line]


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        ("L1,Jean,Dupont,Paris,email,2026-01-01", False),  # one word is also a column's name
        ("L1,Jean,Dupont,Paris,email", True),  # may be a header too: it stays beside its refused rows alone
        ("nr;wann;betrag;notiz", True),
    ],
)
def test_first_line_of_unknown_words_is_told_to_nobody(project: Project, head: str, kept: bool) -> None:
    """Somebody's name in a warning, a reason, the ledger or the usual columns stays there for good."""
    project.write("generic/leads/a.csv", f"{head}\n{head}\n")
    told = [*project.load().warnings, *(reason for _, _, reason, _ in project.quarantine())]
    for table in ("load_ledger", "feed_columns", "drift"):
        told += [str(row) for row in project.rows(f"from quality.{table}")]
    assert not [line for line in told for word in ("Dupont", "Paris", "betrag") if word in line]
    assert project.value("select bool_and(header is not null) from quality.quarantine") is kept


def test_header_of_another_language_is_one(project: Project) -> None:
    """Names that relance.yml knows are told: one of many that is missing must be found."""
    project.configure("sources: {generic: {orders: {columns: {order_id: nr, ordered_at: wann, total: betrag}}}}")
    project.write("generic/orders/a.csv", "nr;wann;betraege;notiz\n1;2026-01-01;5;x\n")
    assert any("`betraege`" in line for line in project.load().warnings)


def test_what_a_crash_left_uncompared_is_compared_later(shop: Project) -> None:
    """A run that was stopped between rows and report would leave a file that nobody ever looks at."""
    shop.write("generic/orders/2026-01-02.csv", orders(HEAD + ",gift", "b,2026-01-02,1,paid,x,y"))
    shop.load()
    with shop.warehouse() as con:
        con.execute("delete from quality.drift")
        con.execute("update quality.load_ledger set drifted = null where file like '%01-02%'")
        con.execute("delete from quality.feed_columns where column_name = 'gift'")
    shop.load()
    assert drift(shop) == [("new", "gift")]
