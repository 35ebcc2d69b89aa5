"""Exports on their way to where a destination fetches them, in the order in which they were made.

An export is delivered when its manifest is: that comes last, so a receiver who waits for it never takes half an export. Removals
go before the rest of their export, and are sent although an addition before them can't be; since that addition comes late then,
the removal is sent anew after it. Everything may be repeated: what is there with its size is not sent again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.activation.delivery_store import Outlet
from dagster_project.activation.files import sha256_of
from dagster_project.activation.ledger import MANIFEST, moment_of, write_manifest
from dagster_project.activation.specs import load_all_destinations
from dagster_project.config_file import near_miss, read_config_file
from dagster_project.connectors.options import EXTRAS
from dagster_project.errors import RelanceError
from dagster_project.settings import Settings


@dataclass
class Delivered:
    """What one call sent."""

    to: str
    """The URL, without secrets."""
    exports: int = 0
    files: int = 0
    bytes: int = 0


def deliver(con: duckdb.DuckDBPyConnection, settings: Settings, activation: str, destination: str) -> Delivered | None:
    """Send what a destination has not been sent yet of one activation, oldest first.

    Args:
        con: the warehouse, open for writing, outside of a transaction.

    Returns:
        What was sent; None where no delivery is configured.

    Raises:
        RelanceError: something could not be sent. What was sent stays so, and the next call goes on from there.
    """
    target = settings.delivery_of(destination)
    if target is None:
        return None
    outlet = Outlet(settings, target)
    done = Delivered(outlet.shown)
    failed: RelanceError | None = None
    try:
        for place in undelivered(con, activation, destination):
            try:
                _deliver_export(con, settings, outlet, place, done, removals_only=failed is not None)
            except RelanceError as error:
                failed = failed or error
                if outlet.failures > 1:
                    break
    finally:
        outlet.close()
    if failed:
        raise failed
    return done


def _deliver_export(
    con: duckdb.DuckDBPyConnection, settings: Settings, outlet: Outlet, place: str, done: Delivered, removals_only: bool
) -> None:
    """
    Args:
        removals_only: an export before this one could not be delivered, so this one can't be either.
    """
    manifest, files = _contents(settings, place)
    # Where it says so already, a crash came between its word and the ledger's.
    if "delivered_at" not in manifest:
        for file in files:
            is_removal = file["operation"] == "remove"
            if is_removal or not removals_only:
                _send(outlet, settings, place, file, done, anew=is_removal)
        if removals_only:
            return
        outlet.put(settings.exports_path / place / MANIFEST, f"{place}/{MANIFEST}", anew=True)
        done.exports += 1
    try:
        _book(con, settings, place, manifest)
    except (OSError, duckdb.IOException) as error:
        reason = getattr(error, "strerror", None) or "input/output error"
        how = "make room, then run again: what has arrived is found there"
        raise RelanceError(f"What was delivered can't be noted down: {reason}", place, how) from None


def undelivered(con: duckdb.DuckDBPyConnection, activation: str, destination: str) -> list[str]:
    """Places below the exports folder of the exports that wait to be delivered, in the order in which they were made.

    What somebody has said was taken (`relance ack`) was brought there by hand.
    """
    found = con.execute(
        """select regexp_replace(ledger.file, '/[^/]*$', '') as place from activation.ledger as ledger
           where ledger.activation = $activation and ledger.destination = $destination
           group by place
           having not bool_and(ledger.delivered_at is not null or ledger.acknowledged_at is not null)
               and place not in (
                   select regexp_replace(path, '/[^/]*$', '') from activation.files where pruned_at is not null)
           order by max(ledger.sequence)""",
        {"activation": activation, "destination": destination},
    ).fetchall()
    return [place for (place,) in found]


def wrong_deliveries(settings: Settings) -> list[RelanceError]:
    """Deliveries of destinations that there are not, and drivers that are not installed."""
    if not settings.activations.delivery:
        return []
    from importlib.util import find_spec

    file = read_config_file(settings.config_path)
    destinations = load_all_destinations(settings)
    mistakes = []
    for name, target in settings.activations.delivery.items():
        where = file.where(("activations", "delivery", name))
        if name != "default" and name not in destinations:
            what = f"Unknown destination `{name}`{near_miss(name, ['default', *destinations])}"
            mistakes.append(RelanceError(what, where, f"known: default, {', '.join(destinations)}"))
        extra = EXTRAS[target.scheme] if target else None
        if extra and find_spec(_DRIVERS[extra]) is None:
            what = f"The driver for {target.scheme}:// is not installed" if target else ""
            mistakes.append(RelanceError(what, where, f"pip install 'relance[{extra}]'"))
    return mistakes


_DRIVERS = {"s3": "s3fs", "gcs": "gcsfs", "azure": "adlfs", "sftp": "paramiko"}
"""Extra → the module it brings."""


def _contents(settings: Settings, place: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The manifest of an export, and of its files the removals first.

    Raises:
        RelanceError: it is not there any more.
    """
    try:
        manifest: dict[str, Any] = json.loads((settings.exports_path / place / MANIFEST).read_text(encoding="utf-8"))
        return manifest, sorted(manifest["files"], key=lambda file: (file["operation"] != "remove", file["name"]))
    except (OSError, ValueError, KeyError, TypeError):
        raise _lost("The export is not there to be delivered, or its manifest is damaged", settings, place) from None


def _send(outlet: Outlet, settings: Settings, place: str, file: dict[str, Any], done: Delivered, anew: bool) -> None:
    source: Path = settings.exports_path / place / file["name"]
    if not source.is_file() or sha256_of(source) != file["sha256"]:
        raise _lost("A file to be delivered is not what its manifest says", settings, f"{place}/{file['name']}")
    if outlet.put(source, f"{place}/{file['name']}", anew):
        done.files += 1
        done.bytes += int(file["bytes"])


def _lost(what: str, settings: Settings, path: str) -> RelanceError:
    place = "/".join(path.split("/")[:4])
    how = f"bring it back from a backup, or pass over it with `relance ack {place}` and `relance resync {place.split('/')[1]}`"
    return RelanceError(what, str(settings.exports_path / path), how)


def _book(con: duckdb.DuckDBPyConnection, settings: Settings, place: str, manifest: dict[str, Any]) -> None:
    """In the manifest too: should the ledger be lost, nothing is sent twice."""
    if "delivered_at" not in manifest:
        manifest["delivered_at"] = f"{datetime.now(UTC).replace(tzinfo=None, microsecond=0).isoformat()}Z"
        write_manifest(settings.exports_path / place, manifest)
    con.execute(
        "update activation.ledger set delivered_at = $at::timestamp where starts_with(file, $place || '/')",
        {"at": moment_of(manifest, "delivered_at"), "place": place},
    )
