"""What it brought: costs and returns by channel and campaign, and who has a share in what was sold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dagster_project.report.advice_text import reason_of
from dagster_project.report.charts import COUNT, bars, grid, intervals, lines
from dagster_project.report.language import Language
from dagster_project.report.panel import Column, Panel
from dagster_project.report.reader import Reader

OVERALL_MONTHS = """
    select period, costs, revenue, long_term_revenue, new_customers, roi_percent, long_term_roi_percent, roas, cac
    from measurement.overall_roi where period_kind = 'month' and period > $day::date - interval 25 month order by period"""
CHANNELS = """
    select channel, costs, revenue, long_term_revenue, roi_percent, long_term_roi_percent, roas, leads, cpl, sales, cpa,
        new_customers, cac
    from measurement.channel_roi where period_kind = 'all' order by costs desc nulls last, revenue desc nulls last, channel"""
CAMPAIGNS = """
    select campaign, channel, costs, revenue, long_term_revenue, roi_percent, long_term_roi_percent, roas, leads, cpl, sales, cpa,
        new_customers, cac
    from measurement.campaign_roi where period_kind = 'all' and (costs > 0 or revenue > 0) and campaign_key <> ''
    order by costs desc nulls last, revenue desc nulls last, campaign, channel"""
COST_KINDS = """
    select period, media_costs, creative_costs, salary_costs, tool_costs, other_costs
    from measurement.overall_roi where period_kind = 'month' and period > $day::date - interval 25 month order by period"""
ADVICE = """
    select * from measurement.campaign_advice
    order by costs > 0 desc nulls last, list_position(['stop', 'mend', 'scale', 'too_early', 'hold'], advice),
        costs desc, campaign"""
"""What costs money first, and of that what asks somebody to act."""
MODEL = "select model from control.measurement"
WITHOUT_CAMPAIGN = "select sum(costs) from measurement.campaign_roi where period_kind = 'all' and campaign_key = ''"
ATTRIBUTION = """
    select model, channel, sum(conversions), sum(revenue) from measurement.attribution
    where is_sale and period_kind = 'all' group by all order by model, channel"""
UPLIFT = """
    select campaign, verdict, metric, actual, expected, uplift, uplift_low, uplift_high, after_the_end, reason,
        replace(overlaps_with, ',', ', '), period, last_day, channel
    from measurement.uplift order by period desc, campaign, metric"""
DECLARED = """
    with summed as (
        select told.heard_via, told.channel, sum(told.conversions) as conversions, sum(told.revenue) as revenue
        from measurement.declared_sources as told join control.measurement as settings on told.model = settings.model
        where told.kind = 'purchase' and told.period_kind = 'all' and told.heard_via <> '' group by all
    ),
    named as (
        select case when sum(conversions) over (partition by heard_via) >= 5 then heard_via else '…' end as answer,
            channel, conversions, revenue
        from summed
    )
    select answer, channel, sum(conversions), sum(revenue), sum(sum(conversions)) over (partition by answer) as answers
    from named group by answer, channel order by answers desc, answer, 3 desc, channel"""
"""What few have said is not told apart: it may be somebody's own words."""
COST_GAPS = """
    select explanation, count(*), told_currency, sum(told_amount) from measurement.cost_gaps
    where not is_counted or reason = 'undated' group by all order by 2 desc, explanation, told_currency"""

MODELS = ("first", "last", "last_non_direct", "linear", "position", "time_decay", "markov", "shapley")
DRAWN = 15


def return_panels(read: Reader, _: Language) -> list[Panel]:
    return [
        over_time(read, _),
        channels(read, _),
        attribution(read, _),
        declared(read, _),
        advice(read, _),
        campaigns(read, _),
        uplift(read, _),
        costs(read, _),
        not_counted(read, _),
    ]


def over_time(read: Reader, _: Language) -> Panel:
    rows = read.rows(OVERALL_MONTHS, "measurement.overall_roi")
    title = _("Costs and revenue by month")
    note = _(
        "All that was sold, and all that marketing cost: media, creative work, salaries pro rata, tools. The last "
        "month may not be over."
    )
    points = [(row[0], name, value) for row in rows for name, value in ((_("costs"), row[1]), (_("net revenue"), row[2]))]
    columns = [
        Column(_("month"), "month"),
        *_returned(_)[:2],
        *_columns(_, "long_term_revenue new_customers roi long_term_roi roas cac", unseen=""),
    ]
    charts = [lines(title, points, _.symbol, COUNT)] if len(rows) > 1 else []
    return Panel("costs_and_revenue", title, note, columns, rows[::-1], charts, shown=13)


def channels(read: Reader, _: Language) -> Panel:
    rows = read.rows(CHANNELS, "measurement.channel_roi")
    title = _("Channels and their return")
    note = _(
        "ROI = (gains − costs) / costs × 100: 0% is break-even, 100% doubles what was paid. Gains are net revenue by the {model} "
        "model (`model` under `measurement` in relance.yml); in the long term, with what customers won are predicted to spend in "
        "the next twelve months. Without costs there is no return; ROAS counts media costs alone.",
        model=_in_force(read, _),
    )
    drawn = [(_.word(row[0]), row[4] / 100) for row in sorted(rows, key=lambda row: -(row[4] or 0)) if row[4] is not None]
    charts = [bars(_("Return (ROI) by channel"), drawn, "ROI", ",.0%", 0)]
    columns = [Column(_("channel"), "word"), *_returned(_)]
    return Panel("channels", title, note, columns, rows, charts)


def campaigns(read: Reader, _: Language) -> Panel:
    rows = read.rows(CAMPAIGNS, "measurement.campaign_roi")
    title = _("Campaigns and their return")
    drawn = [(row[0], row[5] / 100) for row in rows[:DRAWN] if row[5] is not None]
    charts = [bars(_("Return (ROI) of the campaigns that cost most"), drawn, "ROI", ",.0%", 0)]
    columns = [Column(_("campaign")), Column(_("channel"), "word"), *_returned(_, "long_term_revenue roas leads")]
    note = _(
        "Of all time, dearest first; gains by the {model} model. Campaigns without costs have no return.",
        model=_in_force(read, _),
    )
    apart = read.row(WITHOUT_CAMPAIGN, "measurement.campaign_roi")
    if apart and apart[0]:
        note += " " + _(
            "Costs that name no campaign ({amount}: creative work, salaries, tools and the like) stand with their channel alone: "
            "a channel may return less than each of its campaigns.",
            amount=_.money(apart[0], 0),
        )
    return Panel("campaigns", title, note, columns, rows, charts, shown=25)


def advice(read: Reader, _: Language) -> Panel:
    found = read.records(ADVICE, "measurement.campaign_advice")
    rows = [
        (
            one["campaign"],
            one["advice"],
            reason_of(one, _),
            one["channel"],
            one["costs"],
            one["revenue"],
            one["roi_percent"],
            one["roi_low_percent"],
            one["roi_high_percent"],
        )
        for one in found
    ]
    columns = [
        Column(_("campaign")),
        Column(_("advice"), "word"),
        Column(_("why"), "prose"),
        Column(_("channel"), "word"),
        *_returned(_)[:2],
        Column("ROI", "percent"),
        Column(_("ROI, at least"), "percent"),
        Column(_("ROI, at most"), "percent"),
    ]
    note = _(
        "By the newest three months in which a campaign was active; nothing is said on too small a sample. "
        "Those that cost something come first."
    )
    return Panel("campaign_advice", _("What to do about each campaign"), note, columns, rows, shown=30)


def attribution(read: Reader, _: Language) -> Panel:
    """All models side by side: the same revenue, shared out otherwise."""
    found = read.rows(ATTRIBUTION, "measurement.attribution")
    known = {(channel, model): (conversions, revenue) for model, channel, conversions, revenue in found}
    models = [model for model in MODELS if any(key[1] == model for key in known)]
    most: dict[str, Any] = {}
    for (channel, _model), (_sales, revenue) in known.items():
        most[channel] = max(most.get(channel, revenue), revenue)
    order = sorted(most, key=lambda channel: (channel == "unattributed", -most[channel], channel))
    title = _("Attribution: eight models side by side")
    note = _(
        "The same net revenue of sales, shared out among the channels that touched buyers before: each column "
        "adds up to the books. `Unattributed` is what no touch is known for. Where models agree, the figure is solid; where they "
        "differ, judge with care. Returns are counted by the {model} model.",
        model=_in_force(read, _),
    )
    cells = [
        (_.word(model), _.word(channel), revenue, _.number(revenue, 0))
        for channel in order
        for model in models
        if (revenue := known.get((channel, model), (0, 0))[1]) is not None
    ]
    rows = [(channel, *(known.get((channel, model), (None, None))[1] for model in models)) for channel in order]
    columns = [Column(_("channel"), "word"), *(Column(_.word(model), "money") for model in models)]
    across = _("model (figures in {currency})", currency=_.currency)
    charts = [grid(title, cells, across, _("channel"), (86, 26))]
    return Panel("attribution", title, note, columns, rows, charts)


def declared(read: Reader, _: Language) -> Panel:
    found = read.rows(DECLARED, "measurement.declared_sources", "control.measurement")
    rows = [(*row[:4], float(row[2] / row[4])) for row in found]
    title = _("What buyers say, and what the model says")
    note = _(
        "Answers to “how did you hear of us?” (rows) against the channels that the {model} model credits the same orders to; "
        "answers that fewer than five gave stand together. They know what no click tells: word of mouth, radio, a shop window.",
        model=_in_force(read, _),
    )
    names = list(dict.fromkeys(row[0] for row in rows))[:DRAWN]
    cells = [(_.word(channel), _.word(heard), part, _.share(part, 0)) for heard, channel, *_more, part in rows if heard in names]
    columns = [
        Column(_("answer"), "word"),
        Column(_("channel"), "word"),
        Column(_("orders"), "number"),
        Column(_("net revenue"), "money"),
        Column(_("of the answer"), "share"),
    ]
    charts = [grid(title, cells, _("channel by the model"), _("answer"), (62, 26), top=1)]
    return Panel("declared_sources", title, note, columns, rows, charts, shown=25)


def uplift(read: Reader, _: Language) -> Panel:
    found = read.rows(UPLIFT, "measurement.uplift")
    title = _("Campaigns that nobody can be followed from: an estimate")
    note = _(
        "What was sold while it ran, against the same weeks a year before, moved by the trend since; 95% interval. Where such "
        "campaigns ran together, their effects can't be told apart."
    )
    drawn = [(f"{row[0]} · {_.day(row[11])}", *row[5:8]) for row in found if row[2] == "revenue" and row[5] is not None]
    charts = [intervals(title, drawn[:DRAWN], _("more than expected, {currency}", currency=_.symbol), COUNT, 0)]
    columns = [
        Column(_("campaign")),
        Column(_("verdict"), "word"),
        Column(_("figure"), "word"),
        Column(_("what came"), "number"),
        Column(_("expected"), "number", is_shown=False),
        Column(_("more than expected"), "number"),
        Column(_("at least"), "number"),
        Column(_("at most"), "number"),
        Column(_("after its end"), "word"),
        Column(_("no estimate, since"), "word"),
        Column(_("ran together with")),
        Column(_("from"), "day"),
        Column(_("to"), "day", is_shown=False),
        Column(_("channel"), "word", is_shown=False),
    ]
    return Panel("uplift", title, note, columns, found, charts, shown=20)


def costs(read: Reader, _: Language) -> Panel:
    rows = read.rows(COST_KINDS, "measurement.overall_roi")
    kinds = [_("media"), _("creative"), _("salaries"), _("tools"), _("other")]
    title = _("Costs by kind")
    note = _("Costs over several days are spread over them.")
    points = [(row[0], kind, value) for row in rows for kind, value in zip(kinds, row[1:], strict=True) if value]
    charts = [lines(title, points, _.symbol, COUNT)] if len(rows) > 1 else []
    columns = [Column(_("month"), "month"), *(Column(kind, "money") for kind in kinds)]
    return Panel("costs", title, note, columns, rows[::-1], charts, shown=13)


def not_counted(read: Reader, _: Language) -> Panel:
    """Every reason by which money that was told of is in no figure, or in no month."""
    columns = [
        Column(_("why"), "sentence"),
        Column(_("costs"), "count"),
        Column(_("currency")),
        Column(_("amount"), "number"),
    ]
    note = _("Costs that stand in no figure, or in no month, and why; measurement.cost_gaps lists each.")
    rows = read.rows(COST_GAPS, "measurement.cost_gaps")
    return Panel("costs_not_counted", _("Costs that are not counted"), note, columns, rows)


def _in_force(read: Reader, _: Language) -> str:
    """The attribution model in force."""
    row = read.row(MODEL, "control.measurement")
    return _.word(row[0] if row else None)


def _returned(_: Language, unseen: str = "long_term_revenue") -> list[Column]:
    return _columns(_, "costs revenue long_term_revenue roi long_term_roi roas leads cpl sales cpa new_customers cac", unseen)


def _columns(_: Language, names: str, unseen: str = "long_term_revenue") -> list[Column]:
    known = {
        "costs": Column(_("costs"), "money"),
        "revenue": Column(_("net revenue"), "money"),
        "long_term_revenue": Column(_("long-term revenue"), "money"),
        "roi": Column("ROI", "percent"),
        "long_term_roi": Column(_("long-term ROI"), "percent"),
        "roas": Column("ROAS", "number"),
        "leads": Column(_("leads"), "number"),
        "cpl": Column(_("cost per lead"), "money"),
        "sales": Column(_("sales"), "number"),
        "cpa": Column(_("cost per sale"), "money"),
        "new_customers": Column(_("new customers"), "count"),
        "cac": Column(_("cost per new customer"), "money"),
    }
    return [replace(known[name], is_shown=name not in unseen.split()) for name in names.split()]
