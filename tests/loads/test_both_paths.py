"""Files are read fast, many together, or record by record: what comes of them is the same."""

from __future__ import annotations

import csv
import io
import json
import random

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.loads import group, lines
from dagster_project.loads.read import Mismatch

from .landing import OneFile, Project, events, orders_csv


@pytest.mark.parametrize("name", ["orders/a.csv", "events/a.ndjson"])
def test_reader_that_disagrees_with_the_count(project: Project, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A reader that drops a row must be found out, and the file read exactly."""
    read, cut = group.read_fast, lines.whole_lines

    def drops_one(con: duckdb.DuckDBPyConnection, *rest: object) -> object:
        landed = read(con, *rest)  # type: ignore[arg-type]
        if name.endswith("csv"):
            con.execute("delete from load_landed where rowid = 0")
        return landed

    monkeypatch.setattr(group, "read_fast", drops_one)
    monkeypatch.setattr(lines, "whole_lines", lambda *rest: (block.partition(b"\n")[2] for block in cut(*rest)))
    project.write(f"generic/{name}", events(1, 2, 3) if "events" in name else orders_csv(*(f"{i},2026-01-31,1," for i in "abc")))
    project.load()
    assert project.ledger(f"generic/{name}") == (3, 3, 0, 0)
    assert "record by record" in str(project.note(f"generic/{name}"))


Rows = list[tuple[str, str, str]]
ROWS = st.lists(
    st.tuples(
        st.text('aé"\n,; ', max_size=5),
        st.sampled_from(["1", "2.50", "x", "", " 3"]),
        st.sampled_from(["2026-01-31", "", "soon"]),
    ),
    max_size=8,
)


@settings(max_examples=5)
@given(files=st.lists(st.tuples(ROWS, st.sampled_from(["csv", "ndjson"])), min_size=2, max_size=4))
def test_both_paths_agree(one_file: OneFile, files: list[tuple[Rows, str]]) -> None:
    """The exact path must make of a file what the fast path makes of it, or one fault in a file would change its good rows."""

    def content(rows: Rows, kind: str, name: str) -> bytes:
        columns = ["order_id", "note", "total", "ordered_at"]
        named = [dict(zip(columns, (f"{name}-{place}", *row), strict=True)) for place, row in enumerate(rows)]
        if kind == "ndjson":
            return "\n".join(json.dumps(row) for row in named).encode()
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(named)
        return text.getvalue().encode()

    def outcome(path: str) -> list[tuple]:
        contents = [(kind, content(rows, kind, f"{path}{place}")) for place, (rows, kind) in enumerate(files)]
        books = one_file.load_all("orders", contents, twice=False)
        found = "substr(order_id, 6), total, ordered_at, _extra, _line"
        refused = [[(line, reason) for line, reason, _ in one_file.refused(part)] for part in range(len(files))]
        return [(line, one_file.newest("orders", found, part), refused[part]) for part, line in enumerate(books)]

    def read_exactly() -> tuple:
        query = "select count(*) from quality.load_ledger where note like 'read record by record%'"
        return one_file.con.execute(query).fetchone()

    before = read_exactly() if one_file.count else (0,)
    fast = outcome("fast:")
    assert read_exactly() == before
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(group, "read_fast", lambda *_: (_ for _ in ()).throw(Mismatch("told to")))
        assert outcome("exact") == fast


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
