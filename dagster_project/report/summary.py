"""The figures of one run as the terminal tells them, read from the warehouse after it. The page tells more: see `make`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import duckdb

from dagster_project.report.alerts import alerts
from dagster_project.report.audience_panels import sizes
from dagster_project.report.data_panels import IN_THIS_RUN, drift, exports, left_out, nothing_written, quarantine, rows_per_source
from dagster_project.report.language import language
from dagster_project.report.last_run import Check, LastRun
from dagster_project.report.people_panels import moved, segments, stages, tiers
from dagster_project.report.reader import Reader, Row
from dagster_project.report.score_panels import grades
from dagster_project.report.section import Section

__all__ = ["Check", "Summary", "summarise"]


@dataclass(frozen=True)
class Summary:
    """What a run found and made. Holds figures only, no personal data."""

    company: str
    run_id: str
    as_of: datetime
    seconds: float
    succeeded: bool
    headline: list[tuple[str, str]]
    sections: list[Section]
    checks: list[Check] = field(default_factory=list)

    @property
    def failed_checks(self) -> list[Check]:
        return [check for check in self.checks if not check.passed]


def summarise(
    con: duckdb.DuckDBPyConnection,
    company: str,
    currency: str,
    run_id: str,
    as_of: datetime,
    seconds: float,
    checks: list[Check],
    succeeded: bool,
    not_written: list[tuple[str, str]],
) -> Summary:
    """Read a run's figures; parts of the pipeline that never ran are simply absent.

    Args:
        not_written: activation and why it wrote no file.
    """
    run = LastRun(run_id, as_of, seconds, succeeded, checks, not_written)
    since = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=seconds)
    read = Reader(con, run_id, as_of, (as_of - timedelta(microseconds=1)).date(), since)
    english = language("en", "", currency, "UTC")
    told = {
        "sources": rows_per_source(read, english).section(currency),
        "quarantine": quarantine(read, english).section(currency, with_note=True),
        "drift": drift(read, english).section(currency, with_note=True),
        "left_out": left_out(read, english).section(currency, with_note=True),
        "people": stages(read, english).section(currency),
        "segments": segments(read, english).section(currency),
        "tiers": tiers(read, english).section(currency),
        "leads": grades(read, english).section(currency),
        "moved": moved(read, english).section(currency, with_note=True),
        "audiences": sizes(read, english).section(currency),
        "exports": exports(read, english).section(currency, with_note=True),
        "nothing_written": nothing_written(english, run).section(currency),
    }
    sources, people, files = told["sources"].rows, told["people"].rows, told["exports"].rows
    known = sum(row[1] for row in people if row[0] != "visitor")
    customers = sum(row[1] for row in people if row[0] in ("customer", "lapsed"))
    scored = sum(row[1] for row in told["segments"].rows)
    headline = [
        ("Rows read", f"{sum(row[3] for row in sources):,}"),
        ("In quarantine", f"{sum(row[7] for row in sources):,}"),
        ("Left out", _left_out(told["left_out"].rows)),
        ("Profiles", f"{sum(row[1] for row in people):,} ({known:,} known)"),
        ("Customers", f"{customers:,} ({scored:,} scored)"),
        ("Net revenue of orders", f"{sum((row[2] for row in people), Decimal(0)):,.2f} {currency}"),
        ("Audiences", f"{len(told['audiences'].rows)}"),
        ("Export files", f"{sum(row[5] == IN_THIS_RUN for row in files)} new of {len(files)}"),
        ("Checks", f"{sum(check.passed for check in checks)} passed, {sum(not check.passed for check in checks)} failed"),
    ]
    if found := alerts(read, english, run):
        headline.append(("Alerts", f"{len(found)}, told in the report"))
    return Summary(company, run_id, as_of, seconds, succeeded, headline, list(told.values()), checks)


def _left_out(rows: list[Row]) -> str:
    """`device days 2, events 1,204, orders 6`: the counts without their reasons."""
    sums: dict[str, int] = {}
    for what, _, count in rows:
        sums[what] = sums.get(what, 0) + count
    return ", ".join(f"{what} {count:,}" for what, count in sums.items()) or "nothing"
