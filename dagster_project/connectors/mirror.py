"""The private mirror of a landing in an object store: what has changed there is fetched, what is gone there goes here.

A file appears in the mirror whole or not at all. What was fetched before a failure stays, a half-fetched object goes on
where it stopped, and an unchanged one is never fetched again.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from filelock import FileLock
from fsspec.asyn import AsyncFileSystem

from dagster_project.connectors.store import (
    Entry,
    Listing,
    Store,
    entry_of,
    failure,
    fingerprint,
    list_store,
    open_store,
    pull_places,
    write_whole,
)  # fmt: skip
from dagster_project.errors import RelanceError
from dagster_project.private import owner_only, private_folder
from dagster_project.settings import Settings

MANIFEST = "landing.fetched.json"
EVICTED = "landing.evicted.json"
PARTS = "landing.parts"
CHUNK = 8 << 20
AT_ONCE = 8
"""Objects fetched side by side, where the driver can: a store's answer takes longer than a small object."""
WAITS = (1.0, 4.0, 15.0)
"""Seconds before each new attempt at one object."""
SAVE_EVERY = 10.0
"""Seconds between two savings of the manifest: what a crash costs is at most fetched again."""

Told = Callable[[str], None]


class _Changed(Exception):
    """The object is not the one that was listed: it has grown, shrunk or been replaced meanwhile."""


def fetch_landing(settings: Settings, progress: Told | None = None) -> None:
    """Make the mirror equal the store; nothing is done where the landing is a folder.

    Raises:
        RelanceError: what went wrong and how to mend it. The mirror is then still usable, and the next call goes on from there.
    """
    if not settings.landing.is_remote:
        return
    store = open_store(settings)
    listing = list_store(settings, store)
    # A run and a look back at the past share the mirror, though not their warehouse nor its lock.
    with FileLock(settings.base / ".relance" / "landing.lock"):
        _Mirror(settings, store, progress or (lambda _: None)).become(listing)


def fetched_fingerprint(settings: Settings) -> str:
    """The fingerprint of the listing that the mirror was last made equal to."""
    try:
        return str(json.loads((settings.base / ".relance" / MANIFEST).read_text(encoding="utf-8"))["fingerprint"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def evict(settings: Settings, path: str) -> None:
    """Remove a mirrored file that holds what must not be kept; it is fetched again only when the object has changed."""
    with FileLock(settings.base / ".relance" / "landing.lock"):
        place = settings.base / ".relance" / EVICTED
        known = _evicted(settings)
        version = _Mirror.fetched(settings).get(path)
        if version is not None:
            write_whole(place, json.dumps(known | {path: version}))
        (settings.landing_path / path).unlink(missing_ok=True)


def _evicted(settings: Settings) -> dict[str, str]:
    try:
        kept = json.loads((settings.base / ".relance" / EVICTED).read_text(encoding="utf-8"))
        return {str(path): str(version) for path, version in kept.items()}
    except (OSError, ValueError, AttributeError):
        return {}


class _Mirror:
    def __init__(self, settings: Settings, store: Store, progress: Told):
        self._settings, self._store, self._progress = settings, store, progress
        self._folder = settings.landing_path
        self._state = settings.base / ".relance"
        self._have: dict[str, str] = {}
        self._evicted = _evicted(settings)
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._saved = time.monotonic()

    def become(self, listing: Listing) -> None:
        private_folder(self._folder)
        self._have = self.fetched(self._settings)
        # Removals first: the place of a file that is gone may be a folder now.
        self._remove(listing)
        wanted = [path for path, entry in listing.items() if not self._holds(path, entry)]
        try:
            self._fetch(listing, wanted)
            self._save(fingerprint(listing))
            shutil.rmtree(self._state / PARTS, ignore_errors=True)
        except BaseException:
            self._save("")
            raise

    def _holds(self, path: str, entry: Entry) -> bool:
        if self._evicted.get(path) == entry.version:
            return True
        try:
            return self._have.get(path) == entry.version and os.stat(self._folder / path).st_size == entry.size
        except OSError:
            return False

    def _remove(self, listing: Listing) -> None:
        pulled = pull_places(self._settings)
        for folder, folders, names in os.walk(self._folder, topdown=False):
            for name in names:
                full = os.path.join(folder, name)
                path = Path(full).relative_to(self._folder).as_posix()
                if path not in listing and not any(path.startswith(place) for place in pulled):
                    os.unlink(full)
            for name in folders:
                full = os.path.join(folder, name)
                if os.path.islink(full):
                    os.unlink(full)
                elif not os.listdir(full):
                    os.rmdir(full)
        self._have = {path: version for path, version in self._have.items() if path in listing}

    def _fetch(self, listing: Listing, wanted: list[str]) -> None:
        self._count = _Count(len(wanted), sum(listing[path].size for path in wanted), self._progress)
        failed: list[RelanceError] = []

        def one(path: str) -> None:
            if self._stopped.is_set():
                return
            try:
                entry = self._fetch_one(path, listing[path])
            except RelanceError as error:
                # The first failure is the cause; the others stop because of it.
                failed.append(error)
                self._stopped.set()
                return
            with self._lock:
                if entry is not None:
                    self._have[path] = entry.version
                if time.monotonic() - self._saved > SAVE_EVERY:
                    self._save("")
            self._count.add(files=1)

        at_once = AT_ONCE if isinstance(self._store.files, AsyncFileSystem) else 1
        with ThreadPoolExecutor(at_once, thread_name_prefix="fetch") as pool:
            running = [pool.submit(one, path) for path in wanted]
            try:
                for future in running:
                    future.result()
            except BaseException:
                self._stopped.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        if failed:
            raise failed[0]

    def _fetch_one(self, path: str, entry: Entry) -> Entry | None:
        """Fetch one object, again if need be; gives what was fetched, since the object may have changed since the listing.
        None if it is gone by now: the next listing will not have it.

        Raises:
            RelanceError: it could not be fetched.
        """
        files, name = self._store.files, self._store.full(path)
        for wait in (*WAITS, None):
            try:
                part = self._download(path, name, entry)
                target = self._folder / path
                private_folder(target.parent)
                os.replace(part, target)
                return entry
            except FileNotFoundError:
                return None
            except Exception as error:  # each driver has exceptions of its own; most of them pass
                lasting = isinstance(error, (PermissionError, ImportError)) or getattr(error, "errno", None) == errno.ENOSPC
                if wait is None or lasting or self._stopped.is_set():
                    raise failure(self._settings, error, f"`{path}` can't be fetched") from None
            time.sleep(wait)
            try:
                files.invalidate_cache()
                entry = entry_of(files.info(name))
            except Exception:  # the next attempt will tell
                continue
        raise AssertionError("unreachable")

    def _download(self, path: str, name: str, entry: Entry) -> Path:
        """Fetch into a file that is named after the version, so that a later attempt can go on at its end."""
        parts = private_folder(self._state / PARTS)
        part = parts / hashlib.sha256(f"{path}\0{entry.version}\0{entry.size}".encode()).hexdigest()
        have = part.stat().st_size if part.exists() else 0
        if have > entry.size:
            part.unlink()
            have = 0
        with open(part, "ab", opener=owner_only) as kept:
            for chunk in _chunks(self._store, name, have, entry.size):
                kept.write(chunk)
                self._count.add(size=len(chunk))
                if self._stopped.is_set():
                    raise InterruptedError
        if part.stat().st_size != entry.size:
            part.unlink()
            raise _Changed("the object changes while it is fetched")
        return part

    @staticmethod
    def fetched(settings: Settings) -> dict[str, str]:
        """What the mirror holds: path → version."""
        try:
            kept = json.loads((settings.base / ".relance" / MANIFEST).read_text(encoding="utf-8"))
            same = kept["url"] == settings.landing.url
            return {str(path): str(version) for path, version in kept["objects"].items()} if same else {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def _save(self, complete: str) -> None:
        self._saved = time.monotonic()
        content = {"url": self._settings.landing.url, "fingerprint": complete, "objects": self._have}
        write_whole(self._state / MANIFEST, json.dumps(content))


class _Count:
    """What has been fetched so far, told about once a second and at the end."""

    def __init__(self, files: int, size: int, progress: Told):
        self._of, self._progress = (files, size), progress
        self._files = self._size = 0
        self._lock = threading.Lock()
        self._told = time.monotonic()

    def add(self, files: int = 0, size: int = 0) -> None:
        with self._lock:
            self._files, self._size = self._files + files, self._size + size
            if time.monotonic() - self._told < 1 and not (files and self._files == self._of[0]):
                return
            self._told = time.monotonic()
            of_files, of_size = self._of
            told = f"{self._files:,} of {of_files:,} files, {_bytes(self._size)} of {_bytes(of_size)}"
            self._progress(f"landing: fetched {told}")


def _chunks(store: Store, name: str, start: int, size: int) -> Iterator[bytes]:
    if start >= size:
        return
    with store.files.open(name, "rb", block_size=CHUNK) as remote:
        remote.seek(start)
        while chunk := remote.read(CHUNK):
            yield chunk


def _bytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count < 1e9 else f"{count / 1e9:,.2f} GB"
