"""What it brought, by whom: lead suppliers, influencers, and what speaking to people did beside those who were spared."""

from __future__ import annotations

from datetime import timedelta

from dagster_project.report.advice_text import said_of
from dagster_project.report.charts import SHARE, bars, intervals
from dagster_project.report.language import Language
from dagster_project.report.panel import Column, Panel
from dagster_project.report.reader import Reader

SUPPLIERS = """
    select supplier, is_in_house, verdict, leads, cpl, break_even_cpl, cost_per_sale, roi_percent, conversion, conversion_low,
        conversion_high, against_in_house
    from measurement.lead_suppliers where period_kind = 'all' order by is_in_house, leads desc, supplier"""
SUPPLIED = """
    select supplier, is_in_house, leads, validity, duplicate_share, exclusivity, qualification, reachability, first_call_hours,
        mean_lead_score
    from measurement.lead_suppliers where period_kind = 'all' order by is_in_house, leads desc, supplier"""
CLAIMS = """
    select supplier, count(*) as leads, sum(cost)
    from measurement.invalid_lead_claims group by supplier order by leads desc, supplier"""
INFLUENCERS = """
    select influencer, verdict, class, costs, orders, new_customers, revenue, roi_percent
    from measurement.influencers order by costs desc nulls last, influencer"""
FOLLOWERS = """
    select influencer, platform, class, followers, engagement_rate, engagement_against_class, fee_per_post, fee_against_class,
        bought_follower_signs, is_disclosure_missing, is_contract_missing
    from measurement.influencers order by costs desc nulls last, influencer"""
LIFT = """
    select * from measurement.holdout_lift where treated_assigned + control_assigned > 0
    order by audience <> 'all', least(treated_people, control_people) desc, audience, metric"""


def partner_panels(read: Reader, _: Language) -> list[Panel]:
    return [suppliers(read, _), supplied(read, _), claims(read, _), influencers(read, _), followers(read, _), lift(read, _)]


def suppliers(read: Reader, _: Language) -> Panel:
    rows = [(_supplier(*row[:2], _), *row[2:]) for row in read.rows(SUPPLIERS, "measurement.lead_suppliers")]
    title = _("Lead suppliers")
    note = _(
        "Bought leads against the company's own. A lead pays while it costs less than its break-even price; 95% intervals. "
        "Here each sale counts whole for its lead, while among channels and campaigns the attribution model shares it out. Costs "
        "per sale and returns here bear the salaries of sales people too, shared out evenly among the leads of each month; among "
        "channels these stand apart ({channel}): the figures differ.",
        channel=_.word("sales"),
    )
    charts = [
        intervals(_("Share of leads that became customers"), [(row[0], *row[7:10]) for row in rows], _("conversion"), ".1%")
    ]
    columns = [
        Column(_("supplier")),
        Column(_("verdict"), "word"),
        Column(_("leads"), "count"),
        Column(_("cost per lead"), "money"),
        Column(_("break-even cost per lead"), "money"),
        Column(_("cost per sale"), "money"),
        Column("ROI", "percent"),
        Column(_("converted"), "share"),
        Column(_("at least"), "share"),
        Column(_("at most"), "share"),
        Column(_("against own leads"), "word"),
    ]
    return Panel("lead_suppliers", title, note, columns, rows, charts, is_open=True)


def supplied(read: Reader, _: Language) -> Panel:
    rows = [(_supplier(*row[:2], _), *row[2:]) for row in read.rows(SUPPLIED, "measurement.lead_suppliers")]
    columns = [
        Column(_("supplier")),
        Column(_("leads"), "count"),
        Column(_("valid"), "share"),
        Column(_("duplicates"), "share"),
        Column(_("exclusive"), "share"),
        Column(_("qualified"), "share"),
        Column(_("reached by phone"), "share"),
        Column(_("hours to the first call"), "number"),
        Column(_("mean lead score"), "number"),
    ]
    note = _("Whether they can be reached, were not known already, and fit.")
    return Panel("supplied_leads", _("Lead suppliers: how good their leads are"), note, columns, rows)


def _supplier(supplier: str, is_in_house: bool, _: Language) -> str:
    return _("own leads") if is_in_house else supplier


def claims(read: Reader, _: Language) -> Panel:
    columns = [Column(_("supplier")), Column(_("leads"), "count"), Column(_("not to be paid"), "money")]
    note = _(
        "Leads to claim back: invalid, or sold to others as well; measurement.invalid_lead_claims lists them with their reasons."
    )
    return Panel("claims", _("Leads not to pay for"), note, columns, read.rows(CLAIMS, "measurement.invalid_lead_claims"))


def influencers(read: Reader, _: Language) -> Panel:
    rows = read.rows(INFLUENCERS, "measurement.influencers")
    title = _("Influencers")
    note = _(
        "Revenue and return by their codes: each order with the code counts whole for its owner, whatever else touched the "
        "buyer. An order with codes of several owners counts as an order of each, and its revenue is parted evenly among them. "
        "Among channels and campaigns the same orders are shared out by the attribution model: the two returns differ. So do new "
        "customers: here whoever bought first with the code, there whomever the last touch before the first sale won."
    )
    drawn = [(row[0], row[7] / 100) for row in rows if row[7] is not None]
    columns = [
        Column(_("influencer")),
        Column(_("verdict"), "word"),
        Column(_("class"), "word"),
        Column(_("costs"), "money"),
        Column(_("orders"), "count"),
        Column(_("new customers"), "count"),
        Column(_("net revenue"), "money"),
        Column("ROI", "percent"),
    ]
    charts = [bars(_("Return (ROI) by influencer"), drawn[:15], "ROI", ",.0%", 0)]
    return Panel("influencers", title, note, columns, rows, charts, is_open=True)


def followers(read: Reader, _: Language) -> Panel:
    found = read.rows(FOLLOWERS, "measurement.influencers")
    rows = [(*row[:8], ", ".join(_.word(sign) for sign in (row[8] or "").split(",") if sign), *row[9:]) for row in found]
    note = _(
        "Engagement and fee per post against accounts of the same size (nano up to 10,000 followers, micro up to "
        "100,000, macro up to a million, star above)."
    )
    columns = [
        Column(_("influencer")),
        Column(_("platform")),
        Column(_("class"), "word"),
        Column(_("followers"), "count"),
        Column(_("engagement"), "share"),
        Column(_("against its class"), "word"),
        Column(_("fee per post"), "money"),
        Column(_("fee against its class"), "word"),
        Column(_("signs of bought followers")),
        Column(_("disclosure missing"), "mark"),
        Column(_("contract missing"), "mark"),
    ]
    return Panel("followers", _("Influencers: followers, fees and contracts"), note, columns, rows)


def lift(read: Reader, _: Language) -> Panel:
    found = read.records(LIFT, "measurement.holdout_lift")
    title = _("What speaking to people brought (holdout lift)")
    note = _(
        "Those who were to be spoken to against those who were spared by chance, all counted whether or not a message reached "
        "them (intent to treat), by what they did in the days that followed. Conversion is what the audience asks for; its "
        "differences are in points of share, those of revenue per person. The 95% intervals hold for one look; what is concluded "
        "goes by wider ones, which hold however often somebody looks."
    )
    drawn = [
        (_name(one["audience"], _), one["lift"], one["lift_low"], one["lift_high"])
        for one in found
        if one["metric"] == "conversion" and one["verdict"] not in ("no_comparison", "mismatch") and one["lift_low"] is not None
    ]
    rows = [
        (
            _name(one["audience"], _),
            said_of(one, _),
            one["metric"],
            one["treated_people"],
            one["control_people"],
            *((one[name], one["unit"]) for name in ("treated", "control", "lift", "lift_low", "lift_high")),
            one["p_value"],
            one["sample_ratio_p"],
        )
        for one in found
    ]
    columns = [
        Column(_("audience")),
        Column(_("what it says"), "prose"),
        Column(_("figure"), "word"),
        Column(_("spoken to"), "count"),
        Column(_("spared"), "count"),
        Column(_("spoken to, per person"), "figure"),
        Column(_("spared, per person"), "figure"),
        Column(_("difference"), "figure"),
        Column(_("at least"), "figure"),
        Column(_("at most"), "figure"),
        Column(_("p-value"), "number"),
        Column(_("p-value of the split"), "number"),
    ]
    charts = [intervals(title, drawn[:15], _("difference in conversion"), SHARE, 0)]
    # Those whose days are over come first.
    compared = sum(bool(one["treated_people"] and one["control_people"]) for one in found)
    if waiting := found[compared:]:
        first = min(one["started_at"] + timedelta(days=one["outcome_days"]) for one in waiting)
        note += " " + _(
            "Comparisons of whom nobody's days are over yet: {number}; the first can be told from {day} on.",
            number=_.count(len(waiting)),
            day=_.day(_.at_home(first).date()),
        )
    return Panel("holdout_lift", title, note, columns, rows, charts, shown=min(compared, 60), is_open=True)


def _name(audience: str, _: Language) -> str:
    return _("everybody") if audience == "all" else audience.replace("_", " ")
