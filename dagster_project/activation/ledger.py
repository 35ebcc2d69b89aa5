"""The ledger's side of an export: its manifest, its entry in the tables, and `latest`.

`latest` is a small text file with the newest export's path below the activation's folder, replaced atomically. A file and not a
symbolic link: links don't survive archives, object stores and Windows shares.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.activation import resync_journal
from dagster_project.activation.files import replace_private
from dagster_project.activation.messages import enter_messages
from dagster_project.activation.outbox import outbox_file
from dagster_project.loads.casts import literal
from dagster_project.settings import Settings

MANIFEST = "manifest.json"
LATEST = "latest"


def manifest_text(manifest: dict[str, Any]) -> bytes:
    return (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Replace the manifest of an export by one that says more, such as when it was delivered."""
    replace_private(folder / MANIFEST, manifest_text(manifest))


def moment_of(manifest: dict[str, Any], key: str) -> datetime | None:
    """A moment that a manifest may tell, naive UTC."""
    return datetime.fromisoformat(manifest[key]).replace(tzinfo=None) if manifest.get(key) else None


def commit(con: duckdb.DuckDBPyConnection, settings: Settings, folder: Path) -> None:
    """Enter a published folder in the ledger, from its manifest and its outbox file, in one transaction."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    place = folder.relative_to(settings.exports_path).as_posix()
    name, destination, audience, run_id = (manifest[key] for key in ("activation", "destination", "audience", "run_id"))
    as_of = moment_of(manifest, "as_of")
    now = datetime.now(UTC).replace(tzinfo=None)
    # Where nothing is to be delivered, the folder is the delivery; one that is configured later begins with what comes later.
    delivered = moment_of(manifest, "delivered_at") or (None if settings.delivery_of(destination) else now)
    outbox = literal(str(outbox_file(settings, name, run_id)))
    kept = ", record_key, journal" if manifest.get("journalled") else ""
    con.execute("begin")
    try:
        con.execute(
            f"""insert into activation.ledger by name
                select (select coalesce(max(sequence), 0) from activation.ledger) + file_row_number + 1 as sequence,
                    $name as activation, $destination as destination, $audience as audience, profile_id, operation, reason,
                    match_keys_sha256, attributes_sha256, $run_id as run_id, $as_of::timestamp as as_of,
                    $now::timestamp as exported_at, $delivered::timestamp as delivered_at, file{kept}
                from read_parquet({outbox}, file_row_number = true)""",
            {
                "name": name, "destination": destination, "audience": audience, "run_id": run_id, "as_of": as_of, "now": now,
                "delivered": delivered,
            },
        )  # fmt: skip
        if manifest.get("sequence"):
            facts = {"activation": name, "destination": destination, "audience": audience, "run_id": run_id, "now": now}
            enter_messages(con, outbox, facts)
        for file in manifest["files"]:
            con.execute(
                "insert into activation.files values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [f"{place}/{file['name']}", name, destination, audience, manifest["mode"], file["operation"], file["rows"],
                 file["sha256"], run_id, as_of, now, moment_of(manifest, "pruned_at")],
            )  # fmt: skip
        resync_journal.settle(con, manifest)
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise


def point_latest(con: duckdb.DuckDBPyConnection, settings: Settings, destination: str, activation: str) -> bool:
    """Make `latest` name the newest export the ledger knows and the disk still has. True if it had to be moved."""
    home = settings.exports_path / destination / activation
    if not home.is_dir():
        return False
    places = con.execute(
        """select regexp_replace(file, '/[^/]*$', '') as place from activation.ledger
           where activation = ? and destination = ?
               and file not in (select path from activation.files where pruned_at is not null)
           group by place order by max(sequence) desc""",
        [activation, destination],
    ).fetchall()
    newest = next((folder for (place,) in places if (folder := settings.exports_path / place).is_dir()), None)
    latest = home / LATEST
    content = f"{newest.relative_to(home).as_posix()}\n".encode() if newest else None
    if content == (latest.read_bytes() if latest.is_file() else None):
        return False
    if content is None:
        latest.unlink()
    else:
        replace_private(latest, content)
    return True
