"""Refused rows can be mended and loaded after all, and the books say so."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.errors import RelanceError
from dagster_project.loads.books import unbalanced
from dagster_project.loads.mend import MendedRows, write_open
from dagster_project.loads.replay import replay

from .landing import OneFile, Project, event, orders_csv

FILE = "generic/orders/a.csv"


def again(project: Project, **options: object) -> tuple[int, int, int]:
    """Replay; (accepted, duplicate, refused) of all entities. The books must balance."""
    with project.warehouse() as con:
        done = replay(project.settings, con, **options)  # type: ignore[arg-type]
        assert unbalanced(con) == []
    return sum(r.accepted for r in done), sum(r.duplicate for r in done), sum(r.refused.total() for r in done)


def reasons(project: Project) -> list[str]:
    return [reason for _, _, reason, _ in project.quarantine()]


def open_rows(project: Project) -> int:
    return project.value("select count(*) from quality.quarantine where settled_at is null")


def test_a_mended_mapping_brings_the_rows_in(project: Project) -> None:
    """A file whose columns were mapped too late may be gone by then; its rows must load from what was kept."""
    path = project.write(FILE, 'nr;wann;betrag;notiz\n1;2026-01-31;5,;"x; ""y""\nz"\n2;2026-01-31;7;\n2;2026-01-31;7;\n')
    project.load()
    assert project.ledger(FILE) == (3, 0, 0, 3)
    path.unlink()
    assert again(project) == (0, 0, 3)
    project.configure("sources: {generic: {orders: {columns: {order_id: nr, ordered_at: wann, total: betrag}}}}")
    assert again(project) == (1, 1, 1)
    assert project.ledger(FILE) == (3, 1, 1, 1)
    assert reasons(project) == ["`total` (from `betrag`) is not a number with a decimal point"]
    assert project.rows("select order_id, total::int, _extra, _file, _line, _batch from raw_generic.orders") == [
        ("2", 7, None, FILE, 2, 2)
    ]
    assert project.rows("select record, outcome, is_mended, batch from quality.replays order by 1") == [
        (2, "accepted", False, 2),
        (3, "duplicate", False, 2),
    ]
    project.write("generic/orders/b.csv", "nr,wann,betrag\n3,2026-01-31,1\n")
    assert project.load().batch == 3
    assert again(project) == (0, 0, 1)


def test_a_replayed_row_is_the_row_the_file_would_have_brought(project: Project) -> None:
    """A replayed row that differed from the file's own in a trifle would be there twice once the file is read again."""
    table = pa.table(
        {
            "nr": [1.0, 2.0], "ordered_at": pa.array([1_700_000_000_000_000] * 2, pa.timestamp("us", "UTC")), "total": [1.5, 2.0],
            "more": [{"x": [1, 2]}, None], "note": ["é 'q'", " "], "gap": [float("nan"), 3.0],
        }
    )  # fmt: skip
    (project.landing / "generic/orders").mkdir(parents=True)
    pq.write_table(table, project.landing / "generic/orders/p.parquet")
    project.write(FILE, 'nr,ordered_at,total,note,Größe\n7,2026-01-31T10:00:00,1.10,"a ""b""\n", c \n8,31/01/26,1,,\n')
    project.write(
        "generic/orders/j.ndjson", '{"nr": 9, "ordered_at": "2026-01-31", "total": 1.10, "deep": {"a": 1.50}, "n": null}\n'
    )
    project.configure("sources: {generic: {timezone: Europe/Paris}}")
    project.load()
    project.configure("sources: {generic: {timezone: Europe/Paris, orders: {columns: {order_id: nr}}}}")
    assert again(project) == (4, 0, 1)
    content = "select * exclude (_batch, _loaded_at) from raw_generic.orders order by _file, _line"
    replayed = project.rows(content)
    project.load()
    assert project.rows(content) == replayed
    with project.warehouse() as con:
        con.execute("delete from raw_generic.orders; delete from quality.load_ledger; delete from quality.landing_files")
        con.execute("delete from quality.quarantine")
    project.load()
    assert project.rows(content) == replayed


def test_a_row_from_before_its_time_loads_when_the_rule_allows_it(project: Project) -> None:
    """What is still wrong must stay, with the reason that holds today and none of its values."""
    project.write("generic/events/e.ndjson", "\n".join([event(1), event(2, timestamp="soon"), "{broken", event(3)[:-1]]))
    project.load()
    assert again(project) == (0, 0, 3)
    assert [r for r in reasons(project) if "JSON object" in r] == ["the line is not a JSON object of moderate depth"] * 2
    with project.warehouse() as con:
        con.execute("update quality.quarantine set reason = 'an old reason' where record = 2")
    assert again(project) == (0, 0, 3)
    assert "an old reason" not in reasons(project)


def test_rows_of_which_there_is_not_enough_stay(project: Project) -> None:
    """Half a line, a cut line or a line with a NUL can look like a good row; loading it would put garbage in its place."""
    data = gzip.compress((event(1) + "\n" + event(2)).encode(), mtime=0)
    project.write("generic/events/cut.ndjson.gz", data[:-8])
    project.write(FILE, orders_csv("a,2026-01-31,1,x\0y"))
    project.write("generic/products/p.csv", "product_id,title\n1,Müller\n".encode() + "2,Peña\n".encode("latin-1"))
    project.load()
    before = project.quarantine()
    assert len(before) == 3
    assert again(project) == (0, 0, 3)
    assert project.quarantine() == before


def test_limits(project: Project) -> None:
    """A replay of one source must not touch another, and a slip of the pen must not look like nothing to do."""
    project.write(FILE, orders_csv("a,never,1,"))
    project.write("generic/contacts/c.csv", "contact_id,birth_date\n1,never\n")
    project.load()
    assert again(project, entity="contacts") == (0, 0, 1)
    assert again(project, source="shopify") == (0, 0, 0)
    for wrong in ({"source": "shopfy"}, {"entity": "oders"}):
        with pytest.raises(RelanceError, match="did you mean"):
            again(project, **wrong)
    with pytest.raises(RelanceError) as caught:
        again(project, entity="nope")
    assert len(str(caught.value)) < 200 and "relance report" in str(caught.value)


def test_a_corrected_file_settles_its_rows(project: Project) -> None:
    """Rows of a file that was corrected must not be told as open for ever, nor come in by a replay beside their correction."""
    first = orders_csv("a,2026-01-31,1,", "b,never,2,")
    path = project.write(FILE, first)
    project.load()
    path.write_text(orders_csv("a,2026-01-31,1,", "b,2026-01-30,2,"))
    project.load()
    assert project.rows("select settlement, settled_at is null from quality.quarantine") == [("corrected file", False)]
    assert again(project) == (0, 0, 0)
    path.write_text(first)
    project.load()
    assert open_rows(project) == 1


def test_a_file_read_again_under_another_mapping_settles_its_rows(project: Project) -> None:
    """The same file under a mended mapping: its former refusals are over."""
    project.write(FILE, "nr,ordered_at,total\n1,2026-01-31,5\n")
    project.load()
    project.configure("sources: {generic: {orders: {columns: {order_id: nr}}}}")
    project.load()
    assert project.rows("select settlement from quality.quarantine") == [("read again under another mapping",)]
    assert (open_rows(project), project.value("select count(*) from raw_generic.orders")) == (0, 1)


def mend(project: Project, folder: Path) -> tuple[int, int, int]:
    return again(project, mended=MendedRows(folder))


def write_out(project: Project, folder: Path) -> dict[Path, int]:
    """Write the open rows out; the files with their numbers of rows."""
    with project.warehouse() as con:
        return dict(write_open(con, folder))


def refused_and_mended(project: Project, folder: Path) -> Path:
    """Land a file whose one order has no date, write it out and put the date in; returns the landed file."""
    path = project.write(FILE, orders_csv("a,never,1,"))
    project.load()
    (written,) = write_out(project, folder)
    written.write_text(written.read_text().replace("never,", "2026-01-30,"))
    return path


def test_rows_mended_by_hand(project: Project, tmp_path: Path) -> None:
    """Somebody corrects a date in a spreadsheet: that row loads under its old place, the others stay."""
    path = project.write(
        FILE, orders_csv("a,never,1,", 'b,2026-01-31,2,"x', "c,2026-01-31", "d,2026-01-31,EUR 4,", "e,2026-01-31,5,\0")
    )
    project.write(
        "generic/events/e.ndjson", "{broken\n" + event(2, timestamp="soon", properties={"n": 0})[:-2] + ', "x": 1.10}}\n'
    )
    project.load()
    path.unlink()
    written = write_out(project, tmp_path / "open")
    csv_file, json_file = tmp_path / "open/generic/orders/open_1.csv", tmp_path / "open/generic/events/open_1.ndjson"
    assert written == {csv_file: 5, json_file: 2} and csv_file.stat().st_mode & 0o077 == 0
    assert mend(project, tmp_path / "open") == (0, 0, 7)
    rows = list(csv.DictReader(csv_file.open()))
    assert [row["order_id"] for row in rows] == ["a", "b", "c", "d", "e"]
    assert "is not a time" in rows[0]["_reason"]
    rows[0]["ordered_at"], rows[1]["email"], rows[2]["total"] = "2026-01-30", "x", "3"
    with csv_file.open("w", encoding="utf-8-sig") as file:  # as a French spreadsheet saves it
        writer = csv.DictWriter(file, rows[0].keys(), delimiter=";")
        writer.writeheader()
        writer.writerows(row for row in rows if row["order_id"] != "e")
    broken, late = json_file.read_text().splitlines()
    mended = json.loads(broken) | {"_raw": event(1)}
    json_file.write_text(json.dumps(mended) + "\n" + late.replace("soon", "2026-01-31") + "\n")
    assert mend(project, tmp_path / "open") == (5, 0, 1)
    assert project.rows("select order_id, email, _file, _line from raw_generic.orders order by 1") == [
        ("a", None, FILE, 1), ("b", "x", FILE, 2), ("c", None, FILE, 3)
    ]  # fmt: skip
    assert project.rows("select message_id, properties, _extra from raw_generic.events order by 1") == [
        ("m1", None, None), ("m2", '{"n":0,"x":1.1}', None)
    ]  # fmt: skip
    assert project.ledger(FILE) == (5, 3, 0, 2)
    assert project.value("select bool_and(is_mended) from quality.replays")
    rows_of = MendedRows(tmp_path / "open")
    assert again(project, mended=rows_of) == (0, 0, 1) and rows_of.unknown == 5


def test_twins_are_mended_together(project: Project, tmp_path: Path) -> None:
    """A list sent again unchanged on the next day asks for one mending, not for one a day, and each day keeps its version."""
    text = "product_id,price\np,EUR 1\nq,2\n"
    for day in ("01", "02"):
        project.write(f"generic/products/2026-01-{day}/p.csv", text)
    project.load()
    assert open_rows(project) == 2
    ((path, count),) = write_out(project, tmp_path / "open").items()
    assert count == 1
    assert mend(project, tmp_path / "open") == (0, 0, 2)
    path.write_text(path.read_text().replace("EUR 1", "1"))
    assert mend(project, tmp_path / "open") == (2, 0, 0)
    assert open_rows(project) == 0
    assert project.rows("select price::int, day(_landed_on) from raw_generic.products where product_id = 'p' order by 2") == [
        (1, 1), (1, 2)
    ]  # fmt: skip


def test_mended_rows_of_a_file_that_was_corrected_meanwhile(project: Project, tmp_path: Path) -> None:
    """The third row of yesterday's file, mended by hand, is not the third row of today's: it must not be loaded in its place."""
    path = refused_and_mended(project, tmp_path / "open")
    path.write_text(orders_csv("b,never,1,"))
    project.load()
    rows = MendedRows(tmp_path / "open")
    assert again(project, mended=rows) == (0, 0, 0) and rows.unknown == 1
    assert project.value("select count(*) from raw_generic.orders") == 0


def test_mended_rows_are_not_asked_for_again(project: Project, tmp_path: Path) -> None:
    """A file that grows keeps its bad rows: those that were mended must not be open anew each time."""
    path = refused_and_mended(project, tmp_path / "open")
    assert mend(project, tmp_path / "open") == (1, 0, 0)
    path.write_text(orders_csv("a,never,1,", "b,never,1,"))
    project.load()
    query = "select record, settlement from quality.quarantine where batch = 3 order by 1"
    assert project.rows(query) == [(1, "mended before"), (2, None)]
    assert project.rows("select order_id from raw_generic.orders") == [("a",)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("_file,order_id\nx,1\n", "_record"),
        ("_file,_record,_sha256,order_id\nx,one,s,1\n", "open_1.csv:2"),
        ('_file,_record,_sha256,order_id\nx,1,s,"1\n', "quotes"),
        ("_file,_record,_sha256,order_id\nx,1,s,1\nx,1,s,2\n", "twice"),
    ],
)
def test_files_that_were_spoilt_in_mending(project: Project, tmp_path: Path, text: str, message: str) -> None:
    """A spreadsheet that cut a column would load rows as others, or nothing, without a word."""
    (tmp_path / "open/generic/orders").mkdir(parents=True)
    (tmp_path / "open/generic/orders/open_1.csv").write_text(text)
    with pytest.raises(RelanceError, match=message):
        MendedRows(tmp_path / "open")


def test_work_in_hand_is_not_written_over(project: Project, tmp_path: Path) -> None:
    """An hour of mending must not be lost to a second --write; an empty folder is no mended one."""
    project.write(FILE, orders_csv("a,never,1,"))
    project.load()
    write_out(project, tmp_path / "open")
    with pytest.raises(RelanceError, match="not empty"):
        write_out(project, tmp_path / "open")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RelanceError, match="no mended rows"):
        MendedRows(tmp_path / "empty")


def test_interrupted_replay_leaves_nothing_half(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash between raw rows and ledger would load the row again with the next replay."""
    project.write(FILE, "nr,ordered_at,total\n1,2026-01-31,5\n")
    project.load()
    project.configure("sources: {generic: {orders: {columns: {order_id: nr}}}}")

    def crash(*_: object) -> None:
        whole(*_)
        raise KeyboardInterrupt

    from dagster_project.loads import replay as module

    whole = module.write_rows
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(module, "write_rows", crash)
        again(project)
    with project.warehouse() as con:
        assert unbalanced(con) == []
    assert again(project) == (1, 0, 0)


VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8), st.sampled_from(["2026-01-31", "5", "x,y", '"', ""])
)


@settings(max_examples=7)
@given(
    rows=st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=6),
    lines=st.lists(st.sampled_from(['{"a": 1}', "{", '"', '{"order_id": "z", "ordered_at": 5, "total": 1}', "[]"]), max_size=4),
)
def test_whatever_was_refused_can_be_written_read_and_replayed(
    one_file: OneFile, tmp_path_factory: pytest.TempPathFactory, rows: list, lines: list[str]
) -> None:
    """Hostile rows must go out to the person and back without a crash, a lost row or one too many."""
    text = "order_id,ordered_at,total\n" + "".join(",".join(row) + "\n" for row in rows)
    one_file.load("orders", "csv", text.encode())
    one_file.load("orders", "ndjson", "\n".join(lines).encode())
    count = "select count(*) from quality.quarantine where settled_at is null"
    (before,) = one_file.con.execute(count).fetchone()
    folder = tmp_path_factory.mktemp("open") / "rows"
    written = write_open(one_file.con, folder)
    assert sum(n for _, n in written) == before
    done = replay(one_file.settings, one_file.con, mended=MendedRows(folder)) if before else []
    moved = sum(r.accepted + r.duplicate for r in done)
    assert sum(r.refused.total() for r in done) + moved == before
    assert one_file.con.execute(count).fetchone() == (before - moved,)
    assert unbalanced(one_file.con) == []
