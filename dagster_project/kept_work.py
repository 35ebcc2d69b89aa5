"""What takes seconds to work out and is the same in every project: kept for the user, outside all projects, from one to the next.

Nothing hangs on it: what is not there, or damaged, is worked out again.
"""

from __future__ import annotations

import gzip
import os
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

FOLDER = "RELANCE_CACHE"
"""The environment variable that names another folder; set to nothing, it keeps nothing."""
_MOST = 64


def kept(name: str) -> bytes | None:
    """What was kept under a name, which has to tell all that it was worked out from."""
    folder = _folder()
    if folder is None:
        return None
    try:
        content = gzip.decompress((folder / name).read_bytes())
        os.utime(folder / name)
    except (OSError, EOFError, zlib.error):
        return None
    return content


def keep(name: str, content: bytes) -> None:
    """Keep it, whole or not at all; what was used longest ago makes room."""
    folder = _folder()
    if folder is None:
        return
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
            try:
                file.write(gzip.compress(content, 1))
                file.close()
                os.replace(file.name, folder / name)
            except BaseException:
                os.unlink(file.name)
                raise
        for path in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)[_MOST:]:
            path.unlink()


def _folder() -> Path | None:
    named = os.environ.get(FOLDER)
    if named is None:
        return user_cache_path("relance", appauthor=False)
    return Path(named).expanduser().absolute() if named else None
