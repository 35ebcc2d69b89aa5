"""One measured piece of work on upload files, each in a process of its own: `python -m bench.activations_case WORK PROJECT …`.

prepare PROJECT MEMBERS: the tables that activations read, as the rooms before leave them, with one audience of MEMBERS people.
export PROJECT DESTINATION NAME: a first export of the audience under that name; the last line is JSON with seconds by part.
normalise MEMBERS: on one core, new identifiers a second by kind, and telephone numbers as typed by the phonenumbers library.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from dagster_project.activation import build, publish, rows
from dagster_project.activation.activations import Activation
from dagster_project.activation.normalisers import match_value
from dagster_project.activation.specs import load_destinations
from dagster_project.quality.gx import expectations
from dagster_project.settings import Settings, load_settings
from dagster_project.warehouse import open_warehouse

AS_OF = "2026-06-30"
PARTS = {
    "gates": (build, "gate_members"), "new identifiers": (rows, "learn"), "rows": (build, "build_rows"),
    "changes": (build, "find_changes"), "files": (publish, "_write"), "checks": (publish, "_check"),
    "outbox": (publish, "_write_outbox"), "ledger": (publish, "commit"),
}  # fmt: skip
"""Part of an export → the function that does it; new identifiers are a part of the rows."""

# A fifth has a second e-mail, three fifths a telephone, most a name and an address.
_TABLES = """
    create schema control; create schema audiences; create schema profiles; create schema identity;
    create table control.audience_suppressions (audience varchar, suppression varchar, channel varchar);
    create table audiences.frequency_caps (profile_id varchar, channel varchar, audience varchar);
    create table audiences.message_history (profile_id varchar, channel varchar, kind varchar, happened_at timestamp);
    create table profiles.profiles as
        select 'email:person' || i || '@example.com' as profile_id,
            'Person.' || i || case when i % 3 = 0 then '@gmail.com' else '@example.com' end as email,
            case when i % 5 < 3 then '+336' || lpad((i % 100000000)::varchar, 8, '0') end as phone,
            case when i % 10 > 0 then ['Zoé', 'Jean-Luc', 'Anne', 'Björn', 'Chloé'][1 + i % 5] || chr(97 + (i // 5 % 26)::int) end
                as first_name,
            case when i % 10 > 0 then 'O''Brien' || (i // 7 % 50000) end as last_name,
            'Ville ' || (i % 36000) as city, lpad((i % 95000)::varchar, 5, '0') as postal_code, null::varchar as region,
            case when i % 20 = 0 then 'BE' else 'FR' end as country, null::date as birth_date, null::varchar as gender
        from range($members) as t(i);
    create table profiles.consent_people as select profile_id, 'eu' as region, false as is_professional from profiles.profiles;
    create table audiences.members as
        select 'buyers' as audience, 'retargeting' as kind, profile_id, null::timestamp as entered_at, false as holdout
        from profiles.profiles;
    create table profiles.consents as
        select profile_id, purpose, 'granted' as status, null::varchar as identifier from profiles.profiles,
            (values ('ads'), ('platform_matching'), ('ad_user_data'), ('ad_personalization')) as purposes(purpose);
    create table profiles.identifier_consents (
        profile_id varchar, purpose varchar, identifier_type varchar, identifier varchar, status varchar);
    create table identity.identifiers as
        select 'email' as identifier_type, email as identifier, profile_id from profiles.profiles
        union all
        select 'email', 'second.' || email, profile_id from profiles.profiles where hash(email) % 5 = 0
        union all
        select 'phone', phone, profile_id from profiles.profiles where phone is not null"""


def prepare(project: str, members: str) -> None:
    with open_warehouse(load_settings(project)) as con:
        for statement in _TABLES.replace("$members", members).split(";\n"):
            con.execute(statement)


def export(project: str, destination: str, name: str) -> None:
    settings = load_settings(project)
    parts = dict.fromkeys(PARTS, 0.0)
    for part, (module, function) in PARTS.items():
        setattr(module, function, _timed(getattr(module, function), parts, part))
    activation = _activation(settings, destination, name)
    expectations()  # imported once a run, not once an export
    with open_warehouse(settings) as con:
        started, cpu = time.perf_counter(), time.process_time()
        result = build.run_activation(settings, con, activation, "bench", settings.moment(AS_OF))
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
        (known,) = con.execute("select count(*) from activation.match_keys").fetchone() or (0,)
    bytes_written = sum(path.stat().st_size for path in result.files)
    if result.status != "published" or not result.passed:
        raise SystemExit(f"{result.status}: {result.skipped}")
    told = {"seconds": seconds, "cpu_seconds": cpu_seconds, "parts": parts, "rows": result.rows, "bytes": bytes_written}
    print(json.dumps({**told, "known_identifiers": known}))


def _activation(settings: Settings, destination: str, name: str) -> Activation:
    spec = load_destinations(settings)[destination]
    keys = [column.key for column in spec.columns if column.role == "match_key" and column.fixed is None]
    chosen = tuple(key for key in keys if key not in ("birth_date", "birth_year", "gender", "region"))
    return Activation(name, "A benchmark.", spec, "buyers", "full", chosen, 1, None, Path("bench.yml"))


def _timed(function: Callable[..., Any], parts: dict[str, float], part: str) -> Callable[..., Any]:
    @wraps(function)
    def run(*args: Any, **options: Any) -> Any:
        started = time.perf_counter()
        try:
            return function(*args, **options)
        finally:
            parts[part] += time.perf_counter() - started

    return run


def normalise(members: str) -> None:
    import phonenumbers

    count = min(int(members), 100_000)
    raws = {
        "e-mails": ("email_gmail_com_folded", [f"Person.{i}@gmail.com" for i in range(count)]),
        "telephones in E.164": ("phone_e164", [f"+336{i:08}" for i in range(count)]),
        "telephones as typed": (
            "phone_e164",
            [f"+33 6 {i // 10**6:02} {i // 10**4 % 100:02} {i % 10**4:04}" for i in range(count)],
        ),
        "names": ("name_lower", [f"Zoé {i}" for i in range(count)]),
    }
    told = {}
    for kind, (normaliser, values) in raws.items():
        started = time.perf_counter()
        for value in values:
            match_value(normaliser, value, None, digest="hex")
        told[kind] = round(count / (time.perf_counter() - started))
    started = time.perf_counter()
    for value in raws["telephones as typed"][1]:
        phonenumbers.parse(value, "FR")
    told["phonenumbers.parse alone"] = round(count / (time.perf_counter() - started))
    print(json.dumps(told))


if __name__ == "__main__":
    work, *rest = sys.argv[1:]
    {"prepare": prepare, "export": export, "normalise": normalise}[work](*rest)
