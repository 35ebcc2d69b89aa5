"""Secrets stand in the environment, never in relance.yml: files are copied, mailed and committed.

What counts is the file as it was written, before `${NAME}` is replaced. A default (`${NAME:-…}`) is written out like any other
text. No message repeats a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dagster_project.config_file import ConfigFile, Location, Mistake
from dagster_project.errors import RelanceError

_VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
_NAMED = re.compile(
    r"(?:^|_)(?:pass|passwd|password|passphrase|pwd|secret|auth|authorization|bearer|cookie|credentials?|sas|signature|hapikey"
    r"|conn(?:ection)?_str(?:ing)?|(?:api|app|access|account|private|secret|subscription|shared)_?key"
    r"|(?<!page_)(?<!next_)(?<!sync_)(?<!continuation_)token)(?:_|$)"
)
"""Names of keys, headers and parameters that hold a secret; tokens that only turn pages are none."""
_USERINFO = re.compile(r"://[^/?#:@]*:(.*)@")
_QUERY = re.compile(r"[?&]([^=&#]+)=([^&#]*)")


def plain_secrets(file: ConfigFile) -> list[Mistake]:
    """Every secret that stands in relance.yml as plain text, with its line."""
    data = file.written if isinstance(file.written, dict) else {}
    found = [*_named(_at(data, "landing", "options"), ("landing", "options"), bare_key=True)]
    deliveries = _at(data, "activations", "delivery")
    for name in deliveries:
        found += _named(_at(deliveries, name, "options"), ("activations", "delivery", name, "options"), bare_key=True)
    sources = _at(data, "sources")
    for source, entities in sources.items():
        for entity in _at(sources, source):
            here: Location = ("sources", source, entity, "pull")
            found += _in_rest(_at(entities, entity, "pull", "rest_api"), (*here, "rest_api"))
            url = _at(entities, entity, "pull", "sql_database").get("url")
            if _in_url(url):
                found.append((*here, "sql_database", "url"))
    return [(at, _told(file, at)) for at in found]


def _in_rest(pull: dict[str, Any], here: Location) -> Iterator[Location]:
    auth = _at(pull, "auth")
    yield from _named(auth, (*here, "auth"))
    # Many an API takes its key as the user's name and no password.
    if auth.get("type") == "http_basic" and not auth.get("password") and _plain(auth.get("username")):
        yield (*here, "auth", "username")
    yield from _named(_at(pull, "headers"), (*here, "headers"), bare_key=True)
    yield from _named(_at(pull, "params"), (*here, "params"), bare_key=True)
    yield from _named(_at(pull, "body"), (*here, "body"))
    yield from ((*here, key) for key in ("base_url", "path") if _in_url(pull.get(key)))


def _named(part: dict[str, Any], here: Location, bare_key: bool = False) -> Iterator[Location]:
    """Places in a tree whose name says secret and whose value is written out. `bare_key`: `key` alone is a secret's name too."""
    for name, value in part.items():
        at = (*here, name)
        if isinstance(value, dict):
            yield from _named(value, at, bare_key)
        elif isinstance(value, list):
            yield from (place for item in value for place in _named(_at(item), at, bare_key))
            if _secret(name, bare_key) and any(_plain(item) for item in value):
                yield at
        elif _secret(name, bare_key) and _plain(value):
            yield at


def _secret(name: Any, bare_key: bool) -> bool:
    plain = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", str(name))
    plain = re.sub(r"[^a-z0-9]+", "_", plain.lower())
    return bool(_NAMED.search(plain)) or (bare_key and plain == "key")


def _plain(value: Any) -> bool:
    """Written out: neither empty, nor yes or no, nor taken from a variable."""
    return value not in (None, "") and not isinstance(value, (bool, dict, list)) and not _VARIABLE.search(str(value))


def _in_url(url: Any) -> bool:
    """Whether a URL has a password, or a parameter with a secret's name, that is written out."""
    if not isinstance(url, str):
        return False
    userinfo = _USERINFO.search(url)
    if userinfo and _plain(userinfo[1]):
        return True
    return any(_secret(name, bare_key=True) and _plain(value) for name, value in _QUERY.findall(url))


def _at(value: Any, *path: Any) -> dict[str, Any]:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _told(file: ConfigFile, at: Location) -> RelanceError:
    what = f"`{'.'.join(str(part) for part in at)}` holds a secret as plain text"
    if at[-1] == "url":
        how = "write user:${DB_PASSWORD}@host, or the whole URL as ${DB_URL}, and export the variable where Relance runs"
    else:
        how = "write ${NAME} in its place and export NAME where Relance runs"
    return RelanceError(what, file.where(at), f"{how}; whoever may have read the file: change the secret")
