"""What is kept from one project to the next: found again, or quietly not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project import kept_work


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(kept_work.FOLDER, str(tmp_path / "cache"))
    return tmp_path / "cache"


@given(content=st.binary())
def test_what_was_kept_is_found(content: bytes) -> None:
    kept_work.keep("name", content)
    assert kept_work.kept("name") == content
    assert kept_work.kept("another name") is None


@given(content=st.binary(min_size=1), place=st.integers(min_value=0), cut=st.booleans())
def test_what_was_damaged_is_not_there(content: bytes, place: int, cut: bool) -> None:
    """Half a file, or one with a bit turned, must not be taken for the whole."""
    kept_work.keep("name", content)
    path = Path(os.environ[kept_work.FOLDER]) / "name"
    whole = path.read_bytes()
    at = 10 + place % (len(whole) - 10)  # the header before it holds a date, which says nothing of the content
    path.write_bytes(whole[:at] if cut else whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    assert kept_work.kept("name") in (None, content)


def test_what_was_used_longest_ago_makes_room(folder: Path) -> None:
    """Nobody empties a folder that nobody knows of."""
    for number in range(100):
        kept_work.keep(f"{number}", b"content")
        os.utime(folder / f"{number}", (number, number))
        if number == 60:
            assert kept_work.kept("20") == b"content"
    left = {path.name for path in folder.iterdir()}
    assert len(left) == 64
    assert {"20", "99"} <= left
    assert not {"10", "21"} & left


def test_it_may_be_turned_off_and_may_be_impossible(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run must not fail where the user may write nowhere but into the project."""
    monkeypatch.setenv(kept_work.FOLDER, "")
    kept_work.keep("name", b"content")
    assert kept_work.kept("name") is None
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(kept_work.FOLDER, str(tmp_path / "file" / "cache"))
    kept_work.keep("name", b"content")
    assert kept_work.kept("name") is None
