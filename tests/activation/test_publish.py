"""Publishing: whole or not at all, private, repeatable, and in agreement with the ledger whatever happens between two steps."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from activation_shop import Killed, Person, Shop, agree, manifest, people, rows

from dagster_project.activation import publish
from dagster_project.activation.build import run_activation
from dagster_project.errors import RelanceError

STEPS = ["_write", "_check", "_write_manifest", "_write_outbox", "_move_into_place", "commit", "point_latest"]


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_killed_between_two_steps(shop: Shop, monkeypatch: pytest.MonkeyPatch, step: str, moment: str) -> None:
    """A crash leaves the old or the new state, and after the next command the same state as if nothing had happened."""
    shop.fill(people(6))
    shop.run(run_id="first")
    shop.fill(people(6, start=2))
    real = getattr(publish, step)

    def killed(*args: Any) -> Any:
        if moment == "after":
            real(*args)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(publish, step, killed)
        with pytest.raises(Killed):
            shop.run(run_id="second")
    shop.as_of = shop.as_of.replace(day=shop.as_of.day - 1)
    result = shop.run(run_id="second")
    assert (result.adds, result.removes, result.held) == (2, 2, 6)
    agree(shop)
    latest = (shop.exports / "meta_custom_audience/test/latest").read_text()
    assert latest == f"{shop.as_of:%Y%m%dT%H%M%SZ}/second\n"
    assert sorted(shop.ledger()[6:]) == [
        ("add", "new", "p0006"), ("add", "new", "p0007"), ("remove", "left", "p0000"), ("remove", "left", "p0001"),
    ]  # fmt: skip


def test_the_same_run_again_writes_nothing(shop: Shop) -> None:
    """A repeated run must find its work done: another upload of the same is a second set of changes to a platform."""
    shop.fill(people(4))
    first = shop.run(run_id="one")
    before = shop.tree()
    stamp = first.files[0].stat().st_mtime_ns
    again = run_activation(shop.settings, shop.con, shop.activation(), "one", shop.as_of)
    assert (again.status, again.rows, again.preview, again.coverage) == ("already_published", 4, first.preview, first.coverage)
    assert shop.tree() == before
    assert first.files[0].stat().st_mtime_ns == stamp
    assert len(shop.ledger()) == 4


def test_same_input_same_bytes(tmp_path: Path) -> None:
    """Without byte-equal files nobody can tell a re-run from a change; order of rows and threads must not show."""
    trees = []
    for name, threads in (("one", 1), ("two", 4)):
        shop = Shop(tmp_path / name)
        shop.con.execute(f"set threads = {threads}")
        everybody = people(300)
        shop.fill(everybody if name == "one" else everybody[::-1])
        for destination in ("google_customer_match", "brevo"):
            run_activation(shop.settings, shop.con, shop.activation(destination), destination, shop.as_of)
        trees.append(shop.tree())
        shop.con.close()
    assert trees[0] == trees[1]
    assert len(trees[0]) == 6


def test_files_are_the_owner_s_alone(shop: Shop, tmp_path: Path) -> None:
    """Upload files and kept identifiers are personal data: no other account of the machine may read them."""
    before = os.umask(0)
    try:
        shop.fill(people(3))
        shop.run()
    finally:
        os.umask(before)
    for root in (shop.exports / "meta_custom_audience", shop.settings.state_path / "outbox"):
        assert root.stat().st_mode & 0o777 == 0o700
        for path in root.rglob("*"):
            assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path.name


def test_manifest_says_what_the_files_are(shop: Shop) -> None:
    """The manifest is what a delivery is checked against."""
    shop.fill(people(3))
    shop.run()
    shop.fill(people(3, start=1))
    result = shop.run()
    told = manifest(result)
    assert (told["activation"], told["destination"], told["audience"]) == ("test", "meta_custom_audience", "buyers")
    assert (told["mode"], told["run_id"], told["as_of"], told["schema_version"]) == ("delta", "run2", "2026-03-03T06:00:00Z", 1)
    assert (told["adds"], told["removes"], told["held"], told["rows"], told["members"]) == (1, 1, 3, 2, 3)
    assert [(file["name"], file["operation"], file["rows"]) for file in told["files"]] == [
        ("add.csv", "add", 1), ("remove.csv", "remove", 1),
    ]  # fmt: skip
    for file in told["files"]:
        assert hashlib.sha256((result.folder / file["name"]).read_bytes()).hexdigest() == file["sha256"]  # type: ignore[operator]
    assert told["previous"] == "meta_custom_audience/test/20260302T060000Z/run1"
    assert told["coverage"]["email"] == {"rows": 3, "share": 1.0}
    assert "@" not in json.dumps(told)


@pytest.mark.parametrize("name", ["brevo", "meta_custom_audience", "criteo"])
def test_an_empty_full_file_takes_everybody_off_only_where_that_is_declared(shop: Shop, name: str) -> None:
    """A feed that breaks empties an audience overnight: a platform whose list is replaced by nothing forgets it by morning."""
    options: dict[str, Any] = {"mode": "full", "match_keys": ("email",), "minimum_rows": 2}
    careful = shop.activation(name, name="careful", **options)
    declared = shop.activation(name, name="declared", empty_full=True, **options)
    shop.fill(people(3))
    assert [shop.run(each).rows for each in (careful, declared)] == [3, 3]
    # Too few are as few as ever: only nobody at all is what was declared.
    shop.fill(people(1))
    assert [[path.name for path in shop.run(each).files] for each in (careful, declared)] == [["remove.csv"], ["remove.csv"]]
    shop.fill([])
    kept, emptied = shop.run(careful), shop.run(declared)
    assert [path.name for path in kept.files] == ["remove.csv"] and kept.passed
    assert [path.name for path in emptied.files] == ["full.csv", "remove.csv"] and emptied.passed
    delimiter = declared.destination.file.delimiter
    assert rows(emptied, "full.csv", delimiter) == [] and (emptied.removes, emptied.held) == (1, 0)
    assert shop.run(declared).status == "unchanged"


def test_nothing_new_writes_no_folder(shop: Shop) -> None:
    """An empty delta is no export: a folder without news makes people upload nothing."""
    shop.fill(people(3))
    shop.run()
    before = shop.tree()
    result = shop.run()
    assert (result.status, result.folder, result.skipped) == ("unchanged", None, "nothing has changed since the last export")
    assert shop.tree() == before


def spoil(shop: Shop, monkeypatch: pytest.MonkeyPatch, change: Callable[[bytes], bytes], only: str) -> None:
    """Let files of one operation be written wrong, as a bug would."""
    real = publish.write_files

    def write(con: Any, folder: Path, view: str, parts: int, operation: str, *rest: Any) -> Any:
        written = real(con, folder, view, parts, operation, *rest)
        if operation == only:
            path = folder / written[0].name
            path.write_bytes(change(path.read_bytes()))
        return written

    monkeypatch.setattr(publish, "write_files", write)


def lines(text: bytes) -> list[bytes]:
    return text.splitlines(keepends=True)


@pytest.mark.parametrize(
    ("change", "failing"),
    [
        (lambda text: text.replace(b"email", b"e-mail", 1), "table_columns_to_match_ordered_list:None"),
        (lambda text: b"", "table_columns_to_match_ordered_list:None"),
        (lambda text: text + lines(text)[-1].translate(bytes.maketrans(b"012345", b"123450")), "column_values_to_be_in_set:rows"),
        (lambda text: b"".join(lines(text)[:-1]), "column_values_to_be_in_set:rows"),
        (lambda text: b"".join([*lines(text)[:-1], lines(text)[1]]), "column_values_to_be_in_set:duplicate_rows"),
        (lambda text: re.sub(rb"\n[0-9a-f]{64}", b"\n", text, count=1), "column_values_to_be_in_set:rows_without_identifier"),
        (lambda text: re.sub(rb"\n[0-9a-f]{64}", b"\nann@example.com", text, count=1), "column_values_to_match_regex:email_1"),
        (lambda text: lines(text)[0] + b"".join(lines(text)[1:]).upper(), "column_values_to_match_regex:email_1"),
        (lambda text: text[:-1] + b"\x00\n", "column_values_to_match_regex:country"),
        (lambda text: text[:-200] + b'"\n', "file_to_be_readable_csv:None"),
    ],
)  # fmt: skip
def test_a_wrong_file_stays_in_the_house(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, change: Callable[[bytes], bytes], failing: str
) -> None:
    """A wrong header or a plain e-mail among hashes must not leave; the last good export stays, the check names nobody."""
    shop.fill(people(3))
    shop.run()
    before, ledger = shop.tree(), shop.ledger()
    shop.fill(people(6))
    with monkeypatch.context() as patch:
        spoil(shop, patch, change, "add")
        result = shop.run(run_id="broken")
    assert (result.status, result.folder, result.passed) == ("failed", None, False)
    assert failing in {f"{finding.expectation}:{finding.column}" for check in result.checks for finding in check.failed()}
    assert "@" not in " ".join(check.summary() for check in result.checks)
    assert (shop.tree(), shop.ledger()) == (before, ledger)
    assert not list(shop.exports.rglob(".*"))
    assert shop.run(run_id="mended").adds == 3


def test_a_torn_address_stays_in_the_house(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Google matches an address by all four columns: a row with three of them is a bug somewhere."""
    shop.fill([Person("a", ["a@example.com"], first_name="Ann", last_name="Roy", postal_code="75001")])
    google = shop.activation("google_customer_match")
    with monkeypatch.context() as patch:
        spoil(shop, patch, lambda text: text.replace(b",FR,", b",,"), "add")
        result = shop.run(google)
    assert [finding.column for check in result.checks for finding in check.failed()] == ["rows_with_incomplete_sets"]
    assert shop.run(google).passed


def test_leftovers_of_a_killed_run_are_not_published(shop: Shop) -> None:
    """A file left in the temporary folder by a killed attempt must not ride along with the next one."""
    shop.fill(people(3))
    left = shop.exports / "meta_custom_audience/test/.tmp-one/remove.csv"
    left.parent.mkdir(parents=True)
    left.write_text("left")
    result = run_activation(shop.settings, shop.con, shop.activation(), "one", shop.as_of)
    assert {path.name for path in (result.folder or Path()).iterdir()} == {"add.csv", "manifest.json"}


def test_a_removal_does_not_wait_for_a_wrong_add_file(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody withdrew: a bug in the add file is no reason to keep advertising to them."""
    shop.fill(people(4))
    shop.run()
    shop.fill(people(4, start=1))
    with monkeypatch.context() as patch:
        spoil(shop, patch, lambda text: text.upper(), "add")
        result = shop.run(run_id="broken")
    assert (result.status, result.passed, [path.name for path in result.files]) == ("failed", False, ["remove.csv"])
    assert (result.removes, result.adds, result.held) == (1, 0, 3)
    again = run_activation(shop.settings, shop.con, shop.activation(), "broken", shop.as_of)
    assert (again.status, again.passed) == ("failed", False)
    assert shop.run().adds == 1
    agree(shop)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), duckdb.IOException("No space left on device")])
@pytest.mark.parametrize("step", ["_write", "_move_into_place", "commit", "point_latest"])
def test_a_full_disk_is_told_and_leaves_nothing_torn(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, step: str, error: Exception
) -> None:
    """A full disk must end in one sentence and, at the latest with the next command, in a state that agrees."""
    shop.fill(people(3))
    shop.run()
    before = shop.tree()
    shop.fill(people(5))

    def full(*_: Any) -> Any:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(publish, step, full)
        with pytest.raises(RelanceError, match=r"The export (can't be written|is there but)"):
            shop.run()
    if step in ("_write", "_move_into_place"):
        assert shop.tree() == before
    shop.run()
    assert len(shop.ledger()) == 5
    agree(shop)


def test_the_past_is_refused(shop: Shop) -> None:
    """An export of yesterday after today's would undo today's at the platform."""
    shop.fill(people(3))
    shop.run(days=5)
    with pytest.raises(RelanceError, match="newer than this run's"):
        shop.run(days=-1)


def test_caps_split_files(shop: Shop) -> None:
    """A platform refuses a file above its cap; each part must be an upload of its own, and none lose or repeat a person."""
    shop.fill(people(250))
    by_rows = shop.run(shop.activation(max_rows=100))
    assert [path.name for path in by_rows.files] == ["add-001.csv", "add-002.csv", "add-003.csv"]
    assert sum(len(rows(by_rows, path.name)) for path in by_rows.files) == 250
    by_bytes = shop.run(shop.activation("brevo", max_bytes=2000))
    assert len(by_bytes.files) > 3
    assert all(path.stat().st_size <= 2000 for path in by_bytes.files)
    assert len({row[0] for path in by_bytes.files for row in rows(by_bytes, path.name, ";")}) == 250
    agree(shop)


@pytest.mark.parametrize("address", ["=1+1@example.com", "a,b@example.com", 'a";"b@example.com'])
def test_formulas_are_defused_where_people_open_files(shop: Shop, address: str) -> None:
    """A name that a spreadsheet runs as a formula attacks whoever opens the file; an odd address must not stop the rest."""
    evil = ["=HYPERLINK(1)", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", 'a";=1+1', "Zoé"]
    shop.fill([Person(f"p{n}", [f"e{n}@example.com"], first_name=name) for n, name in enumerate(evil)])
    shop.con.execute("insert into audiences.members values ('buyers', 'retargeting', 'bad', null, false)")
    shop.con.execute(f"insert into profiles.profiles (profile_id, email) values ('bad', '{address}')")
    shop.con.execute("insert into profiles.consents values ('bad', 'email', 'granted', null)")
    result = shop.run(shop.activation("brevo"))
    assert result.suppressed["identifier"] == 1
    names = {row[1] for row in rows(result, "add.csv", ";")}
    assert names == {"'=HYPERLINK(1)", "'+1+1", "'-1+1", "'@SUM(A1)", "'=1+1", 'a";=1+1', "Zoé"}


def test_preview_shows_nobody(shop: Shop) -> None:
    """What Dagster shows is seen by people who may not see the customers."""
    shop.fill(people(5))
    shown = shop.run(shop.activation("brevo")).preview
    assert shown == [{"EMAIL": "p***@***", "FIRSTNAME": "Z***", "LASTNAME": "O***"}] * 3
    hashed = shop.run().preview[0]
    assert len(hashed["email 1"]) == 7
    assert hashed["email 2"] == ""
