"""E-mail addresses and phone numbers in the form they are matched by, each distinct value worked out once and kept.

E-mail: syntax by email-validator (no lookup of the domain), whole address in lower case. Phone: E.164 by phonenumbers, valid
numbers only; a number without a country code is read in the region of its row, else the company's. A value that is neither
is kept too, with the reason. User agents, IP addresses and networks are collected on the same way (agents.py, networks.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb
import email_validator
import phonenumbers
import pyarrow as pa

from dagster_project.loads import agents, networks
from dagster_project.loads.casts import literal
from dagster_project.loads.collect import collect_values, create_journal, note_collected
from dagster_project.settings import Settings

SLICE = 50_000

_TABLES = """
create schema if not exists identity;
create table if not exists identity.normalised (kind varchar, raw varchar, region varchar, value varchar, reason varchar);
"""

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
PLAIN_EMAIL = rf"(?:{_ATOM})(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z]+"
"""Addresses whose normal form is themselves in lower case, in RE2: ASCII dot-atoms at domains of letters, digits and hyphens."""

_RESERVED = "|".join(email_validator.SPECIAL_USE_DOMAIN_NAMES)
_REGION_ALIASES = {"UK": "GB", "EL": "GR"}
"""Codes in common use that are not ISO 3166."""


@dataclass(frozen=True)
class NormaliseSummary:
    """How many distinct values were worked out, and how many of them are no address or number."""

    emails: int = 0
    phones: int = 0
    invalid: int = 0


def normalise_email(raw: str) -> tuple[str | None, str | None]:
    """(address in lower case, None) or (None, reason)."""
    try:
        found = email_validator.validate_email(raw.strip(), check_deliverability=False)
    except email_validator.EmailNotValidError as error:
        # What stands after a colon in the message quotes the address.
        return None, str(error).split(":")[0].rstrip(".")
    return found.normalized.lower(), None


def normalise_phone(raw: str, region: str, company_region: str) -> tuple[str | None, str | None]:
    """(number in E.164, None) or (None, reason). `region` is the two-letter country of a number without country code."""
    region = _REGION_ALIASES.get(region, region)
    if region not in phonenumbers.SUPPORTED_REGIONS:
        region = company_region
    # A column of numbers with gaps comes as floats from some tools.
    text = re.sub(r"^(\d+)\.0$", r"\1", raw.strip())
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        return None, _PARSE_REASONS.get(error.error_type, "not a phone number")
    if not phonenumbers.is_valid_number(number):
        return None, "no valid number of its country"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), None


_PARSE_REASONS = {
    phonenumbers.NumberParseException.INVALID_COUNTRY_CODE: "unknown country code",
    phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD: "too short",
    phonenumbers.NumberParseException.TOO_SHORT_NSN: "too short",
    phonenumbers.NumberParseException.TOO_LONG: "too long",
}


def plain_email_sql(raw: str) -> str:
    """SQL that tells whether `raw` needs no validator: its normal form is itself, trimmed and in lower case."""
    text = f"trim({raw})"
    return (
        f"(regexp_full_match({text}, {literal(PLAIN_EMAIL)}) and length({text}) <= 254 and strpos({text}, '@') <= 65 "
        f"and not contains({text}, '--') and not regexp_matches(lower({text}), '[@.]({_RESERVED})$'))"
    )


def normalise_identifiers(con: duckdb.DuckDBPyConnection, settings: Settings) -> NormaliseSummary:
    """Work out every e-mail address, phone number, user agent and IP address in the raw tables that is not known yet.

    Only rows of batches since the last call are looked at. All of it commits together.

    Raises:
        RelanceError: the company's list of machines' user agents has a mistake.
    """
    con.execute(_TABLES + agents.TABLE + networks.TABLES)
    create_journal(con)
    country = settings.company.country.upper()
    collected = collect_values(con, country)
    con.execute("begin")
    try:
        summary = _write_addresses(con, country)
        agents.judge_agents(con, settings)
        networks.place_addresses(con, settings)
        note_collected(con, collected)
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("drop table load_values")
    return summary


def _write_addresses(con: duckdb.DuckDBPyConnection, country: str) -> NormaliseSummary:
    con.execute(
        """create or replace temp table load_pending as
        select distinct kind, raw, region from load_values as v
        where kind in ('email', 'phone') and not exists (
            select 1 from identity.normalised as n where n.kind = v.kind and n.raw = v.raw and n.region = v.region)"""
    )
    easy = f"kind = 'email' and {plain_email_sql('raw')}"
    con.execute(
        f"create or replace temp table load_hard as select *, row_number() over () as place from load_pending where not ({easy})"
    )
    (hard,) = con.execute("select count(*) from load_hard").fetchone() or (0,)
    con.execute(
        f"insert into identity.normalised select kind, raw, region, lower(trim(raw)), null from load_pending where {easy}"
    )
    for start in range(0, hard, SLICE):
        _work_out(con, start, country)
    counts = con.execute(
        """select count(*) filter (n.kind = 'email'), count(*) filter (n.kind = 'phone'), count(*) filter (n.value is null)
        from identity.normalised as n join load_pending as p on n.kind = p.kind and n.raw = p.raw and n.region = p.region"""
    ).fetchone()
    for table in ("load_pending", "load_hard"):
        con.execute(f"drop table {table}")
    return NormaliseSummary(*counts) if counts else NormaliseSummary()


def _work_out(con: duckdb.DuckDBPyConnection, start: int, country: str) -> None:
    rows = con.execute(
        "select kind, raw, region from load_hard where place > ? and place <= ?", [start, start + SLICE]
    ).fetchall()
    results = [normalise_email(raw) if kind == "email" else normalise_phone(raw, region, country) for kind, raw, region in rows]
    columns = {
        "kind": [row[0] for row in rows],
        "raw": [row[1] for row in rows],
        "region": [row[2] for row in rows],
        "value": pa.array([value for value, _ in results], pa.string()),
        "reason": pa.array([reason for _, reason in results], pa.string()),
    }
    con.register("load_slice", pa.table(columns))
    con.execute("insert into identity.normalised select * from load_slice")
    con.unregister("load_slice")
