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
    if campaign["reason"] == "wins" and campaign["margin"] is None:
        said.append(_("That is of revenue: what it leaves is not known, since relance.yml tells no margin."))
    if campaign["is_estimate"] and campaign["roi_low_percent"] is not None:
        said.insert(0, _("An estimate, since nobody can be followed from it."))
        if campaign["after_the_end"] == "fell":
            said.append(
                _("Sales fell by {fall} once it had ended, which speaks for it.", fall=_.percent(campaign["fall_percent"]))
            )
    return " ".join(said)


def _advised(campaign: dict[str, Any], _: Language) -> str:
    low, high = _.percent(campaign["roi_low_percent"]), _.percent(campaign["roi_high_percent"])
    shortest = _.count(campaign["minimum_days"])
    others = (campaign["overlaps_with"] or "").replace(",", ", ")
    told = {
        name: _.number(campaign[name], 1) for name in ("clicks", "touches", "leads", "sales", "mature_leads", "mature_leads_sold")
    }
    match campaign["reason"]:
        case "nothing_paid":
            return _("Nothing is known to have been paid for it, so there is no return to judge.")
        case "no_rate":
            return _("What was paid for it has no exchange rate to the company's currency, so there is no return to judge.")
        case "long_over":
            return _("Nothing has been paid for it for a year: what it brought then says little of today.")
        case "over_untold":
            return _("It is over, and too little is known of it to say what it brought.")
        case "over":
            return _("It is over: its return lay between {low} and {high}.", low=low, high=high)
        case "wins" if campaign["is_over"]:
            return _("Even cautiously counted it returned {low}. It is over: worth running again.", low=low)
        case "wins":
            return _("Even cautiously counted it returns {low}. Raise its budget in steps, by a fifth at most.", low=low)
        case "loses":
            return _(
                "Even generously counted it returns {high}. People whom no other channel reached: {people}, customers among "
                "them: {customers}. Reach them otherwise first.",
                high=high,
                people=_.count(campaign["people_only_here"]),
                customers=_.count(campaign["customers_only_here"]),
            )
        case "uncertain":
            return _("It may win or lose: its return lies between {low} and {high}.", low=low, high=high)
        case "few_days":
            return _("It has run for fewer than {shortest} days.", shortest=shortest)
        case "few_sales":
            least = _.count(campaign["minimum_sales"])
            return _("{sales} sales, and fewer than {least} would win back its costs: that is chance.", least=least, **told)
        case "nothing_sold":
            return _("Nothing has been sold yet by which its costs could be judged.")
        case "overlapping" if campaign["is_over"]:
            return _(
                "Nobody can be followed from it, and it ran together with {others}: what each of them did can't be told apart. "
                "If they run again, then one after the other.",
                others=others,
            )
        case "overlapping":
            return _(
                "Nobody can be followed from it, and it ran together with {others}: what each of them did can't be told apart. "
                "Pause one of them to see.",
                others=others,
            )
        case "always_on":
            return _("Nobody can be followed from it, and it always runs: pause it for some weeks to see what it does.")
        case "no_history" | "campaign_the_year_before" | "too_little_to_compare" | "no_flight":
            return _("Nobody can be followed from it to a sale, and its effect can't be estimated yet.")
        case "costs_without_touches":
            return _("Costs without touches: nobody was seen to come by it. Look at its links and their tags.")
        case "clicks_without_visits":
            return _(
                "Clicks without visits: {clicks} clicks, {touches} visits. Look at its links and the page they lead to.", **told
            )
        case "traffic_without_leads":
            return _("Traffic without leads: {touches} touches, {leads} leads. Look at whom it reaches, and at its form.", **told)
        case "leads_without_sales":
            return _(
                "Leads without sales: of {mature_leads} leads that had time to buy, {mature_leads_sold} did. "
                "Look at the offer, and at how leads are followed up.",
                **told,
            )
    return _("Traffic without sales: {touches} touches, {sales} sales. Look at the offer and at the page.", **told)


def said_of(comparison: dict[str, Any], _: Language) -> str:
    """
    Args:
        comparison: a row of measurement.holdout_lift.
    """
    smallest = _smallest(comparison, _)
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
            return _("no difference of {smallest} or more: it would have shown", smallest=smallest)
    days = comparison["days_to_target"]
    if not comparison["treated_people"] or not comparison["control_people"]:
        return _("nobody's {days} days are over yet", days=_.count(comparison["outcome_days"]))
    if comparison["detectable"] is None:
        return _("too few people have converted: the sample is too small for an interval")
    if comparison["target"] is None:
        return _("none of the spared has converted: how long it takes can't be told yet")
    if days == 0:
        return _("a difference of {smallest} is neither shown nor ruled out yet", smallest=smallest)
    if days is None:
        return _("too few people enter to see {smallest} within ten years", smallest=smallest)
    if days == 1:
        return _("run one more day to see {smallest}", smallest=smallest)
    return _("run {days} more days to see {smallest}", days=_.count(days), smallest=smallest)


def _smallest(comparison: dict[str, Any], _: Language) -> str:
    """The difference that a comparison is to show or rule out."""
    target = comparison["target"]
    if comparison["metric"] != "conversion":
        return _("{amount} a person", amount=_.money(target))
    points = _.number(None if target is None else target * 100, 1)
    return _("1 point") if points == "1" else _("{points} points", points=points)
