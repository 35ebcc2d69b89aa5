"""The certificate of an erasure: what went, where, how many rows, what could not be reached. Nothing in it names the person."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from dagster_project.activation.files import make_private_folder, replace_private
from dagster_project.privacy.requests import Request
from dagster_project.settings import Settings

FOLDER = "certificates"


def write_certificate(settings: Settings, request: Request, erased_at: datetime, purged_at: datetime) -> Path:
    """`<project>/certificates/<request>.json` and the same as text, `.txt`, for their owner alone; returns the latter."""
    told = {
        "request_id": request.request_id,
        "kind": request.kind,
        "requested_at": f"{request.requested_at.isoformat()}Z",
        "erased_at": f"{erased_at.isoformat()}Z",
        "purged_at": f"{purged_at.isoformat()}Z",
        **request.told,
    }
    folder = settings.base / FOLDER
    make_private_folder(folder)
    replace_private(folder / f"{request.request_id}.json", (json.dumps(told, indent=2) + "\n").encode())
    path = folder / f"{request.request_id}.txt"
    replace_private(path, ("\n".join(_lines(settings, request, erased_at, purged_at)) + "\n").encode())
    return path


_KINDS = {
    "request": "a request",
    "landed": "a request that a file of the landing folder brought",
    "retention": "the end of the time that data are kept",
}


def _lines(settings: Settings, request: Request, erased_at: datetime, purged_at: datetime) -> list[str]:
    told = request.told
    types = ", ".join(f"{count} {kind}" for kind, count in told["identifiers"].items())
    lines = [
        f"Certificate of erasure {request.request_id}",
        f"{settings.company.name}",
        "",
        f"Asked for: {request.requested_at:%Y-%m-%d %H:%M:%S} UTC, by {_KINDS[request.kind]}",
        f"Erased: {erased_at:%Y-%m-%d %H:%M:%S} UTC; written anew without the deleted bytes: {purged_at:%Y-%m-%d %H:%M:%S} UTC",
        f"Identifiers of the person: {types}",
        "",
        "Warehouse",
    ]
    lines += [
        f"  {row['table']}: " + ", ".join(f"{row[key]} {_WORDS[key]}" for key in _WORDS if row.get(key)) for row in told["tables"]
    ] or ["  no row named the person"]
    lines += ["", "Files"]
    lines += [f"  {path}: {rows} rows taken out" for path, rows in told["files_rewritten"].items()]
    lines += [f"  {path}: removed" for path in told["files_removed"]]
    if not told["files_rewritten"] and not told["files_removed"]:
        lines.append("  no file that Relance keeps named the person")
    lines += ["", "On its way"]
    lines += [
        f"  {destination}: {rows} rows wait to be removed; the next export names them, with the keys as they were sent"
        for destination, rows in told["removals_waiting"].items()
    ] or ["  no destination holds the person"]
    lines += ["", "Not reached"]
    landed, perhaps = told["landing_files"], told.get("landing_files_perhaps", [])
    lines += [f"  landing/{path}: holds the person; it is the company's own file" for path in landed]
    lines += [f"  landing/{path}: may hold the person; it is the company's own file, and was not read" for path in perhaps]
    if told["landing_files_unnamed"]:
        lines.append(f"  {told['landing_files_unnamed']} more files of the landing folder, whose paths name somebody")
    lines += [f"  {path}: still quotes the person" for path in told["files_left"]]
    if landed or perhaps or told["landing_files_unnamed"]:
        lines.append("  Sent again, these files bring nothing of the person back that dates from before the request.")
    if told["removals_waiting"]:
        lines.append("  The platforms, until they acknowledge the removal; the sent keys are kept for it, in a private file.")
    lines += [f"  {place}: names the person; take the line out" for place in told.get("seeds", [])]
    if not any((landed, perhaps, told["landing_files_unnamed"], told["files_left"], told["removals_waiting"], told.get("seeds"))):
        lines.append("  nothing")
    return lines


_WORDS = {
    "erased": "rows erased",
    "anonymous": "rows kept without the person",
    "mentions": "rows of others kept without a mention of the person",
}
