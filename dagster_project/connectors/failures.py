"""What goes wrong while rows are pulled, as one message: what, where, how. Never a value of a row, never a secret."""

from __future__ import annotations

from collections.abc import Iterator

from dagster_project.connectors.drivers import package_of
from dagster_project.connectors.options import Pull
from dagster_project.errors import RelanceError, safe_message

_STATUS = {
    400: ("does not understand the request", "compare `params`, `body` and `incremental` with the API's manual"),
    401: ("does not accept who asks", "check `auth:` and the variable that holds the secret"),
    403: ("refuses access", "check what the token may read"),
    404: ("knows no such address", "check `base_url` and `path`"),
    429: ("still asks to wait after every retry", "run again later, or pull less often"),
}


def pull_failure(label: str, pull: Pull, where: str, error: BaseException) -> RelanceError:
    """
    Args:
        label: source.entity.
        where: the place in relance.yml.
        error: what dlt, requests, SQLAlchemy or a driver raised; the cause behind their wrappings counts.
    """
    import requests
    import sqlalchemy.exc

    chain = list(_causes(error))
    for cause in chain:
        if isinstance(cause, RelanceError):
            return cause
    doing = f"The pull of {label} from {pull.place} failed"
    again = "run again; nothing was written and the next pull gets all of it"
    for cause in reversed(chain):
        if isinstance(cause, requests.HTTPError) and cause.response is not None:
            status = cause.response.status_code
            other = ("fails", again) if status >= 500 else ("refuses the request", "look it up in the API's manual")
            what, how = _STATUS.get(status, other)
            return RelanceError(f"{doing}: the server {what} (HTTP {status})", where, how)
        if isinstance(cause, requests.JSONDecodeError):
            return RelanceError(f"{doing}: the server's answer is no JSON", where, "check `base_url` and `path`")
        if isinstance(cause, requests.Timeout):
            return RelanceError(f"{doing}: the server does not answer in time", where, again)
        if isinstance(cause, requests.RequestException):
            return RelanceError(f"{doing}: the server can't be reached, or broke off", where, f"check `base_url`; {again}")
    for cause in reversed(chain):
        if isinstance(cause, ModuleNotFoundError):
            return RelanceError(
                f"{doing}: the package `{cause.name}` is not installed", where, f"pip install '{package_of(cause.name or '')}'"
            )
        if isinstance(cause, sqlalchemy.exc.NoSuchTableError):
            return RelanceError(f"{doing}: there is no such table", where, "check `table` and `schema`")
        if isinstance(cause, sqlalchemy.exc.DBAPIError):
            told = safe_message(str(cause.orig))[:200]
            return RelanceError(f"{doing}: the database says: {told}", where, f"check `url` and what it may read; {again}")
        if isinstance(cause, OSError) and cause.errno is not None:
            return RelanceError(f"{doing}: {cause.strerror}", where, again)
    told = safe_message(str(chain[-1])).split(": '")[0][:200]
    return RelanceError(f"{doing}: {type(chain[-1]).__name__}: {told}", where, "compare the settings with relance.example.yml")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what is behind it, outermost first."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__
