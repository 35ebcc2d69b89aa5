"""Working days of the company: Monday to Friday without the holidays of the seed public_holidays."""

from __future__ import annotations

import csv
import re
from calendar import monthrange
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
from dateutil.easter import easter

from dagster_project.errors import RelanceError
from dagster_project.settings import Settings

_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PLACES = ("first", "second", "third", "fourth", "last")
_RULE = re.compile(
    r"(?P<year>\d{4})-(?P<only_month>\d\d)-(?P<only_day>\d\d)|(?P<month>\d\d)-(?P<day>\d\d)|easter(?P<offset>[+-]\d{1,3})?"
    rf"|(?P<place>{'|'.join(_PLACES)}) (?P<weekday>{'|'.join(_WEEKDAYS)}) of (?P<named>{'|'.join(_MONTHS)})"
)
_MOVED = ("", "later", "nearest")

BEFORE, AFTER = 400, 800
"""Days before and after the day of a run that its calendar tells of."""


def seed_path(settings: Settings) -> Path:
    return next(folder / "public_holidays.csv" for folder in reversed(settings.folders("seeds"))
                if (folder / "public_holidays.csv").is_file())  # fmt: skip


def wrong_holidays(settings: Settings) -> list[RelanceError]:
    """Mistakes in the seed, each with its line."""
    path, mistakes = seed_path(settings), []
    for line, row in _rows(path):
        how = "write 07-14, easter+1, last monday of may or 2026-12-24"
        try:
            known = _RULE.fullmatch(row["rule"].strip().lower())
            if known is not None:
                _day_in(row["rule"], int(known["year"] or 2024))
        except ValueError:
            known = None
        if known is None:
            mistakes.append(RelanceError("The rule of a holiday names no day", f"{path}:{line}", how))
        if (row.get("moved") or "").strip() not in _MOVED:
            mistakes.append(RelanceError("`moved` is neither empty nor later nor nearest", f"{path}:{line}", "correct it"))
    return mistakes


def doubtful_holidays(settings: Settings) -> list[str]:
    """A sentence where the seed knows no holiday of the company's country."""
    if _of_the_company(settings):
        return []
    told = f"{seed_path(settings)}: no holiday of {settings.company.country} is known"
    return [f"{told}; what sequences send on working days only goes out on holidays too, until rows are added"]


def holidays(settings: Settings, years: range) -> set[date]:
    """The company's holidays in some years, as the seed has them."""
    mine = _of_the_company(settings)
    found: set[date] = set()
    moving: list[tuple[date, str]] = []
    for row in mine:
        for year in years:
            day = _day_in(row["rule"], year)
            if day is None:
                continue
            moved = (row.get("moved") or "").strip()
            if moved and day.weekday() >= 5:
                moving.append((day, moved))
            else:
                found.add(day)
    for day, moved in sorted(moving):
        step = -1 if moved == "nearest" and day.weekday() == 5 else 1
        while day.weekday() >= 5 or (moved == "later" and day in found):
            day += timedelta(days=step)
        found.add(day)
    return found


def write_calendar(con: duckdb.DuckDBPyConnection, settings: Settings, today: date) -> None:
    """Write control.calendar: one row per day around `today`, whether the company works, how many working days there have been up
    to it, and the first working day from it on."""
    first = today - timedelta(days=BEFORE)
    days = [first + timedelta(days=number) for number in range(BEFORE + AFTER)]
    closed = holidays(settings, range(days[0].year, days[-1].year + 1))
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


def _of_the_company(settings: Settings) -> list[dict[str, str]]:
    return [row for _, row in _rows(seed_path(settings)) if row["country"].strip().upper() in ("*", settings.company.country)]


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        return [(reader.line_num, {key: value or "" for key, value in row.items() if key}) for row in reader]


def _day_in(rule: str, year: int) -> date | None:
    """The day of a rule in a year; None where it has none.

    Raises:
        ValueError: there is no such day in any year.
    """
    found = _RULE.fullmatch(rule.strip().lower())
    if found is None:
        raise ValueError(rule)
    if found["year"]:
        day = date(int(found["year"]), int(found["only_month"]), int(found["only_day"]))
        return day if day.year == year else None
    if found["month"]:
        if (found["month"], found["day"]) == ("02", "29") and monthrange(year, 2)[1] < 29:
            return None
        return date(year, int(found["month"]), int(found["day"]))
    if found["place"]:
        return _nth(year, _MONTHS.index(found["named"]) + 1, _WEEKDAYS.index(found["weekday"]), found["place"])
    return easter(year) + timedelta(days=int(found["offset"] or 0))


def _nth(year: int, month: int, weekday: int, place: str) -> date:
    days = [day for day in range(1, monthrange(year, month)[1] + 1) if date(year, month, day).weekday() == weekday]
    return date(year, month, days[-1 if place == "last" else _PLACES.index(place)])
