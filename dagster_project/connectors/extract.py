"""Rows by dlt: its paging, retries, waiting when asked to, and cursors. The only module that imports it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from dagster_project.connectors.options import Pull, RestPull, SqlPull
from dagster_project.errors import RelanceError
from dagster_project.private import private_folder

ATTEMPTS = 5
BACKOFF_SECONDS = 1.0
"""Wait after a failed request; it doubles from attempt to attempt. What `Retry-After` says comes first."""
LONGEST_WAIT_SECONDS = 300.0
TIMEOUT_SECONDS = 60.0
CHUNK_ROWS = 10_000

Row = dict[str, Any]


class Extraction:
    """One pull on its way. Iterating gives its rows; `pages` counts the answers so far (0 where there are none to count)."""

    def __init__(self, rows: Any, pages: _Pages | None, close: Callable[[], object]):
        self._rows, self._pages, self.close = rows, pages, close

    @property
    def pages(self) -> int:
        return self._pages.count if self._pages else 0

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)


@contextmanager
def extraction(pull: Pull, name: str, state: Path) -> Iterator[Extraction]:
    """Rows since the last pull. Leaving the block without an exception commits the cursor; leaving it with one does not.

    Args:
        name: of the resource; what its cursor is kept under.
        state: folder of the cursors.

    Raises:
        RelanceError: dlt is not installed.
    """
    private_folder(state)
    # dlt must not call home, leave files in the user's home, or write a row's values to the terminal.
    os.environ.update(RUNTIME__DLTHUB_TELEMETRY="false", RUNTIME__LOG_LEVEL="CRITICAL", DLT_DATA_DIR=str(state))
    try:
        import dlt
    except ModuleNotFoundError:
        raise RelanceError("Pulls need dlt, which is not installed", f"pull {name}", "pip install 'relance[pull]'") from None
    pipeline = dlt.pipeline(name, pipelines_dir=str(state))
    with pipeline.managed_state(), ExitStack() as stack:
        found = _rest(pull.rest_api, name) if pull.rest_api else _sql(pull.sql_database, name)  # type: ignore[arg-type]
        stack.callback(found.close)
        yield found


def _rest(pull: RestPull, name: str) -> Extraction:
    from dlt.sources.helpers.requests import Client
    from dlt.sources.rest_api import rest_api_resources

    client = Client(
        raise_for_status=False, request_timeout=TIMEOUT_SECONDS, request_max_attempts=ATTEMPTS,
        request_backoff_factor=BACKOFF_SECONDS, request_max_retry_delay=LONGEST_WAIT_SECONDS,
    )  # fmt: skip
    pages = _Pages(client.session, pull.data_selector)
    endpoint: dict[str, Any] = {
        "path": pull.path,
        "method": pull.method,
        "params": {key: _parameter(value) for key, value in pull.params.items()},
        "data_selector": pull.data_selector,
        "paginator": pull.paginator.model_dump(exclude_unset=True),
    }
    if pull.body is not None:
        endpoint["json"] = pull.body
    if pull.incremental is not None:
        asked = pull.incremental
        endpoint["incremental"] = {
            "cursor_path": asked.cursor_path, "start_param": asked.start_param,
            "initial_value": _parameter(asked.initial_value), **_cursor(asked.lag),
        }  # fmt: skip
    config: Any = {
        "client": {
            "base_url": pull.base_url,
            "headers": pull.headers,
            "auth": pull.auth.model_dump(exclude_unset=True) if pull.auth else None,
            "session": client.session,
        },
        "resources": [{"name": name, "endpoint": endpoint}],
    }
    return Extraction(rest_api_resources(config)[0], pages, client.session.close)


def _sql(pull: SqlPull, name: str) -> Extraction:
    import dlt
    from dlt.sources.sql_database import sql_table
    from sqlalchemy import create_engine, inspect

    engine = create_engine(pull.url)
    cursor = None
    if pull.cursor is not None:
        columns = {column["name"]: column for column in inspect(engine).get_columns(pull.table, pull.schema_name)}
        if pull.cursor not in columns:
            raise RelanceError(f"The table {pull.table} has no column `{pull.cursor}`", f"pull {name}", "correct `cursor`")
        cursor = dlt.sources.incremental(
            pull.cursor,
            initial_value=_typed(pull.initial_value, columns[pull.cursor]["type"]),
            # Rows that share the newest cursor are told apart by all they hold: by their key alone, a row that changed twice in
            # one second would keep its first version for ever.
            primary_key=lambda row: tuple(row),
            **_cursor(pull.lag),
        )
    rows = sql_table(
        credentials=engine, table=pull.table, schema=pull.schema_name, incremental=cursor, included_columns=pull.columns,
        chunk_size=CHUNK_ROWS, reflection_level="minimal",
    )  # fmt: skip
    return Extraction(rows.with_name(name), None, engine.dispose)


def _cursor(lag: float | None) -> dict[str, Any]:
    """What both kinds say of a cursor. Rows without one come with every pull rather than never."""
    common: dict[str, Any] = {"on_cursor_value_missing": "include", "allow_external_schedulers": False}
    return common if lag is None else common | {"lag": lag}


def _parameter(value: Any) -> Any:
    """A value of YAML as an API takes it: times and dates in ISO, yes and no in lower case."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return [_parameter(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _typed(start: Any, column: Any) -> Any:
    """A first value of YAML as the column has it: a date where times are asked for is its midnight."""
    try:
        kind = column.python_type
    except NotImplementedError:  # SQLAlchemy knows no Python type for some columns of some databases
        return start
    if isinstance(start, str) and issubclass(kind, (date, datetime)):
        start = datetime.fromisoformat(start)
    if issubclass(kind, datetime) and isinstance(start, date) and not isinstance(start, datetime):
        return datetime.combine(start, time())
    if kind is date and isinstance(start, datetime):
        return start.date()
    return start.isoformat() if issubclass(kind, str) and isinstance(start, date) else start


class _Pages:
    """Counts a session's answers and refuses two ways of reading nothing, or the same for ever."""

    def __init__(self, session: Any, selector: str):
        self.count = 0
        self._send, session.send = session.send, self._asked
        self._root = re.split(r"\[\*\]|\.\*|\.\.", selector)[0]
        self._last: tuple[Any, ...] | None = None

    def _asked(self, request: Any, **options: Any) -> Any:
        asked = (request.method, request.url, request.body)
        if asked == self._last:
            what = "The server's next page is the page before: the pull would never end"
            raise RelanceError(what, str(request.url).split("?")[0], "check `paginator:`")
        answer = self._send(request, **options)
        self._last = asked
        if answer.ok:
            self._holds_rows(answer)
            self.count += 1
        return answer

    def _holds_rows(self, answer: Any) -> None:
        """On the first page: an empty list is an answer, no list at all is a selector that fits nothing."""
        if self.count or not self._root:
            return
        from dlt.common import jsonpath

        if not jsonpath.find_values(self._root, answer.json()):
            what = f"The answer holds nothing at `data_selector: {self._root}`"
            raise RelanceError(what, str(answer.url).split("?")[0], "look at an answer of the API and correct the path")
