"""Copies of an erased person's data that Relance itself keeps outside of the warehouse: pulled files, an object store's mirror,
rows written out to be mended, look-backs at the past, and the report.

Files that the company landed are the company's: they are named, for it to mend them, and not touched.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from dagster_project.activation.files import sha256_of
from dagster_project.connectors.mirror import evict
from dagster_project.connectors.pull import FOLDER as PULLED
from dagster_project.privacy.salt import privacy_folder
from dagster_project.privacy.texts import Quotes, lines, records, rewrite
from dagster_project.private import owner_only, private_folder
from dagster_project.settings import Settings

CHUNK = 8 << 20


@dataclass
class Copies:
    """What was done with them. `landed` are the company's own files that name the person, by path below the landing folder, and
    how many more there are whose path names somebody; `left` are files of Relance that still quote the person.
    """

    rewritten: dict[str, int] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    landed: list[str] = field(default_factory=list)
    landed_unnamed: int = 0
    left: list[str] = field(default_factory=list)


def clear_copies(con: duckdb.DuckDBPyConnection, settings: Settings, quotes: Quotes) -> Copies:
    """Take the person out of every copy; reads privacy_rows. Safe to call again after a crash."""
    done = Copies()
    files = _files_of_rows(con, quotes)
    for path in sorted(files):
        target = settings.landing_path / path
        if not target.is_file():
            continue
        if path.split("/")[2:3] == [PULLED]:
            gone = _without(target, files[path], quotes)
            if gone:
                done.rewritten[f"landing/{path}"] = gone
        elif settings.landing.is_remote:
            evict(settings, path)
            done.removed.append(_told(f"landing/{path}", quotes))
            _name_landed(done, path, quotes)
        else:
            _name_landed(done, path, quotes)
    _clear_mended(settings, quotes, done)
    _clear_look_backs(settings, done)
    _clear_report(settings, quotes, done)
    return done


def _files_of_rows(con: duckdb.DuckDBPyConnection, quotes: Quotes) -> dict[str, set[int]]:
    """File below the landing folder → the records (counted from 0) that were the person's; none of files that repeat others."""
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
        # Whole copies of these files, and files that told the same again, hold the person too.
        repeating = """select distinct file from quality.load_ledger
            where source = ? and entity = ? and (rows_duplicate > 0 or rows_tombstoned > 0)"""
        for (file,) in con.execute(repeating, [source, entity]).fetchall():
            found.setdefault(file, set())
    refused = con.execute("select distinct file, raw from quality.quarantine where raw <> ''").fetchall()
    for file, raw in refused:
        if file not in found and quotes.found_in(raw):
            found[file] = set()
    return found


def _without(path: Path, numbers: set[int], quotes: Quotes) -> int:
    return rewrite(path, lines(path), lambda number, line: number not in numbers and not quotes.found_in(line))


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


def _name_landed(done: Copies, path: str, quotes: Quotes) -> None:
    if quotes.named_in(path):
        done.landed_unnamed += 1
    else:
        done.landed.append(path)


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


def _clear_mended(settings: Settings, quotes: Quotes, done: Copies) -> None:
    for folder in _mended_folders(settings):
        for path in sorted(Path(folder).glob("*/*/*")):
            if path.suffix in (".csv", ".ndjson") and path.is_file():
                read = records(path) if path.suffix == ".csv" else lines(path)
                gone = rewrite(path, read, lambda number, record: not quotes.found_in(record))
                if gone:
                    done.rewritten[_told(str(path), quotes)] = gone


def _clear_look_backs(settings: Settings, done: Copies) -> None:
    """Look-backs are made anew from the raw data when somebody asks for them again."""
    folder = settings.base / ".relance" / "replays"
    if folder.is_dir() and any(folder.iterdir()):
        shutil.rmtree(folder)
        done.removed.append(".relance/replays")
    for path in (settings.state_path / "tmp").glob("*"):
        path.unlink() if path.is_file() else shutil.rmtree(path, ignore_errors=True)


def _clear_report(settings: Settings, quotes: Quotes, done: Copies) -> None:
    for path in _files(settings.report_path):
        if holds(path, quotes.texts):
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
            if holds(path, quotes.texts):
                found.append(_told(path.relative_to(folder.parent).as_posix(), quotes))
    return found


def _files(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) if folder.is_dir() else []


def holds(path: Path, texts: Iterable[str]) -> bool:
    """Whether one of these texts stands in a file as such, whatever the case of its letters."""
    wanted = [text.lower().encode() for text in texts]
    overlap = max((len(text) for text in wanted), default=0)
    tail = b""
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                block = tail + chunk.lower()
                if any(text in block for text in wanted):
                    return True
                tail = block[-overlap:] if overlap else b""
    except OSError:
        return False
    return False
