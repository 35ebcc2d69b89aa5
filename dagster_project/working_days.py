"""Working days of the company: Monday to Friday without the public holidays of its country (the library holidays), and with what
the seed closed_days says besides."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from dagster_project.errors import RelanceError
from dagster_project.public_holidays import public_holidays
from dagster_project.settings import Settings

BEFORE, AFTER = 400, 800
"""Days before and after the day of a run that its calendar tells of."""

_CLOSED = {"yes": True, "no": False}


def wrong_closed_days(settings: Settings) -> list[RelanceError]:
    """Mistakes in the seed, each with its line."""
    mistakes = []
    for where, row in _rows(settings):
        try:
            date.fromisoformat(row["day"].strip())
        except ValueError:
            mistakes.append(RelanceError(f"`{row['day']}` is no day", where, "write 2026-12-24"))
        if row["is_closed"].strip() not in _CLOSED:
            mistakes.append(RelanceError("`is_closed` is neither yes nor no", where, "correct it"))
    return mistakes


def doubtful_holidays(settings: Settings) -> list[str]:
    """A sentence where the holidays of the company's country are not known."""
    if public_holidays(settings.company.country, 2026) is not None:
        return []
    told = f"the public holidays of {settings.company.country} are not known"
    return [f"{told}: what sequences send on working days only goes out on them too, unless seeds/closed_days.csv names them"]


def closed_days(settings: Settings, years: range) -> set[date]:
    """Public holidays and the days that the company says it is closed, in some years, without those on which it says it works."""
    found = {day for year in years for day in public_holidays(settings.company.country, year) or ()}
    for _, row in _rows(settings):
        day = date.fromisoformat(row["day"].strip())
        if day.year in years:
            (found.add if _CLOSED[row["is_closed"].strip()] else found.discard)(day)
    return found


def write_calendar(con: duckdb.DuckDBPyConnection, settings: Settings, today: date) -> None:
    """Write control.calendar: one row per day around `today`, whether the company works, how many working days there have been up
    to it, and the first working day from it on."""
    first = today - timedelta(days=BEFORE)
    days = [first + timedelta(days=number) for number in range(BEFORE + AFTER)]
    closed = closed_days(settings, range(days[0].year, days[-1].year + 1))
    working = [day.weekday() < 5 and day not in closed for day in days]
    numbers, count = [], 0
    for works in working:
        count += works
        numbers.append(count)
    following: list[date | None] = [None] * len(days)
    upcoming: date | None = None
    for place in reversed(range(len(days))):
        upcoming = days[place] if working[place] else upcoming
        following[place] = upcoming
    con.register("calendar_days", pa.table({"day": days, "is_working": working, "number": numbers, "working_from": following}))
    try:
        con.execute("create or replace table control.calendar as select * from calendar_days")
    finally:
        con.unregister("calendar_days")


def _rows(settings: Settings) -> Iterator[tuple[str, dict[str, str]]]:
    """Place and cells of every row of the seed, the company's own in place of the shipped one."""
    places = [folder / "closed_days.csv" for folder in reversed(settings.folders("seeds"))]
    path: Path = next(place for place in places if place.is_file())
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            yield f"{path}:{reader.line_num}", {key: value or "" for key, value in row.items() if key}
