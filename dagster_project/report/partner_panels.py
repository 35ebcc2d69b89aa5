"""What it brought, by whom: lead suppliers, influencers, and what speaking to people did beside those who were spared."""

from __future__ import annotations

from dagster_project.report.advice_text import said_of
from dagster_project.report.charts import SHARE, bars, intervals
from dagster_project.report.language import Language
from dagster_project.report.panel import Column, Panel
from dagster_project.report.reader import Reader

SUPPLIERS = """
    select supplier, is_in_house, leads, cpl, break_even_cpl, cost_per_sale, roi_percent, validity, duplicate_share, exclusivity,
        qualification,
        conversion, conversion_low, conversion_high, reachability, first_call_hours, mean_lead_score, against_in_house, verdict
    from measurement.lead_suppliers where period_kind = 'all' order by is_in_house, leads desc, supplier"""
CLAIMS = """
    select supplier, count(*) as leads, sum(cost)
    from measurement.invalid_lead_claims group by supplier order by leads desc, supplier"""
INFLUENCERS = """
    select influencer, platform, class, followers, engagement_rate, engagement_against_class, fee_per_post, fee_against_class,
        costs, orders, new_customers, revenue, roi_percent, bought_follower_signs,
        is_disclosure_missing, is_contract_missing, verdict
    from measurement.influencers order by costs desc nulls last, influencer"""
LIFT = """
    select * from measurement.holdout_lift where treated_assigned + control_assigned > 0
    order by audience <> 'all', least(treated_people, control_people) desc, audience, metric"""


def partner_panels(read: Reader, _: Language) -> list[Panel]:
    return [suppliers(read, _), claims(read, _), influencers(read, _), lift(read, _)]


def suppliers(read: Reader, _: Language) -> Panel:
    found = read.rows(SUPPLIERS, "measurement.lead_suppliers")
    rows = [(_("own leads") if is_in_house else supplier, is_in_house, *figures) for supplier, is_in_house, *figures in found]
    title = _("Lead suppliers")
    note = _("Bought leads against the company's own. A lead pays while it costs less than its break-even price; 95% intervals.")
    drawn = [(row[0], row[11], row[12], row[13]) for row in rows]
    charts = [intervals(_("Share of leads that became customers"), drawn, _("conversion"), ".1%")]
    columns = [
        Column(_("supplier")),
        Column(_("own"), "mark"),
        Column(_("leads"), "count"),
        Column(_("cost per lead"), "money"),
        Column(_("break-even cost per lead"), "money"),
        Column(_("cost per sale"), "money"),
        Column("ROI", "percent"),
        Column(_("valid"), "share"),
        Column(_("duplicates"), "share"),
        Column(_("exclusive"), "share"),
        Column(_("qualified"), "share"),
        Column(_("converted"), "share"),
        Column(_("at least"), "share"),
        Column(_("at most"), "share"),
        Column(_("reached by phone"), "share"),
        Column(_("hours to the first call"), "number"),
        Column(_("mean lead score"), "number"),
        Column(_("against own leads"), "word"),
        Column(_("verdict"), "word"),
    ]
    return Panel("lead_suppliers", title, note, columns, rows, charts)


def claims(read: Reader, _: Language) -> Panel:
    columns = [Column(_("supplier")), Column(_("leads"), "count"), Column(_("not to be paid"), "money")]
    note = _("Invalid leads to claim back; measurement.invalid_lead_claims lists them with their reasons.")
    return Panel("claims", _("Leads not to pay for"), note, columns, read.rows(CLAIMS, "measurement.invalid_lead_claims"))


def influencers(read: Reader, _: Language) -> Panel:
    found = read.rows(INFLUENCERS, "measurement.influencers")
    rows = [(*row[:13], ", ".join(_.word(sign) for sign in (row[13] or "").split(",") if sign), *row[14:]) for row in found]
    title = _("Influencers")
    note = _(
        "Engagement and fee per post against accounts of the same size (nano up to 10,000 followers, micro up to "
        "100,000, macro up to a "
        "million, star above); revenue by their codes."
    )
    drawn = [(row[0], row[12] / 100) for row in rows if row[12] is not None]
    columns = [
        Column(_("influencer")),
        Column(_("platform")),
        Column(_("class"), "word"),
        Column(_("followers"), "count"),
        Column(_("engagement"), "share"),
        Column(_("against its class"), "word"),
        Column(_("fee per post"), "money"),
        Column(_("fee against its class"), "word"),
        Column(_("costs"), "money"),
        Column(_("orders"), "count"),
        Column(_("new customers"), "count"),
        Column(_("net revenue"), "money"),
        Column("ROI", "percent"),
        Column(_("signs of bought followers")),
        Column(_("disclosure missing"), "mark"),
        Column(_("contract missing"), "mark"),
        Column(_("verdict"), "word"),
    ]
    charts = [bars(_("Return (ROI) by influencer"), drawn[:15], "ROI", ",.0%", 0)]
    return Panel("influencers", title, note, columns, rows, charts)


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
            one["metric"],
            one["treated_people"],
            one["control_people"],
            *((one[name], one["unit"]) for name in ("treated", "control", "lift", "lift_low", "lift_high")),
            one["p_value"],
            one["sample_ratio_p"],
            said_of(one, _),
        )
        for one in found
    ]
    columns = [
        Column(_("audience")),
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
        Column(_("what it says"), "prose"),
    ]
    charts = [intervals(title, drawn[:15], _("difference in conversion"), SHARE, 0)]
    # Those whose days are over come first; of the others, a few say what all say.
    compared = sum(bool(one["treated_people"] and one["control_people"]) for one in found)
    return Panel("holdout_lift", title, note, columns, rows, charts, shown=min(max(compared, 8), 60))


def _name(audience: str, _: Language) -> str:
    return _("everybody") if audience == "all" else audience.replace("_", " ")
