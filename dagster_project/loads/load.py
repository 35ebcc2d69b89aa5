"""Landing files → raw tables, with books that balance for every file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb

from dagster_project.connectors.mirror import fetch_landing
from dagster_project.loads.books import FileLoad, LandedFile, book, ensure_books, ensure_raw_tables, next_batch, note_files
from dagster_project.loads.discover import Feed, Landing, discover, landed_on, remember_feeds, remembered_feeds
from dagster_project.loads.drift import note_drift
from dagster_project.loads.group import load_group
from dagster_project.loads.progress import Meter, Tell, watched
from dagster_project.loads.scan import Scan, scan_file
from dagster_project.settings import Settings

GROUP_BYTES = 256 << 20
"""Bytes on disk that are read in one go; bounds memory where many small files are read together."""
GROUP_FILES = 1000
LOAD_MEMORY = "1GB"
"""What DuckDB may take while loading, where relance.yml sets no limit. At 1 M events it costs no time and saves 1 GB."""


@dataclass
class EntityLoad:
    """What one load brought for one entity."""

    source: str
    entity: str
    files: int = 0
    read: int = 0
    accepted: int = 0
    duplicate: int = 0
    quarantined: int = 0

    def add(self, file: FileLoad) -> None:
        self.files += 1
        self.read += file.read
        self.accepted += file.accepted
        self.duplicate += file.duplicate
        self.quarantined += file.quarantined


@dataclass
class LoadSummary:
    """What one load did. `batch` is the number its rows carry, None if it brought no rows."""

    entities: list[EntityLoad] = field(default_factory=list)
    batch: int | None = None
    warnings: list[str] = field(default_factory=list)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(tzinfo=None))

    @property
    def files(self) -> int:
        return sum(entity.files for entity in self.entities)

    def total(self, column: str) -> int:
        """Sum of `read`, `accepted`, `duplicate` or `quarantined` over all entities."""
        return sum(getattr(entity, column) for entity in self.entities)


def load_landing(settings: Settings, con: duckdb.DuckDBPyConnection, progress: Tell | None = None) -> LoadSummary:
    """Load every landed file that is new or has changed; `progress` is told a line per group of files, and how far a long one
    has come.

    Each group of files commits alone, rows and books together: after a crash, what is booked is loaded and the rest comes
    with the next load.

    Raises:
        RelanceError: there is no landing folder, the object store that it mirrors can't be read, or `sources:` in relance.yml
            does not fit the contracts.
    """
    con.execute("set timezone = 'UTC'")
    if progress:
        # DuckDB then knows how far a query has come, and shows it to nobody itself.
        con.execute("set enable_progress_bar = true; set enable_progress_bar_print = false")
    fetch_landing(settings, progress)
    landing = discover(settings)
    summary = LoadSummary(warnings=list(landing.warnings))
    ensure_books(con)
    known = remembered_feeds(settings)
    for feed in landing.feeds:
        names = known.setdefault(feed.entity.source, [])
        known[feed.entity.source] = sorted({*names, feed.entity.name})
    ensure_raw_tables(con, known)
    remember_feeds(settings, known)
    batch = next_batch(con)
    scans: dict[str, Scan] = {}
    with _modest_memory(settings, con):
        _load_feeds(settings, con, landing, scans, batch, summary, progress)
    note_drift(con)
    if summary.total("accepted"):
        summary.batch = batch
    return summary


@contextmanager
def _modest_memory(settings: Settings, con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Loading streams and needs little memory; left alone, DuckDB fills all it may with pages of no further use.

    It also keeps the sides of a join as they are written: DuckDB can't tell how many lines a file has, takes them for few, and
    would gather all of them to look up a handful of duplicates.
    """
    kept = {name: _setting(con, name) for name in ("memory_limit", "disabled_optimizers")}
    if not settings.warehouse.memory_limit:
        con.execute(f"set memory_limit = '{LOAD_MEMORY}'")
    con.execute("set disabled_optimizers = 'build_side_probe_side'")
    try:
        yield
    finally:
        for name, value in kept.items():
            con.execute(f"set {name} = '{value}'")


def _setting(con: duckdb.DuckDBPyConnection, name: str) -> str:
    row = con.execute(f"select current_setting('{name}')").fetchone()
    return row[0] if row else ""


def _load_feeds(
    settings: Settings,
    con: duckdb.DuckDBPyConnection,
    landing: Landing,
    scans: dict[str, Scan],
    batch: int,
    summary: LoadSummary,
    progress: Tell | None,
) -> None:
    for feed in landing.feeds:
        totals = EntityLoad(feed.entity.source, feed.entity.name)
        for group in _groups(_news(settings, con, feed, scans, batch, totals, summary, progress)):
            for results, warnings in load_group(con, feed, group, batch, progress):
                for result in results:
                    totals.add(result)
                summary.warnings += warnings
                if progress:
                    progress(f"{feed.label}: {totals.read:,} rows read from {totals.files:,} files")
        if totals.files:
            summary.entities.append(totals)


def _news(
    settings: Settings,
    con: duckdb.DuckDBPyConnection,
    feed: Feed,
    scans: dict[str, Scan],
    batch: int,
    totals: EntityLoad,
    summary: LoadSummary,
    progress: Tell | None,
) -> Iterator[LandedFile]:
    """The files of a feed that hold something new; what is known is booked here and not read."""
    source, name = feed.entity.source, feed.entity.name
    lying = "select path, mapping, size, mtime_ns from quality.landing_files where source = ? and entity = ?"
    before = {path: state for path, *state in con.execute(lying, [source, name]).fetchall()}
    remapped = 0
    for path in feed.files:
        full = settings.landing_path / path
        try:
            stat = os.stat(full)
            if before.get(path) == [feed.fingerprint, stat.st_size, stat.st_mtime_ns]:
                continue
            meter = Meter(stat.st_size)
            with watched(progress, f"{feed.label}: counting the records of {stat.st_size / 1e6:,.0f} MB", meter.share):
                scan = scans.get(path) or scan_file(full, meter.add)
        except OSError as error:
            summary.warnings.append(f"{path} can't be read: {error.strerror}")
            continue
        scans[path] = scan
        remapped += path in before and before[path][0] != feed.fingerprint
        file = LandedFile(path, landed_on(path), scan)
        known = _known_content(con, feed, file)
        if known is None:
            yield file
            continue
        now = datetime.now(UTC).replace(tzinfo=None)
        if known.path == path:
            note_files(con, feed, [file], now)
            continue
        result = FileLoad(file, known.read, 0, known.read, 0, f"same content as {known.path}")
        con.execute("begin")
        book(con, feed, [result], batch, now)
        con.execute("commit")
        totals.add(result)
    if remapped and feed.entity.mode == "facts":
        summary.warnings.append(
            f"the mapping of {feed.label} has changed: files are read again, but rows already loaded stay as they were read then"
        )


@dataclass(frozen=True)
class _Known:
    path: str
    read: int


def _known_content(con: duckdb.DuckDBPyConnection, feed: Feed, file: LandedFile) -> _Known | None:
    """The file this content was loaded from before, if any: the same path before others.

    Versions that landed on another day are news even if nothing changed: A, then B, then A again ends with A.
    """
    day = "true" if feed.entity.mode == "facts" else "landed_on is not distinct from $day"
    parameters = {
        "source": feed.entity.source,
        "entity": feed.entity.name,
        "sha": file.scan.sha256,
        "mapping": feed.fingerprint,
        "path": file.path,
    }
    found = con.execute(
        f"""select file, rows_read from quality.load_ledger
        where source = $source and entity = $entity and sha256 = $sha and mapping = $mapping and (file = $path or {day})
        order by file <> $path, loaded_at limit 1""",
        parameters if day == "true" else parameters | {"day": file.landed_on},
    ).fetchone()
    return _Known(*found) if found else None


def _groups(files: Iterator[LandedFile]) -> Iterator[list[LandedFile]]:
    """Files that one read can take together: same format, shape and packing, none in trouble, within the bounds."""
    open_groups: dict[tuple, list[LandedFile]] = {}
    for file in files:
        if file.scan.trouble:
            yield [file]
            continue
        key = (file.scan.format, file.scan.shape, file.path.lower().endswith(".gz"))
        group = open_groups.setdefault(key, [])
        if group and (len(group) >= GROUP_FILES or sum(other.scan.size for other in group) + file.scan.size > GROUP_BYTES):
            yield open_groups.pop(key)
            group = open_groups.setdefault(key, [])
        group.append(file)
    yield from open_groups.values()
