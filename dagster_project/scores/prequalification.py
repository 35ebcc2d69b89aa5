"""What SQL needs for checks on leads: control.prequalification, control.lead_targets and control.disposable_domains.

Providers of throw-away mailboxes are those of the package disposable-email-domains
(https://github.com/disposable-email-domains/disposable-email-domains, CC0), which is kept up by many; the seed disposable_domains
adds to it, and may say that a domain is a real one.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from dagster_project.errors import RelanceError
from dagster_project.score_settings import Prequalification
from dagster_project.seed_rows import seed_rows
from dagster_project.settings import Settings

CHECKS = ("unreachable", "disposable", "spam", "email", "phone", "age", "area", "occupation", "duplicate")
"""In the order in which the first one that a lead fails is given as the reason."""

FIELDS = ("name", "email", "company")
"""What signs of spam are looked for in."""


def write_prequalification(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """
    prequalification: position, check_name, strictness.
    lead_targets: attribute, value (of countries, regions, occupations, and beginnings of postal codes), low, high (of ages).
    disposable_domains: domain.
    """
    wanted = settings.scores.leads.prequalification
    con.execute("create or replace table control.prequalification (position bigint, check_name varchar, strictness varchar)")
    rows = [(position, check, getattr(wanted, check)) for position, check in enumerate(CHECKS, 1)]
    con.executemany("insert into control.prequalification values (?, ?, ?)", rows)
    con.execute("create or replace table control.lead_targets (attribute varchar, value varchar, low bigint, high bigint)")
    for target in _targets(wanted):
        con.execute("insert into control.lead_targets values (?, ?, ?, ?)", target)
    domains = pa.table({"domain": pa.array(_domains(settings), pa.string())})
    con.register("given_domains", domains)
    con.execute("create or replace table control.disposable_domains as select domain from given_domains")
    con.unregister("given_domains")


def _targets(wanted: Prequalification) -> list[tuple[str, str | None, int | None, int | None]]:
    found: list[tuple[str, str | None, int | None, int | None]] = []
    if wanted.min_age is not None or wanted.max_age is not None:
        found.append(("age", None, wanted.min_age or 0, 200 if wanted.max_age is None else wanted.max_age))
    for attribute in ("countries", "regions", "postal_codes", "occupations"):
        found += [(attribute, value, None, None) for value in getattr(wanted, attribute)]
    return found


def _domains(settings: Settings) -> list[str]:
    from disposable_email_domains import blocklist

    told = {row.values["domain"].lower(): row.values["is_disposable"].lower() == "true" for row in _own(settings)}
    known = (set(blocklist) - told.keys()) | {domain for domain, is_disposable in told.items() if is_disposable}
    return sorted(known)


def wrong_prequalification(settings: Settings) -> list[RelanceError]:
    """Everything wrong with the seeds disposable_domains and spam_signs, with its line."""
    mistakes = []
    for row in _own(settings):
        if "." not in row.values["domain"] or "@" in row.values["domain"]:
            mistakes.append(RelanceError("The row names no domain", row.where, "write it as example.com"))
        if row.values["is_disposable"].lower() not in ("true", "false"):
            mistakes.append(RelanceError("`is_disposable` is neither true nor false", row.where, "write one of them"))
    for row in seed_rows(settings, "spam_signs"):
        if row.values["field"] not in FIELDS:
            mistakes.append(RelanceError("The row names no field", row.where, f"write one of {', '.join(FIELDS)}"))
        if not row.values["pattern"].strip("%_"):
            mistakes.append(RelanceError("The pattern fits everything", row.where, "write a LIKE pattern in lower case: %http%"))
        elif row.values["pattern"] != row.values["pattern"].lower():
            mistakes.append(RelanceError("The pattern has capitals and would never fit", row.where, "write it in lower case"))
    return mistakes


def _own(settings: Settings) -> list:
    return list(seed_rows(settings, "disposable_domains"))
