"""`pressure:` in relance.yml: how often one person may be spoken to, by everything that is done together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

import duckdb
from pydantic import BeforeValidator, Field, model_validator

from dagster_project.config_file import ConfigFile, Location, Mistake, Part
from dagster_project.errors import RelanceError

MessageChannel = Literal["email", "sms", "whatsapp", "push", "phone", "post"]
"""Channels on which a person is spoken to one message at a time; what advertising shows, its platform caps."""


def _in_order(value: Any) -> Any:
    def is_span(pair: Any) -> bool:
        return isinstance(pair, list) and [*map(type, pair)] == [int, int] and 0 <= pair[0] < pair[1] <= 24

    if not isinstance(value, list) or not all(map(is_span, value)):
        raise ValueError("should be a list of pairs such as [[9, 12], [14, 18]]: from 0 to 24, the first smaller")
    return value


DayHours = Annotated[list[tuple[int, int]], BeforeValidator(_in_order), Field(min_length=1)]
"""Hours of a day within which people are spoken to, `[opens, closes]`."""


class Cap(Part):
    """At most `messages` to one person within `days`."""

    messages: int = Field(ge=1)
    days: int = Field(ge=1, le=365)


class Rounds(Part):
    """How often the same may begin anew with one person: `times` within `days`, `spacing_days` from beginning to beginning."""

    times: int = Field(ge=1)
    days: int = Field(ge=1, le=3650)
    spacing_days: int = Field(ge=1, le=3650)

    @model_validator(mode="before")
    @classmethod
    def _evenly_spaced(cls, value: Any) -> Any:
        """Without a spacing, the times are spread evenly over the days."""
        if isinstance(value, dict) and value.get("spacing_days") is None:
            times, days = value.get("times"), value.get("days")
            if isinstance(times, int) and isinstance(days, int) and times > 0:
                return value | {"spacing_days": max(days // times, 1)}
        return value


class KindOfMessage(Rounds):
    """Rounds of one kind, all sequences of that kind and channel together."""

    after_purchase_days: int = Field(default=14, ge=0, le=365)
    """How long a buyer is left alone with it."""
    asked_for: bool = False
    """Whether people asked for it, as for a call about their lead: it comes first, and other messages of the day do not hold it
    back. Caps do."""


_CHANNELS: dict[str, dict[str, int]] = {
    "email": {"messages": 4, "days": 7},
    "sms": {"messages": 2, "days": 7},
    "whatsapp": {"messages": 2, "days": 7},
    "push": {"messages": 7, "days": 7},
    # Décret n° 2022-1313 of 13 October 2022: no consumer is called more than four times within thirty days.
    "phone": {"messages": 4, "days": 30},
    "post": {"messages": 2, "days": 30},
}
_KINDS: dict[str, dict[str, int | bool]] = {
    "cart_recovery": {"times": 12, "days": 365, "spacing_days": 14, "after_purchase_days": 14},
    "reactivation": {"times": 2, "days": 365, "spacing_days": 182, "after_purchase_days": 30},
    # Whoever asks again a week later is called again, within what the channel allows.
    "sales": {"times": 24, "days": 365, "spacing_days": 7, "after_purchase_days": 0, "asked_for": True},
    # Invitation, reminder and thanks are sequences of their own that follow each other closely.
    "event": {"times": 24, "days": 365, "spacing_days": 1, "after_purchase_days": 0},
    "reminder": {"times": 24, "days": 365, "spacing_days": 1, "after_purchase_days": 0, "asked_for": True},
    "review": {"times": 12, "days": 365, "spacing_days": 14, "after_purchase_days": 0},
}


def _over(defaults: Mapping[str, Mapping[str, int | bool]]) -> BeforeValidator:
    """What a company writes stands over the defaults, key by key."""

    def merged(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        both: dict[str, Any] = {name: dict(rule) for name, rule in defaults.items()}
        for name, rule in value.items():
            both[name] = both.get(name, {}) | rule if isinstance(rule, dict) else rule
        return both

    return BeforeValidator(merged)


class Pressure(Part):
    a_day: int = Field(default=1, ge=1, le=24)
    """Messages to one person in one day, whatever sequence wants them; the audience with the smallest `priority` comes first."""
    overall: Cap = Cap(messages=6, days=7)
    """Over all channels together."""
    channels: Annotated[dict[MessageChannel, Cap], _over(_CHANNELS), Field(validate_default=True)] = _CHANNELS  # type: ignore[assignment]
    kinds: Annotated[dict[str, KindOfMessage], _over(_KINDS), Field(validate_default=True)] = _KINDS  # type: ignore[assignment]
    complaint_days: int = Field(default=180, ge=1, le=3650)
    """How long somebody who complained of a message is left alone on all channels."""


def wrong_pressure(file: ConfigFile, pressure: Pressure) -> list[Mistake]:
    """Kinds whose numbers contradict each other."""
    found = []
    for name, rounds in pressure.kinds.items():
        at: Location = ("pressure", "kinds", name)
        error = contradiction(file, at, rounds)
        if error is not None:
            found.append((at, error))
    return found


def contradiction(file: ConfigFile, at: Location, rounds: Rounds) -> RelanceError | None:
    """The mistake in rounds that their own spacing makes impossible, if there is one; it names both lines and two cures."""
    if rounds.times * rounds.spacing_days <= rounds.days:
        return None

    def stands(key: str) -> str:
        return f"line {file.lines[(*at, key)]}" if (*at, key) in file.lines else "the default"

    what = (
        f"{rounds.times} times in {rounds.days} days ({stands('times')}) can't be {rounds.spacing_days} days apart"
        f" ({stands('spacing_days')})"
    )
    shorter, fewer = rounds.days // rounds.times, rounds.days // rounds.spacing_days
    cures = [f"`spacing_days: {shorter}`"] if shorter else []
    cures += [f"`times: {fewer}`"] if fewer else []
    where = file.where((*at, "times") if (*at, "times") in file.lines else (*at, "spacing_days"))
    return RelanceError(what, where, "write " + " or ".join(cures or ["more `days`"]))


def write_pressure(con: duckdb.DuckDBPyConnection, pressure: Pressure, days_of_others: Iterable[int] = ()) -> None:
    """Write control.pressure and control.channel_caps.

    Args:
        days_of_others: how far back other rules about messages look; the longest look decides what is read.
    """
    looks = [pressure.overall.days, pressure.complaint_days, *(cap.days for cap in pressure.channels.values()), *days_of_others]
    con.execute(
        """create or replace table control.pressure as select $1::bigint as a_day, $2::bigint as overall_messages,
            $3::bigint as overall_days, $4::bigint as complaint_days, $5::bigint as longest_days""",
        [pressure.a_day, pressure.overall.messages, pressure.overall.days, pressure.complaint_days, max(looks)],
    )
    con.execute("create or replace table control.channel_caps (channel varchar, messages bigint, days bigint)")
    for channel, cap in pressure.channels.items():
        con.execute("insert into control.channel_caps values (?, ?, ?)", [channel, cap.messages, cap.days])
