"""The figures of one run, read from the warehouse after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb

from dagster_project.loads.drift import files_that_drifted
from dagster_project.report.movements import movement_sections
from dagster_project.report.section import Section


@dataclass(frozen=True)
class Check:
    """One check of a run. `blocking` checks decide the exit code."""

    name: str
    passed: bool
    blocking: bool
    detail: str = ""


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


ROWS_PER_SOURCE = """
    with open as (select source, entity, count(*) as n from quality.quarantine where settled_at is null group by all)
    select source, entity, count(distinct file) as files, sum(rows_read)::bigint as read, sum(rows_accepted)::bigint as accepted,
        sum(rows_duplicate)::bigint as duplicate, sum(rows_quarantined)::bigint as quarantined, coalesce(any_value(n), 0) as open
    from quality.load_ledger left join open using (source, entity) group by all order by all"""
QUARANTINE = """
    select source, entity, reason, count(*) as found from quality.quarantine where settled_at is null
    group by all order by found desc, source, entity, reason"""
STAGES = """
    select lifecycle_stage, count(*) filter (not is_internal), sum(net_revenue) from profiles.profiles
    group by 1 order by 2 desc, 1"""
SEGMENTS = """
    select rfm_segment, count(*) as customers, sum(monetary) as net_revenue, round(avg(recency_days))::bigint as mean_recency_days
    from scores.rfm group by 1 order by 3 desc, 1"""
AUDIENCES = """
    select sizes.audience, audiences.kind, sizes.members, sizes.entered, sizes."left",
        max(reach.reachable) filter (where channel = 'ads'), max(reach.reachable) filter (where channel = 'email')
    from audiences.sizes as sizes
    join control.audiences as audiences using (audience)
    left join audiences.reach as reach on reach.audience = sizes.audience and reach.run_id = sizes.run_id
    where sizes.run_id = $run_id group by all order by audiences.kind, sizes.audience"""
TIERS = """
    select tier, any_value(tier_name), any_value(tier_action), count(*), round(avg(score), 1)
    from scores.customers group by tier order by tier"""
GRADES = """
    select grade, count(*) filter (where qualified), count(*) filter (where not qualified), round(avg(score), 1)
    from scores.leads group by grade order by grade"""
MOVED = """
    select kind, previous, value, count(*) from scores.history
    where run_id = $run_id and kind <> 'lead_score' and previous <> value
    group by all order by kind, count(*) desc, previous, value"""
LEFT_OUT = "select what, reason, count from quality.left_out order by all"
EXPORTS = """
    select files.activation, files.audience, files.mode, files.rows, files.path,
        case when files.written_at >= $since then 'new' else strftime(files.as_of, '%Y-%m-%d %H:%M') end
    from activation.files as files
    qualify rank() over (partition by files.activation order by files.as_of desc, files.written_at desc, files.run_id) = 1
    order by files.activation, files.path"""

REASONS_SHOWN = 15
DRIFT_SHOWN = 30
MOVES_SHOWN = 30


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

    def rows(query: str, *tables: str) -> list[tuple[Any, ...]]:
        known = {
            row[0] for row in con.execute("select table_schema || '.' || table_name from information_schema.tables").fetchall()
        }
        if not known.issuperset(tables):
            return []
        parameters = {"run_id": run_id, "since": datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=seconds)}
        return con.execute(query, {name: value for name, value in parameters.items() if f"${name}" in query}).fetchall()

    sources = rows(ROWS_PER_SOURCE, "quality.load_ledger")
    stages = rows(STAGES, "profiles.profiles")
    segments = rows(SEGMENTS, "scores.rfm")
    moved = rows(MOVED, "scores.history")
    audiences = rows(AUDIENCES, "audiences.sizes", "audiences.reach", "control.audiences")
    drifted = files_that_drifted(con) if sources else []
    quarantine = _shortened(rows(QUARANTINE, "quality.quarantine"))
    left_out = rows(LEFT_OUT, "quality.left_out")
    exports = rows(EXPORTS, "activation.files")
    known = sum(row[1] for row in stages if row[0] != "visitor")
    revenue = sum((row[2] for row in stages), Decimal(0))
    customers = sum(row[1] for row in stages if row[0] in ("customer", "lapsed"))
    headline = [
        ("Rows read", f"{sum(row[3] for row in sources):,}"),
        ("In quarantine", f"{sum(row[7] for row in sources):,}"),
        ("Left out", _left_out(left_out)),
        ("Profiles", f"{sum(row[1] for row in stages):,} ({known:,} known)"),
        ("Customers", f"{customers:,} ({sum(row[1] for row in segments):,} scored)"),
        ("Net revenue", f"{revenue:,.2f} {currency}"),
        ("Audiences", f"{len(audiences)}"),
        ("Export files", f"{sum(row[5] == 'new' for row in exports)} new of {len(exports)}"),
        ("Checks", f"{sum(check.passed for check in checks)} passed, {sum(not check.passed for check in checks)} failed"),
    ]
    sections = [
        Section(
            "Rows per source",
            ["source", "entity", "files", "read", "accepted", "duplicate", "quarantined", "to mend"],
            sources,
        ),
        Section(
            "Quarantine",
            ["source", "entity", "reason", "rows"],
            quarantine,
            "rows that can't be used; mend them with `relance replay` or a corrected file",
        ),
        Section(
            "Schema drift",
            ["source", "entity", "file", "column", "what", "detail"],
            drifted[:DRIFT_SHOWN],
            f"columns of the newest files that are not as usual: {_files(drifted)}",
        ),
        Section("Left out", ["what", "why", "how many"], left_out, "machines, tests and the company's own: in no figure"),
        Section("People", ["lifecycle stage", "profiles", f"net revenue {currency}"], stages),
        Section("RFM segments", ["segment", "customers", f"net revenue {currency}", "mean recency (days)"], segments),
        Section("Customer tiers", ["tier", "name", "to do", "customers", "mean score"], rows(TIERS, "scores.customers")),
        Section("Leads and prospects", ["grade", "qualified", "refused", "mean score"], rows(GRADES, "scores.leads")),
        Section(
            "Moved since the run before", ["of", "from", "to", "people"], moved[:MOVES_SHOWN], f"{sum(row[3] for row in moved):,}"
        ),
        *movement_sections(rows),
        Section(
            "Audiences", ["audience", "kind", "members", "entered", "left", "reachable by ads", "reachable by e-mail"], audiences
        ),
        Section(
            "Export files", ["activation", "audience", "mode", "rows", "path", "as of"], exports, "the newest of each activation"
        ),
    ]
    sections.append(Section("Nothing written", ["activation", "why"], not_written))
    return Summary(company, run_id, as_of, seconds, succeeded, headline, sections, checks)


def _files(drifted: list[tuple[Any, ...]]) -> str:
    files = len({row[2] for row in drifted})
    more = f"; {len(drifted) - DRIFT_SHOWN} more lines in quality.drift" if len(drifted) > DRIFT_SHOWN else ""
    return f"{files} {'file' if files == 1 else 'files'} drifted{more}"


def _left_out(rows: list[tuple[Any, ...]]) -> str:
    """`device days 2, events 1,204, orders 6`: the counts without their reasons."""
    sums: dict[str, int] = {}
    for what, _, count in rows:
        sums[what] = sums.get(what, 0) + count
    return ", ".join(f"{what} {count:,}" for what, count in sums.items()) or "nothing"


def _shortened(quarantine: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The commonest reasons, and one line that adds up the others."""
    shown, others = quarantine[:REASONS_SHOWN], quarantine[REASONS_SHOWN:]
    if not others:
        return shown
    return [*shown, ("", "", f"{len(others)} more reasons (quality.quarantine has every row)", sum(row[3] for row in others))]
