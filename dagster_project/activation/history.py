"""What an activation exported lately, as the manifests of the exports that are still there tell it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from dagster_project.activation.activations import Activation
from dagster_project.activation.build import preview_rows
from dagster_project.activation.ledger import LATEST, MANIFEST
from dagster_project.activation.publish import Export
from dagster_project.settings import Settings

SHOWN = 12


def recent_exports(settings: Settings, activation: Activation) -> list[dict[str, Any]]:
    """The last exports, newest first: as of (UTC), rows, added, removed, held by the destination then, members of the
    audience before the gates."""
    folders = sorted(_home(settings, activation).glob(f"*/*/{MANIFEST}"), key=lambda path: path.parts[-3:], reverse=True)
    return [_told(manifest) for path in folders[:SHOWN] if (manifest := _read(path))]


def newest_preview(settings: Settings, activation: Activation) -> list[dict[str, str]]:
    """A few rows, masked, of the newest export; none where there is none."""
    home = _home(settings, activation)
    if not (home / LATEST).is_file():
        return []
    folder = home / (home / LATEST).read_text(encoding="utf-8").strip()
    if (manifest := _read(folder / MANIFEST)) is None:
        return []
    export = Export(activation, manifest["run_id"], datetime.fromisoformat(manifest["as_of"]).replace(tzinfo=None))
    return preview_rows(export, [folder / file["name"] for file in manifest["files"]], manifest)


def _read(path: Path) -> dict[str, Any] | None:
    """None of a manifest that is gone or damaged: whoever looks back must not stop what is to come."""
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        return manifest if {"run_id", "as_of", "files", "header", "delimiter"} <= manifest.keys() else None
    except (OSError, ValueError, AttributeError):
        return None


def _home(settings: Settings, activation: Activation) -> Path:
    return settings.exports_path / activation.destination.name / activation.name


def _told(manifest: dict[str, Any]) -> dict[str, Any]:
    as_of = f"{datetime.fromisoformat(manifest['as_of']):%Y-%m-%d %H:%M}"
    figures = {"rows": "rows", "added": "adds", "removed": "removes", "held": "held", "members": "members"}
    return {"as of": as_of} | {name: manifest.get(key, 0) for name, key in figures.items()}
