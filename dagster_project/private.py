"""Folders and files that only their owner can read, whatever the umask: they hold people's data."""

from __future__ import annotations

import os
from pathlib import Path


def private_folder(folder: Path) -> Path:
    """Make a folder, and those above it that are missing, with mode 0700. One that exists keeps its mode."""
    if not folder.is_dir():
        if folder.parent != folder:
            private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def owner_only(path: str, flags: int) -> int:
    """An `opener` for `open()`: a file it makes has mode 0600."""
    return os.open(path, flags, 0o600)
