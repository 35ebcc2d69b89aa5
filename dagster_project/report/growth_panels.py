"""What it brought, stage by stage: the AARRR figures, cohorts, what a customer is worth against what it cost, events."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from dagster_project.report.charts import NUMBER, bars, grid, lines, strips
from dagster_project.report.language import Language
from dagster_project.report.panel import Column, Panel
from dagster_project.report.reader import Reader

AARRR = """
    select stage, metric, unit, period_kind, period, value from measurement.aarrr
    where channel = 'all' and (
        (period_kind = 'month' and period > $day::date - interval 13 month and period + interval 1 month <= $day::date + 1)
        or (period_kind = 'week' and period > $day::date - 35 and period + 7 <= $day::date + 1)
    )
    order by list_position(['acquisition', 'activation', 'retention', 'referral', 'revenue'], stage),
        metric, period_kind, period desc"""
COHORTS = """
    select cohort_month, months_since, customers, active, retention, revenue, mean_retention from measurement.cohorts
    where is_finished and cohort_month > $day::date - interval 25 month order by cohort_month desc, months_since"""
LTV_TO_CAC = """
    select period, new_customers, costs, cac, ltv, ltv_to_cac, is_healthy from measurement.ltv_cac
    where period_kind = 'month' and channel = 'all' and period > $day::date - interval 25 month order by period"""
LTV_TO_CAC_BY_CHANNEL = """
    select channel, new_customers, costs, cac, ltv, ltv_to_cac, is_healthy from measurement.ltv_cac
    where period_kind = 'all' order by channel <> 'all', ltv_to_cac desc nulls last, channel"""
EVENTS = """
    select event_name, event_kind, starts_at, invited, registered, attended, enrolled, nullif(cost, 0),
        cost_per_attended, cost_per_enrolled
    from measurement.events order by starts_at desc, event_name"""

LINE = 3
"""LTV:CAC from which on growth is held to pay; told in measurement.ltv_cac.line as well."""
MONTHS_DRAWN = 13


def growth_panels(read: Reader, _: Language) -> list[Panel]:
    return [worth(read, _), worth_by_channel(read, _), cohorts(read, _), stages(read, _), events(read, _)]


def stages(read: Reader, _: Language) -> Panel:
    """Whole months and weeks only: a part of one would look like a fall."""
    found = read.rows(AARRR, "measurement.aarrr")
    rows = []
    drawn: dict[str, list[tuple[str, Any, float | None]]] = {}
    for (stage, metric, unit), values in groupby(found, key=lambda row: row[:3]):
        held = list(values)
        months = [(row[4], row[5]) for row in held if row[3] == "month"]
        weeks = [(row[4], row[5]) for row in held if row[3] == "week"]
        newest = [pairs[place][1] if len(pairs) > place else None for pairs in (months, weeks) for place in (0, 1)]
        rows.append((stage, metric, *((value, unit) for value in newest)))
        if len([value for _month, value in months if value is not None]) > 1:
            label, factor = _drawn_as(metric, unit, _)
            drawn.setdefault(stage, []).extend(
                (label, month, None if value is None else float(value) * factor) for month, value in reversed(months)
            )
    title = _("From acquisition to revenue (AARRR)")
    note = _(
        "Whole months and weeks, of all channels together. Drawn are the last twelve months; measurement.aarrr has each figure "
        "by day and by channel too."
    )
    charts = [
        strips(f"{title}, {(name := _.stage(stage))}", points, _("value"), NUMBER, heading=_("{stage}, all channels", stage=name))
        for stage, points in drawn.items()
    ]
    columns = [
        Column(_("stage"), "stage"),
        Column(_("figure"), "word"),
        Column(_("last month"), "figure"),
        Column(_("the month before"), "figure"),
        Column(_("last week"), "figure"),
        Column(_("the week before"), "figure"),
    ]
    return Panel("aarrr", title, note, columns, rows, charts)


def cohorts(read: Reader, _: Language) -> Panel:
    found = read.rows(COHORTS, "measurement.cohorts")
    title = _("Customers who come back, by the month of their first order")
    note = _(
        "Each row is the customers won in one month; each cell, how many of them ordered again so many months later. "
        "Months that are not over are left out."
    )
    months = sorted({row[0] for row in found}, reverse=True)[:MONTHS_DRAWN]
    cells = [
        (str(since), f"{_.month(month)} · {_.count(customers)}", retention, _.share(retention, 0))
        for month, since, customers, _active, retention, *_more in found
        if month in months and 0 < since <= 12 and retention is not None
    ]
    columns = [
        Column(_("first order in"), "month"),
        Column(_("months later"), "count"),
        Column(_("customers"), "count"),
        Column(_("who ordered"), "count"),
        Column(_("retention"), "share"),
        Column(_("net revenue"), "money"),
        Column(_("retention of all cohorts"), "share"),
    ]
    charts = [grid(title, cells, _("months after the first order"), _("first order in · customers"), (46, 26))]
    return Panel("cohorts", title, note, columns, found, charts, shown=26)


def worth(read: Reader, _: Language) -> Panel:
    rows = read.rows(LTV_TO_CAC, "measurement.ltv_cac")
    title = _("What a customer is worth against what it costs to win one (LTV:CAC)")
    note = _(
        "By the month of their first order. At the dashed line, {line}, growth is held to pay; below 1 every new "
        "customer loses money.",
        line=LINE,
    )
    points = [(row[0], "LTV:CAC", row[5]) for row in rows]
    charts = [lines(title, points, "LTV:CAC", NUMBER, line=LINE)] if sum(row[5] is not None for row in rows) > 1 else []
    columns = [Column(_("first order in"), "month"), *_worth_columns(_)]
    return Panel("ltv_cac", title, note, columns, rows[::-1], charts, shown=13)


def worth_by_channel(read: Reader, _: Language) -> Panel:
    rows = read.rows(LTV_TO_CAC_BY_CHANNEL, "measurement.ltv_cac")
    title = _("LTV:CAC by channel")
    drawn = [(_.word(row[0]), row[5]) for row in rows if row[5] is not None]
    note = _("Of all time, by the last channel other than a direct visit that brought a customer to the first purchase.")
    columns = [Column(_("channel"), "word"), *_worth_columns(_)]
    return Panel("ltv_cac_by_channel", title, note, columns, rows, [bars(title, drawn, "LTV:CAC", ",.1f", LINE)])


def events(read: Reader, _: Language) -> Panel:
    columns = [
        Column(_("event")),
        Column(_("kind"), "word"),
        Column(_("when"), "moment"),
        Column(_("invited"), "count"),
        Column(_("registered"), "count"),
        Column(_("attended"), "count"),
        Column(_("enrolled"), "count"),
        Column(_("costs"), "money"),
        Column(_("cost per attendance"), "money"),
        Column(_("cost per enrolment"), "money"),
    ]
    return Panel("events", _("Events"), "", columns, read.rows(EVENTS, "measurement.events"), shown=20)


def _drawn_as(metric: str, unit: str, _: Language) -> tuple[str, int]:
    """What stands over a figure's line, and what its values are multiplied by: strips share one way to write numbers."""
    sign = {"share": "%", "rate": "%", "currency": _.symbol, "seconds": "s"}.get(unit)
    return f"{_.word(metric)}, {sign}" if sign else _.word(metric), 100 if sign == "%" else 1


def _worth_columns(_: Language) -> list[Column]:
    return [
        Column(_("new customers"), "count"),
        Column(_("costs"), "money"),
        Column(_("cost per new customer"), "money"),
        Column(_("value of a customer"), "money"),
        Column("LTV:CAC", "number"),
        Column(_("healthy"), "mark"),
    ]
