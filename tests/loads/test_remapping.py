"""When the rules change by which a feed is read, its files are read again, and nothing of the former reading stays beside it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.loads import contract, group
from dagster_project.loads import load as load_module
from dagster_project.loads.books import LandedFile, unbalanced
from dagster_project.loads.load import load_landing
from dagster_project.loads.mend import MendedRows, write_open
from dagster_project.loads.replay import replay

from .landing import Project, event

MAPPINGS = {
    "plain": "",
    "other key": "sources: {generic: {events: {columns: {message_id: other}}, products: {columns: {product_id: other}}}}",
    "other values": "sources: {generic: {events: {columns: {user_id: who}}, products: {columns: {title: who, price: other}}}}",
    "key of two": "sources: {generic: {events: {key: [message_id, who]}, products: {key: [product_id, who]}}}",
    "zone": "sources: {generic: {timezone: Europe/Paris, products: {constants: {currency: EUR}}}}",
}
CONTENT = {
    "events": "_key, message_id, event, timestamp, user_id, _extra, _happened_at",
    "products": "_key, product_id, title, price, currency, _extra, _hash, _landed_on",
}
HEAD = "product_id,brand,other,who\n"
ROWS = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["1", "2", "x", ""]), st.sampled_from("uv")), max_size=4)
FILES = st.sampled_from(["a", "2026-01-01/b", "2026-01-02/c"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), FILES, ROWS),
        st.tuples(st.just("map"), st.sampled_from(list(MAPPINGS)), st.none()),
        st.tuples(st.just("load"), st.none(), st.none()),
    ),
    min_size=3,
    max_size=10,
)


def append(project: Project, name: str, head: str, lines: list[str]) -> None:
    path = project.landing / name
    before = path.read_text() if path.exists() else head
    project.write(name, before + "".join(f"{line}\n" for line in lines))


def told(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple]]:
    """What the raw tables say; which of two files that tell the same has the row is of no matter."""
    assert unbalanced(con) == []
    assert con.execute("select count(*) from quality.load_ledger where rows_accepted < 0 or rows_duplicate < 0").fetchone() == (
        0,
    )
    return {name: con.execute(f"select {what} from raw_generic.{name} order by all").fetchall() for name, what in CONTENT.items()}


def open_rows(con: duckdb.DuckDBPyConnection) -> list[tuple]:
    query = "select entity, file, record, reason from quality.quarantine where settled_at is null order by all"
    return con.execute(query).fetchall()


@settings(max_examples=10, deadline=None)
@given(steps=STEPS, last=st.sampled_from(list(MAPPINGS)))
def test_changed_rules_end_as_if_they_had_always_been(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple], last: str
) -> None:
    """Rows of two readings side by side double facts, bring dead versions back, and make figures hang on what was tried."""
    project = Project(tmp_path_factory.mktemp("remap") / "shop")
    with duckdb.connect(config={"threads": 1}) as con:
        for what, name, rows in [("append", "a", [("a", "1", "u")]), *steps, ("map", last, None)]:
            if what == "append":
                append(project, f"generic/products/{name}.csv", HEAD, [f"{key},x,{other},{who}" for key, other, who in rows])
                lines = [event(0, message_id=key, other=other, who=who) for key, other, who in rows]
                append(project, f"generic/events/{name}.ndjson", "", lines)
            elif what == "map":
                project.configure(MAPPINGS[name])
            else:
                load_landing(project.settings, con)
        with duckdb.connect(config={"threads": 1}) as fresh:
            load_landing(project.settings, fresh)
            load_landing(project.settings, con)
            assert told(con) == told(fresh)
            assert open_rows(con) == open_rows(fresh)


A, B = "generic/events/a.csv", "generic/events/b.csv"
EVENTS = "message_id,type,event,timestamp,other\n"
OTHER = "sources: {generic: {events: {columns: {message_id: other}}}}"


def open_rows_of(project: Project) -> list[tuple]:
    with project.warehouse() as con:
        return open_rows(con)


def ids(project: Project) -> list[tuple]:
    return project.rows("select message_id, _file from raw_generic.events order by all")


def test_the_books_tell_of_a_reading_that_was_taken_back(project: Project) -> None:
    """Tables that grow hold what was read first: without a trace in the journal they would keep it."""
    project.write(A, EVENTS + "1,page,,2026-01-31,x\n2,page,,never,y\n")
    project.load()
    project.configure(OTHER)
    summary = project.load()
    assert (summary.total("accepted"), summary.warnings) == (1, [])
    ledger = "select rows_read, rows_accepted, rows_duplicate, rows_quarantined, note from quality.load_ledger order by batch"
    assert project.rows(ledger) == [(2, 0, 1, 1, "read again under another mapping"), (2, 1, 0, 1, None)]
    assert ids(project) == [("x", A)]
    assert project.rows("select source, entity, _key, batch from quality.replaced") == [("generic", "events", None, 2)]
    assert project.value("select count(*) from quality.quarantine where settled_at is null") == 1
    assert project.load().files == 0


def test_a_crash_while_files_are_read_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until a file is read again its rows must stand: with them gone, whoever reads the warehouse finds an empty table."""
    project.write(A, EVENTS + "1,page,,2026-01-31,x\n")
    project.load()
    project.configure(OTHER)

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(load_module, "load_group", crash)
        project.load()
    assert ids(project) == [("1", A)]
    project.load()
    assert ids(project) == [("x", A)]


@pytest.mark.parametrize("left", [A, B])
@pytest.mark.parametrize("is_lost", [True, False])
def test_a_file_that_changes_while_it_is_read_again(
    project: Project, monkeypatch: pytest.MonkeyPatch, left: str, is_lost: bool
) -> None:
    """What can't be read again must stay as it was, and yet not stand beside today's reading of the same thing."""
    project.configure("sources: {generic: {products: {columns: {title: who}}}}")
    for name, who in [(A, "u"), (B, "v")]:
        project.write(name, EVENTS + f"1,page,,2026-01-31,{who}\n2{name},page,,2026-01-31,{who}\n")
    project.load()
    settled = group._insist_settled

    def changes(files: list[LandedFile]) -> None:
        if any(file.path == left for file in files):
            raise group.Unsettled
        settled(files)

    project.configure("sources: {generic: {events: {columns: {user_id: other}}}}")
    with monkeypatch.context() as patch:
        patch.setattr(group, "_insist_settled", changes)
        warnings = project.load().warnings
    assert any(left in warning for warning in warnings) and any("stay as they were read before" in told for told in warnings)
    (read,) = {A, B} - {left}
    who = {A: "u", B: "v"}
    assert project.rows("select message_id, user_id, _file from raw_generic.events order by 1") == sorted(
        [("1", who[read], read), (f"2{read}", who[read], read), (f"2{left}", None, left)]
    )
    if is_lost:
        (project.landing / left).unlink()
    project.load()
    assert project.rows("select user_id from raw_generic.events where message_id = ?", f"2{left}") == [
        (None if is_lost else who[left],)
    ]
    assert project.value("select count(*) from raw_generic.events") == 3


@pytest.mark.parametrize("name", [A, "generic/events/a.ndjson"])
@pytest.mark.parametrize("rules", ["key: [mesage_id]", "columns: {message_id: mesage_id}"])
def test_rules_by_which_no_row_can_be_used(project: Project, name: str, rules: str) -> None:
    """A typing error in relance.yml must not empty a table that was full yesterday."""
    project.write(name, EVENTS + "1,page,,2026-01-31,x\n2,page,,never,x\n" if name == A else event(1) + "\n{}\n")
    project.load()
    before, refused = ids(project), open_rows_of(project)
    project.configure(f"sources: {{generic: {{events: {{{rules}}}}}}}")
    for _ in range(2):
        warnings = project.load().warnings
        assert any(name in told and "none of its rows can be used" in told for told in warnings)
        assert (ids(project), open_rows_of(project)) == (before, refused)
    project.configure("")
    assert (project.load().warnings, ids(project), open_rows_of(project)) == ([], before, refused)


def test_a_file_that_moves_while_the_rules_change(project: Project) -> None:
    """The same bytes under another name, read by other rules, must take the place of their former reading."""
    path = project.write(A, EVENTS + "1,page,,2026-01-31,x\n2,page,,2026-01-31,y\n")
    project.load()
    path.rename(project.landing / B)
    project.configure(OTHER)
    assert project.load().warnings == []
    assert ids(project) == [("x", B), ("y", B)]


def test_rows_of_files_that_are_gone_stay_until_they_are_told_anew(project: Project) -> None:
    """A landing folder is emptied now and then: what came from it must not go with a new mapping, nor beat today's reading."""
    project.configure("sources: {generic: {events: {columns: {user_id: other}}}}")
    gone = project.write(A, EVENTS + "1,page,,2026-01-31,zz\n2,page,,2026-01-31,zz\n")
    project.load()
    gone.unlink()
    project.write(B, EVENTS + "1,page,,2026-01-31,aa\n")
    project.configure("sources: {generic: {events: {columns: {user_id: other}, constants: {event: Seen}}}}")
    project.load()
    found = project.rows("select message_id, user_id, event from raw_generic.events order by all")
    assert found == [("1", "aa", "Seen"), ("2", "zz", None)]
    gone.write_text(EVENTS + "3,page,,2026-01-31,aa\n")
    project.configure("")
    (warning,) = project.load().warnings
    assert "generic.events" in warning and "1 rows stay" in warning.replace("1 row stays", "1 rows stay")


def test_rows_mended_by_hand_outlast_a_changed_mapping(project: Project, tmp_path: Path) -> None:
    """An hour of mending must not be undone, nor be asked for again, because a column was mapped."""
    project.write(A, EVENTS + "1,page,,never,x\n")
    project.load()
    with project.warehouse() as con:
        ((written, _),) = write_open(con, tmp_path / "open")
        written.write_text(written.read_text().replace("never,", "2026-01-31,"))
        assert [r.accepted for r in replay(project.settings, con, mended=MendedRows(tmp_path / "open"))] == [1]
    project.configure("sources: {generic: {events: {columns: {user_id: other}}}}")
    project.load()
    assert ids(project) == [("1", A)]
    assert project.rows("select settlement from quality.quarantine") == [("mended before",)]


def test_a_contract_that_changed_reads_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new release that knows a vendor's column must fill it for old files too, or history has a hole nobody sees."""
    project.write(A, EVENTS + "1,page,,2026-01-31,x\n")
    project.load()
    entities = contract.load_contracts()["generic"]
    known = entities["events"].columns | {
        "user_id": entities["events"].columns["user_id"].model_copy(update={"aliases": ["other"]})
    }
    changed = entities["events"].model_copy(update={"columns": known})
    assert changed.fingerprint != entities["events"].fingerprint
    assert entities["events"].model_copy(update={"description": "Otherwise said."}).fingerprint == entities["events"].fingerprint
    monkeypatch.setitem(entities, "events", changed)  # type: ignore[arg-type]
    assert project.load().total("accepted") == 1
    assert project.rows("select user_id from raw_generic.events") == [("x",)]


def test_rules_of_an_older_release(project: Project) -> None:
    """A warehouse whose days of landing were dates must go on, with the same versions."""
    project.write("generic/products/2026-01-31/p.csv", "product_id,price\np,1\n")
    project.load()
    with project.warehouse() as con:
        con.execute("alter table raw_generic.products alter _landed_on type date")
        con.execute("alter table quality.load_ledger alter landed_on type date")
        con.execute("update quality.load_ledger set mapping = ''")
    project.load()
    assert project.rows("select price::int, _landed_on::varchar from raw_generic.products") == [(1, "2026-01-31 00:00:00")]
