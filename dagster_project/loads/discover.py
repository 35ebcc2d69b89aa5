"""Which files of the landing folder feed which entity.

`<landing>/<source>/<entity>/` (and `<landing>/<source>/<entity>.<ending>`) feeds by its place alone; relance.yml names other
places and columns. What fits nowhere is told, never passed over in silence.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dagster_project.config_file import near_miss
from dagster_project.connectors.store import kept_listing
from dagster_project.errors import RelanceError
from dagster_project.loads.contract import Contracts, Entity, load_contracts, singular
from dagster_project.loads.scan import FORMATS, format_of
from dagster_project.settings import EntitySettings, Settings

GUIDE = "README.md"
"""What `relance init` leaves in the landing folder for the people who fill it."""
AHEAD = timedelta(days=1)
"""How far clocks may run ahead, zones that were left out included."""
_NO_MAPPING = EntitySettings()
_DAYS = re.compile(
    r"""(?<!\d)((?:19|20)\d{2})[-/_](\d{2})[-/_](\d{2})(?!\d)
    | (?<!\d)(20\d{2})(\d{2})(\d{2})(?:(?!\d)|(?=(?:[01]\d|2[0-3])[0-5]\d[0-5]\d(?:\d{3})?(?!\d)))
    | (?<![a-z])year=(\d{4})/month=(\d{1,2})/day=(\d{1,2})(?!\d)""",
    re.VERBOSE,
)
"""2026-01-31, 2026/01/31, 2026_01_31; 20260131, alone or with the digits of a time right behind; year=2026/month=01/day=31."""
_TIMES = re.compile(
    r"""T(\d{2})[-:_.]?(\d{2}) (?:[-:_.]?(\d{2}) (?:[.]?(\d{1,6}))?)?
    | [_\ -](\d{2})([-:_.]?)(\d{2})\6(\d{2})(?!\d) | [_\ -](\d{2})[-:_.](\d{2})(?!\d) | /(?:hour|hr|h)=(\d{1,2})(?!\d)
    | (\d{2})(\d{2})(\d{2})(\d{3})?(?!\d)""",
    re.VERBOSE,
)
"""A time of day right after a day, in UTC: T1015, T10-15-00, _101500, _10-15, /hour=10, 101500, 101500123."""


@dataclass(frozen=True)
class Feed:
    """The files of one entity: paths relative to the landing folder, `/`-separated, in order of name.

    What happened after `not_after` (naive UTC) can't be true.
    """

    entity: Entity
    mapping: EntitySettings
    timezone: str
    files: tuple[str, ...]
    not_after: datetime

    @property
    def label(self) -> str:
        return f"{self.entity.source}.{self.entity.name}"

    @property
    def fingerprint(self) -> str:
        """What of relance.yml and of the contract decides how a file is read; a file is read again when it changes."""
        mapping = self.mapping.model_dump(exclude={"files"}, exclude_defaults=True)
        return json.dumps([mapping, self.timezone, self.entity.fingerprint], sort_keys=True)


@dataclass(frozen=True)
class Landing:
    """What lies in the landing folder."""

    feeds: tuple[Feed, ...]
    warnings: tuple[str, ...] = field(default=())


def discover(settings: Settings, listed: Iterable[str] | None = None) -> Landing:
    """Walk the landing folder once and sort its files by what they feed.

    Args:
        listed: paths to sort in place of those in the folder, where the files of an object store are not fetched yet.

    Raises:
        RelanceError: no landing folder.
    """
    landing = settings.landing_path
    if listed is None and not landing.is_dir():
        raise RelanceError("The landing folder does not exist", str(landing), "create it, or correct `landing:` in relance.yml")
    contracts = load_contracts()
    warnings: list[str] = []
    files = sorted(_walk(landing, "", (os.path.realpath(landing),), warnings) if listed is None else listed)
    if settings.only_files is not None:
        files = [path for path in files if path in settings.only_files]
    claimed: set[str] = set()
    patterns: dict[str, list[str]] = {}
    found: list[Feed] = []
    for source, entities in contracts.items():
        configured = settings.sources.get(source)
        if not _enabled(settings, source):
            claimed.update(path for path in files if path.split("/")[0] == source)
            continue
        for entity in entities.values():
            mapping = configured.entities.get(entity.name, _NO_MAPPING) if configured else _NO_MAPPING
            own = [path for path in files if _belongs(path, entity, mapping, entities)]
            claimed.update(own)
            readable = tuple(path for path in own if format_of(path))
            warnings += [_unknown_ending(path) for path in own if not format_of(path)]
            if mapping.files:
                patterns.setdefault(mapping.files, []).append(f"{source}.{entity.name}")
                if not own:
                    warnings.append(f"no file matches `files: {mapping.files}` of {source}.{entity.name}")
            mapped = configured is not None and entity.name in configured.entities
            if readable or mapped:
                found.append(feed_of(settings, entity, readable))
    warnings += [
        f"`files: {pattern}` stands under {' and '.join(labels)}: each of its files is loaded into all of them"
        for pattern, labels in patterns.items()
        if len(labels) > 1
    ]
    warnings += _strays([path for path in files if path not in claimed and path != GUIDE], contracts)
    return Landing(tuple(found), tuple(warnings))


def feed_of(settings: Settings, entity: Entity, files: tuple[str, ...] = ()) -> Feed:
    """How relance.yml has these files of an entity read."""
    configured = settings.sources.get(entity.source)
    mapping = configured.entities.get(entity.name, _NO_MAPPING) if configured else _NO_MAPPING
    now = datetime.now(UTC).replace(tzinfo=None)
    not_after = max(now, settings.moment()) + AHEAD
    return Feed(entity, mapping, configured.timezone if configured else "UTC", files, not_after)


def feeds(settings: Settings) -> dict[str, list[str]]:
    """Source → entities that the company has, in order of name: with files now, in relance.yml, or with files loaded before."""
    known = {source: set(entities) for source, entities in remembered_feeds(settings).items()}
    for feed in discover(settings, kept_listing(settings)).feeds:
        known.setdefault(feed.entity.source, set()).add(feed.entity.name)
    return {source: sorted(entities) for source, entities in sorted(known.items()) if entities}


def remembered_feeds(settings: Settings) -> dict[str, list[str]]:
    """What was loaded before, kept in the project's private state: files may leave the landing folder, their rows stay."""
    contracts = {source: entities for source, entities in load_contracts().items() if _enabled(settings, source)}
    try:
        kept = json.loads((settings.state_path / "feeds.json").read_text(encoding="utf-8"))
        pairs = [(source, name) for source, names in kept.items() for name in names]
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
    known: dict[str, list[str]] = {}
    for source, name in pairs:
        if name in contracts.get(source, {}):
            known.setdefault(source, []).append(name)
    return known


def remember_feeds(settings: Settings, known: dict[str, list[str]]) -> None:
    """Write what has been loaded so far; the file is replaced whole."""
    path = settings.state_path / "feeds.json"
    text = json.dumps(known, sort_keys=True)
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def landed_on(path: str) -> datetime | None:
    """The moment in a landing path: a day (dt=2026-01-31, 2026/01/31, 2026_01_31, 20260131, year=2026/month=01/day=31; of several
    the last), with the time of day where one follows it. Zones are not looked at: times count as UTC.
    """
    for day in reversed(list(_DAYS.finditer(path))):
        try:
            start = datetime(*(int(part) for part in day.groups() if part))  # type: ignore[arg-type]
        except ValueError:
            continue
        time = _TIMES.match(path, day.end())
        return start + _time_of_day(time) if time else start
    return None


def _time_of_day(time: re.Match[str]) -> timedelta:
    """What a match of _TIMES says; nothing where no clock shows it, as of a running number."""
    hour, minute, second, fraction = (*(part for part in time.groups() if part and part.isdigit()), "0", "0", "0")[:4]
    if int(hour) > 23 or int(minute) > 59 or int(second) > 59:
        return timedelta()
    return timedelta(hours=int(hour), minutes=int(minute), seconds=int(second), microseconds=int(fraction.ljust(6, "0")))


def _enabled(settings: Settings, source: str) -> bool:
    return source not in settings.sources or settings.sources[source].enabled


def _walk(folder: Path, prefix: str, above: tuple[str, ...], warnings: list[str]) -> Iterator[str]:
    """Files below a folder; links are followed, loops are not. Hidden files are nobody's data."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        warnings.append(f"{prefix or '.'} can't be read: {error.strerror}")
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = prefix + entry.name
        told = path.encode("utf-8", "backslashreplace").decode()
        if told != path:
            warnings.append(f"{told} is not loaded: its name is not valid UTF-8; rename it")
            continue
        if entry.is_symlink() and not os.path.exists(entry.path):
            warnings.append(f"{path} is a link to nothing")
            continue
        if entry.is_dir():
            real = os.path.realpath(entry.path)
            if real in above:
                warnings.append(f"{path} leads back into itself and is not followed")
                continue
            yield from _walk(Path(entry.path), f"{path}/", (*above, real), warnings)
        elif entry.is_file():
            yield path
        else:
            warnings.append(f"{path} is no file")


def _belongs(path: str, entity: Entity, mapping: EntitySettings, siblings: Mapping[str, Entity]) -> bool:
    if mapping.files:
        pattern = _glob(mapping.files)
        return bool(pattern.fullmatch(path)) or any(pattern.fullmatch(path[: match.start()]) for match in re.finditer("/", path))
    parts = path.split("/")
    if len(parts) < 2 or parts[0] != entity.source:
        return False
    name = parts[1] if len(parts) > 2 else parts[1].split(".")[0]
    if name in siblings:
        return name == entity.name
    return singular(name) in {singular(folder) for folder in [entity.name, *entity.folders]}


def _glob(pattern: str) -> re.Pattern[str]:
    """`**/` spans folders, `*` and `?` stay within one name."""
    translated = ""
    for piece in re.split(r"(\*\*/|\*\*|\*|\?)", pattern.removeprefix("./")):
        translated += {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(piece) or re.escape(piece)
    return re.compile(translated)


def _unknown_ending(path: str) -> str:
    close = {".json": ".ndjson (one object per line)", ".txt": ".csv", ".tsv": ".csv", ".parq": ".parquet", ".pq": ".parquet"}
    ending = os.path.splitext(path)[1].lower()
    hint = f"; rename it to {close[ending]} if that is what it holds" if ending in close else f"; known are {', '.join(FORMATS)}"
    return f"{path} is not loaded: its ending tells no known format{hint}"


def _strays(paths: list[str], contracts: Contracts) -> list[str]:
    """One warning per folder whose files belong to nothing, with the place they may have been meant for."""
    folders: dict[str, list[str]] = {}
    for path in paths:
        folders.setdefault("/".join(path.split("/")[:2]) if path.count("/") > 1 else path, []).append(path)
    warnings = []
    for place, members in folders.items():
        source, _, name = place.partition("/")
        known = contracts.get(source)
        hint = near_miss(source, contracts) if known is None else near_miss(name.split(".")[0], known)
        count = f"{len(members)} files in {place}/ are" if len(members) > 1 else f"{members[0]} is"
        warnings.append(f"{count} not loaded: no source and entity of that name{hint}")
    return warnings
