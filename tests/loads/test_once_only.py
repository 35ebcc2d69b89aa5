"""Nothing is loaded twice, nothing half, nothing unseen: the books of every file balance."""

from __future__ import annotations

import os

import duckdb
import pytest

from dagster_project.loads import group
from dagster_project.loads.books import unbalanced
from dagster_project.loads.discover import feeds
from dagster_project.loads.load import load_landing

from .landing import Project, event, events, orders_csv


def test_second_load_brings_nothing(project: Project) -> None:
    """A run with nothing new must neither read nor book anything."""
    project.write("generic/events/a.ndjson", events(1, 2))
    first = project.load()
    again = project.load()
    assert (first.batch, first.total("accepted")) == (1, 2)
    assert (again.batch, again.files, again.entities) == (None, 0, [])
    assert project.value("select count(*) from quality.load_ledger") == 1


def test_touched_file(project: Project) -> None:
    """A file with a new date and the old content must leave no trace in the books."""
    path = project.write("generic/events/a.ndjson", events(1))
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


def test_overlapping_and_growing_files(project: Project) -> None:
    """A file re-sent with some old rows, or grown in place, must bring its new rows only."""
    path = project.write("generic/events/a.ndjson", events(1, 2))
    project.load()
    path.write_text(events(1, 2, 3))
    project.write("generic/events/b.ndjson", events(2, 4, 4))
    assert project.load().batch == 2
    assert project.ledger("generic/events/a.ndjson") == (3, 1, 2, 0)
    assert project.ledger("generic/events/b.ndjson") == (3, 1, 2, 0)
    assert project.rows("select message_id, _batch from raw_generic.events order by 1") == [
        ("m1", 1),
        ("m2", 1),
        ("m3", 2),
        ("m4", 2),
    ]


@pytest.mark.parametrize("broken", ["book", "locate"])
def test_interrupted_load_leaves_nothing_half(project: Project, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    """A crash between rows and books would load the file again, or book rows that are not there."""
    project.write("generic/orders/a.csv", orders_csv("a,2026-01-31,1,", "b,never,1,"))
    project.write("generic/events/a.ndjson", events(1))
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
