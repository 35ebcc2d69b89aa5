"""Landing files → raw tables, with books that balance for every file."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dagster_project.connectors.mirror import fetch_landing
from dagster_project.loads.books import FileLoad, LandedFile, book, ensure_books, ensure_raw_tables, next_batch, note_files
from dagster_project.loads.dedupe import mark_retold
from dagster_project.loads.discover import Feed, discover, landed_on, remember_feeds, remembered_feeds
from dagster_project.loads.drift import note_drift
from dagster_project.loads.group import load_group
from dagster_project.loads.known import Content, Known, find_outdated, is_outdated, rows_of_former_readings, withdraw
from dagster_project.loads.progress import Meter, Tell, watched
from dagster_project.loads.scan import Scan, scan_file
from dagster_project.loads.ties import note_ties
from dagster_project.loads.write import replace_rows
from dagster_project.privacy.tombstones import arm
from dagster_project.room import require_disk
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
    tombstoned: int = 0

    def add(self, file: FileLoad) -> None:
        self.files += 1
        self.read += file.read
        self.accepted += file.accepted
        self.duplicate += file.duplicate
        self.quarantined += file.quarantined
        self.tombstoned += file.tombstoned


@dataclass
class LoadSummary:
    """What one load did. `batch` is the number its rows carry, None if it brought no rows."""

    entities: list[EntityLoad] = field(default_factory=list)
    batch: int | None = None
    warnings: list[str] = field(default_factory=list)
    started_at: datetime = field(default_factory=lambda: _now())

    @property
    def files(self) -> int:
        return sum(entity.files for entity in self.entities)

    def total(self, column: str) -> int:
        """Sum of `read`, `accepted`, `duplicate` or `quarantined` over all entities."""
        return sum(getattr(entity, column) for entity in self.entities)


@dataclass
class _Load:
    """A load under way. `scans` are of the files so far: one file can feed two entities."""

    con: duckdb.DuckDBPyConnection
    landing: Path
    batch: int
    summary: LoadSummary
    tell: Tell | None
    scans: dict[str, Scan] = field(default_factory=dict)


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
    arm(settings, con)
    require_disk(settings, _unloaded(con, settings.landing_path, landing.feeds))
    batch = next_batch(con)
    load = _Load(con, settings.landing_path, batch, summary, progress)
    with _modest_memory(settings, con):
        for feed in landing.feeds:
            _load_feed(load, feed)
    note_drift(con)
    note_ties(con)
    if summary.total("accepted"):
        summary.batch = batch
    return summary


def _unloaded(con: duckdb.DuckDBPyConnection, folder: Path, feeds: Collection[Feed]) -> set[tuple[str, int]]:
    """Path and bytes of the files that did not lie there so when the folder was last looked through."""
    states = set(con.execute("select path, size, mtime_ns from quality.landing_files").fetchall())
    found = set()
    for path in {path for feed in feeds for path in feed.files}:
        with suppress(OSError):  # told when it is read
            stat = os.stat(folder / path)
            if (path, stat.st_size, stat.st_mtime_ns) not in states:
                found.add((path, stat.st_size))
    return found


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


def _load_feed(load: _Load, feed: Feed) -> None:
    """Load what is new of a feed. What was read by other rules than today's is taken back as it is read again."""
    totals = EntityLoad(feed.entity.source, feed.entity.name)
    known = Known(load.con, feed)
    news = _news(load, feed, known)
    has_changed = is_outdated(load.con, feed)
    files = list(news) if has_changed else []
    find_outdated(load.con, feed, files)
    if has_changed:
        news = iter(files)
    copies: list[LandedFile] = []
    for group in _groups(_originals(known, news, copies)):
        _load_group(load, feed, group, totals)
    known = Known(load.con, feed)
    for file in copies:
        if original := known.original(file):
            totals.add(_book_copy(load, feed, file, *original))
        else:
            _load_group(load, feed, [file], totals)
    if has_changed:
        _settle_former(load, feed)
    if totals.files:
        load.summary.entities.append(totals)


def _settle_former(load: _Load, feed: Feed) -> None:
    """Rows of former readings whose files were not read again give way to today's where these tell the same; the rest is told."""
    load.con.execute("begin")
    try:
        (left,) = load.con.execute("select count(*) from load_outdated").fetchone() or (0,)
        if left:
            mark_retold(load.con, feed)
            replace_rows(load.con, feed.entity, load.batch, _now())
        load.con.execute("commit")
    except BaseException:
        load.con.execute("rollback")
        raise
    if stale := rows_of_former_readings(load.con, feed):
        load.summary.warnings.append(
            f"the rules by which {feed.label} is read have changed: {stale:,} rows stay as they were read before, since their "
            "files are no longer in the landing folder or can't be read now, or somebody mended them by hand"
        )


def _load_group(load: _Load, feed: Feed, group: list[LandedFile], totals: EntityLoad) -> None:
    for results, warnings in load_group(load.con, feed, group, load.batch, load.tell):
        for result in results:
            totals.add(result)
        load.summary.warnings += warnings
        if load.tell:
            load.tell(f"{feed.label}: {totals.read:,} rows read from {totals.files:,} files")


def _book_copy(load: _Load, feed: Feed, file: LandedFile, original: str, records: int) -> FileLoad:
    """Enter a file that brings what another brought: all its records are duplicates, those that were refused there too."""
    result = FileLoad(file, records, 0, records, 0, note=f"same content as {original}")
    load.con.execute("begin")
    try:
        withdraw(load.con, feed, [file.path], load.batch, _now())
        book(load.con, feed, [result], load.batch, _now())
        load.con.execute("commit")
    except BaseException:
        load.con.execute("rollback")
        raise
    return result


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _news(load: _Load, feed: Feed, known: Known) -> Iterator[LandedFile]:
    """The files of a feed that are new, hold something else, or are to be read by other rules."""
    for path in unread(load.con, load.landing, feed):
        full = load.landing / path
        try:
            meter = Meter(os.stat(full).st_size)
            with watched(load.tell, f"{feed.label}: counting the records of {meter.total / 1e6:,.0f} MB", meter.share):
                scan = load.scans.get(path) or scan_file(full, meter.add)
        except OSError as error:
            load.summary.warnings.append(f"{path} can't be read: {error.strerror}")
            continue
        load.scans[path] = scan
        file = LandedFile(path, landed_on(path), scan)
        if known.has(file):
            note_files(load.con, feed, [file], _now())
        else:
            yield file


def unread(con: duckdb.DuckDBPyConnection, landing: Path, feed: Feed) -> list[str]:
    """The files of a feed that do not lie there as when they were read by today's rules, or can't be looked at."""
    lying = "select path, mapping, size, mtime_ns from quality.landing_files where source = ? and entity = ?"
    before = {path: state for path, *state in con.execute(lying, [feed.entity.source, feed.entity.name]).fetchall()}
    fingerprint = feed.fingerprint
    return [path for path in feed.files if before.get(path) != [fingerprint, *_state(landing / path)]]


def _state(path: Path) -> tuple[int, ...]:
    """Bytes of a file, and when it was written; nothing of one that can't be looked at."""
    try:
        stat = os.stat(path)
        return stat.st_size, stat.st_mtime_ns
    except OSError:
        return ()


def _originals(known: Known, files: Iterator[LandedFile], copies: list[LandedFile]) -> Iterator[LandedFile]:
    """The first file of each content; those that hold the same, or what was loaded before, go to `copies`."""
    contents: set[Content] = set()
    for file in files:
        content = known.content(file)
        if file.scan.records and (content in contents or known.original(file)):
            copies.append(file)
        else:
            contents.add(content)
            yield file


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
