"""What a demo is made from: its parameters, its calendar, its shards and its streams of random numbers.

Everything random comes from `Plan.rng(room, shard)`, so a file depends on the parameters alone. Draws use integers,
uniform numbers and tables of weights only: no logarithm, exponential or sine, whose last digit differs between processors.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zlib import crc32
from zoneinfo import ZoneInfo

import numpy as np

from dagster_project.errors import RelanceError

GENERATOR_VERSION = 6
"""Raised whenever the same parameters give other files."""

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
"""Milliseconds; every moment of the demo is an int64 of UTC milliseconds since 1970."""

ZONE = ZoneInfo("Europe/Paris")
HISTORY_MONTHS = 24
DAILY_FILES = 7
"""The newest days arrive as one NDJSON file a day; what is older, as one Parquet file a month."""
EVENTS_PER_SHARD = 200_000
EVENTS_PER_PERSON = 10
EVENTS_PER_CUSTOMER = 25
"""Fewer events than this per customer can't hold the visits in which the customers place their web orders."""


@dataclass(frozen=True)
class Plan:
    """The parameters of a demo and what follows from them.

    Raises:
        RelanceError: a parameter is out of range.
    """

    customers: int
    events: int
    seed: int
    until: date

    def __post_init__(self) -> None:
        if self.customers < 50:
            raise RelanceError("The demo shop needs at least 50 customers", "--customers", "give a larger number")
        if self.events < EVENTS_PER_CUSTOMER * self.customers:
            raise RelanceError(
                f"{self.events} events are too few for {self.customers} customers",
                "--events",
                f"give at least {EVENTS_PER_CUSTOMER} events per customer: {EVENTS_PER_CUSTOMER * self.customers}",
            )
        if self.seed < 0:
            raise RelanceError("The seed is negative", "--seed", "give zero or a positive whole number")
        if not date(2000, 1, 1) <= self.until <= date(2100, 1, 1):
            raise RelanceError("The demo's last day is out of range", "until", "give a day between 2000 and 2100")

    @property
    def parameters(self) -> dict[str, object]:
        return {"generator": GENERATOR_VERSION} | asdict(self) | {"until": self.until.isoformat()}

    @cached_property
    def as_of(self) -> int:
        """The end of `until` in the company's time."""
        return _ms(datetime.combine(self.until + timedelta(days=1), time(), ZONE))

    @cached_property
    def first_day(self) -> date:
        months = self.until.year * 12 + self.until.month - HISTORY_MONTHS
        return date(months // 12, months % 12 + 1, 1)

    @cached_property
    def start(self) -> int:
        return self.midnight(self.first_day)

    @cached_property
    def days(self) -> int:
        return (self.until - self.first_day).days + 1

    @cached_property
    def daily_from(self) -> date:
        """First day that has an event file of its own."""
        return self.until - timedelta(days=DAILY_FILES - 1)

    @cached_property
    def cut_day(self) -> date:
        """Day of the first export of the shop's back office; the second one is made on `until`."""
        return self.until - timedelta(days=30)

    @cached_property
    def cut(self) -> int:
        """Moment of the first export: the end (UTC) of its day."""
        return self.midnight(self.cut_day + timedelta(days=1))

    @staticmethod
    def midnight(day: date) -> int:
        return _ms(datetime.combine(day, time(), UTC))

    @cached_property
    def people(self) -> int:
        """People in all, known and anonymous; at least a tenth of them stays anonymous."""
        return max(self.events // EVENTS_PER_PERSON, self.known + self.known // 9)

    @property
    def prospects(self) -> int:
        """Known people who never ordered."""
        return min(self.customers // 2, max(self.events // EVENTS_PER_PERSON - self.customers, self.customers // 4))

    @property
    def known(self) -> int:
        return self.customers + self.prospects

    @property
    def testers(self) -> int:
        """Staff who place test orders."""
        return 3

    @property
    def shards(self) -> int:
        """Parts that are generated one after the other, so that memory does not grow with the demo."""
        return max(1, -(-self.events // EVENTS_PER_SHARD))

    def share(self, total: int, shard: int) -> range:
        """The numbers (from 0) of those of `total` things that belong to a shard."""
        return range(total * shard // self.shards, total * (shard + 1) // self.shards)

    def rng(self, room: str, shard: int = 0) -> np.random.Generator:
        entropy = [self.seed, self.customers, self.events, self.until.toordinal(), crc32(room.encode()), shard]
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))

    @cached_property
    def _offsets(self) -> tuple[int, np.ndarray]:
        """First hour and, for every hour of the history, the zone's offset from UTC in milliseconds."""
        first = self.start // HOUR - 48
        hours = range(first, self.as_of // HOUR + 24 * 90)
        zone = [datetime.fromtimestamp(hour * 3600, ZONE).utcoffset() for hour in hours]
        return first, np.array([int(offset.total_seconds()) * SECOND for offset in zone if offset is not None])

    def utc(self, local: np.ndarray) -> np.ndarray:
        """Wall-clock milliseconds of the company → UTC milliseconds; an hour that a DST night skips is read as the one before."""
        first, offsets = self._offsets
        return local - offsets[local // HOUR - 1 - first]

    def local_day(self, at: np.ndarray) -> np.ndarray:
        """UTC milliseconds → the company's calendar day, as days since the first one of the history."""
        first, offsets = self._offsets
        return (at + offsets[at // HOUR - first]) // DAY - (self.first_day - date(1970, 1, 1)).days

    @cached_property
    def clock_changes(self) -> list[int]:
        """The moments of the DST nights in the history."""
        first, offsets = self._offsets
        changes = [(first + 1 + int(hour)) * HOUR for hour in np.flatnonzero(np.diff(offsets))]
        return [change for change in changes if self.start < change < self.as_of - DAY]


def _ms(moment: datetime) -> int:
    return int(moment.timestamp()) * SECOND


def pick(rng: np.random.Generator, weights: list[float] | np.ndarray, size: int) -> np.ndarray:
    """Indexes drawn with these weights."""
    edges = np.cumsum(np.asarray(weights, dtype=float))
    return np.minimum(np.searchsorted(edges, rng.random(size) * edges[-1], side="right"), len(edges) - 1)


def chance(rng: np.random.Generator, share: float, size: int, at_least: int = 0) -> np.ndarray:
    """A mask that is true for about `share`, and for `at_least` of them whatever the size."""
    mask = rng.random(size) < share
    if at_least and size:
        mask[rng.permutation(size)[:at_least]] = True
    return mask


HOUR_WEIGHTS = [1, 1, 1, 1, 1, 1, 2, 4, 6, 7, 8, 8, 9, 8, 7, 6, 6, 7, 9, 11, 12, 11, 7, 3]


def time_of_day(rng: np.random.Generator, size: int) -> np.ndarray:
    """Wall-clock milliseconds since midnight: quiet nights, busy evenings."""
    return pick(rng, HOUR_WEIGHTS, size) * HOUR + rng.integers(0, HOUR, size)
