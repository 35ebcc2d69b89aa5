"""Nothing is loaded twice, nothing half, and the order in which files arrive does not matter."""

from __future__ import annotations

import os
import random
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.loads import group
from dagster_project.loads import lines as lines_module
from dagster_project.loads.books import unbalanced
from dagster_project.loads.discover import feeds
from dagster_project.loads.load import load_landing
from dagster_project.loads.read import Mismatch

from .landing import OneFile, Project, event, orders_csv


def lines(*numbers: int) -> str:
    return "".join(event(number) + "\n" for number in numbers)


def test_second_load_brings_nothing(project: Project) -> None:
    """A run with nothing new must neither read nor book anything."""
    project.write("generic/events/a.ndjson", lines(1, 2))
    first = project.load()
    again = project.load()
    assert (first.batch, first.total("accepted")) == (1, 2)
    assert (again.batch, again.files, again.entities) == (None, 0, [])
    assert project.value("select count(*) from quality.load_ledger") == 1


def test_touched_file(project: Project) -> None:
    """A file with a new date and the old content must leave no trace in the books."""
    path = project.write("generic/events/a.ndjson", lines(1))
    project.load()
    os.utime(path, (1, 1))
    assert project.load().files == 0
    assert project.value("select mtime_ns from quality.landing_files") == 1_000_000_000


def test_copy_under_another_name(project: Project) -> None:
    """A copy of a file, its refused rows included, would count everything twice."""
    text = orders_csv("a,2026-01-31,1,", "a,2026-01-31,1,", "b,never,1,")
    project.write("generic/orders/a.csv", text)
    project.load()
    project.write("generic/orders/copy.csv", text)
    summary = project.load()
    assert summary.batch is None
    assert project.ledger("generic/orders/a.csv") == (3, 1, 1, 1)
    assert project.ledger("generic/orders/copy.csv") == (3, 0, 3, 0)


def test_copies_that_land_together(project: Project) -> None:
    """An export sent twice in one night, its refused rows included, would count everything twice and ask for double mending."""
    text = orders_csv("a,2026-01-31,1,", "b,never,1,")
    for name in ("a", "copy", "other/copy"):
        project.write(f"generic/orders/{name}.csv", text)
    summary = project.load()
    assert (summary.files, summary.total("quarantined")) == (3, 1)
    assert project.ledger("generic/orders/a.csv") == (2, 1, 0, 1)
    assert project.note("generic/orders/copy.csv") == "same content as generic/orders/a.csv"
    assert project.ledger("generic/orders/other/copy.csv") == (2, 0, 2, 0)
    assert project.load().files == 0


@pytest.mark.parametrize(
    ("wrong", "right", "content"),
    [
        ("a.csv", "a.ndjson", event(1) + "\n" + event(2)),
        ("a.csv.gz", "a.csv", b"message_id,type,timestamp\nm1,page,2026-01-31\n"),
    ],
)
def test_a_file_renamed_to_its_right_ending(project: Project, wrong: str, right: str, content: str | bytes) -> None:
    """Who mends a file's name must get its rows: read another way, the same bytes are no copy."""
    path = project.write(f"generic/events/{wrong}", content)
    assert project.load().total("accepted") == 0
    path.rename(path.with_name(right))
    assert project.load().total("duplicate") == 0
    assert project.value("select min(message_id) from raw_generic.events") == "m1"


KEYED = "sources: {{generic: {{surveys: {{key: [{}]}}, contacts: {{key: [email]}}}}}}"


@pytest.mark.parametrize("first", [True, False])
def test_rows_without_a_key(project: Project, first: bool) -> None:
    """Rows of which nothing tells who they are must not be taken for one and the same: all but one would be lost, unseen."""
    project.configure(KEYED.format("ticket, wave"))
    head, lines = "response_id,ticket,wave,score,answered_at\n", [f"{i},,,{i},2026-01-31\n" for i in range(3)]
    keyed = ["8,t,,8,2026-01-31\n", "9,,w,9,2026-01-31\n"]
    project.write("generic/surveys/a.csv", head + "".join([*keyed, *lines] if first else [*lines, *keyed]))
    project.write("generic/contacts/a.csv", "contact_id,email,phone\n1,,0611\n2,,0612\n3,a@example.com,\n")
    project.load()
    assert project.ledger("generic/surveys/a.csv") == (5, 2, 0, 3)
    assert project.ledger("generic/contacts/a.csv") == (3, 1, 0, 2)
    assert project.rows("select distinct reason from quality.quarantine order by 1") == [
        ("none of the key's columns is given: `email`",), ("none of the key's columns is given: `ticket`, `wave`",)
    ]  # fmt: skip


def test_json_lines_none_of_which_has_the_key(project: Project) -> None:
    """A typing error in `key:` must not swallow a file: JSON lines have no header that shows it."""
    project.configure(KEYED.format("respons_id"))
    rows = [f'{{"response_id": "{i}", "score": {i}, "answered_at": "2026-01-31"}}\n' for i in range(3)]
    project.write("generic/surveys/a.ndjson", "".join(rows))
    project.load()
    assert project.ledger("generic/surveys/a.ndjson") == (3, 0, 0, 3)


@pytest.mark.parametrize("value", [1, 2, 3, 9])
@pytest.mark.parametrize("name", ["a", "b"])
def test_a_copy_that_is_corrected(project: Project, name: str, value: int) -> None:
    """Whichever of two files of one content is corrected, the correction counts, whatever its hash."""
    for file, score in [("a", 5), ("b", 5), (name, value)]:
        text = f"response_id,score,answered_at\nr,{score},2026-01-31\n"
        project.write(f"generic/surveys/{file}.csv", text)
        project.write(f"generic/products/{file}.csv", f"product_id,price\np,{score}\n")
        project.load()
    assert project.rows("select score::int from raw_generic.surveys") == [(value,)]
    assert project.rows("select price::int from raw_generic.products") == [(value,)]


@pytest.mark.parametrize("values", [(1, 2, 1), (2, 1, 2)])
def test_a_file_corrected_in_place(project: Project, values: tuple[int, int, int]) -> None:
    """The corrected amount must count, a fact's and a version's, whatever its hash; back again, the first one must."""
    place = ["raw_generic.events", "raw_generic.products", "raw_generic.orders"]
    columns = ["user_id::int", "price::int", "total::int"]
    for value in values:
        project.write("generic/events/a.ndjson", lines(2) + event(1, user_id=str(value)))
        project.write("generic/products/p.csv", f"product_id,price\nq,7\np,{value}\n")
        project.write("generic/orders/2026-01-31.csv", f"order_id,ordered_at,total,updated_at\no,2026-01-31,{value},2026-01-31\n")
        project.load()
        found = [project.rows(f"select {column} from {table} order by 1") for column, table in zip(columns, place, strict=True)]
        assert found == [[(value,), (None,)], [(value,), (7,)], [(value,)]]
    assert project.rows("select entity, count(*) from quality.replaced group by all order by 1") == [
        ("events", 2), ("orders", 2), ("products", 2)
    ]  # fmt: skip
    assert project.rows("select entity, sum(tied_keys)::int from quality.version_ties group by all order by 1") == [
        ("orders", 0), ("products", 0)
    ]  # fmt: skip


def test_a_file_written_over_with_other_rows(project: Project) -> None:
    """A vendor that writes each hour's rows over the last hour's must not lose the last hour's, nor an order its history."""
    head = "order_id,ordered_at,total,status,updated_at\n"
    for rows in ("a,2026-01-01,1,pending,2026-01-01\nb,2026-01-01,1,paid,2026-01-01\n", "a,2026-01-01,1,paid,2026-01-02\n"):
        project.write("generic/orders/latest.csv", head + rows)
        project.load()
    assert project.rows("select order_id, status from raw_generic.orders order by 1, updated_at") == [
        ("a", "pending"), ("a", "paid"), ("b", "paid")
    ]  # fmt: skip
    assert project.value("select count(*) from quality.replaced") == 0


def test_versions_that_nothing_puts_in_order(project: Project) -> None:
    """Two prices of one product in files of one day: one is chosen, and somebody must hear that nothing told which."""

    def tied() -> list[tuple]:
        query = "select entity, tied_keys, array_to_string(example_files, ' ') from quality.version_ties where tied_keys > 0"
        return project.rows(query + " order by 1")

    for name, price in [("2026-01-01/a", 1), ("2026-01-01/b", 2), ("2026-01-02/c", 3), ("2026-01-02T10-15/d", 4)]:
        project.write(f"generic/products/{name}.csv", f"product_id,price\np,{price}\nq,1\n")
    project.load()
    assert tied() == [("products", 1, "generic/products/2026-01-01/a.csv generic/products/2026-01-01/b.csv")]
    head = "order_id,ordered_at,total,updated_at\n"
    for day in (1, 2):
        project.write(
            f"generic/orders/2026-01-0{day}.csv", head + f"a,2026-01-01,{day},2026-01-01\nb,2026-01-01,1,2026-01-0{day}\n"
        )
    project.load()
    assert [row[:2] for row in tied()] == [("orders", 1), ("products", 1)]
    assert project.rows("select status from raw_generic.orders where order_id = 'a'") == [(None,), (None,)]


def test_overlapping_and_growing_files(project: Project) -> None:
    """A file re-sent with some old rows, or grown in place, must bring its new rows only."""
    path = project.write("generic/events/a.ndjson", lines(1, 2))
    project.load()
    path.write_text(lines(1, 2, 3))
    project.write("generic/events/b.ndjson", lines(2, 4, 4))
    assert project.load().batch == 2
    assert project.ledger("generic/events/a.ndjson") == (3, 1, 2, 0)
    assert project.ledger("generic/events/b.ndjson") == (3, 1, 2, 0)
    assert project.rows("select message_id, _batch from raw_generic.events order by 1") == [
        ("m1", 1),
        ("m2", 1),
        ("m3", 2),
        ("m4", 2),
    ]


def test_versions_are_kept_and_repeats_are_not(project: Project) -> None:
    """An order that changes must keep its history; the same export again must not double it."""
    head = "order_id,ordered_at,total,status,updated_at\n"
    project.write(
        "generic/orders/dt=2026-01-01/o.csv", head + "a,2026-01-01,10,pending,2026-01-01\nb,2026-01-01,5,paid,2026-01-01\n"
    )
    project.load()
    project.write(
        "generic/orders/dt=2026-01-02/o.csv", head + "a,2026-01-01,10,paid,2026-01-02\nb,2026-01-01,5.00,paid,2026-01-01\n"
    )
    project.load()
    assert project.ledger("generic/orders/dt=2026-01-02/o.csv") == (2, 1, 1, 0)
    assert project.rows("select status from raw_generic.orders where order_id = 'a' order by updated_at") == [
        ("pending",),
        ("paid",),
    ]


def test_version_that_returns(project: Project) -> None:
    """Without updated_at, a price that goes 1, 2, 1 must end as 1, whatever came first."""
    for day, price in [(1, 1), (3, 1), (2, 2)]:
        project.write(f"generic/products/2026-01-0{day}/p.csv", f"product_id,price\np,{price}\n")
        project.load()
    newest = "select price, _landed_on::date::varchar from raw_generic.products order by _landed_on desc limit 1"
    assert [(float(price), day) for price, day in project.rows(newest)] == [(1.0, "2026-01-03")]


def test_winner_does_not_hang_on_file_names(tmp_path: Path) -> None:
    """Of two different events with one id, the same one must win whichever file holds which."""
    one, other = event(1, user_id="x") + "\n", event(1, user_id="y") + "\n"
    winners = set()
    for number, (first, second) in enumerate([(one, other), (other, one)]):
        project = Project(tmp_path / str(number))
        project.write("generic/events/a.ndjson", first)
        project.write("generic/events/b.ndjson", second)
        project.load()
        winners.add(project.value("select user_id from raw_generic.events"))
    assert len(winners) == 1


@pytest.mark.parametrize("broken", ["book", "locate"])
def test_interrupted_load_leaves_nothing_half(project: Project, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    """A crash between rows and books would load the file again, or book rows that are not there."""
    project.write("generic/orders/a.csv", orders_csv("a,2026-01-31,1,", "b,never,1,"))
    project.write("generic/events/a.ndjson", lines(1))
    seen: list[object] = []

    def crash(con: duckdb.DuckDBPyConnection, *rest: object) -> None:
        if con.execute("select count(*) from load_files where path like '%orders%'").fetchone() == (1,):
            seen.append(rest)
            raise KeyboardInterrupt
        whole(con, *rest)

    whole = getattr(group, broken)
    with monkeypatch.context() as patch:
        patch.setattr(group, broken, crash)
        with project.warehouse() as con, pytest.raises(KeyboardInterrupt):
            load_landing(project.settings, con)
    assert seen
    with project.warehouse() as con:
        assert unbalanced(con) == []
        assert con.execute("select count(*) from raw_generic.orders").fetchone() == (0,)
        assert con.execute("select count(*) from quality.quarantine").fetchone() == (0,)
        assert con.execute("select count(*) from raw_generic.events").fetchone() == (1,)
    summary = project.load()
    assert [(entity.entity, entity.accepted) for entity in summary.entities] == [("orders", 1)]


def test_books_notice_lost_rows(project: Project) -> None:
    """A proof that can't fail proves nothing: rows taken from any account must show."""
    project.write("generic/orders/a.csv", orders_csv("a,2026-01-31,1,", "b,never,1,"))
    project.load()
    for damage, told in [
        ("delete from raw_generic.orders", "in the raw table"),
        ("delete from quality.quarantine", "in quarantine"),
        ("update quality.load_ledger set rows_read = 3", "accounted for"),
    ]:
        with project.warehouse() as con:
            con.execute("begin")
            con.execute(damage)
            ((file, source, entity, wrong),) = unbalanced(con)
            con.execute("rollback")
        assert (file, source, entity) == ("generic/orders/a.csv", "generic", "orders") and told in wrong


@pytest.mark.parametrize("name", ["orders/a.csv", "events/a.ndjson"])
def test_reader_that_disagrees_with_the_count(project: Project, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A reader that drops a row must be found out, and the file read exactly."""
    read, cut = group.read_fast, lines_module.whole_lines

    def drops_one(con: duckdb.DuckDBPyConnection, *rest: object) -> object:
        landed = read(con, *rest)  # type: ignore[arg-type]
        if name.endswith("csv"):
            con.execute("delete from load_landed where rowid = 0")
        return landed

    monkeypatch.setattr(group, "read_fast", drops_one)
    monkeypatch.setattr(lines_module, "whole_lines", lambda *rest: (block.partition(b"\n")[2] for block in cut(*rest)))
    project.write(f"generic/{name}", lines(1, 2, 3) if "events" in name else orders_csv(*(f"{i},2026-01-31,1," for i in "abc")))
    project.load()
    assert project.ledger(f"generic/{name}") == (3, 3, 0, 0)
    assert "record by record" in str(project.note(f"generic/{name}"))


@settings(max_examples=15)
@given(
    rows=st.lists(
        st.tuples(
            st.text('aé"\n,; ', max_size=5),
            st.sampled_from(["1", "2.50", "x", "", " 3"]),
            st.sampled_from(["2026-01-31", "", "soon"]),
        ),
        max_size=8,
    ),
    kind=st.sampled_from(["csv", "ndjson"]),
)
def test_both_paths_agree(one_file: OneFile, rows: list[tuple[str, str, str]], kind: str) -> None:
    """The exact path must make of a file what the fast path makes of it, or one fault in a file would change its good rows."""
    import csv
    import io
    import json

    def content(prefix: str) -> bytes:
        named = [
            {"order_id": f"{prefix}{i}", "note": note, "total": total, "ordered_at": at}
            for i, (note, total, at) in enumerate(rows)
        ]
        if kind == "ndjson":
            return "\n".join(json.dumps(row) for row in named).encode()
        text = io.StringIO()
        writer = csv.DictWriter(text, ["order_id", "note", "total", "ordered_at"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(named)
        return text.getvalue().encode()

    def outcome() -> tuple:
        file = f"generic/orders/x{one_file.count}.%"
        refused = one_file.con.execute(
            "select record, line, reason from quality.quarantine where file like ? order by record", [file]
        ).fetchall()
        return one_file.newest("orders", "substr(order_id, 2), total, ordered_at, _extra, _line"), refused

    counts = one_file.load("orders", kind, content("f"))
    (note,) = one_file.con.execute("select note from quality.load_ledger order by loaded_at desc limit 1").fetchone()
    assert note is None
    fast = outcome()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(group, "read_fast", lambda *_: (_ for _ in ()).throw(Mismatch("told to")))
        assert one_file.load("orders", kind, content("e")) == counts
    assert outcome() == fast


def test_many_small_files_of_every_shape(project: Project) -> None:
    """Files read together must keep their own names, lines and counts."""
    generator = random.Random(3)
    expected = {}
    for number in range(60):
        count = generator.randrange(0, 5)
        name = f"generic/orders/2026-01-{number % 28 + 1:02}/{number}"
        rows = [f"{number}-{i},2026-01-31,{i}" for i in range(count)]
        if number % 3 == 0:
            table = pa.table(
                {
                    "order_id": [f"{number}-{i}" for i in range(count)],
                    "ordered_at": ["2026-01-31"] * count,
                    "total": [float(i) for i in range(count)],
                }
            )
            (project.landing / name).parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, project.landing / f"{name}.parquet")
            expected[f"{name}.parquet"] = count
        else:
            ending = "csv.gz" if number % 3 == 1 else "csv"
            project.write(f"{name}.{ending}", "\n".join(["order_id,ordered_at,total", *rows, ""]))
            expected[f"{name}.{ending}"] = count
    project.load()
    found = dict(project.rows("select file, rows_accepted from quality.load_ledger where note is null"))
    assert found == expected
    assert (
        project.value(
            "select count(*) from raw_generic.orders where not contains(_file, '/' || replace(order_id, '-' || (_line - 1), '.'))"
        )
        == 0
    )


def test_feeds_outlive_their_files(project: Project) -> None:
    """When old files leave the landing folder, their rows must still be read downstream."""
    path = project.write("generic/orders/a.csv", orders_csv("a,2026-01-31,1,"))
    project.load()
    path.unlink()
    assert feeds(project.settings) == {"generic": ["orders"]}


def test_one_file_feeds_two_entities(project: Project) -> None:
    """A table of contacts that also holds consents must be booked once for each."""
    project.configure(
        """sources:
  generic:
    contacts: {files: crm.csv, columns: {contact_id: id}}
    consents:
      files: crm.csv
      columns: {identifier: email, occurred_at: since}
      constants: {identifier_type: email, purpose: email, status: granted}
"""
    )
    project.write("crm.csv", "id,email,since\n1,a@example.com,2026-01-31\n")
    project.load()
    assert project.rows("select entity, rows_accepted from quality.load_ledger order by 1") == [("consents", 1), ("contacts", 1)]


def test_disabled_source_is_left_alone(project: Project) -> None:
    """A source switched off must neither load nor be told as a stray, nor cost the models anything, even if loaded before."""
    project.write("generic/orders/a.csv", orders_csv("a,2026-01-31,1,"))
    project.load()
    project.configure("sources: {generic: {enabled: false}}")
    project.write("generic/orders/b.csv", orders_csv("b,2026-01-31,1,"))
    summary = project.load()
    assert (summary.files, summary.warnings) == (0, [])
    assert feeds(project.settings) == {}
