"""Movements between segments, tiers and grades: who moves where, who rises and falls, who is where."""

from __future__ import annotations

from dagster_project.report.charts import strips
from dagster_project.report.language import Language
from dagster_project.report.movement_charts import flows, risers_and_fallers
from dagster_project.report.panel import Column, Panel
from dagster_project.report.reader import Reader

DAYS = 90
WEEKS = 26

FLOWS = f"""
    select moved_from, moved_to, count(*) from scores.movements
    where kind = 'rfm_segment' and moved_at > $as_of::timestamp - interval {DAYS} day
    group by all order by 3 desc, 1, 2"""
RISEN_AND_FALLEN = f"""
    select kind, date_trunc('week', moved_at) as week,
        count(*) filter (direction = 'up'), count(*) filter (direction = 'down')
    from scores.movements
    where kind in ('customer_tier', 'lead_grade') and moved_at > $as_of::timestamp - interval {WEEKS} week
    group by all order by 1, 2"""
SIZES = f"""
    select sizes.value, sizes.at as moment, sizes.people
    from scores.sizes_over_time as sizes
    where sizes.kind = 'rfm_segment' and sizes.at > $as_of::timestamp - interval {WEEKS} week
    -- The last word of each day: sequences may run every hour.
    qualify row_number() over (partition by sizes.value, sizes.at::date order by sizes.position desc) = 1
    order by 1, 2"""


def movement_panels(read: Reader, _: Language) -> list[Panel]:
    """Empty until somebody has moved: with the second run, at the earliest."""
    moved, weeks = read.rows(FLOWS, "scores.movements"), read.rows(RISEN_AND_FALLEN, "scores.movements")
    held = read.rows(SIZES, "scores.sizes_over_time")
    panels = []
    if moved:
        title = _("Customers who moved between RFM segments in the last {days} days", days=DAYS)
        columns = [Column(_("from"), "word"), Column(_("to"), "word"), Column(_("moves"), "count")]
        panels.append(Panel("segment_moves", title, "", columns, moved, [flows(moved, title, _)]))
    if weeks:
        title = _("Customers and leads who rose and fell")
        note = _("moves to a better or worse customer tier or lead grade, by week, last {weeks} weeks", weeks=WEEKS)
        columns = [
            Column(_("figure"), "word"),
            Column(_("week from"), "day"),
            Column(_("rose"), "count"),
            Column(_("fell"), "count"),
        ]
        panels.append(Panel("rose_and_fell", title, note, columns, weeks, [risers_and_fallers(weeks, title, _)]))
    if len({at for _value, at, _people in held}) > 1:
        title = _("Customers per RFM segment over time")
        note = _("after each day that moved somebody, last {weeks} weeks", weeks=WEEKS)
        columns = [Column(_("segment"), "word"), Column(_("day"), "day"), Column(_("customers"), "count")]
        chart = strips(title, [(_.word(segment), at, people) for segment, at, people in held], _("customers"))
        panels.append(Panel("segment_sizes", title, note, columns, held, [chart]))
    return panels
