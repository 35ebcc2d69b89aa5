"""A delivery URL as files are put there: whole or not at all, tried again, and never to a server that nobody knows."""

from __future__ import annotations

import errno
import math
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

from fsspec import AbstractFileSystem
from fsspec.asyn import AsyncFileSystem

from dagster_project.activation.files import fsync_file, fsync_folder, make_private_folder
from dagster_project.connectors.open import open_place
from dagster_project.connectors.options import DeliveryTarget
from dagster_project.connectors.store import driver_failure, is_denied, shown_url
from dagster_project.errors import RelanceError
from dagster_project.private import owner_only
from dagster_project.settings import Settings

WAITS = (1.0, 4.0, 15.0)
"""Seconds before each new attempt at one file."""

PATIENCE_SECONDS = 600.0
"""How long a place that took nothing in spite of all attempts gets one attempt at each file only: a server that is down would
hold up a run for every destination that is behind it."""

_gave_up: dict[str, float] = {}
"""URL → when the last file was given up there (monotonic clock), since nothing has arrived."""

_LASTING = (RelanceError, PermissionError, ImportError, TypeError)
"""What no new attempt would mend."""


class Outlet:
    """Where the exports of a destination go. It is opened at the first file, and anew after each failure: a connection that broke
    does not mend itself."""

    def __init__(self, settings: Settings, target: DeliveryTarget):
        self._settings, self._target = settings, target
        self._files: AbstractFileSystem | None = None
        self._root = ""
        self.failures = 0
        """Files that could not be sent."""

    @property
    def shown(self) -> str:
        """The URL as it may stand in a message."""
        return shown_url(self._target.url)

    def put(self, source: Path, path: str, anew: bool = False) -> bool:
        """Bring a file to `path` below the URL, unless it is there with its size: nothing is ever there in part.

        Args:
            anew: send it even so.

        Returns:
            Whether it was sent.

        Raises:
            RelanceError: it could not be sent, after several attempts where another one might help.
        """
        url = self._target.url
        is_doubtful = time.monotonic() - _gave_up.get(url, -math.inf) < PATIENCE_SECONDS
        for wait in (None,) if is_doubtful else (*WAITS, None):
            try:
                sent = self._put(source, path, anew)
                _gave_up.pop(url, None)
                return sent
            except Exception as error:  # each driver has exceptions of its own
                self.close()
                full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
                is_lasting = full or isinstance(error, _LASTING) or is_denied(error)
                if wait is None or is_lasting:
                    self.failures += 1
                    if not is_lasting:
                        _gave_up[url] = time.monotonic()
                    raise self._failure(error, path) from None
            time.sleep(wait)
        raise AssertionError("unreachable")

    def close(self) -> None:
        if self._files is not None and hasattr(self._files, "close"):
            with suppress(Exception):
                self._files.close()
        self._files = None

    def _open(self) -> AbstractFileSystem:
        if self._files is None:
            self._files, self._root = open_place(self._target)
        return self._files

    def _put(self, source: Path, path: str, anew: bool) -> bool:
        files = self._open()
        target, size = f"{self._root}/{path}", source.stat().st_size
        if not anew and self._size(target) == size:
            return False
        part = f"{target.rpartition('/')[0]}/.{source.name}.part"
        if self._target.scheme == "file":
            _copy_private(source, Path(part))
            os.replace(part, target)
            fsync_folder(Path(target).parent)
        elif isinstance(files, AsyncFileSystem):
            # Object stores show an object when it is whole.
            files.put_file(str(source), target)
        else:
            files.makedirs(target.rpartition("/")[0], exist_ok=True)
            files.put_file(str(source), part)
            files.mv(part, target)
        found = self._size(target)
        if found != size:
            raise OSError(f"{found or 0} bytes of {size} arrived")
        return True

    def _size(self, target: str) -> int | None:
        """Bytes of what is there; None where nothing is."""
        files = self._open()
        files.invalidate_cache()
        try:
            return int(files.info(target)["size"])
        except FileNotFoundError:
            return None

    def _failure(self, error: Exception, path: str) -> RelanceError:
        where = f"{self._settings.config_path}, activations: delivery: {self.shown}"
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            return RelanceError(f"`{path}` can't be delivered: there is no room left", where, "make room there, then run again")
        return driver_failure(
            self._target, error, f"`{path}` can't be delivered", where, "activations: delivery: options:",
            "list, write and rename", "correct the URL, or create it", "the next run delivers what is missing",
        )  # fmt: skip


def _copy_private(source: Path, target: Path) -> None:
    """Copy and flush a file; nobody but its owner can read it at any moment."""
    make_private_folder(target.parent)
    with source.open("rb") as read, open(target, "wb", opener=owner_only) as written:
        shutil.copyfileobj(read, written, 1 << 20)
    fsync_file(target)
