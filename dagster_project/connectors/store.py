"""What lies in an object store: one listing, checked before anything of it becomes a file here."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fsspec import AbstractFileSystem
from fsspec.asyn import AsyncFileSystem

from dagster_project.connectors.open import open_place
from dagster_project.connectors.options import EXTRAS, StorePlace
from dagster_project.errors import RelanceError, safe_message
from dagster_project.private import owner_only, private_folder
from dagster_project.settings import Settings

LISTING = "landing.listing.json"

_MARKS = ("ETag", "etag", "md5Hash", "content_md5", "generation")
"""What stores call the mark of a content: while it stays the same, so does the content."""
_TIMES = ("LastModified", "last_modified", "mtime", "modified", "updated", "created")
_NAME_BYTES = 255
"""Longest name of a file or folder that common file systems take, in bytes."""


@dataclass(frozen=True)
class Entry:
    """One object: its size in bytes, what tells its versions apart, and when it changed (Unix time; 0 where unknown)."""

    size: int
    version: str
    changed_at: float


Listing = Mapping[str, Entry]
"""Path below the landing URL, `/`-separated → the object."""


@dataclass(frozen=True)
class Store:
    """A landing URL, opened. `root` is its path as the file system says it."""

    files: AbstractFileSystem
    root: str
    url: str

    def full(self, path: str) -> str:
        return f"{self.root}/{path}"


def open_store(settings: Settings) -> Store:
    """
    Raises:
        RelanceError: the driver is missing, or refuses its options.
    """
    landing = settings.landing
    try:
        files, root = open_place(landing)
    except Exception as error:  # each driver has exceptions of its own
        raise failure(settings, error) from None
    return Store(files, root, shown_url(landing.url))


def list_store(settings: Settings, store: Store | None = None) -> Listing:
    """Every object below the landing URL, hidden ones left out; kept in the private state for those who must not wait.

    Raises:
        RelanceError: no access, no bucket, no network; or a name can't be a file below the mirror.
    """
    store = store or open_store(settings)
    files = store.files
    try:
        files.invalidate_cache()
        # Walking, fsspec passes over folders it can't read unless told otherwise; flat stores list all at once.
        found = files.find(store.root, detail=True, **({} if isinstance(files, AsyncFileSystem) else {"on_error": "raise"}))
        if not found and not files.exists(store.root):
            raise FileNotFoundError(store.root)
    except Exception as error:
        raise failure(settings, error) from None
    entries = _named(settings, {name: info for name, info in found.items() if info.get("type", "file") == "file"}, store)
    _keep(settings, entries)
    return entries


def kept_listing(settings: Settings) -> Listing | None:
    """The newest listing of this landing URL, as far as one was made; None where the landing is a folder."""
    if not settings.landing.is_remote:
        return None
    try:
        kept = json.loads((settings.base / ".relance" / LISTING).read_text(encoding="utf-8"))
        return {path: Entry(*entry) for path, entry in kept["objects"].items()} if kept["url"] == settings.landing.url else {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def fingerprint(listing: Listing) -> str:
    """One text that changes when any object comes, goes or changes."""
    digest = hashlib.sha256()
    for path, entry in sorted(listing.items()):
        digest.update(f"{path}\0{entry.size}\0{entry.version}\n".encode())
    return digest.hexdigest()


def shown_url(url: str) -> str:
    """A URL as it may stand in a message: without user and password."""
    parts = urlsplit(url)
    return url if "@" not in parts.netloc else url.replace(parts.netloc, parts.netloc.rpartition("@")[2], 1)


def entry_of(info: Mapping[str, Any]) -> Entry:
    """What a driver tells of one object. Stores that give no mark of the content tell its time instead."""
    mark = next((str(info[key]) for key in _MARKS if info.get(key)), "")
    moment = _unix(next((info[key] for key in _TIMES if info.get(key)), None))
    return Entry(int(info.get("size") or 0), mark.strip('"') or str(moment), moment)


def failure(settings: Settings, error: Exception, doing: str = "The landing can't be read") -> RelanceError:
    """What a driver raised while the landing was read, as one message that names what, where and how."""
    landing, kept = settings.landing, "what was fetched is kept"
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return RelanceError("The disk is full", str(settings.landing_path), f"make room, then run again; {kept}")
    where = f"{settings.config_path}, landing: {shown_url(landing.url)}"
    missing = "correct the URL, or create it and put a first file there"
    return driver_failure(landing, error, doing, where, "landing: options:", "list and read", missing, kept)


def driver_failure(
    place: StorePlace, error: Exception, doing: str, where: str, options: str, rights: str, missing: str, kept: str
) -> RelanceError:
    """What a driver raised as one message; its own words are kept only where they are plain.

    Args:
        doing: what could not be done, as a sentence.
        options: where in relance.yml the driver's options stand.
        rights: what whoever logs in must be allowed to do.
        missing: what to do where there is no such bucket or folder.
        kept: what a new attempt need not do again, as half a sentence.
    """
    if isinstance(error, RelanceError):
        return error
    if isinstance(error, ImportError):
        extra = EXTRAS[place.scheme]
        return RelanceError(f"The driver for {place.scheme}:// is not installed", where, f"pip install 'relance[{extra}]'")
    if is_denied(error):
        return RelanceError(
            f"{doing}: access is denied", where, f"check the keys under `{options}` and what they may do: {rights}"
        )
    if isinstance(error, FileNotFoundError):
        return RelanceError(f"{doing}: there is no such bucket or folder", where, missing)
    if isinstance(error, TypeError):
        return RelanceError(f"{doing}: the driver does not take these options", where, f"check the keys under `{options}`")
    told = safe_message(str(getattr(error, "strerror", None) or error))[:200] or type(error).__name__
    return RelanceError(f"{doing}: {told}", where, f"check the network and the options, then run again; {kept}")


def is_denied(error: Exception) -> bool:
    """Whether a driver says that whoever logs in may not; each has exceptions of its own."""
    name = type(error).__name__
    return isinstance(error, PermissionError) or "credential" in name.lower() or "Authentic" in name


def _named(settings: Settings, found: Mapping[str, Mapping[str, Any]], store: Store) -> dict[str, Entry]:
    """Objects by their path below the root, if each of them can be a file of its own there.

    Raises:
        RelanceError: a name leads elsewhere, or two objects would be one file.
    """
    entries: dict[str, Entry] = {}
    refused: list[str] = []
    taken: dict[str, str] = {}
    for name, info in sorted(found.items()):
        path = name.removeprefix(f"{store.root}/")
        parts = path.split("/")
        if parts[-1] == "" and not info.get("size"):  # the mark of an empty folder
            continue
        if path == name or _leads_astray(parts):
            refused.append(f"`{path[:200]}` can't be the name of a file")
            continue
        if any(part.startswith(".") for part in parts):
            continue
        # Some file systems don't tell capitals or ways to write an accent apart.
        same = unicodedata.normalize("NFC", path).casefold()
        if same in taken:
            refused.append(f"`{path}` and `{taken[same]}` would be the same file")
        taken[same] = path
        entries[path] = entry_of(info)
    for same, path in taken.items():
        above = same.split("/")[:-1]
        clash = next((taken[at] for depth in range(len(above)) if (at := "/".join(above[: depth + 1])) in taken), None)
        if clash:
            refused.append(f"`{clash}` is a file and the folder of `{path}`")
        if any(path.startswith(place) for place in pull_places(settings)):
            refused.append(f"`{path}` lies where a pull writes")
    if refused:
        more = f" and {len(refused) - 5} more" if len(refused) > 5 else ""
        where = f"{settings.config_path}, landing: {store.url}"
        raise RelanceError("Object names are refused: " + "; ".join(refused[:5]) + more, where, "rename or remove these objects")
    return entries


def _leads_astray(parts: list[str]) -> bool:
    return any(
        part in ("", ".", "..")
        or len(part.encode("utf-8", "replace")) > _NAME_BYTES
        or any(letter == "\\" or unicodedata.category(letter) in ("Cc", "Cs") for letter in part)
        for part in parts
    )


def pull_places(settings: Settings) -> list[str]:
    """Folders of the landing, with a slash at their end, that pulls write and no store fills."""
    return [f"{source}/{entity}/pull/" for source, entity in settings.pulls]


def _keep(settings: Settings, entries: Listing) -> None:
    folder = private_folder(settings.base / ".relance")
    objects = {path: [entry.size, entry.version, entry.changed_at] for path, entry in entries.items()}
    write_whole(folder / LISTING, json.dumps({"url": settings.landing.url, "objects": objects}))


def write_whole(path: Path, text: str) -> None:
    """Replace a file at once, readable by its owner alone: who reads it meanwhile sees the former content or the new one."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with open(part, "w", encoding="utf-8", opener=owner_only) as file:
        file.write(text)
    part.replace(path)


def _unix(moment: Any) -> float:
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError:
            return 0.0
    if isinstance(moment, datetime):
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if isinstance(moment, date):
        return datetime(moment.year, moment.month, moment.day, tzinfo=UTC).timestamp()
    return float(moment) if isinstance(moment, (int, float)) else 0.0
