"""One person and one sequence, hour by hour, in plain Python: what should be sent when, worked out without SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
QUIET, WINDOW = timedelta(hours=24), 30 * DAY
COMPLAINT = 180 * DAY


@dataclass
class Life:
    """What one person does and when it is known: moments (UTC) with the moment from which on a run can know of them."""

    touches: list[tuple[datetime, datetime]]
    """Of the cart, or of the form: the newest is the anchor."""
    orders: list[tuple[datetime, datetime]] = field(default_factory=list)
    replies: list[tuple[datetime, datetime]] = field(default_factory=list)
    complaints: list[tuple[datetime, datetime]] = field(default_factory=list)
    newsletters: list[tuple[datetime, datetime]] = field(default_factory=list)
    """Messages that the tool sent on its own, on the sequence's channel."""
    consent: list[tuple[datetime, bool]] = field(default_factory=list)
    """From when on it is granted or withdrawn; granted before."""
    after_sent: dict[int, tuple[timedelta, str]] = field(default_factory=dict)
    """Number of the message, from 1 → how much later they `reply`, or are called and have `answered` or `missed` it."""


@dataclass
class Person:
    """Somebody in a sequence whose spec is as the YAML has it. Forms are new at once, carts after a quiet day."""

    spec: dict[str, Any]
    life: Life
    kind: dict[str, int]
    caps: list[tuple[int, int]]
    """(messages, days) of all caps that hold for the sequence."""
    a_day: int | None
    closed: set[date]
    is_cart: bool
    sent: list[tuple[int, datetime, datetime]] = field(default_factory=list)
    """(place of the step, when its round began, send_at)."""

    def known(self, moments: list[tuple[datetime, datetime]], now: datetime) -> list[datetime]:
        return [at for at, known in moments if at <= now and known <= now]

    def reactions(self, now: datetime, *kinds: str) -> list[datetime]:
        """Answers to our own messages, known as soon as they happen."""
        said = [
            at + self.life.after_sent[number][0]
            for number, (_, _, at) in enumerate(self.sent, 1)
            if number in self.life.after_sent and self.life.after_sent[number][1] in kinds
        ]
        return [at for at in said if at <= now]

    def anchor(self, now: datetime) -> datetime | None:
        return max(self.known(self.life.touches, now), default=None)

    def is_member(self, now: datetime) -> bool:
        anchor = self.anchor(now)
        if anchor is None or anchor < now - WINDOW or any(order > anchor for order in self.known(self.life.orders, now)):
            return False
        return not self.is_cart or anchor <= now - QUIET

    def has_agreed(self, now: datetime) -> bool:
        return ([True] + [granted for at, granted in sorted(self.life.consent) if at <= now])[-1]

    def messages(self, now: datetime) -> list[datetime]:
        """All that reached them: ours, and what the tool tells of beside the first that it tells of each of ours."""
        ours = [at for _, _, at in self.sent]
        told = sorted({*self.known(self.life.newsletters, now), *self.reactions(now, "answered", "missed")})
        same = {next((at for at in told if our <= at < our + 3 * DAY), None) for our in ours}
        return sorted(ours + [at for at in told if at not in same], reverse=True)

    def next(self, now: datetime) -> tuple[str, datetime] | None:
        """The step to be written into the file of a run, and its send_at."""
        anchor, steps = self.anchor(now), self.spec["steps"]
        starts = sorted({start for _, start, _ in self.sent}, reverse=True)
        place, last = 0, None
        if starts and starts[0] + self.kind["spacing_days"] * DAY > now:
            place, last = max((place, at) for place, start, at in self.sent if start == starts[0])
            if place == len(steps):
                place, last = 0, None
        if anchor is None or not self.is_member(now) or not self.has_agreed(now):
            return None
        since = min(anchor, starts[0]) if place else anchor
        answers = self.known(self.life.replies, now) + self.reactions(now, "reply", "answered")
        if any(at >= since for at in answers) or (place and any(at > starts[0] for at in self.known(self.life.orders, now))):
            return None

        step, base = steps[place], last or anchor
        limits = [self.planned(step, base, [at for _, start, at in self.sent if place and start == starts[0]])]
        limits += [order + self.kind["after_purchase_days"] * DAY for order in self.known(self.life.orders, now)]
        if not place and starts:
            limits.append(starts[0] + self.kind["spacing_days"] * DAY)
        messages = self.messages(now)
        limits += [messages[most - 1] + days * DAY for most, days in self.caps if len(messages) >= most]
        limits += [complaint + COMPLAINT for complaint in self.known(self.life.complaints, now)]
        due = self.first_open(max(limits))
        if due > now:
            return None
        send = due if due == now else self.first_open(now)
        if not place and send > anchor + self.spec["enter_within_days"] * DAY:
            return None
        if self.a_day is not None and sum(shown(at).date() == shown(send).date() for at in messages) >= self.a_day:
            return None
        return step["name"], send

    def send(self, name: str, at: datetime, now: datetime) -> None:
        place = 1 + [step["name"] for step in self.spec["steps"]].index(name)
        start = at if place == 1 else max(start for _, start, _ in self.sent)
        self.sent.append((place, start, at))

    def planned(self, step: dict[str, Any], base: datetime, round_so_far: list[datetime]) -> datetime:
        ((unit, amount),) = step["after"].items()
        if unit == "hours":
            return base + amount * HOUR
        day = shown(base).date()
        for left in range(amount, -1, -1):
            day += DAY if left < amount else timedelta()
            while unit == "working_days" and not self.works(day):
                day += DAY
        hours = step.get("at", [])
        if hours:
            used = [shown(at).hour for at in round_so_far]
            hour = next((hour for hour in hours if all(abs(hour - other) >= 2 for other in used)), hours[0])
            return max(base, utc(day, hour))
        if day == shown(base).date():
            return base
        return utc(day, 0) if amount == 0 else utc(day, 0) + (shown(base) - shown(base).replace(hour=0, minute=0, second=0))

    def works(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.closed

    def first_open(self, moment: datetime) -> datetime:
        opening = self.spec.get("open")
        is_open: Callable[[datetime], bool] = lambda local: (  # noqa: E731
            any(opens <= local.hour < closes for opens, closes in opening["hours"])
            and (not opening.get("working_days") or self.works(local.date()))
        )
        while opening and not is_open(shown(moment)):
            moment = moment.replace(minute=0, second=0) + HOUR
        return moment


def shown(moment: datetime) -> datetime:
    """What a clock in Paris shows."""
    return moment.replace(tzinfo=UTC).astimezone(PARIS).replace(tzinfo=None)


def utc(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=PARIS).astimezone(UTC).replace(tzinfo=None)
