"""How the events reach the landing folder: months as Parquet, the newest days as gzipped NDJSON, with repeats and broken rows."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.demo.event_text import EVENT_SCHEMA
from dagster_project.demo.events import Events
from dagster_project.demo.files import Landing
from dagster_project.demo.plan import DAY, Plan, chance
from dagster_project.demo.text import join, wrap

FOLDER = "segment/events"
RETRY, OVERLAP = "sender's retry", "overlapping file"
_BAD_LINES = [
    ('{"messageId":"bad-0001","type":"track","event":"Product Viewed","anonymousId":"cut-off-in-the-mid', "JSON cut off"),
    ('{"type":"track","event":"Product Viewed","anonymousId":"bad-0002","timestamp":"{day}T10:00:00.000Z"}', "no messageId"),
    ('{"messageId":"bad-0003","type":"track","event":"Product Viewed","anonymousId":"bad-0003"}', "no timestamp"),
    (
        '{"messageId":"bad-0004","type":"page","anonymousId":"bad-0004","timestamp":"the day before yesterday"}',
        "timestamp can't be read",
    ),
    ('{"messageId":"bad-0005","type":"track","anonymousId":"bad-0005","timestamp":"{day}T10:00:00.000Z"}', "track without event"),
    ("this line is no JSON at all", "no JSON"),
]


def deliver_events(plan: Plan, shard: int, landing: Landing, events: Events, table: pa.Table) -> None:
    """Write a shard's events (sorted by arrival) to the files of the day or month in which they arrived."""
    rng = plan.rng("delivery", shard)
    parts = _periods(plan)
    edges = np.searchsorted(events.received, [plan.midnight(first) for first in parts] + [plan.as_of + 1])
    for first, start, stop in zip(parts, edges[:-1], edges[1:], strict=True):
        rows = table.slice(start, stop - start)
        again = np.flatnonzero(chance(rng, 0.001, len(rows), at_least=1 if shard == 0 else 0))
        if first >= plan.daily_from:
            _write_day(plan, landing, first, rows, again)
        elif len(rows):
            month = landing.month(f"{FOLDER}/dt={first:%Y-%m-%d}/events.parquet", EVENT_SCHEMA)
            month.write(pa.concat_tables([rows, rows.take(again)]), {RETRY: len(again)})
            if shard == 0 and first == parts[-9]:
                month.spoil(_without(rows.slice(0, 2), ["messageId"]), "no messageId")
                month.spoil(
                    _without(rows.slice(0, 2), ["timestamp", "originalTimestamp", "sentAt", "receivedAt"]), "no timestamp"
                )


def _periods(plan: Plan) -> list[date]:
    """First day of each file: the months, then the newest days."""
    months = []
    day = plan.first_day
    while day < plan.daily_from:
        months.append(day)
        day = (day + timedelta(days=31)).replace(day=1)
    return months + [plan.daily_from + timedelta(days=number) for number in range((plan.until - plan.daily_from).days + 1)]


def _write_day(plan: Plan, landing: Landing, day: date, rows: pa.Table, again: np.ndarray) -> None:
    """One day as NDJSON; its number among the newest days decides what goes wrong with it."""
    number = (day - plan.daily_from).days
    name = f"{FOLDER}/dt={day:%Y-%m-%d}/events"
    lines = json_lines(pa.concat_tables([rows, rows.take(again)]))
    if number == 2:  # a second file brings the rest of the day and once more a part of the first
        shared, end = len(rows) // 2, len(rows) * 7 // 10
        landing.lines(f"{name}.ndjson.gz").write(lines.slice(0, end))
        landing.lines(f"{name}_2.ndjson.gz").write(lines.slice(shared), {OVERLAP: end - shared, RETRY: len(again)})
        return
    file = landing.lines(f"{name}.ndjson.gz")
    if number in (1, 5) and not file.book.malformed:
        half = len(rows) // 2
        file.write(lines.slice(0, half))
        for line, reason in _BAD_LINES if number == 1 else _BAD_LINES[:2]:
            file.spoil(line.replace("{day}", day.isoformat()), reason)
        lines = lines.slice(half)
    file.write(lines, {RETRY: len(again)})


def resend(plan: Plan, landing: Landing) -> None:
    """Two finished files arrive once more, under other names."""
    day = plan.daily_from + timedelta(days=3)
    landing.copy(
        f"{FOLDER}/dt={day:%Y-%m-%d}/events.ndjson.gz", f"{FOLDER}/dt={day + timedelta(days=1):%Y-%m-%d}/events_copy.ndjson.gz"
    )
    landing.copy(
        f"generic/reviews/dt={plan.until:%Y-%m-%d}/reviews.csv", f"generic/reviews/dt={plan.until:%Y-%m-%d}/reviews_copy.csv"
    )


def late_rows(events: Events) -> int:
    """Events that arrived on a later day (UTC) than they happened."""
    return int((events.received // DAY > events.at // DAY).sum())


def _without(rows: pa.Table, columns: list[str]) -> pa.Table:
    """Rows that lack what they can't do without; their ids are told apart from real ones."""
    place = rows.schema.get_field_index("messageId")
    rows = rows.set_column(place, rows.schema.field(place), pa.array([f"bad-{row}" for row in range(len(rows))]))
    for column in columns:
        place = rows.schema.get_field_index(column)
        rows = rows.set_column(place, rows.schema.field(place), pa.nulls(len(rows), rows.schema.field(place).type))
    return rows


def json_lines(table: pa.Table) -> pa.StringArray:
    """The rows as one JSON object each, without the keys that are missing."""
    table = table.combine_chunks()

    def column(name: str) -> pa.Array:
        chunks = table[name]
        return chunks.chunk(0) if chunks.num_chunks else pa.array([], chunks.type)

    def time(name: str) -> pa.StringArray:
        return pc.utf8_replace_slice(column(name).cast(pa.string()), 10, 11, "T")

    optional = [wrap(f',"{name}":"', column(name), '"') for name in ("event", "name", "anonymousId", "userId")]
    nested = [wrap(f',"{name}":', column(name), "") for name in ("properties", "context", "traits")]
    times = [
        piece
        for name in ("timestamp", "originalTimestamp", "sentAt", "receivedAt")
        for piece in (f',"{name}":"', time(name), '"')
    ]
    return join('{"messageId":"', column("messageId"), '","type":"', column("type"), '"', *optional, *times, *nested, "}")
