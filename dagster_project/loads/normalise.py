"""E-mail addresses and phone numbers in the form they are matched by, each distinct value worked out once and kept.

E-mail: syntax by email-validator (no lookup of the domain), whole address in lower case. Phone: E.164 by phonenumbers, valid
numbers only; a number without a country code is read in the region of its row, else the company's. A value that is neither
is kept too, with the reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb
import email_validator
import phonenumbers
import pyarrow as pa

from dagster_project.loads.casts import identifier, literal
from dagster_project.loads.contract import Entity, Identifier, load_contracts
from dagster_project.settings import Settings

SLICE = 50_000

_TABLES = """
create schema if not exists identity;
create table if not exists identity.normalised (kind varchar, raw varchar, region varchar, value varchar, reason varchar);
create table if not exists identity.normalised_through (source varchar, entity varchar, country varchar, batch bigint);
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
    """Work out every e-mail address and phone number in the raw tables that has not been worked out yet.

    Only rows of batches since the last call are looked at. All of it commits together.
    """
    con.execute(_TABLES)
    country = settings.company.country.upper()
    con.execute("create or replace temp table load_values (kind varchar, raw varchar, region varchar)")
    through = [(entity, batch) for entity in _raw_entities(con) if (batch := _collect(con, entity, country))]
    con.execute(
        """create or replace temp table load_pending as
        select distinct kind, raw, region from load_values as v
        where not exists (
            select 1 from identity.normalised as n where n.kind = v.kind and n.raw = v.raw and n.region = v.region)"""
    )
    easy = f"kind = 'email' and {plain_email_sql('raw')}"
    con.execute(f"create or replace temp table load_hard as select * from load_pending where not ({easy})")
    (hard,) = con.execute("select count(*) from load_hard").fetchone() or (0,)
    con.execute("begin")
    try:
        con.execute(
            f"insert into identity.normalised select kind, raw, region, lower(trim(raw)), null from load_pending where {easy}"
        )
        for start in range(0, hard, SLICE):
            _work_out(con, start, country)
        for entity, batch in through:
            key = [entity.source, entity.name, country]
            con.execute("delete from identity.normalised_through where source = ? and entity = ? and country = ?", key)
            con.execute("insert into identity.normalised_through values (?, ?, ?, ?)", [*key, batch])
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
    counts = con.execute(
        """select count(*) filter (n.kind = 'email'), count(*) filter (n.kind = 'phone'), count(*) filter (n.value is null)
        from identity.normalised as n join load_pending as p on n.kind = p.kind and n.raw = p.raw and n.region = p.region"""
    ).fetchone()
    for table in ("load_values", "load_pending", "load_hard"):
        con.execute(f"drop table {table}")
    return NormaliseSummary(*counts) if counts else NormaliseSummary()


def _raw_entities(con: duckdb.DuckDBPyConnection) -> list[Entity]:
    tables = con.execute("select schema_name, table_name from duckdb_tables() where schema_name like 'raw_%'").fetchall()
    contracts = load_contracts()
    return [contracts[s.removeprefix("raw_")][t] for s, t in sorted(tables) if t in contracts.get(s.removeprefix("raw_"), {})]


def _collect(con: duckdb.DuckDBPyConnection, entity: Entity, country: str) -> int | None:
    """Put the values of batches that have not been looked at into load_values; returns the newest of these batches."""
    found = [(name, spec) for name, column in entity.columns.items() for spec in column.identifiers]
    if not found:
        return None
    (newest,) = con.execute(f"select coalesce(max(_batch), 0) from {entity.table}").fetchone() or (0,)
    seen = "select coalesce(max(batch), 0) from identity.normalised_through where source = ? and entity = ? and country = ?"
    (through,) = con.execute(seen, [entity.source, entity.name, country]).fetchone() or (0,)
    if newest <= through:
        return None
    for name, spec in found:
        con.execute(f"insert into load_values {_values_sql(entity, name, spec, country)} and _batch > {through}")
    return newest


def _values_sql(entity: Entity, name: str, spec: Identifier, country: str) -> str:
    value = identifier(name)
    if spec.path:
        path = "$." + ".".join(f'"{part}"' for part in spec.path.split("."))
        value = f"json_extract_string({value}, {literal(path)})"
    conditions = [f"trim({value}) <> ''"]
    if spec.path:
        # Most events carry no trait: looking for the word is cheaper than taking the JSON apart.
        conditions.insert(0, f"contains({identifier(name)}, {literal(spec.path.split('.')[-1])})")
    if spec.containing:
        conditions.append(f"contains({value}, {literal(spec.containing)})")
    for column, wanted in spec.when.items():
        conditions.append(f"lower(trim({identifier(column)})) in ({', '.join(literal(word) for word in wanted)})")
    region = "''"
    if spec.kind == "phone":
        region = literal(country)
        if spec.region_from:
            own = f"trim({identifier(spec.region_from)})"
            region = f"case when length({own}) = 2 then upper({own}) else {literal(country)} end"
    return f"select distinct '{spec.kind}', {value}, {region} from {entity.table} where {' and '.join(conditions)}"


def _work_out(con: duckdb.DuckDBPyConnection, start: int, country: str) -> None:
    rows = con.execute(
        "select kind, raw, region from load_hard where rowid >= ? and rowid < ?", [start, start + SLICE]
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
