"""Exports whose time is over: their files go, their manifest stays.

The manifest holds nothing personal. With it the chain of `previous` stays whole, and a lost ledger can still be made anew from
manifests and outbox. Nothing that is still of use goes: what `latest` names, the newest full list, what waits to be delivered,
and removals that nobody has acknowledged while they are asked for (`retention.sent_keys_days`).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import groupby

import duckdb

from dagster_project.activation.delivery import undelivered
from dagster_project.activation.ledger import LATEST, MANIFEST, moment_of, write_manifest
from dagster_project.activation.tables import create_tables
from dagster_project.settings import Settings


def prune_exports(con: duckdb.DuckDBPyConnection, settings: Settings, as_of: datetime) -> tuple[int, list[str]]:
    """Remove the files of exports that speak of a moment more than `retention.exports_days` before `as_of`.

    Killed at any moment, the next call finishes it.

    Args:
        con: the warehouse, open for writing, outside of a transaction.
        as_of: UTC, naive.

    Returns:
        How many exports, and which could not be pruned and why, a line each: new exports don't wait for old ones.
    """
    days = settings.retention.exports_days
    if days is None:
        return 0, []
    create_tables(con)
    waiting = _waiting_removals(con, as_of - timedelta(days=settings.retention.sent_keys_days))
    old = con.execute(
        """with export as (
               select activation, destination, regexp_replace(path, '/[^/]*$', '') as place, max(as_of) as as_of,
                   max(written_at) as written_at, bool_or(operation = 'full') as is_full
               from activation.files where pruned_at is null group by all
           ), ranked as (
               select *, row_number() over (
                   partition by activation, destination, is_full order by as_of desc, written_at desc, place desc) as age
               from export
           )
           select activation, destination, place from ranked
           where as_of < $latest::timestamp and not (is_full and age = 1) order by all""",
        {"latest": as_of - timedelta(days=days)},
    ).fetchall()
    done, failed = 0, list[str]()
    for (activation, destination), exports in groupby(old, key=lambda export: export[:2]):
        kept = waiting | {_latest(settings, activation, destination)}
        if settings.delivery_of(destination):
            kept |= set(undelivered(con, activation, destination))
        for *_, place in exports:
            if place in kept:
                continue
            try:
                _prune(con, settings, place)
                done += 1
            except (OSError, ValueError, KeyError, TypeError) as error:
                failed.append(f"{settings.exports_path / place}: {getattr(error, 'strerror', None) or 'its manifest is damaged'}")
    return done, failed


def _waiting_removals(con: duckdb.DuckDBPyConnection, since: datetime) -> set[str]:
    """Exports with a removal that is the newest word on its row, not acknowledged, of keys sent after `since`."""
    found = con.execute(
        """select distinct regexp_replace(file, '/[^/]*$', '') from (
               select max_by(file, sequence) as file
               from activation.ledger group by activation, destination, match_keys_sha256
               having max_by(operation, sequence) = 'remove' and not max_by(acknowledged_at is not null, sequence)
                   and max(as_of) filter (operation = 'add') > $since::timestamp
           )""",
        {"since": since},
    ).fetchall()
    return {place for (place,) in found}


def _latest(settings: Settings, activation: str, destination: str) -> str:
    """The export that `latest` names; empty where it names none."""
    home = f"{destination}/{activation}"
    try:
        return f"{home}/{(settings.exports_path / home / LATEST).read_text(encoding='utf-8').strip()}"
    except OSError:
        return ""


def _prune(con: duckdb.DuckDBPyConnection, settings: Settings, place: str) -> None:
    """The manifest says it first: from then on the folder is whole without its files."""
    folder, now = settings.exports_path / place, datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    if (folder / MANIFEST).is_file():
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if "pruned_at" not in manifest:
            manifest["pruned_at"] = f"{now.isoformat()}Z"
            write_manifest(folder, manifest)
        now = moment_of(manifest, "pruned_at") or now
        for file in manifest["files"]:
            (folder / file["name"]).unlink(missing_ok=True)
    con.execute(
        "update activation.files set pruned_at = $now::timestamp where starts_with(path, $place || '/')",
        {"now": now, "place": place},
    )
