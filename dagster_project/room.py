"""Memory and disk: a run that can't end for want of them says so before it begins, or where it stopped, with the numbers."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection
from pathlib import Path

from dagster_project.errors import RelanceError
from dagster_project.settings import Settings

GIB = 2**30
_BESIDE = GIB // 2
"""What Python and its libraries take beside DuckDB, roundly: a run of Dagster's that found nothing new peaked at 0.3 to 0.6 GiB,
DuckDB's own part included (bench/RESULTS.md, until it was asked before Dagster is imported)."""
_LEAST = GIB // 4
"""The least that the pipeline was seen to end with, on a shop of 60 customers."""
_PACKED = (".gz", ".parquet")
_GROWTH, _PACKED_GROWTH = 3, 15
"""Bytes of warehouse and of what DuckDB lays aside while it works, per landed byte. Of packed files it was 12 at 23 MB (the demo)
and at 146 MB (a million events), 7 to 11 at 1.5 GB (ten million); of unpacked ones it is a guess on the safe side."""
_CGROUP = Path("/sys/fs/cgroup/memory.max")
_UNITS = {"K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def machine_memory() -> int:
    """Bytes of memory that this process may come to use: the machine's, or its container's."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(whole, int(_CGROUP.read_text()))
    except (OSError, ValueError):  # no container, or one without a limit: "max"
        return whole


def memory_limit(settings: Settings) -> str:
    """DuckDB's limit: by default half of the memory, where DuckDB alone would take four fifths; Python lives beside it."""
    return settings.warehouse.memory_limit or f"{machine_memory() // 2**21}MiB"


def require_memory(settings: Settings) -> None:
    """
    Raises:
        RelanceError: DuckDB's limit is more than the machine can give, or less than it can work with.
    """
    limit, machine = _bytes(memory_limit(settings)), machine_memory()
    where = f"{settings.config_path}, warehouse.memory_limit"
    if limit + _BESIDE > machine:
        what = f"DuckDB may take {_told(limit)} of memory, all else takes {_told(_BESIDE)}, and this machine has {_told(machine)}"
        raise RelanceError(what, where, f"set it to {_told(max(machine - _BESIDE, _LEAST))} at most, or leave it out for half")
    if limit < _LEAST:
        what = f"DuckDB may take {_told(limit)} of memory, and {_told(_LEAST)} is the least that it can work with"
        how = "raise it" if settings.warehouse.memory_limit else f"run on a machine with {_told(2 * _LEAST)} of memory or more"
        raise RelanceError(what, where, how)


def require_disk(settings: Settings, new: Collection[tuple[str, int]]) -> None:
    """
    Args:
        new: path and bytes of the files that are about to be loaded.

    Raises:
        RelanceError: there is less room than their rows, what is made of them and the copy for readers may take.
    """
    landed = sum(size for _, size in new)
    tables = sum(size * (_PACKED_GROWTH if path.endswith(_PACKED) else _GROWTH) for path, size in new)
    is_now = settings.warehouse_path.stat().st_size if settings.warehouse_path.exists() else 0
    copy = is_now + tables if settings.published_path is not None and landed else 0
    free = shutil.disk_usage(settings.warehouse_path.parent).free
    if landed and tables + copy > free:
        what = (
            f"The disk has {_told(free)} left, and this run may need {_told(tables + copy)}: {_told(tables)} for the tables made "
            f"of {_told(landed)} of new files" + (f", {_told(copy)} for the copy that people read" if copy else "")
        )
        how = "make room, or set `warehouse: {path: …}` to a larger disk"
        raise RelanceError(
            what, str(settings.warehouse_path.parent), how + (", or `published: null` for no copy" if copy else "")
        )


def shortage(text: str) -> RelanceError | None:
    """DuckDB's or Java's complaint about memory or disk as one that a person can mend; None where it is about something else."""
    if "No space left on device" in text or "max_temp_directory_size" in text:
        # What DuckDB lays aside may take all that the disk has left; it speaks of memory then too.
        how = "make room, or set `warehouse: {path: …}` to a larger disk, and run again: what was done is kept"
        return RelanceError("The disk is full", "relance.yml, warehouse.path", how)
    if "OutOfMemoryError" in text:
        how = (
            f"set it higher (this machine has {_told(machine_memory())}; workers of a cluster go by `spark.executor.memory` "
            "under `options`), or `partitions`, and run again"
        )
        return RelanceError("Spark needed more memory than it may take", "relance.yml, warehouse.spark.memory", how)
    if "Out of Memory Error" in text:
        used = re.search(r"\(([\d.]+ \w+)/([\d.]+ \w+) used\)", text)
        told = f"DuckDB needed more memory than its limit{f' of {used[2]}' if used else ''}"
        how = (
            f"set memory_limit higher (this machine has {_told(machine_memory())}), or `warehouse: {{threads: 1}}`, which takes "
            "less at a time, and run again: what was done is kept"
        )
        return RelanceError(told, "relance.yml, warehouse.memory_limit", how)
    return None


def _bytes(size: str) -> int:
    found = re.fullmatch(r"([\d.]+)\s*([KMGT]i?)B", size)
    assert found is not None, size  # settings refuse all else
    return int(float(found[1]) * _UNITS[found[2]])


def _told(size: int) -> str:
    return f"{size / GIB:.1f} GiB" if size >= GIB // 2 else f"{size / 2**20:.0f} MiB"
