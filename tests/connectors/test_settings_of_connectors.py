"""What relance.yml may say of connectors, and how mistakes are told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dagster_project.control import configuration_hash
from dagster_project.errors import RelanceError
from dagster_project.loads.discover import discover, feed_of
from dagster_project.settings import Settings

from .api import pull_of

Make = Callable[..., Settings]
SQL = "sources: {generic: {orders: {pull: {sql_database: {url: 'sqlite://', table: t, MORE}}}}}\n"


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("landing: ftpp://host/in\n", 2, "unknown scheme"),
        ("landing: sftp://user:pa55@host/in\n", 2, "holds a password"),
        ("landing: s3://\n", 2, "no bucket"),
        ("landing:\n  url: landing\n  options: {key: k}\n", 2, "a folder takes none"),
        ("landing:\n  url: s3://b\n  option: {key: k}\n", 4, "did you mean `options`"),
        (pull_of("https://x.example").replace("path: cursor", "pth: cursor"), 8, "did you mean `path`"),
        (pull_of("https://x.example").replace("type: bearer,", "type: bearer, usrname: x,"), 9, "did you mean `username`"),
        (pull_of("https://x.example").replace("type: bearer,", "type: bearer, username: x,"), 9, "bearer takes no `username`"),
        (pull_of("https://x.example").replace("cursor_path: paging.next, ", ""), 11, "cursor needs `cursor_path`"),
        (pull_of("https://x.example", paginator="auto"), 11, "paginator.type"),
        (pull_of("https://u:pa55@x.example"), 7, "holds a password"),
        (pull_of("x.example"), 7, "should be a URL"),
        (pull_of("https://x.example", more="          body: {since: '{incremental.start_value}'}\n"), 6, "an `initial_value`"),
        (
            pull_of("https://x.example").replace("  contacts:\n", "  contacts:\n      files: x.csv\n"),
            4,
            "`files` would pass over",
        ),
        (SQL.replace("MORE", "columns: [a], cursor: b"), 2, "should name the `cursor`"),
        (SQL.replace("MORE", "lag: 3"), 2, "belong to a `cursor`"),
        ("sources: {generic: {orders: {pull: {}}}}\n", 2, "either `rest_api` or `sql_database`"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_without_secrets(make_project: Make, text: str, line: int, told: str) -> None:
    """A typing error in a pull would otherwise show at six in the morning, as a traceback of somebody else's library."""
    with pytest.raises(RelanceError) as caught:
        make_project(text)
    message = str(caught.value)
    assert told in message and f"relance.yml:{line}" in message, message
    assert "pa55" not in message


def test_secrets_and_pulls_are_in_no_dump(make_project: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mapping is kept in the ledger and settings are shown in messages: a token in them would leak."""
    monkeypatch.setenv("API_TOKEN", "s3cret-token")
    project = make_project('landing: {url: s3://b/in, options: {secret: "${STORE_SECRET}"}}\n' + pull_of("https://x.example"))
    assert "s3cret" not in project.model_dump_json() + repr(project)
    (feed,) = discover(project, []).feeds
    assert feed.fingerprint == feed_of(make_project(name="plain"), feed.entity).fingerprint
    monkeypatch.setenv("API_TOKEN", "another")
    other = make_project('landing: {url: s3://b/in, options: {secret: "${STORE_SECRET}"}}\n' + pull_of("https://x.example"))
    assert configuration_hash(other) == configuration_hash(project)


def test_a_source_that_is_left_out_is_not_pulled(make_project: Make) -> None:
    """`enabled: false` means that nobody asks for its data either."""
    text = pull_of("https://x.example")
    assert set(make_project(text).pulls) == {("generic", "contacts")}
    assert make_project(text.replace("  generic:\n", "  generic:\n    enabled: false\n")).pulls == {}
