"""An erased person in what was sent: retained upload files are written again, sent keys are kept until the removal is taken.

The keys, as sent, stay in the outbox, and in those remove files that may not have been taken yet: a platform recognises the
person by nothing else. So do refusals, which protect the person, in the files that tell them to mailing tools. They go when the
file is acknowledged, or after `retention.sent_keys_days`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.activation.feeds import read_feeds
from dagster_project.activation.files import replace_private, sha256_of
from dagster_project.activation.ledger import MANIFEST
from dagster_project.activation.outbox import OWN, write_outbox
from dagster_project.catalog import has_table
from dagster_project.errors import RelanceError
from dagster_project.loads.casts import literal
from dagster_project.privacy.quotes import Quotes
from dagster_project.privacy.salt import pseudonym_sql
from dagster_project.privacy.texts import cells, records, rewrite
from dagster_project.settings import Settings

PSEUDONYM = "erased-"


@dataclass(frozen=True)
class Rewritten:
    """A file that was written again: its path below the exports folder, the rows that went, what it holds now."""

    path: str
    gone: int
    rows: int
    sha256: str


def rewrite_exports(con: duckdb.DuckDBPyConnection, settings: Settings, profiles: list[str], quotes: Quotes) -> list[Rewritten]:
    """Take a person out of all retained full and add files. Safe to call again after a crash."""
    done: list[Rewritten] = []
    sent = {}
    for manifest in sorted(settings.exports_path.glob("*/*/*/*/" + MANIFEST)):
        activation = manifest.parent.parent.parent.name
        if activation not in sent:
            sent[activation] = sent_tuples(con, settings, activation, profiles)
        if not sent[activation] and _outbox_files(settings, activation):
            continue  # nobody of them was ever sent there
        done += _rewrite_folder(settings, manifest, sent[activation], quotes, at_once=True)
    return done


def sent_tuples(con: duckdb.DuckDBPyConnection, settings: Settings, activation: str, profiles: list[str]) -> list[frozenset[str]]:
    """The cells of each row that was sent for these profiles, by the outbox."""
    found = []
    for path in _outbox_files(settings, activation):
        source = f"read_parquet({literal(str(path))})"
        names = [name for (name, *_) in con.execute(f"describe select * from {source}").fetchall() if name not in OWN]
        if names:
            row = ", ".join(f'"{name}"' for name in names)
            query = f"select {row} from {source} where operation = 'add' and {_theirs(con)}"
            found += con.execute(query, {"profiles": profiles}).fetchall()
    return sorted({frozenset(cell for cell in row if cell) for row in found if any(row)}, key=sorted)


def _outbox_files(settings: Settings, activation: str) -> list[Path]:
    return sorted((settings.state_path / "outbox" / activation).glob("*.parquet"))


def _theirs(con: duckdb.DuckDBPyConnection) -> str:
    """SQL condition on an outbox row: by its profile or, where that was written over before a crash, by what the ledger says."""
    own = "list_contains($profiles::varchar[], profile_id)"
    if not has_table(con, "activation", "ledger"):
        return f"({own})"
    known = "select match_keys_sha256 from activation.ledger where list_contains($profiles::varchar[], profile_id)"
    return f"({own} or match_keys_sha256 in ({known}))"


def _rewrite_folder(
    settings: Settings, path: Path, sent: list[frozenset[str]], quotes: Quotes | None, at_once: bool
) -> list[Rewritten]:
    """
    Args:
        at_once: the files that a person leaves with their erasure; otherwise those in which they stay until these are taken.
    """
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        files = [file for file in manifest["files"] if _stays(manifest, file) != at_once]
    except (OSError, ValueError, KeyError, TypeError):
        how = "restore it, or remove the whole export folder"
        raise RelanceError("The manifest of an export can't be read", str(path), how) from None
    done = []
    for file in files:
        target = path.parent / file["name"]
        if not target.is_file():
            continue
        gone = _without(target, manifest, sent, quotes)
        digest = sha256_of(target)
        if digest == file["sha256"]:
            continue
        rows = sum(1 for _ in records(target)) - int(manifest["header"])
        # After a crash the file may be new and its manifest old: what went is the difference.
        gone = max(gone, int(file["rows"]) - rows)
        file |= {"rows": rows, "bytes": target.stat().st_size, "sha256": digest}
        done.append(Rewritten(target.relative_to(settings.exports_path).as_posix(), gone, rows, digest))
    if done:
        manifest["rows"] = sum(file["rows"] for file in manifest["files"])
        manifest["rows_erased"] = manifest.get("rows_erased", 0) + sum(change.gone for change in done)
        replace_private(path, (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode())
    return done


def _stays(manifest: dict[str, Any], file: dict[str, Any]) -> bool:
    """Whether a file protects the people in it: by it a platform learns who has to go, or a tool who is not to be written to."""
    return file["operation"] == "remove" or manifest.get("refusals", False)


def _without(path: Path, manifest: dict[str, Any], sent: list[frozenset[str]], quotes: Quotes | None) -> int:
    # Looked up by their longest cell, which a row of the person has.
    by_cell: dict[str, list[frozenset[str]]] = {}
    for row in sent:
        by_cell.setdefault(max(row, key=lambda cell: (len(cell), cell)), []).append(row)

    def keeps(number: int, record: str) -> bool:
        if number == 0 and manifest["header"]:
            return True
        found = set(cells(record, manifest["delimiter"]))
        theirs = any(row <= found for cell in found for row in by_cell.get(cell, ()))
        return not theirs and not (quotes and quotes.found_in(record))

    return rewrite(path, records(path), keeps)


def rename_in_outbox(con: duckdb.DuckDBPyConnection, settings: Settings, profiles: list[str]) -> int:
    """Give the person's rows in the outbox the pseudonym that the ledger gets; the keys stay. Returns the rows."""
    rows = 0
    for path in sorted((settings.state_path / "outbox").glob("*/*.parquet")):
        source = f"read_parquet({literal(str(path))})"
        meant = "list_contains($profiles::varchar[], profile_id)"
        (count,) = con.execute(f"select count(*) from {source} where {meant}", {"profiles": profiles}).fetchone() or (0,)
        if count:
            listed = ", ".join(literal(profile) for profile in profiles)
            renamed = f"case when profile_id in ({listed}) then {pseudonym_sql('profile_id')} else profile_id end as profile_id"
            write_outbox(con, path, f"select * replace ({renamed}) from {source}")
            rows += count
    return rows


def update_books(con: duckdb.DuckDBPyConnection, done: list[Rewritten]) -> None:
    """Enter what the files hold now, within the caller's transaction."""
    if not has_table(con, "activation", "files"):
        return
    for change in done:
        con.execute("update activation.files set rows = ?, sha256 = ? where path = ?", [change.rows, change.sha256, change.path])


def waiting_removals(con: duckdb.DuckDBPyConnection, settings: Settings, profiles: list[str]) -> dict[str, int]:
    """Destination → rows that it holds of these profiles and that the next remove file names."""
    if not has_table(con, "activation", "ledger"):
        return {}
    found = con.execute(
        """select destination, count(*) from (
            select activation, destination, max_by(operation, sequence) as operation
            from activation.ledger where match_keys_sha256 in (
                select match_keys_sha256 from activation.ledger where list_contains($profiles::varchar[], profile_id))
                and not list_contains($never::varchar[], activation)
            group by activation, destination, match_keys_sha256
        ) where operation = 'add' group by 1 order by 1""",
        {"profiles": profiles, "never": [feed.name for feed in read_feeds(settings) if not feed.forgets]},
    ).fetchall()
    return dict(found)


def drop_taken_keys(con: duckdb.DuckDBPyConnection, settings: Settings, now: datetime) -> int:
    """Let the sent keys of erased people go whose removal was acknowledged, or whose time is over; returns the rows.

    Files first: after a crash the ledger still tells which.
    """
    if not has_table(con, "activation", "ledger"):
        return 0
    latest = now - timedelta(days=settings.retention.sent_keys_days)
    con.execute(
        f"""create or replace temp table privacy_taken as
        select activation, match_keys_sha256 from activation.ledger
        where profile_id like '{PSEUDONYM}%' and match_keys_sha256 not like '{PSEUDONYM}%'
        group by all
        having (max_by(operation, sequence) = 'remove' or list_contains($refusing::varchar[], activation))
                and max_by(acknowledged_at is not null, sequence)
            or max(exported_at) < $latest::timestamp""",
        {"latest": latest, "refusing": [feed.name for feed in read_feeds(settings) if feed.tells_refusals]},
    )
    (count,) = con.execute("select count(*) from privacy_taken").fetchone() or (0,)
    if not count:
        return 0
    for activation, *_ in con.execute("select distinct activation from privacy_taken order by 1").fetchall():
        _drop_keys(con, settings, activation)
    con.execute(
        f"""update activation.ledger as l set match_keys_sha256 = {pseudonym_sql("l.match_keys_sha256")},
            attributes_sha256 = '' from privacy_taken as t
        where t.activation = l.activation and t.match_keys_sha256 = l.match_keys_sha256"""
    )
    return int(count)


def _drop_keys(con: duckdb.DuckDBPyConnection, settings: Settings, activation: str) -> None:
    taken = f"match_keys_sha256 in (select match_keys_sha256 from privacy_taken where activation = {literal(activation)})"
    sent: list[frozenset[str]] = []
    files = _outbox_files(settings, activation)
    for path in files:
        source = f"read_parquet({literal(str(path))})"
        names = [name for (name, *_) in con.execute(f"describe select * from {source}").fetchall() if name not in OWN]
        if names:
            row = ", ".join(f'"{name}"' for name in names)
            found = con.execute(f"select {row} from {source} where operation = 'add' and {taken}").fetchall()
            sent += [frozenset(cell for cell in cells if cell) for cells in found if any(cells)]
    changed = []
    for manifest in sorted(settings.exports_path.glob(f"*/{activation}/*/*/{MANIFEST}")):
        changed += _rewrite_folder(settings, manifest, sent, None, at_once=False)
    update_books(con, changed)
    for path in files:
        source = f"read_parquet({literal(str(path))})"
        if con.execute(f"select 1 from {source} where {taken} limit 1").fetchone():
            write_outbox(con, path, f"select * from {source} where not ({taken})")
