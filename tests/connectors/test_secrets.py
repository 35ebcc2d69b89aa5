"""Secrets come from the environment alone, and drivers are missed before they are needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.check import check_project
from dagster_project.config_file import ConfigFile
from dagster_project.connectors import drivers
from dagster_project.connectors.secrets import plain_secrets
from dagster_project.errors import RelanceError
from dagster_project.settings import Settings

from .api import pull_of

Make = Callable[..., Settings]


def sql(url: str) -> str:
    return f"sources:\n  generic:\n    orders:\n      pull:\n        sql_database:\n          url: {url}\n          table: t\n"


def rest(more: str, base: str = "https://a.example") -> str:
    return pull_of(base).replace("          data_selector", f"          {more}\n          data_selector")


def auth(written: str) -> str:
    return pull_of("https://a.example").replace('{type: bearer, token: "${API_TOKEN}"}', written)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (sql("postgresql+psycopg://reader:hunter2@db.example/shop"), 7),
        (sql("postgresql+psycopg://reader:hunter2@${DB_HOST}/shop"), 7),
        (sql("postgresql+psycopg://reader:hun/ter2@x@db.example/shop"), 7),
        (sql("${DB_URL:-postgresql://reader:hunter2@db.example/shop}"), 7),
        (sql("snowflake://db.example/shop?user=u&password=hunter2"), 7),
        (auth("{type: bearer, token: hunter2}"), 9),
        (auth('{type: bearer, token: "${API_TOKEN:-hunter2}"}'), 9),
        (auth("{type: api_key, name: X-Key, api_key: hunter2}"), 9),
        (auth("{type: http_basic, username: u, password: hunter2}"), 9),
        (auth('{type: http_basic, username: hunter2, password: ""}'), 9),
        (rest("headers: {Authorization: Bearer hunter2}"), 10),
        (rest("headers: {X-Shopify-Access-Token: hunter2}"), 10),
        (rest("headers: {revision: '2024', Cookie: a=hunter2}"), 10),
        (rest("params: {limit: 5, api_key: hunter2}"), 10),
        (rest("params: {hapikey: [hunter2]}"), 10),
        (rest("params: {key: 4711}"), 10),
        (rest("method: POST\n          body: {filter: {a: 1}, login: {clientSecret: hunter2}}"), 11),
        (pull_of("https://a.example/v1?access_token=hunter2"), 7),
        (pull_of("https://a.example").replace("path: cursor", "path: cursor?sig=1&apikey=hunter2"), 8),
        ("landing:\n  url: s3://b/in\n  options: {key: AK, client_kwargs: {endpoint_url: x}}\n", 4),
        ("landing:\n  url: s3://b/in\n  options: {client_kwargs: {aws_secret_access_key: hunter2}}\n", 4),
        ("landing:\n  url: az://b/in\n  options: {connection_string: hunter2}\n", 4),
    ],
)  # fmt: skip
def test_a_secret_in_plain_text_is_refused(make_project: Make, monkeypatch: pytest.MonkeyPatch, text: str, line: int) -> None:
    """relance.yml is copied, mailed and committed; a password in it is everybody's. The message must not spread it further."""
    monkeypatch.setenv("DB_HOST", "db.example")
    with pytest.raises(RelanceError) as caught:
        make_project(text)
    told = str(caught.value)
    assert "holds a secret as plain text" in told and f"relance.yml:{line}" in told and "${" in told
    assert not any(secret in told for secret in ("hunter2", "ter2@x", "4711", "AK,"))


@pytest.mark.parametrize(
    "text",
    [
        sql("postgresql+psycopg://reader:${STORE_SECRET}@db.example/shop"),
        sql("${DB_URL}"),
        sql("postgresql+psycopg://reader@db.example/shop"),
        sql("sqlite:///var/shop.db"),
        rest('headers: {Authorization: "Klaviyo-API-Key ${API_TOKEN}", Accept: application/json}'),
        rest("params: {limit: 5, page_token: abc, key: '${STORE_KEY}', keywords: shoes}"),
        rest("method: POST\n          body: {filter: {key: status, value: open}}"),
        auth('{type: http_basic, username: shop, password: "${API_TOKEN}"}'),
        auth('{type: http_basic, username: "${API_TOKEN}", password: ""}'),
        'landing:\n  url: s3://b/in\n  options: {key: "${STORE_KEY}", secret: "${STORE_SECRET}", anon: false}\n',
    ],
)
def test_variables_and_plain_words_pass(make_project: Make, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """A rule that cries wolf over page tokens or filters would be switched off."""
    monkeypatch.setenv("DB_URL", "postgresql+psycopg://reader:hunter2@db.example/shop")
    make_project(text)


keys = st.sampled_from(
    ["sources", "landing", "options", "pull", "rest_api", "sql_database", "auth", "headers", "url", "token", "a"]
)
trees = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)


@given(trees)
@settings(max_examples=200)
def test_any_shape_of_file_is_looked_through(data: object) -> None:
    """The file is looked through before it is known to be well-formed: no shape of it may end in a traceback."""
    plain_secrets(ConfigFile(Path("relance.yml"), data, data))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql+psycopg://u@h/d", "pip install 'psycopg[binary]'"),
        ("mysql://u@h/d", "pip install 'mysqlclient'"),
        ("snowflake://u@h/d", "pip install 'snowflake-sqlalchemy'"),
        ("postgres://u@h/d", "did you mean `postgresql`?"),
        ("postgresql+psycopgg://u@h/d", "does not know: `postgresql+psycopgg`"),
        ("postgresql://u:${STORE_SECRET}@h:${STORE_SECRET}/d", "has a URL that can't be read"),
        ("sqlite+aiosqlite:///x.db", "asynchronous driver"),
    ],
)
def test_check_misses_a_driver_without_connecting(
    make_project: Make, monkeypatch: pytest.MonkeyPatch, url: str, told: str
) -> None:
    """Missed at six in the morning, a driver costs a day's data. The URL's host does not exist, so nothing may be asked of it."""
    import sqlalchemy.dialects.mysql.mysqldb as mysql
    import sqlalchemy.dialects.postgresql.psycopg as psycopg
    import sqlalchemy.dialects.sqlite.aiosqlite as lite

    def lacking(name: str) -> Callable[..., None]:
        def import_dbapi(*_: object) -> None:
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)

        return import_dbapi

    monkeypatch.setattr(psycopg.PGDialect_psycopg, "import_dbapi", lacking("psycopg"))
    monkeypatch.setattr(mysql.MySQLDialect_mysqldb, "import_dbapi", lacking("MySQLdb"))
    monkeypatch.setattr(lite.SQLiteDialect_aiosqlite, "import_dbapi", lambda: None)
    project = make_project(sql(url))
    (mistake,) = check_project(project.config_path).mistakes
    assert told in str(mistake) and "relance.yml:7" in str(mistake) and "s3cret" not in str(mistake)


def test_check_misses_dlt(make_project: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without dlt no pull works; the extra that brings it is named."""
    monkeypatch.setattr(drivers, "find_spec", lambda name: None)
    (mistake,) = check_project(make_project(sql("sqlite:///x.db")).config_path).mistakes
    assert "relance[pull]" in str(mistake)
