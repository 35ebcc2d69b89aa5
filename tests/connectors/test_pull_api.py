"""Pulls from an API: paging, waiting, cursors, and what is left behind when it breaks."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from dagster_project.connectors.pull import pull_entity
from dagster_project.errors import RelanceError
from dagster_project.loads.discover import landed_on
from dagster_project.settings import Settings

from .api import CURSOR, PAGES, Api, contact, pull_of
from .conftest import files_of, load, rows_of

Make = Callable[..., Settings]


def pull(settings: Settings):
    return pull_entity(settings, "generic", "contacts")


@pytest.mark.parametrize(("path", "paginator", "pages"), [("cursor", CURSOR, 3), ("pages", PAGES, 4)])
def test_every_page_is_read(make_project: Make, api: Api, path: str, paginator: str, pages: int) -> None:
    """A pull that stops after its first page looks like a small company."""
    api.rows = [contact(number) for number in range(7)]
    project = make_project(pull_of(api.url, path, paginator))
    pulled = pull(project)
    assert (pulled.rows, pulled.pages) == (7, pages)
    assert rows_of(project, pulled.file) == api.rows
    assert landed_on(pulled.file or "") is not None


def test_the_next_pull_asks_only_for_what_is_new(make_project: Make, api: Api) -> None:
    """Without a kept cursor each run would read a company's whole history again."""
    api.rows = [contact(1, day=1), contact(2, day=5)]
    project = make_project(pull_of(api.url))
    assert pull(project).rows == 2
    api.asked.clear()
    assert pull(project).file is None
    assert {query.get("since") for query in api.asked} == {"2026-01-05T00:00:00Z"}
    # The same moment as the newest known, another row; and a known row that changed.
    api.rows += [contact(3, day=5), contact(1, day=9, email="new@example.com")]
    assert [row["contact_id"] for row in rows_of(project, pull(project).file)] == ["3", "1"]
    assert len(files_of(project)) == 2


def test_it_waits_as_long_as_it_is_asked_to_and_tries_again(make_project: Make, api: Api) -> None:
    """An API that says 429 or fails for a moment must not cost the run its data, nor be hammered."""
    api.rows = [contact(number) for number in range(7)]
    mishaps = {2: (429, {"Retry-After": "1"}), 4: (500, {})}
    api.mishap = mishaps.get
    project = make_project(pull_of(api.url))
    began = time.monotonic()
    pulled = pull(project)
    assert (pulled.rows, pulled.pages, len(api.asked)) == (7, 3, 5)
    assert time.monotonic() - began >= 1


def test_broken_off_midway_nothing_is_written_and_the_next_pull_gets_all(make_project: Make, api: Api) -> None:
    """Half a pull with a cursor moved past it would lose the other half for ever."""
    api.rows = [contact(number, day=number + 1) for number in range(7)]
    api.mishap = lambda count: "hang up" if count > 2 else None
    project = make_project(pull_of(api.url))
    with pytest.raises(RelanceError, match="can't be reached, or broke off"):
        pull(project)
    assert files_of(project) == []
    api.mishap = lambda count: None
    assert pull(project).rows == 7


def test_a_crash_between_file_and_cursor_pulls_again(make_project: Make, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cursor committed before the file would lose rows; after it, rows come twice, and the load knows them."""
    api.rows = [contact(number, day=number + 1) for number in range(4)]
    project = make_project(pull_of(api.url))
    with monkeypatch.context() as crash:
        crash.setattr("dagster_project.connectors.pull.write_whole", lambda *_: (_ for _ in ()).throw(OSError(5, "crash")))
        with pytest.raises(RelanceError, match="crash"):
            pull(project)
    assert len(files_of(project)) == 1
    assert pull(project).rows == 4
    summary, counted = load(project, "select count(*), count(distinct _key) from raw_generic.contacts")
    assert (summary.total("read"), summary.total("accepted"), counted) == (8, 4, [(4, 4)])


def test_pulled_rows_load_and_nested_values_stay(make_project: Make, api: Api) -> None:
    """What is pulled must load like any other file: same rows, nested values as JSON, nothing of dlt's own in them."""
    api.rows = [contact(1, note="Zoë \ud83d ☕\u2028", huge=10**30), contact(2, day=3)]
    project = make_project(pull_of(api.url))
    pull(project)
    query = "select contact_id, email, _extra ->> '$.tags[1].b', contains(_extra::varchar, '_dlt') from raw_generic.contacts"
    _, rows = load(project, query + " order by 1")
    assert rows == [("1", "c1@example.com", "1", False), ("2", "c2@example.com", "2", False)]


def test_an_unchanged_table_is_no_news(make_project: Make, api: Api) -> None:
    """Without a cursor every pull reads all; a copy a day of the same content would fill the disk."""
    api.rows = [contact(1), contact(2)]
    text = "\n".join(line for line in pull_of(api.url).splitlines() if "incremental" not in line)
    project = make_project(text + "\n")
    assert pull(project).file is not None
    again = pull(project)
    assert (again.rows, again.file) == (2, None)
    api.rows[0]["email"] = "other@example.com"
    assert len(rows_of(project, pull(project).file)) == 2


def test_another_question_starts_afresh(make_project: Make, api: Api) -> None:
    """A cursor of one address used for another would hide every row before it."""
    api.rows = [contact(1, day=9)]
    assert pull(make_project(pull_of(api.url))).rows == 1
    assert pull(make_project(pull_of(api.url, "pages", PAGES))).rows == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("API_TOKEN", "WRONG_TOKEN"), "HTTP 401"),
        (("data_selector: results", "data_selector: items"), "nothing at `data_selector: items`"),
        (("data_selector: results", "data_selector: 'results[*].email'"), "no rows but str"),
        (("cursor_path: paging.next,", "cursor_path: 'results[0].contact_id',"), "the pull would never end"),
        (("total_path: null", "total_path: total"), "total"),
    ],
)
def test_a_failure_says_what_and_where_and_no_secret(make_project: Make, api: Api, change: tuple[str, str], told: str) -> None:
    """A wrong selector that yields nothing, or a traceback with a token in it, helps nobody."""
    api.rows = [contact(1), contact(1), contact(1), contact(1)]
    text = pull_of(api.url, "pages", PAGES) if "total" in change[0] else pull_of(api.url)
    project = make_project(text.replace(*change))
    with pytest.raises(RelanceError) as caught:
        pull(project)
    message = str(caught.value)
    assert told in message
    assert "wr0ng" not in message and "example.com" not in message and "@" not in message
    assert files_of(project) == []


def test_an_api_that_is_not_there_is_told(make_project: Make) -> None:
    """The commonest failure of all: the host is down or mistyped."""
    project = make_project(pull_of("http://127.0.0.1:9"))
    with pytest.raises(RelanceError, match=r"can't be reached.*sources\.generic\.contacts\.pull"):
        pull(project)


def test_dlt_calls_nobody(make_project: Make, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool for customer data calls home to nobody: every connection of a pull goes to the API."""
    import socket

    reached: list[str] = []
    connect = socket.socket.connect

    def watched(self: socket.socket, address: tuple[str, int]) -> None:
        reached.append(str(address))
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", watched)
    api.rows = [contact(1)]
    pull(make_project(pull_of(api.url)))
    assert set(reached) == {str(("127.0.0.1", int(api.url.rpartition(":")[2])))}
