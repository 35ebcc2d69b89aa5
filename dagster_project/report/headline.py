"""The first figures of the page, each held against the time before."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from dagster_project.report.audience_panels import AUDIENCES
from dagster_project.report.language import Language
from dagster_project.report.last_run import LastRun
from dagster_project.report.panel import Tile
from dagster_project.report.people_panels import FUNNEL
from dagster_project.report.reader import Reader

NOTABLE = 0.05
"""A change from which on a figure is coloured: less is nobody's doing."""

SALES = """
    select sum(net_company) filter (sold_on > $day::date - 30), count(*) filter (sold_on > $day::date - 30),
        sum(net_company) filter (sold_on <= $day::date - 30), count(*) filter (sold_on <= $day::date - 30)
    from measurement.sales
    where sold_on > $day::date - 60 and sold_on <= $day::date"""
NEW_CUSTOMERS = """
    select count(*) filter (acquired_on > $day::date - 30), count(*) filter (acquired_on <= $day::date - 30)
    from measurement.acquired_customers
    where acquired_on > $day::date - 60 and acquired_on <= $day::date"""
OVERALL = """
    select roi_percent, costs, revenue from measurement.overall_roi where period_kind = 'all' limit 1"""
LTV_TO_CAC = """
    select ltv_to_cac, is_healthy, line from measurement.ltv_cac where period_kind = 'all' and channel = 'all' limit 1"""


def headline(read: Reader, _: Language, run: LastRun) -> list[Tile]:
    """Figures of the last 30 days first, then those of all time; what nothing is known of is left out."""
    tiles = [*_sales(read, _), *_people(read, _), *_returns(read, _)]
    spoken_to = [row for row in read.rows(AUDIENCES, "audiences.sizes", "audiences.reach", "control.audiences") if row[2]]
    if spoken_to:
        tiles.append(Tile(_("Audiences"), _.count(len(spoken_to)), _("with at least one member")))
    if run.checks:
        failed = len(run.failed_checks)
        note = _("all passed") if not failed else _("{number} failed", number=_.count(failed))
        tiles.append(Tile(_("Checks"), _.count(len(run.checks)), note, "bad" if failed else "good"))
    return tiles


def _sales(read: Reader, _: Language) -> list[Tile]:
    row = read.row(SALES, "measurement.sales")
    if row is None or not (row[1] or row[3]):
        return []
    revenue, sales, revenue_before, sales_before = (value or 0 for value in row)
    tiles = [
        Tile(_("Net revenue, 30 days"), _.money(revenue, 0), *against(revenue, revenue_before, _)),
        Tile(_("Sales, 30 days"), _.count(sales), *against(sales, sales_before, _)),
    ]
    new = read.row(NEW_CUSTOMERS, "measurement.acquired_customers")
    if new is not None:
        tiles.append(Tile(_("New customers, 30 days"), _.count(new[0]), *against(*new, _)))
    return tiles


def _people(read: Reader, _: Language) -> list[Tile]:
    row = read.row(FUNNEL, "profiles.profiles")
    if row is None or not row[0]:
        return []
    everybody, known, _leads, customers, repeat = row
    tiles = [Tile(_("Profiles"), _.count(everybody), _("{number} of them known", number=_.count(known)))]
    if customers:
        tiles.append(Tile(_("Customers"), _.count(customers), _("{share} bought again", share=_.share(repeat / customers, 0))))
    return tiles


def _returns(read: Reader, _: Language) -> list[Tile]:
    tiles = []
    returns = read.row(OVERALL, "measurement.overall_roi")
    if returns is not None and returns[0] is not None:
        roi, costs, _revenue = returns
        note = _("all revenue against all marketing costs ({costs}); 0% is break-even", costs=_.money(costs, 0))
        tiles.append(Tile(_("Return (ROI)"), _.percent(roi), note, "bad" if roi < 0 else "good"))
    worth = read.row(LTV_TO_CAC, "measurement.ltv_cac")
    if worth is not None and worth[0] is not None:
        ratio, healthy, line = worth
        tone = "good" if healthy else "bad"
        tiles.append(Tile("LTV:CAC", _.number(ratio, 1), _("{line} or more is healthy", line=_.number(line)), tone))
    return tiles


def against(now: Any, before: Any, _: Language) -> tuple[str, str]:
    """How a figure has changed, as a sentence and a tone; nothing where there was nothing before."""
    if not before:
        return "", ""
    change = float(Decimal(now) / Decimal(before)) - 1
    told = _("{change} on the 30 days before", change=f"{'+' if change > 0 else ''}{_.share(change, 0)}")
    return told, "good" if change > NOTABLE else "bad" if change < -NOTABLE else ""
