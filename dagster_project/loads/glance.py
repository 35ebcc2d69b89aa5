"""A glance at landed files before anything is loaded: do they have the columns that relance.yml and the contract speak of?

Only headers, schemas and first lines are read, of the newest file of each format that a feed has.
"""

from __future__ import annotations

import json
from datetime import datetime
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.config_file import near_miss, read_config_file
from dagster_project.errors import RelanceError
from dagster_project.loads.discover import Feed, landed_on
from dagster_project.loads.exact import exact_records
from dagster_project.loads.names import listed, looks_like_value
from dagster_project.loads.plan import Plan, SourceColumn, about_header, headless, hiding, make_plan
from dagster_project.loads.read import csv_layout, unique_names
from dagster_project.loads.scan import BROKEN, NO_PARQUET, format_of, scan_start
from dagster_project.settings import Settings

LINES = 200
"""First lines of an NDJSON file whose keys are looked at."""


def look_into(settings: Settings, feed: Feed) -> tuple[list[RelanceError], list[str]]:
    """What is wrong with a feed's newest files, as mistakes and as warnings.

    A mistake is what would put a whole file into quarantine, or leave empty what relance.yml means to fill.
    """
    mistakes: list[RelanceError] = []
    warnings: list[str] = []
    for path in _newest(feed):
        full = settings.landing_path / path
        if not full.is_file():  # still in the object store
            continue
        try:
            columns = _columns_of(feed, full)
        except OSError as error:
            mistakes.append(RelanceError(f"The file can't be read: {error.strerror}", str(full), "mend its permissions"))
            continue
        except _Broken as error:
            mistakes.append(RelanceError(f"The file is damaged: {error}", str(full), "have it sent again"))
            continue
        if columns:
            found, told = _compare(settings, feed, full, columns)
            mistakes += found
            warnings += told
    return mistakes, warnings


class _Broken(Exception):
    """The file is not what its name says."""


def _newest(feed: Feed) -> list[str]:
    """The newest file of each format, by the day in its path and its name."""
    newest = {format_of(path): path for path in sorted(feed.files, key=lambda path: (landed_on(path) or datetime.min, path))}
    return [newest[kind] for kind in sorted(newest, key=str)]


def _columns_of(feed: Feed, path: Path) -> list[str]:
    """Names of the columns, or of the keys of the first lines; none if the file is empty.

    Raises:
        OSError: the file can't be read.
        _Broken: it can't be understood.
    """
    if format_of(path.name) == "parquet":
        try:
            return unique_names([str(name) for name in pq.read_schema(path).names])
        except (pa.ArrowException, ValueError):
            raise _Broken(f"it is {NO_PARQUET}") from None
    scan = scan_start(path)
    if broken := scan.trouble & BROKEN:
        raise _Broken(f"{min(broken)}")
    if scan.format == "csv":
        return csv_layout(feed, scan)[1]
    keys: dict[str, None] = {}
    for record in islice(exact_records(scan), LINES):
        try:
            found = json.loads(record.raw)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            keys |= dict.fromkeys(found)
    return list(keys)


def _compare(settings: Settings, feed: Feed, path: Path, columns: list[str]) -> tuple[list[RelanceError], list[str]]:
    plan = make_plan(feed, [SourceColumn(name, "l.c") for name in columns], "0")
    is_json = format_of(path.name) == "ndjson"
    mistakes: list[RelanceError] = []
    warnings: list[str] = []
    config = read_config_file(settings.config_path)
    told = [] if not is_json and headless(plan, columns) else [column for column in columns if not looks_like_value(column)]
    here = ("sources", feed.entity.source, feed.entity.name)
    for name in dict.fromkeys(plan.unmatched):
        hint = near_miss(name, told)
        if is_json and name not in plan.missing:
            warnings.append(f"relance.yml takes `{name}` for {feed.label}, which none of the first lines of {path} has{hint}")
            continue
        target = next((key for key, column in feed.mapping.columns.items() if column == name), "")
        how = f"correct the name or the file, whose {_told(plan, columns, is_json)}"
        what = f"relance.yml takes `{name}` for {feed.label}, which {path} does not have{hint}"
        mistakes.append(RelanceError(what, config.where((*here, "columns", target)), how))
    if told_hidden := hiding(plan):
        warnings.append(f"{path}: {told_hidden}")
    missing = [name for name in _missing(plan, columns) if name not in plan.unmatched]
    for name in (name for name in missing if name not in plan.values):
        hint = near_miss(name, [*plan.values, *told])
        what = f"The key of {feed.label} in relance.yml takes `{name}`, which neither the contract nor {path} has{hint}"
        how = f"correct the name or the file, whose {_told(plan, columns, is_json)}"
        mistakes.append(RelanceError(what, config.where((*here, "key")), how))
    if missing := [name for name in missing if name in plan.values]:
        names = ", ".join(f"`{name}`" for name in missing)
        how = (
            f"name its columns under {'.'.join(here)}.columns in relance.yml, or correct it; its {_told(plan, columns, is_json)}"
        )
        what = f"Nothing in the file fills {names} of {feed.label}, without which no row can be used"
        mistakes.append(RelanceError(what, str(path), how))
    return mistakes, warnings


def _missing(plan: Plan, columns: list[str]) -> list[str]:
    return [name for name in dict.fromkeys(plan.missing) if name not in columns]


def _told(plan: Plan, columns: list[str], is_json: bool) -> str:
    return f"keys are {listed(columns)}" if is_json else about_header(plan, columns)
