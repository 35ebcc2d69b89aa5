"""One event told twice in different words: which telling is kept must hang on neither files nor loads nor their order."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.loads.books import unbalanced

from .landing import OneFile, Project, event, orders_csv

CONTENT = "message_id, received_at, user_id, _extra"

TELLINGS = st.fixed_dictionaries(
    {"number": st.integers(1, 4)},
    optional={
        "received_at": st.sampled_from(["2026-01-31T10:00:00Z", "2026-01-31T11:00:00Z", "2026-01-31T11:00:00+01:00", ""]),
        "user_id": st.sampled_from(["x", "y", ""]),
        "shade": st.sampled_from(["red", 1, None]),
        "timestamp": st.sampled_from(["2026-01-31T10:00:00Z", "never", "2037-01-01"]),
    },
)


def kept(con: duckdb.DuckDBPyConnection) -> list[tuple]:
    """The raw rows, and proof that the books balance, for every line of the ledger too."""
    assert unbalanced(con) == []
    wrong = con.execute(
        """select count(*) from quality.load_ledger where rows_accepted < 0
            or rows_read <> rows_accepted + rows_duplicate + rows_quarantined"""
    ).fetchone()
    assert wrong == (0,)
    return con.execute(f"select {CONTENT}, _happened_at from raw_generic.events order by all").fetchall()


def load_in_parts(one_file: OneFile, loads: list[list[list[dict[str, Any]]]]) -> list[tuple]:
    """Raw rows after loads of files of tellings, into a warehouse without rows."""
    for table in ("raw_generic.events", "quality.load_ledger", "quality.quarantine", "quality.landing_files", "quality.replaced"):
        if one_file.con.execute(
            "select count(*) from duckdb_tables() where table_name = ?", [table.split(".")[1]]
        ).fetchone() != (0,):
            one_file.con.execute(f"delete from {table}")
    for files in loads:
        contents = ["\n".join(event(**telling) for telling in tellings).encode() for tellings in files]
        one_file.load_all("generic.events", [("ndjson", content) for content in contents], twice=False)
    return kept(one_file.con)


@settings(max_examples=10, deadline=None)
@given(data=st.data(), tellings=st.lists(TELLINGS, min_size=1, max_size=8))
def test_any_order_ends_the_same(one_file: OneFile, data: st.DataObject, tellings: list[dict[str, Any]]) -> None:
    """The same events in another order, other files or other loads would make another shop, and another export."""
    whole = load_in_parts(one_file, [[tellings]])
    shuffled = data.draw(st.permutations(tellings))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(tellings)), max_size=4)))
    parts = [shuffled[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(tellings)], strict=True)]
    loads: list[list[list[dict[str, Any]]]] = []
    for part in parts:
        if not loads or data.draw(st.booleans()):
            loads.append([])
        loads[-1].append(part)
    assert load_in_parts(one_file, loads) == whole
    assert len(whole) == len({row[0] for row in whole})


def test_the_first_receipt_wins(project: Project) -> None:
    """A retry with a later time of receipt would move the event; an earlier one that comes late must move it back."""
    late, early = (event(1, received_at=f"2026-01-31T1{hour}:00:00Z") for hour in (1, 0))
    project.write("generic/events/a.ndjson", late)
    project.load()
    project.write("generic/events/b.ndjson", early + "\n" + late)
    assert project.load().batch == 2
    assert project.rows("select received_at::varchar, _file, _line, _batch from raw_generic.events") == [
        ("2026-01-31 10:00:00", "generic/events/b.ndjson", 1, 2)
    ]
    assert project.ledger("generic/events/a.ndjson") == (1, 0, 1, 0)
    assert project.ledger("generic/events/b.ndjson") == (2, 1, 1, 0)
    assert project.rows("select source, entity, _key, batch from quality.replaced") == [("generic", "events", "m1", 2)]
    project.write("generic/events/c.ndjson", late)
    project.load()
    assert project.value("select count(*) from quality.replaced") == 1


def test_equal_tellings_replace_nothing(project: Project) -> None:
    """A re-sent event that says the same must not make every table start afresh."""
    project.write("generic/events/a.ndjson", event(1, total=1))
    project.load()
    project.write("generic/events/b.ndjson", event(1, total=1) + "\n" + event(2))
    project.load()
    assert project.value("select count(*) from quality.replaced") == 0
    assert project.rows("select message_id, _batch from raw_generic.events order by 1") == [("m1", 1), ("m2", 2)]


def test_versions_are_never_replaced(project: Project) -> None:
    """An order's earlier version is its history, whichever came first."""
    project.write("generic/orders/2026-01-02.csv", orders_csv("a,2026-01-31,2,"))
    project.load()
    project.write("generic/orders/2026-01-01.csv", orders_csv("a,2026-01-31,1,", "a,2026-01-31,1,"))
    project.load()
    assert project.rows("select total::int, _landed_on::date::varchar from raw_generic.orders order by 2") == [
        (1, "2026-01-01"), (2, "2026-01-02"),
    ]  # fmt: skip


def test_a_format_is_no_content(project: Project) -> None:
    """The same event as NDJSON and as Parquet is one event, told alike."""
    project.write("generic/events/a.ndjson", event(1, received_at="2026-01-31T10:00:00Z", properties={"n": 1}))
    project.load()
    row = json.loads(event(1, received_at="2026-01-31T10:00:00Z")) | {"properties": '{"n":1}'}
    pq.write_table(pa.Table.from_pylist([row]), project.landing / "generic/events/b.parquet")
    project.load()
    assert project.value("select count(*) from quality.replaced") == 0
    assert project.ledger("generic/events/b.parquet") == (1, 0, 1, 0)
