"""Copies of an erased person's data that Relance itself keeps outside of the warehouse: pulled files, an object store's mirror,
rows written out to be mended, look-backs at the past, and the report.

Files that the company landed are the company's: they are named, for it to mend them, and not touched.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import duckdb

from dagster_project.activation.files import sha256_of
from dagster_project.connectors.mirror import evict
from dagster_project.connectors.pull import FOLDER as PULLED
from dagster_project.loads.contract import Entity, load_contracts
from dagster_project.privacy.numbers import Numbers
from dagster_project.privacy.quotes import Quotes
from dagster_project.privacy.raw import refused_rows
from dagster_project.privacy.salt import privacy_folder
from dagster_project.privacy.texts import DELIMITERS, cells, lines, records, rewrite
from dagster_project.private import owner_only, private_folder
from dagster_project.settings import Settings

CHUNK = 8 << 20
TEXTS = (".csv", ".tsv", ".txt", ".ndjson", ".jsonl", ".json")
READ_THROUGH = 256 << 20
"""Bytes of a repeating file up to which it is looked through."""
OVERLAP = 4096
"""Bytes of a block that are looked at with the next one: more than an address and what stands around it."""


@dataclass
class Copies:
    """What was done with them. `landed` are the company's own files that name the person, by path below the landing folder, and
    how many more there are whose path names somebody; `perhaps` those that repeat others and were not read.
    """

    rewritten: dict[str, int] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    landed: list[str] = field(default_factory=list)
    landed_unnamed: int = 0
    perhaps: list[str] = field(default_factory=list)


def clear_copies(con: duckdb.DuckDBPyConnection, settings: Settings, quotes: Quotes, numbers: Numbers) -> Copies:
    """Take the person out of every copy; reads privacy_rows. Safe to call again after a crash."""
    done = Copies()
    files = _files_of_rows(con, quotes, numbers)
    repeating = _repeating(con) - set(files)
    for path in sorted({*files, *repeating}):
        target = settings.landing_path / path
        if not target.is_file():
            continue
        if path.split("/")[2:3] == [PULLED]:
            gone = _without(target, path, files.get(path, set()), quotes, numbers)
            if gone:
                done.rewritten[f"landing/{path}"] = gone
            continue
        names_them = path in files or _quotes_them(target, quotes)
        if names_them is False:
            continue
        if settings.landing.is_remote:
            evict(settings, path)
            done.removed.append(_told(f"landing/{path}", quotes))
        _name_landed(done, path, quotes, bool(names_them))
    _clear_mended(settings, quotes, numbers, done)
    _clear_look_backs(settings, done)
    _clear_report(settings, quotes, done)
    return done


def _files_of_rows(con: duckdb.DuckDBPyConnection, quotes: Quotes, numbers: Numbers) -> dict[str, set[int]]:
    """File below the landing folder → the records (counted from 0) that were the person's."""
    found: dict[str, set[int]] = {}
    entities = [name for (name,) in con.execute("select distinct entity from privacy_rows where outcome <> 'freed'").fetchall()]
    for name in entities:
        source, entity = name.split(".")
        rows = con.execute(
            f"""select _file, _line from "raw_{source}"."{entity}"
            where rowid in (select id from privacy_rows where entity = ? and outcome <> 'freed')""",
            [name],
        ).fetchall()
        for file, record in rows:
            found.setdefault(file, set()).add(record - 1)
    refused = "select distinct file from quality.quarantine where list_contains($1::bigint[], rowid)"
    for (file,) in con.execute(refused, [refused_rows(con, quotes, numbers)]).fetchall():
        found.setdefault(file, set())
    return found


def _repeating(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Files that told again what others had, such as copies of those that the rows came from: they may hold the person too."""
    rows = con.execute(
        """select distinct file from quality.load_ledger where (rows_duplicate > 0 or rows_tombstoned > 0)
            and source || '.' || entity in (select entity from privacy_rows where outcome <> 'freed')"""
    ).fetchall()
    return {file for (file,) in rows}


def _quotes_them(path: Path, quotes: Quotes) -> bool | None:
    """Whether a file names the person; None of one that is no text, or too long to look through."""
    if path.suffix.lower() not in TEXTS or path.stat().st_size > READ_THROUGH:
        return None
    hints = [re.compile(hint, re.IGNORECASE) for hint in (*quotes.hints, *quotes.word_hints)]
    return any(quotes.found_in(line) for line in lines(path) if any(hint.search(line) for hint in hints))


def _without(target: Path, path: str, records_of: set[int], quotes: Quotes, numbers: Numbers) -> int:
    source, name = path.split("/")[:2]
    entity = load_contracts()[source][name]

    def keeps(number: int, line: str) -> bool:
        return number not in records_of and not quotes.found_in(line) and not numbers.in_line(entity, line)

    return rewrite(target, lines(target), keeps)


def update_landed(con: duckdb.DuckDBPyConnection, settings: Settings, copies: Copies) -> None:
    """Let the books know pulled files as they lie now, within the caller's transaction: they bring nothing new."""
    for name in copies.rewritten:
        path = name.removeprefix("landing/")
        target = settings.landing_path / path
        if name == path or not target.is_file():
            continue
        digest, stat = sha256_of(target), target.stat()
        lying = [digest, stat.st_size, stat.st_mtime_ns, path]
        con.execute("update quality.landing_files set sha256 = ?, size = ?, mtime_ns = ? where path = ?", lying)
        con.execute("update quality.load_ledger set sha256 = ?, bytes = ? where file = ?", [digest, stat.st_size, path])


def _name_landed(done: Copies, path: str, quotes: Quotes, is_sure: bool) -> None:
    if quotes.named_in(path):
        done.landed_unnamed += 1
    else:
        (done.landed if is_sure else done.perhaps).append(path)


def _told(path: str, quotes: Quotes) -> str:
    return path if not quotes.named_in(path) else f"{path.split('/')[0]}/(a path that names the person)"


def _mended_list(settings: Settings) -> Path:
    return privacy_folder(settings) / "mended.json"


def note_mended(settings: Settings, folder: Path) -> None:
    """Remember a folder that refused rows were written to: an erasure has to look there."""
    path = _mended_list(settings)
    private_folder(path.parent)
    known = _mended_folders(settings)
    with open(path, "w", encoding="utf-8", opener=owner_only) as file:
        json.dump(sorted({*known, str(folder.resolve())}), file)


def _mended_folders(settings: Settings) -> list[str]:
    try:
        return [str(folder) for folder in json.loads(_mended_list(settings).read_text(encoding="utf-8"))]
    except (OSError, ValueError):
        return []


def _clear_mended(settings: Settings, quotes: Quotes, numbers: Numbers, done: Copies) -> None:
    for folder in _mended_folders(settings):
        for path in sorted(Path(folder).glob("*/*/*")):
            entity = load_contracts().get(path.parent.parent.name, {}).get(path.parent.name)
            if path.suffix in (".csv", ".ndjson") and path.is_file() and entity:
                read = records(path) if path.suffix == ".csv" else lines(path)
                named = _named_in_csv(path, entity, numbers) if path.suffix == ".csv" else partial(numbers.in_line, entity)
                gone = rewrite(path, read, partial(_stays, quotes, named))
                if gone:
                    done.rewritten[_told(str(path), quotes)] = gone


def _stays(quotes: Quotes, named: Callable[[str], bool], number: int, record: str) -> bool:
    return not quotes.found_in(record) and not named(record)


def _named_in_csv(path: Path, entity: Entity, numbers: Numbers) -> Callable[[str], bool]:
    header = next(records(path), "").lstrip("\ufeff")
    delimiter = max(DELIMITERS, key=header.count)
    return numbers.in_csv(entity, cells(header, delimiter), delimiter)


def _clear_look_backs(settings: Settings, done: Copies) -> None:
    """Look-backs, and what a preview that was killed left, are made anew from the raw data when somebody asks for them again."""
    for name in ("replays", "preview"):
        folder = settings.base / ".relance" / name
        if folder.is_dir() and any(folder.iterdir()):
            shutil.rmtree(folder)
            done.removed.append(f".relance/{name}")
    # Spark's tables are made anew from the warehouse by the next build. The folder may be shared: what else lies there stays.
    (settings.spark_path / "mark").unlink(missing_ok=True)
    for path in (settings.spark_path / "warehouse", settings.spark_path / "catalog"):
        if path.is_dir():
            shutil.rmtree(path)
            done.removed.append(f"spark/{path.name}")
    for path in (settings.state_path / "tmp").glob("*"):
        path.unlink() if path.is_file() else shutil.rmtree(path, ignore_errors=True)


def _clear_report(settings: Settings, quotes: Quotes, done: Copies) -> None:
    for path in _files(settings.report_path):
        if holds(path, quotes):
            path.unlink()
            done.removed.append(_told(path.name, quotes))


def find_left(settings: Settings, quotes: Quotes) -> list[str]:
    """Files of Relance that quote an address or number of the person: there should be none, but for sent keys in the outbox and
    in remove files that may not have been taken yet.
    """
    found = []
    apart = (settings.state_path / "outbox", settings.landing_path)
    for folder in (settings.exports_path, settings.state_path):
        for path in _files(folder):
            if any(path.is_relative_to(other) for other in apart) or path.name.startswith("remove"):
                continue
            if holds(path, quotes):
                found.append(_told(path.relative_to(folder.parent).as_posix(), quotes))
    return found


def _files(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) if folder.is_dir() else []


def holds(path: Path, quotes: Quotes) -> bool:
    """Whether an address or number of the person stands in a file as such."""
    parts = [text.lower().encode() for text in (*quotes.emails, *quotes.phones)]
    tail = b""
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                block = tail + chunk
                # In a file that is no text, nothing separates one value from the next.
                lower = block.lower() if b"\0" in block else b""
                if quotes.addressed_in(block.decode(errors="replace")) or any(part in lower for part in parts):
                    return True
                tail = chunk[-OVERLAP:]
    except OSError:
        return False
    return False
