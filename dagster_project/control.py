"""What the dbt models need to know of a run: the control tables.

control.company holds what only the configuration decides, control.run what each run decides, control.today what the runs of one
day have in common; models that depend on neither of the latter need no rebuilding when nothing but the clock has moved, and those
that ask for the day alone need it once a day.

`as_of` and the settings reach SQL through tables, never through dbt variables: a changed variable costs a full parse.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from dagster_project.audiences import write_audiences
from dagster_project.consent.policy import write_policy
from dagster_project.loads.agents import rules_version
from dagster_project.loads.books import IN_RAW
from dagster_project.loads.contract import CONTRACTS, load_contracts
from dagster_project.measurement_settings import write_measurement
from dagster_project.profile_settings import write_priority
from dagster_project.score_settings import midnight, write_scores
from dagster_project.scores.lead_policy import write_lead_policy
from dagster_project.scores.predict.denied import write_forbidden
from dagster_project.scores.prequalification import write_prequalification
from dagster_project.sequence_tables import write_sequences
from dagster_project.settings import SHIPPED, Settings
from dagster_project.warehouse import open_warehouse

LIVE = timedelta(days=1)
"""A moment not longer ago than this is now."""

SENT_RECORDS = """
    create or replace view control.sent_records as
    select activation as feed, destination, record_key, journal, profile_id, as_of, exported_at, acknowledged_at
    from activation.ledger
    -- What this very run has exported is its result, not its ground: repeated, it finds the same tables.
    where record_key is not null and run_id <> (select run_id from control.run)"""

FOUNDATION = ("staging", "unified", "identity", "profiles")
"""Rooms whose tables grow by increments."""

JUDGED_EACH_TIME = {"must_link.csv", "cannot_link.csv"}
"""Seeds of theirs that no such table has read: whom they join and part is decided anew in every run, as are the limits in
relance.yml."""


@dataclass(frozen=True)
class Run:
    """One run: what it is called and the moment it speaks of (naive UTC, floored to the minute)."""

    run_id: str
    as_of: datetime


@dataclass(frozen=True)
class Today:
    """What all runs of a day have in common: the day in the company's time, when it ends, and the newest midnight that has passed
    (naive UTC), which is the end of the day for a run as of midnight. For a run that leaves out what happened later, the day ends
    with its moment."""

    as_of_date: date
    ends_at: datetime
    last_midnight: datetime


def identify_run(con: duckdb.DuckDBPyConnection, settings: Settings, as_of: datetime) -> Run:
    """Name a run by what decides its result: raw state, configuration, `as_of`, and the ledger of earlier moments.

    The same of these gives the same run_id, so a repeated run finds its work done.
    """
    digest = hashlib.sha256()
    digest.update(as_of.isoformat().encode())
    digest.update(configuration_hash(settings).encode())
    digest.update(raw_state(con).encode())
    digest.update(_ledger_head(con, as_of).encode())
    # Whoever asks for everything anew gets another run, at a clock that stands still too.
    wishes = "select activation, destination, asked_at from activation.resyncs order by all"
    digest.update(_hash_of(con, "activation", "resyncs", wishes).encode())
    return Run(digest.hexdigest()[:16], as_of)


def raw_state(con: duckdb.DuckDBPyConnection) -> str:
    """A hash of what has been loaded, whichever order the files came in.

    Which file a row told twice is booked under hangs on that order, the number of rows kept does not; it changes when
    refused rows are loaded after all.
    """
    files = "select distinct source, entity, sha256 from quality.load_ledger order by all"
    rows = f"select source, entity, sum({IN_RAW})::bigint from quality.load_ledger group by all order by all"
    erased = "select identifier_type, identifier_sha256, verdict, requested_at from privacy.tombstones order by all"
    ledger = _hash_of(con, "quality", "load_ledger", files) + _hash_of(con, "quality", "load_ledger", rows)
    return ledger + _hash_of(con, "privacy", "tombstones", erased)


def _ledger_head(con: duckdb.DuckDBPyConnection, as_of: datetime) -> str:
    # Exports of this very moment are this run's own result, not a ground for another one.
    query = "select distinct run_id from activation.ledger where as_of < $as_of order by all"
    return _hash_of(con, "activation", "ledger", query, {"as_of": as_of})


def _hash_of(con: duckdb.DuckDBPyConnection, schema: str, table: str, query: str, parameters: dict | None = None) -> str:
    """A hash of a query's rows; a table that does not exist yet is as good as an empty one."""
    digest = hashlib.sha256()
    exists = con.execute(
        "select count(*) from duckdb_tables() where schema_name = ? and table_name = ?", [schema, table]
    ).fetchone()
    for row in con.execute(query, parameters or {}).fetchall() if exists and exists[0] else []:
        digest.update(repr(row).encode())
    return digest.hexdigest()


def configuration_hash(settings: Settings) -> str:
    """A hash of relance.yml, models, macros, seeds, audiences, activations and Relance itself, of which some models are made: of
    all that decides what is made of the data."""
    folders = [
        SHIPPED / "dbt_models",
        SHIPPED / "dagster_project",
        *settings.folders("seeds"),
        *settings.folders("audiences"),
        *settings.folders("activations"),
    ]
    digest = hashlib.sha256(settings.model_dump_json(exclude={"as_of", "warehouse"}).encode())
    for path in sorted({file for folder in folders for file in _files(folder)}):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def foundation_hash(con: duckdb.DuckDBPyConnection, settings: Settings) -> str:
    """A hash of what decides the tables that grow by increments: a change of it means building them afresh.

    The horizon belongs to it: what a run left out as yet to come must not be missing from later ones. So do the rows that
    a better telling, a correction or another reading of their file took the place of: tables that grow hold what was told first.
    """
    parts = ("company", "sources", "order_precedence", "traffic", "sessions")
    deciding = dict.fromkeys(parts, True) | {"consent": {"trackers"}}
    digest = hashlib.sha256(settings.model_dump_json(include=deciding).encode())
    models = {
        file for part in ("macros", *(f"models/{room}" for room in FOUNDATION)) for file in _files(SHIPPED / "dbt_models" / part)
    }
    read = "".join(path.read_text(encoding="utf-8") for path in models)
    # Of the seeds, those that these rooms read: new points for leads or a coming event change nothing in them.
    seeds = {
        file
        for folder in settings.folders("seeds")
        for file in _files(folder)
        if f"'{file.stem}'" in read and file.name not in JUDGED_EACH_TIME
    }
    for path in sorted({*_files(CONTRACTS), *models, *seeds}):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    digest.update(rules_version(settings).encode())
    row = con.execute("select horizon from control.company").fetchone()
    digest.update(repr(row).encode())
    digest.update(_hash_of(con, "quality", "replaced", "select max(batch), count(*) from quality.replaced").encode())
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix in {".sql", ".py", ".yml", ".csv"}]


def horizon(con: duckdb.DuckDBPyConnection, as_of: datetime) -> datetime | None:
    """`as_of` where it has passed and something loaded happened at or after it, which must then be left out; usually None.

    A run as of now takes what it finds: clocks of devices run ahead by a little, and leaving such rows out today to let
    them in tomorrow would mean building everything afresh each time.
    """
    if datetime.now(UTC).replace(tzinfo=None) - as_of < LIVE:
        return None
    present = {row[0] for row in con.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()}
    # What lay ahead when it was loaded (a subscription that begins next month) is a plan: it is no sign that time has passed.
    newest = [
        f"select max(_happened_at) as moment from {entity.table} "
        + ("where _happened_at < _loaded_at + interval 1 day" if entity.happened.future == "taken" else "")
        for entities in load_contracts().values()
        for entity in entities.values()
        if entity.happened and f"raw_{entity.source}.{entity.name}" in present
    ]
    if not newest:
        return None
    found = con.execute(f"select max(moment) from ({' union all '.join(newest)})").fetchone()
    return as_of if found and found[0] is not None and found[0] >= as_of else None


def newest_moment(settings: Settings) -> datetime | None:
    """The latest `as_of` that the project's warehouse tells of; None before its first run."""
    if not settings.warehouse_path.exists():
        return None
    with open_warehouse(settings, read_only=True) as con:
        sized = con.execute(
            "select count(*) from duckdb_tables() where schema_name = 'audiences' and table_name = 'sizes'"
        ).fetchone()
        found = con.execute("select max(as_of) from audiences.sizes").fetchone() if sized and sized[0] else None
    return found[0] if found else None


def local_date(settings: Settings, as_of: datetime) -> date:
    """The day a run speaks of, in the company's time: as of midnight, it is the day that just ended."""
    instant = as_of.replace(tzinfo=UTC) - timedelta(microseconds=1)
    return instant.astimezone(ZoneInfo(settings.company.timezone)).date()


def today_of(settings: Settings, as_of: datetime, horizon: datetime | None = None) -> Today:
    day = local_date(settings, as_of)
    end = midnight(day + timedelta(days=1), settings.company.timezone)
    return Today(day, horizon or end, end if as_of == end else midnight(day, settings.company.timezone))


def write_control(con: duckdb.DuckDBPyConnection, settings: Settings, run: Run) -> None:
    """Write the control tables of a run in one transaction."""
    left_out_from = horizon(con, run.as_of)
    today = today_of(settings, run.as_of, left_out_from)
    con.execute("begin")
    try:
        con.execute("create schema if not exists control")
        con.execute(
            "create or replace table control.run as select $1::varchar as run_id, $2::timestamp as as_of, $3::date as as_of_date",
            [run.run_id, run.as_of, today.as_of_date],
        )
        con.execute(
            """create or replace table control.today as
                select $1::date as as_of_date, $2::timestamp as ends_at, $3::timestamp as last_midnight""",
            [today.as_of_date, today.ends_at, today.last_midnight],
        )
        con.execute(
            """create or replace table control.company as select
                $horizon::timestamp as horizon, $currency::varchar as currency,
                $timezone::varchar as timezone, $country::varchar as country,
                $exact_limit::bigint as exact_limit, $probable_enabled::boolean as probable_enabled,
                $link_above::double as probable_link_above, $review_above::double as probable_review_above,
                $unknown_consent::varchar as unknown_consent, $trackers::boolean as trackers_without_answer,
                $session_seconds::bigint as session_seconds, $session_by_campaign::boolean as session_by_campaign,
                $lapsed::bigint as lapsed_after_days, $professional_lapsed::bigint as professional_lapsed_after_days,
                $lead_days::bigint as lead_days, $holdout_salt::varchar as holdout_salt,
                $holdout_overall::double as holdout_overall, $holdout_days::bigint as holdout_outcome_days,
                $holdout_target::double as holdout_target,
                $max_minute::bigint as max_events_per_minute, $max_day::bigint as max_events_per_day""",
            {
                "horizon": left_out_from,
                "currency": settings.company.currency,
                "timezone": settings.company.timezone,
                "country": settings.company.country,
                "exact_limit": settings.identity.limits.exact,
                "probable_enabled": settings.identity.probabilistic.enabled,
                "link_above": settings.identity.probabilistic.link_above,
                "review_above": settings.identity.probabilistic.review_above,
                "unknown_consent": settings.consent.unknown,
                "trackers": settings.consent.trackers == "granted",
                "session_seconds": settings.sessions.minutes * 60,
                "session_by_campaign": settings.sessions.campaign_change,
                "lapsed": settings.lifecycle.lapsed_after_days,
                "professional_lapsed": settings.lifecycle.professional_lapsed_after_days or settings.lifecycle.lapsed_after_days,
                "lead_days": settings.lifecycle.lead_days,
                "holdout_salt": settings.holdout.salt,
                "holdout_overall": settings.holdout.overall,
                "holdout_days": settings.holdout.outcome_days,
                "holdout_target": settings.holdout.target,
                "max_minute": settings.traffic.max_events_per_minute,
                "max_day": settings.traffic.max_events_per_day,
            },
        )
        con.execute("create or replace table control.same_account (identifier_type varchar, with_email boolean)")
        same = settings.identity.user_id_is
        for identifier_type in ["user_id", *same] if same else []:
            con.execute("insert into control.same_account values (?, ?)", [identifier_type, "email" in same])
        con.execute(
            "create or replace table control.identity_limits (identifier_type varchar, partner_type varchar, most bigint)"
        )
        con.executemany("insert into control.identity_limits values (?, ?, ?)", settings.identity.limits.by_pair())
        staff = settings.traffic.staff_domains
        con.execute("create or replace table control.staff_domains as select unnest($1::varchar[]) as domain", [staff])
        write_policy(con, settings.consent, settings.company.country)
        write_priority(con, settings.profile)
        write_scores(con, settings.scores, run.as_of, settings.company.timezone)
        write_forbidden(con, settings)
        write_prequalification(con, settings)
        write_lead_policy(con, settings)
        write_measurement(con, settings.measurement)
        _write_retention(con, settings)
        write_audiences(con, settings)
        write_sequences(con, settings, local_date(settings, run.as_of))
        con.execute(SENT_RECORDS)
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise


def _write_retention(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    kept = settings.retention
    con.execute(
        """create or replace table control.retention as select $1::boolean as enabled, $2::bigint as days,
            $3::bigint as customers_days, $4::bigint as announce_days, $5::varchar as action""",
        [kept.enabled, kept.days, kept.customers_days or kept.days, kept.announce_days, kept.action],
    )
