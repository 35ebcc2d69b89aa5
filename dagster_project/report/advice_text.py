"""Why a campaign gets its advice, and what a comparison with a holdout says, told from the figures in the reader's language."""

from __future__ import annotations

from typing import Any

from dagster_project.report.language import Language


def reason_of(campaign: dict[str, Any], _: Language) -> str:
    """
    Args:
        campaign: a row of measurement.campaign_advice.
    """
    said = [_advised(campaign, _)]
    if campaign["advice"] == "scale" and campaign["margin"] is None:
        said.append(_("That is of revenue: what it leaves is not known, since relance.yml tells no margin."))
    if campaign["advice"] in ("scale", "hold", "stop") and campaign["is_estimate"] and campaign["costs"]:
        said.insert(0, _("An estimate, since nobody can be followed from it."))
    return " ".join(said)


def _advised(campaign: dict[str, Any], _: Language) -> str:
    low, high = _.percent(campaign["roi_low_percent"]), _.percent(campaign["roi_high_percent"])
    if not campaign["costs"]:
        return _("Nothing is known to have been paid for it, so there is no return to judge.")
    match campaign["advice"]:
        case "scale":
            return _("Even cautiously counted it returns {low}. Raise its budget in steps, by a fifth at most.", low=low)
        case "stop":
            return _(
                "Even generously counted it returns {high}. {people} people, {customers} of them customers, were "
                "reached by no other "
                "channel: reach them otherwise first.",
                high=high,
                people=_.count(campaign["people_only_here"]),
                customers=_.count(campaign["customers_only_here"]),
            )
        case "mend":
            return _broken(campaign, _)
        case "hold":
            return _("It may win or lose: its return lies between {low} and {high}.", low=low, high=high)
    if campaign["is_estimate"]:
        return _("Nobody can be followed from it to a sale, and its effect can't be estimated yet.")
    return _(
        "{sales} sales in {days} days: fewer than {least}, or less than {shortest} days, are chance.",
        sales=_.number(campaign["sales"], 1),
        days=_.count(campaign["days"]),
        least=_.count(campaign["minimum_sales"]),
        shortest=_.count(campaign["minimum_days"]),
    )


def _broken(campaign: dict[str, Any], _: Language) -> str:
    """The stage that is broken: below half of what is usual."""
    told = {name: _.number(campaign[name], 1) for name in ("clicks", "touches", "leads", "sales")}
    match campaign["broken_stage"]:
        case "clicks_without_visits":
            return _(
                "Clicks without visits: {clicks} clicks, {touches} visits. Look at its links and the page they lead to.", **told
            )
        case "traffic_without_leads":
            return _("Traffic without leads: {touches} touches, {leads} leads. Look at whom it reaches, and at its form.", **told)
        case "leads_without_sales":
            return _(
                "Leads without sales: {leads} leads, {sales} sales. Look at the offer, and at how leads are followed up.", **told
            )
    return _("Traffic without sales: {touches} touches, {sales} sales. Look at the offer and at the page.", **told)


def said_of(comparison: dict[str, Any], _: Language) -> str:
    """
    Args:
        comparison: a row of measurement.holdout_lift.
    """
    smallest = _("1 point") if comparison["metric"] == "conversion" else _("a tenth of what a person brings")
    match comparison["verdict"]:
        case "no_comparison":
            return _("everybody is in one group: nothing to compare")
        case "mismatch":
            return _("the groups are not split as asked: no comparison holds")
        case "hangs_on_one":
            return _("one person's purchases decide the difference: no conclusion")
        case "lift":
            return _("who was to be spoken to brings more: more than chance does")
        case "harm":
            return _("who was to be spoken to brings less: more than chance does")
        case "none_seen":
            return _("no difference seen, and one of {smallest} would have been", smallest=smallest)
    days = comparison["days_to_target"]
    if comparison["detectable"] is None or days == 0:
        return _("too few people have converted to conclude")
    if days is None:
        return _("too few people to see {smallest}, and nobody enters now", smallest=smallest)
    return _("run {days} more days to see {smallest}", days=_.count(days), smallest=smallest)
