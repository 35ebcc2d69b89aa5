"""What the models need to know of sequences: their steps and hours, and the messages that earlier runs exported."""

from __future__ import annotations

from datetime import date

import duckdb

from dagster_project.activation.tables import create_tables
from dagster_project.audiences import Audience, load_audiences
from dagster_project.consent.policy import contact_days
from dagster_project.pressure_settings import write_pressure
from dagster_project.sequences import Sequence, load_sequences
from dagster_project.settings import Settings
from dagster_project.working_days import write_calendar

SENT = """
    create or replace view control.sent_messages as
    select sequence, step, position, channel, kind, audience, profile_id, started_at, anchor_at, sent_at
    from activation.messages
    -- What this very run has exported is its result, not its ground: repeated, it finds the same tables.
    where run_id <> (select run_id from control.run)"""


def write_sequences(con: duckdb.DuckDBPyConnection, settings: Settings, today: date) -> None:
    """Write the control tables of sequences and pressure and, as a view, control.sent_messages; within the caller's transaction,
    after control.run."""
    create_tables(con)
    audiences = load_audiences(settings)
    write_sequence_rules(con, settings, load_sequences(settings, audiences), audiences)
    write_calendar(con, settings, today)
    con.execute(SENT)


def write_sequence_rules(
    con: duckdb.DuckDBPyConnection, settings: Settings, sequences: list[Sequence], audiences: list[Audience]
) -> None:
    """Write the tables of sequences and of pressure."""
    for table, columns in (
        (
            "sequences",
            """sequence varchar, audience varchar, kind varchar, channel varchar, priority bigint, steps bigint,
            enter_within_days bigint, on_working_days boolean, minimum_age bigint, asked_for boolean,
            times bigint, days bigint, spacing_days bigint, kind_times bigint, kind_days bigint, kind_spacing_days bigint,
            after_purchase_days bigint""",
        ),
        (
            "sequence_steps",
            """sequence varchar, step varchar, position bigint, unit varchar, amount bigint, until_days_before bigint,
            hour bigint, hint varchar, code varchar""",
        ),
        ("sequence_handings", "sequence varchar, next_sequence varchar"),
        ("sequence_hours", "sequence varchar, position bigint, place bigint, hour bigint"),
        ("sequence_windows", "sequence varchar, opens bigint, closes bigint"),
        ("sequence_purposes", "sequence varchar, purpose varchar"),
        ("sequence_stops", "sequence varchar, stop varchar"),
        ("audience_caps", "audience varchar, messages bigint, days bigint"),
    ):
        con.execute(f"create or replace table control.{table} ({columns})")
    for one in sequences:
        spec, kind = one.spec, settings.pressure.kinds[one.spec.kind]
        own = spec.repeat or kind
        _insert(
            con, "sequences", one.name, spec.audience, spec.kind, spec.channel, one.priority, len(spec.steps),
            spec.enter_within_days, bool(spec.open and spec.open.working_days), one.destination.consent.minimum_age,
            kind.asked_for, own.times, own.days, own.spacing_days, kind.times, kind.days, kind.spacing_days,
            kind.after_purchase_days,
        )  # fmt: skip
        for position, step in enumerate(spec.steps, 1):
            unit = step.after.unit if step.after else "days_before"
            amount = step.after.amount if step.after else step.days_before
            hour = step.hours[0] if step.hours else None
            due = (unit, amount, step.until_days_before, hour)
            _insert(con, "sequence_steps", one.name, step.name, position, *due, step.hint, step.code)
            for place, each in enumerate(step.hours):
                _insert(con, "sequence_hours", one.name, position, place, each)
        for following in spec.then:
            _insert(con, "sequence_handings", one.name, following)
        for opens, closes in spec.open.hours if spec.open else []:
            _insert(con, "sequence_windows", one.name, opens, closes)
        for purpose in sorted(set(one.destination.consent.purposes)):
            _insert(con, "sequence_purposes", one.name, purpose)
        for stop in sorted(set(spec.stops)):
            _insert(con, "sequence_stops", one.name, stop)

    caps = {audience.name: audience.spec.frequency_cap for audience in audiences}
    for name, cap in caps.items():
        if cap is not None:
            _insert(con, "audience_caps", name, cap.messages, cap.days)
    spacings = [(one.spec.repeat or settings.pressure.kinds[one.spec.kind]).spacing_days for one in sequences]
    looks = [*spacings, *(cap.days for cap in caps.values() if cap is not None), contact_days(settings.consent)]
    write_pressure(con, settings.pressure, looks)


def _insert(con: duckdb.DuckDBPyConnection, table: str, *row: object) -> None:
    con.execute(f"insert into control.{table} values ({', '.join('?' * len(row))})", list(row))
