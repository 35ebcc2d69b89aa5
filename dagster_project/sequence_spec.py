"""Sequences as a marketer writes them: one YAML says whom a series of messages speaks to, when each is due and what ends it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from dagster_project.activation.specs import Name
from dagster_project.pressure_settings import DayHours, MessageChannel, Rounds
from dagster_project.settings import Part

Stop = Literal["replied", "answered", "clicked"]
"""What ends a sequence beside leaving its audience: a reply to a message, a call that was answered, a click in a message."""


class After(Part):
    """How long after the anchor or, from the second step on, after the step before was really exported. Hours are counted by the
    clock; days and working days by the company's calendar, the same or the next working day being 0."""

    hours: int | None = Field(default=None, ge=0, le=24 * 365)
    days: int | None = Field(default=None, ge=0, le=1095)
    working_days: int | None = Field(default=None, ge=0, le=260)

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("should be such as {hours: 24}, {days: 2} or {working_days: 1}")
        return value

    @model_validator(mode="after")
    def _one(self) -> After:
        if len(self.model_fields_set & {"hours", "days", "working_days"}) != 1:
            raise ValueError("should say one of hours, days and working_days")
        return self

    @property
    def unit(self) -> str:
        return next(iter(self.model_fields_set))

    @property
    def amount(self) -> int:
        return getattr(self, self.unit)

    @property
    def at_least_days(self) -> float:
        return self.amount / 24 if self.unit == "hours" else self.amount


class Step(Part):
    name: str = Field(pattern=Name)
    after: After | None = None
    days_before: int | None = Field(default=None, ge=0, le=365)
    """Days before the anchor, where that is a day to come, by the company's calendar."""
    until_days_before: int | None = Field(default=None, ge=0, le=365)
    """Of a step so counted, the last day on which what it says is so: later it is passed over. By default, the day itself."""
    at: int | list[int] | None = None
    """Hour of the day in the company's time. Of several, the first that is two hours or more from those this round has used."""
    hint: str = Field(min_length=1)
    """What the message says, for whoever writes it."""
    code: str | None = Field(default=None, min_length=1)
    """A promotion code, or the name of what the tool makes one from."""

    @field_validator("hint", "code")
    @classmethod
    def _one_line(cls, value: str | None) -> str | None:
        return value and " ".join(value.split())

    @field_validator("at", mode="before")
    @classmethod
    def _hours_of_a_day(cls, value: Any) -> Any:
        hours = value if isinstance(value, list) else [value]
        if not hours or any(type(hour) is not int or not 0 <= hour <= 23 for hour in hours):
            raise ValueError("should be a whole hour from 0 to 23, such as 10, or a list of such")
        return value

    @property
    def hours(self) -> list[int]:
        return self.at if isinstance(self.at, list) else [] if self.at is None else [self.at]


class OpenHours(Part):
    """Hours of the company's day within which messages go out, `[opens, closes]`; what is due outside of them waits."""

    hours: DayHours
    working_days: bool = False
    """On working days only: not at weekends and on holidays (seed closed_days)."""


class SequenceSpec(Part):
    name: str = Field(pattern=Name)
    description: str = Field(min_length=1)
    audience: str
    """Whose members are spoken to. Steps are counted from the moment that its model calls `anchor`; where it tells none, from
    when they entered it."""
    kind: str
    """Which of `pressure.kinds` it counts as."""
    channel: MessageChannel
    destination: str
    match_keys: list[str] = Field(default_factory=list)
    """Columns of the destination that a step's file carries; by default all."""
    enter_within_days: int | None = Field(default=None, ge=1, le=3650)
    """How old the anchor may be for the first step; older ones are left to other audiences. Where it is said, what `stops` names
    also stops before the first message if it happened after the anchor."""
    open: OpenHours | None = None
    steps: list[Step] = Field(min_length=1, max_length=50)
    stops: list[Stop] = []
    then: list[str] = []
    """The sequences that may begin with whoever this one has ended with, counted from its last message; not before."""
    offer: str | None = Field(default=None, pattern=Name)
    """What it offers, where the law keeps that from being canvassed (`not_canvassed` of the consent policies)."""
    repeat: Rounds | None = None
    """How often it may begin anew with one person, beside what its kind allows."""

    @field_validator("then", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value
