"""Movements between segments, tiers and grades as sections of the report: who moves where, who rises and falls, who is where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dagster_project.report.charts import flows, risers_and_fallers, sizes
from dagster_project.report.section import Section

Rows = Callable[..., list[tuple[Any, ...]]]
"""The rows of a query where all the tables named after it exist, else none."""

DAYS = 90
WEEKS = 26

FLOWS = f"""
    select replace(moved_from, '_', ' '), replace(moved_to, '_', ' '), count(*) from scores.movements
    where kind = 'rfm_segment' and moved_at > (select as_of from control.run) - interval {DAYS} day
    group by all order by 3 desc, 1, 2"""
RISEN_AND_FALLEN = f"""
    select case kind when 'customer_tier' then 'customer tiers' else 'lead grades' end, date_trunc('week', moved_at) as week,
        count(*) filter (direction = 'up'), count(*) filter (direction = 'down')
    from scores.movements
    where kind in ('customer_tier', 'lead_grade') and moved_at > (select as_of from control.run) - interval {WEEKS} week
    group by all order by 1, 2"""
SIZES = f"""
    select replace(sizes.value, '_', ' '), sizes.at as moment, sizes.people
    from scores.sizes_over_time as sizes
    where sizes.kind = 'rfm_segment' and sizes.at > (select as_of from control.run) - interval {WEEKS} week
    -- The last word of each day: sequences may run every hour.
    qualify row_number() over (partition by sizes.value, sizes.at::date order by sizes.position desc) = 1
    order by 1, 2"""


def movement_sections(rows: Rows) -> list[Section]:
    """Empty until somebody has moved: with the second run, at the earliest."""
    moves = ("scores.movements", "control.run")
    moved, weeks, held = rows(FLOWS, *moves), rows(RISEN_AND_FALLEN, *moves), rows(SIZES, "scores.sizes_over_time", "control.run")
    sections = []
    if moved:
        title = f"Customers who moved between RFM segments in the last {DAYS} days"
        sections.append(Section(title, ["from", "to", "moves"], moved, chart=flows(moved, title), page_only=True))
    if weeks:
        title = "Customers and leads who rose and fell"
        note = f"moves to a better or worse customer tier or lead grade, by week, last {WEEKS} weeks"
        drawn = risers_and_fallers(weeks, title)
        dated = [(kind, f"{week:%Y-%m-%d}", *counts) for kind, week, *counts in weeks]
        sections.append(Section(title, ["of", "week from", "rose", "fell"], dated, note, drawn, page_only=True))
    if len({at for _, at, _ in held}) > 1:
        title = "Customers per RFM segment over time"
        note = f"after each day that moved somebody, last {WEEKS} weeks"
        dated = [(segment, f"{at:%Y-%m-%d}", people) for segment, at, people in held]
        sections.append(Section(title, ["segment", "day", "customers"], dated, note, sizes(held, title), page_only=True))
    return sections
