"""What somebody should look at, each with the line that was crossed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import sqrt

from dagster_project.report.data_panels import FRESHNESS, ROWS_PER_SOURCE
from dagster_project.report.language import Language
from dagster_project.report.last_run import LastRun
from dagster_project.report.panel import Alert
from dagster_project.report.people_panels import top_shares
from dagster_project.report.reader import Reader
from dagster_project.report.score_panels import CARDS
from dagster_project.report.sentences import said

GREATEST = 0.10
"""Share of revenue of one customer from which on companies have to name such dependence (US GAAP, ASC 280-10-50-42)."""
FEW, BRING = 0.2, 0.8
"""Pareto's rule of thumb: where a fifth of the customers brings more than four fifths, revenue hangs on few."""
FALL = 0.2
"""A fall worth a word: by a fifth, and more than chance makes (two standard deviations of counts, which are Poisson's)."""
REFUSED = 0.01
"""Share of the rows read that wait in quarantine."""
LEAST_COSTS_SHARE = 0.05
"""Of all costs: a channel that costs less than that loses little."""

NEW = """
    select count(*) filter (acquired_on > $day::date - 30),
        count(*) filter (acquired_on <= $day::date - 30 and acquired_on > $day::date - 120) / 3.0,
        min(acquired_on) <= $day::date - 120
    from measurement.acquired_customers where acquired_on <= $day::date"""
REVENUE = """
    select sum(net_company) filter (sold_on > $day::date - 30),
        sum(net_company) filter (sold_on <= $day::date - 30 and sold_on > $day::date - 120) / 3.0,
        count(*) filter (sold_on > $day::date - 30),
        count(*) filter (sold_on <= $day::date - 30 and sold_on > $day::date - 120) / 3.0,
        min(sold_on) <= $day::date - 120
    from measurement.sales where sold_on <= $day::date"""
LOSING = """
    select channel, roi_percent, long_term_roi_percent, costs, costs / sum(costs) over () from measurement.channel_roi
    where period_kind = 'all' and costs > 0 order by roi_percent"""
WORTH = "select ltv_to_cac, is_healthy, line from measurement.ltv_cac where period_kind = 'all' and channel = 'all' limit 1"
HELD = (
    "select audience, members, believed_before, reason from audiences.size_verdicts where run_id = $run_id and reason is not null"
)


def alerts(read: Reader, _: Language, run: LastRun) -> list[Alert]:
    """Grave ones first."""
    kinds: list[Callable[[Reader, Language], Iterator[Alert]]] = [
        _few_customers,
        _fewer_new_customers,
        _less_revenue,
        _costs_more_than_it_brings,
        _worth_too_little,
        _held_audiences,
        _stale_feeds,
        _refused_rows,
        _drifted_predictions,
    ]
    found = [*_failed_checks(_, run), *(alert for kind in kinds for alert in kind(read, _))]
    return sorted(found, key=lambda alert: not alert.is_grave)


def _failed_checks(_: Language, run: LastRun) -> Iterator[Alert]:
    for check in run.failed_checks:
        title = (
            _("A blocking check failed: {check}", check=check.name)
            if check.blocking
            else _("Check failed: {check}", check=check.name)
        )
        yield Alert(title, said(check.detail, _), check.blocking)


def _few_customers(read: Reader, _: Language) -> Iterator[Alert]:
    shares = {share: (people, part) for share, people, part in top_shares(read)}
    people, part = shares.get(0, (0, 0))
    if people and part >= GREATEST and shares[1][0] > 1:
        told = _("{part} of the net revenue of 365 days; the line is {line}.", part=_.share(part), line=_.share(GREATEST, 0))
        yield Alert(_("Revenue hangs on one customer"), told, True)
    people, part = shares.get(FEW, (0, 0))
    if part > BRING:
        told = _(
            "{people} customers, a fifth of all, brought {part} of the net revenue of 365 days; the line is {line}.",
            people=_.count(people),
            part=_.share(part),
            line=_.share(BRING, 0),
        )
        yield Alert(_("Revenue hangs on few customers"), told)


def _fewer_new_customers(read: Reader, _: Language) -> Iterator[Alert]:
    row = read.row(NEW, "measurement.acquired_customers")
    if row is not None and row[2] and _has_fallen(row[0], float(row[1])):
        told = _(
            "{now} in the last 30 days, {before} in a mean 30 of the 90 days before; the line is a fall by {line}, "
            "beyond chance.",
            now=_.count(row[0]),
            before=_.count(row[1]),
            line=_.share(FALL, 0),
        )
        yield Alert(_("Fewer new customers than before"), told)


def _less_revenue(read: Reader, _: Language) -> Iterator[Alert]:
    row = read.row(REVENUE, "measurement.sales")
    if row is None or not row[4]:
        return
    now, before, sales, sales_before = (float(value or 0) for value in row[:4])
    if before > 0 and now < before * (1 - FALL) and sales + sales_before > 0 and sales < sales_before:
        told = _(
            "{now} in the last 30 days, {before} in a mean 30 of the 90 days before; the line is a fall by {line}.",
            now=_.money(now, 0),
            before=_.money(before, 0),
            line=_.share(FALL, 0),
        )
        yield Alert(_("Less revenue than before"), told)


def _has_fallen(now: float, before: float) -> bool:
    """Both counts of 30 days, the one before a mean of three: their difference varies by now + before / 3."""
    return before > 0 and now < before * (1 - FALL) and before - now > 2 * sqrt(now + before / 3)


def _costs_more_than_it_brings(read: Reader, _: Language) -> Iterator[Alert]:
    for channel, roi, long_term, costs, share in read.rows(LOSING, "measurement.channel_roi"):
        if roi is not None and roi < 0 and share >= LEAST_COSTS_SHARE:
            told = _("A return of {roi} on {costs}: below break-even (0%).", roi=_.percent(roi), costs=_.money(costs, 0))
            if long_term is not None:
                told += " " + _(
                    "Long-term ROI, with what customers won are predicted to spend in the next twelve months: {long_term}.",
                    long_term=_.percent(long_term),
                )
            yield Alert(_("Costs exceed what they bring: {channel}", channel=_.word(channel)), told)


def _worth_too_little(read: Reader, _: Language) -> Iterator[Alert]:
    row = read.row(WORTH, "measurement.ltv_cac")
    if row is not None and row[1] is False:
        told = _(
            "A new customer is worth {ratio} times what it costs to win one; the line is {line}.",
            ratio=_.number(row[0], 1),
            line=row[2],
        )
        yield Alert(_("Customers cost too much for what they are worth"), told)


def _held_audiences(read: Reader, _: Language) -> Iterator[Alert]:
    for audience, members, before, reason in read.rows(HELD, "audiences.size_verdicts"):
        told = _(
            "{members} members, {before} when last believed ({reason}): its lists are held back, removals are not.",
            members=_.count(members),
            before=_.count(before),
            reason=_.word(reason),
        )
        yield Alert(_("Nobody would believe the size of {audience}", audience=audience), told, True)


def _stale_feeds(read: Reader, _: Language) -> Iterator[Alert]:
    for source, entity, newest, _days, gap, age, late in read.rows(FRESHNESS, "quality.load_ledger"):
        if late:
            told = _(
                "The newest file is of {day}, {age} days ago; usually one comes every {gap} days.",
                day=_.day(newest),
                age=_.count(age),
                gap=_.number(gap, 1),
            )
            yield Alert(_("{feed} is late", feed=f"{source}.{entity}"), told)


def _refused_rows(read: Reader, _: Language) -> Iterator[Alert]:
    for source, entity, _files, rows, *_more, waiting in read.rows(ROWS_PER_SOURCE, "quality.load_ledger"):
        if rows and waiting / rows > REFUSED:
            told = _(
                "{waiting} of {rows} rows read can't be used; the line is {line}.",
                waiting=_.count(waiting),
                rows=_.count(rows),
                line=_.share(REFUSED, 0),
            )
            yield Alert(_("Rows of {feed} wait in quarantine", feed=f"{source}.{entity}"), told)


def _drifted_predictions(read: Reader, _: Language) -> Iterator[Alert]:
    for row in read.rows(CARDS, "scores.model_cards"):
        if row[15] == "drifted":
            told = _("Population stability index {psi}; the line is 0.25. The next fit mends it.", psi=_.number(row[14]))
            yield Alert(_("People are no longer as those the prediction learnt from: {model}", model=_.word(row[0])), told)
