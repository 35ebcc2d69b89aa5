"""When and how often consumers may be called or texted, whatever they agreed to, and offers that may not be canvassed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number
from pydantic import BeforeValidator, Field

from dagster_project.config_file import Part
from dagster_project.pressure_settings import Cap, DayHours, MessageChannel
from dagster_project.public_holidays import public_holidays

ContactChannel = Literal["phone", "sms", "whatsapp"]
"""Channels that ring in somebody's pocket."""

Offer = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""Name of a kind of offer, as `offer` of an activation or a sequence names it."""

QUARTER = timedelta(minutes=15)
"""Time zones lie a multiple of this apart and hours are whole: a moment is open if the quarter of an hour is in which it lies."""

_LAST_WEEKDAY = {"monday_to_friday": 4, "monday_to_saturday": 5, "every_day": 6}


class ContactRules(Part):
    """What holds for consumers of a region on one channel; professionals are not meant."""

    hours: DayHours
    """Of the person's own day, `[from, to]`."""
    days: Literal["monday_to_friday", "monday_to_saturday", "every_day"]
    holidays: bool
    """Whether on public holidays of the person's country too."""
    cap: Cap | None = None
    rest_days: int | None = Field(default=None, ge=1, le=3650)
    """How long somebody who refused in a call is left alone on this channel."""
    source: str | None = None

    @property
    def looks_back_days(self) -> int:
        """How many days of messages and answers these rules ask for."""
        return max(self.cap.days if self.cap else 0, self.rest_days or 0)

    def cover(self, spans: list[tuple[int, int]], working_days: bool) -> bool:
        """Whether they allow all of some hours, on all days or on working days only."""
        any_day = self.days == "every_day" and self.holidays
        within = all(any(opens <= first and last <= closes for opens, closes in self.hours) for first, last in spans)
        return within and (any_day or working_days)

    def allow(self, country: str, area: str | None, moment: datetime) -> bool:
        """Whether somebody of a country may be called then; where it has several time zones, whichever is theirs.

        Args:
            area: +1 and the area code of a North American number, which tells its zones.
            moment: UTC, naive.
        """
        return all(self._allow_there(country, moment.replace(tzinfo=UTC).astimezone(zone)) for zone in zones(country, area))

    def allow_between(self, country: str, area: str | None, since: datetime, end: datetime) -> bool:
        """Whether they may be called at some moment from one to another, both UTC and naive."""
        while since < end:
            if self.allow(country, area, since):
                return True
            since = since.replace(minute=since.minute - since.minute % 15, second=0, microsecond=0) + QUARTER
        return False

    def _allow_there(self, country: str, moment: datetime) -> bool:
        if moment.weekday() > _LAST_WEEKDAY[self.days]:
            return False
        if not self.holidays and moment.date() in (public_holidays(country, moment.year) or ()):
            return False
        return any(opens <= moment.hour < closes for opens, closes in self.hours)


def _none(value: Any) -> Any:
    return None if value == "none" else value


NoneOrRules = Annotated[ContactRules | None, BeforeValidator(_none)]
"""Rules that take the place of a pack's, or `none`."""


class OfferRule(Part):
    """Offers that the law keeps from being canvassed, and on which channels."""

    offers: list[Offer] = Field(min_length=1)
    channels: list[MessageChannel] = Field(min_length=1)
    source: str


@lru_cache
def zones(country: str, area: str | None = None) -> tuple[ZoneInfo, ...]:
    """Time zones of a country by the tz database, UTC for what is none; of them, those of an area code that lies in it."""
    listed = (line.split("\t") for line in _zone_table().splitlines() if not line.startswith("#"))
    found = tuple(ZoneInfo(row[2]) for row in listed if row[0] == country) or (ZoneInfo("UTC"),)
    named = _zones_of_area(area) if area else ()
    # A number that is free of charge lies everywhere.
    return named if named and set(named) <= set(found) else found


def _zones_of_area(area: str) -> tuple[ZoneInfo, ...]:
    try:
        names = time_zones_for_number(phonenumbers.parse(f"{area}5550100"))
    except phonenumbers.NumberParseException:
        return ()
    return tuple(ZoneInfo(name) for name in names if name != UNKNOWN_TIMEZONE)


@lru_cache
def _zone_table() -> str:
    return files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
