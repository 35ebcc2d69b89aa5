"""What relance.yml says of connectors: where the landing is, what is pulled from where, and where exports are delivered.

Secrets are never repeated: these parts are left out of every dump and of every message.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator, model_validator

from dagster_project.config_file import Part, near_miss

EXTRAS = {
    "s3": "s3", "gs": "gcs", "gcs": "gcs", "az": "azure", "abfs": "azure", "abfss": "azure", "sftp": "sftp", "ssh": "sftp",
    "file": None, "memory": None,
}  # fmt: skip
"""Scheme of a URL → the extra of this package that brings its fsspec driver; None where fsspec has it itself."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")

Scalar = str | int | float | bool
Start = int | float | datetime | date | str


class StorePlace(Part):
    """A folder, or a URL that fsspec opens."""

    url: str = Field(min_length=1)
    options: dict[str, Any] = Field(default={}, exclude=True, repr=False)
    """What the fsspec driver takes: endpoint_url, key, secret, token, username, password, …"""

    @property
    def scheme(self) -> str:
        """`s3` of `s3://bucket/path`; empty for a folder."""
        found = _SCHEME.match(self.url)
        return found[1].lower() if found else ""

    @property
    def is_remote(self) -> bool:
        return bool(self.scheme)

    @field_validator("url")
    @classmethod
    def _known(cls, url: str) -> str:
        found = _SCHEME.match(url)
        if not found:
            if "://" in url or "::" in url:
                raise ValueError("should be a folder, or a URL such as s3://bucket/path")
            return url
        if found[1].lower() not in EXTRAS:
            raise ValueError(f"has an unknown scheme{near_miss(found[1].lower(), EXTRAS)}; use one of {', '.join(EXTRAS)}")
        if "@" in url.split("://", 1)[1].split("/")[0] and urlsplit(url).password:
            raise ValueError("holds a password; write it under `options:` as $ and the name of a variable in braces")
        if not url.split("://", 1)[1].strip("/"):
            raise ValueError("names no bucket or folder")
        return url

    @model_validator(mode="after")
    def _options_need_a_url(self) -> StoreLanding:
        if self.options and not self.is_remote:
            raise ValueError("`options` are for a URL; a folder takes none")
        return self


class StoreLanding(StorePlace):
    """Where the landing files are."""

    url: str = Field(default="landing", min_length=1)


class DeliveryTarget(StorePlace):
    """Where the exports of a destination are delivered."""

    @field_validator("url")
    @classmethod
    def _remote(cls, url: str) -> str:
        if not _SCHEME.match(url):
            raise ValueError("should be a URL such as sftp://host/inbox, s3://bucket/path or file:///mnt/share")
        return url


_from_text = BeforeValidator(lambda value: {"url": value} if isinstance(value, str) else value)
Landing = Annotated[StoreLanding, _from_text]
Target = Annotated[DeliveryTarget, _from_text]


def _needs(kind: str, given: set[str], table: dict[str, tuple[set[str], set[str]]]) -> None:
    """
    Args:
        given: keys that were written beside `type`.
        table: type → keys it needs, keys it may have.

    Raises:
        ValueError: a key is missing, or one means nothing for this type.
    """
    needed, free = table[kind]
    if missing := sorted(needed - given):
        raise ValueError(f"{kind} needs {', '.join(f'`{key}`' for key in missing)}")
    if strange := sorted(given - needed - free):
        known = ", ".join(sorted(needed | free)) or "nothing"
        raise ValueError(f"{kind} takes no {', '.join(f'`{key}`' for key in strange)}; it takes {known}")


_AUTH = {
    "bearer": ({"token"}, set()),
    "api_key": ({"name", "api_key"}, {"location"}),
    "http_basic": ({"username", "password"}, set()),
    "oauth2_client_credentials": (
        {"access_token_url", "client_id", "client_secret"}, {"access_token_request_data", "default_token_expiration"},
    ),
}  # fmt: skip

_PATHS = {"has_more_path", "stop_after_empty_page"}
_PAGINATORS = {
    "single_page": (set(), set()),
    "json_link": ({"next_url_path"}, set()),
    "header_link": (set(), {"links_next_key"}),
    "cursor": ({"cursor_path"}, {"cursor_param", "cursor_body_path"} | _PATHS),
    "header_cursor": ({"cursor_key", "cursor_param"}, set()),
    "page_number": (set(), {"base_page", "page", "page_param", "page_body_path", "total_path", "maximum_page"} | _PATHS),
    "offset": (
        {"limit"},
        {"offset", "offset_param", "offset_body_path", "limit_param", "limit_body_path", "total_path", "maximum_offset"} | _PATHS,
    ),
}


class Auth(Part):
    """How a request says who it is, in dlt's words."""

    type: Literal["bearer", "api_key", "http_basic", "oauth2_client_credentials"]
    token: str | None = None
    name: str | None = None
    api_key: str | None = None
    location: Literal["header", "query", "cookie"] | None = None
    username: str | None = None
    password: str | None = None
    access_token_url: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    access_token_request_data: dict[str, Scalar] | None = None
    default_token_expiration: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _fits(self) -> Auth:
        _needs(self.type, self.model_fields_set - {"type"}, _AUTH)
        return self


class Paginator(Part):
    """How the next page is found, in dlt's words. There is no guessing: a wrong guess would read the first page alone."""

    type: Literal["single_page", "json_link", "header_link", "cursor", "header_cursor", "page_number", "offset"]
    next_url_path: str | None = None
    links_next_key: str | None = None
    cursor_path: str | None = None
    cursor_param: str | None = None
    cursor_body_path: str | None = None
    cursor_key: str | None = None
    base_page: int | None = None
    page: int | None = None
    page_param: str | None = None
    page_body_path: str | None = None
    limit: int | None = Field(default=None, ge=1)
    limit_param: str | None = None
    limit_body_path: str | None = None
    offset: int | None = None
    offset_param: str | None = None
    offset_body_path: str | None = None
    total_path: str | None = None
    maximum_page: int | None = None
    maximum_offset: int | None = None
    has_more_path: str | None = None
    stop_after_empty_page: bool | None = None

    @model_validator(mode="after")
    def _fits(self) -> Paginator:
        _needs(self.type, self.model_fields_set - {"type"}, _PAGINATORS)
        return self


class Incremental(Part):
    """How a pull asks only for what is new since the last one."""

    cursor_path: str
    """Where a row holds the time or number that only grows."""
    start_param: str | None = None
    """Parameter of the request that takes the newest value seen."""
    initial_value: Start | None = None
    """What the first pull starts from; by default the beginning."""
    lag: float | None = Field(default=None, gt=0)
    """How far back to look again, for rows that appear late: seconds for times, days for dates, units for numbers."""


class RestPull(Part):
    """One resource of an HTTP API that answers in JSON."""

    base_url: str
    path: str = ""
    method: Literal["GET", "POST"] = "GET"
    headers: dict[str, str] = {}
    auth: Auth | None = None
    params: dict[str, Scalar | list[Scalar]] = {}
    body: dict[str, Any] | None = None
    """JSON sent with a POST."""
    data_selector: str
    """JSONPath of the rows in an answer: `results`, `results[*].properties`, or `$` where the answer is the list itself."""
    paginator: Annotated[Paginator, BeforeValidator(lambda value: {"type": value} if isinstance(value, str) else value)]
    incremental: Incremental | None = None

    @field_validator("base_url")
    @classmethod
    def _url(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("should be a URL such as https://api.example.com/v3")
        if parts.password:
            raise ValueError("holds a password; write it under `auth:` with type http_basic")
        return url

    @model_validator(mode="after")
    def _start_is_known(self) -> RestPull:
        asked = str([self.path, self.headers, self.params, self.body])
        if "{incremental." in asked and (self.incremental is None or self.incremental.initial_value is None):
            raise ValueError("`{incremental.start_value}` needs `incremental` with an `initial_value`")
        if self.body is not None and self.method != "POST":
            raise ValueError("`body` is sent with `method: POST` alone")
        return self


class SqlPull(Part):
    """One table or view of a database that SQLAlchemy reaches."""

    url: str
    """SQLAlchemy's URL: postgresql+psycopg://user:password@host/database. It holds a password, so it comes from a variable."""
    table: str
    """A table or a view; a query of your own is a view of the database."""
    schema_name: str | None = Field(default=None, alias="schema")
    columns: list[str] | None = None
    cursor: str | None = None
    """Column that only grows (updated_at, an id); without it every pull reads the whole table."""
    initial_value: Start | None = None
    lag: float | None = Field(default=None, gt=0)

    @field_validator("url")
    @classmethod
    def _url(cls, url: str) -> str:
        if not _SCHEME.match(url):
            raise ValueError("should be a URL of SQLAlchemy such as postgresql+psycopg://host/database")
        return url

    @model_validator(mode="after")
    def _cursor_is_read(self) -> SqlPull:
        if self.cursor is None and (self.initial_value is not None or self.lag is not None):
            raise ValueError("`initial_value` and `lag` belong to a `cursor`")
        if self.columns is not None and self.cursor is not None and self.cursor not in self.columns:
            raise ValueError("`columns` should name the `cursor` as well")
        return self


class Pull(Part):
    """Rows that Relance fetches itself before it loads: one kind of place, once."""

    rest_api: RestPull | None = None
    sql_database: SqlPull | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Pull:
        if (self.rest_api is None) == (self.sql_database is None):
            raise ValueError("should name either `rest_api` or `sql_database`")
        return self

    @property
    def place(self) -> str:
        """Where the rows come from, without secrets."""
        if self.rest_api is not None:
            parts = urlsplit(self.rest_api.base_url)
            return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}/{self.rest_api.path.lstrip('/')}"
        assert self.sql_database is not None
        return f"table {self.sql_database.table}"
