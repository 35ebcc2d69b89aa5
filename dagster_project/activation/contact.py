"""Who may not be called or texted now, by the policy of their region: hours, days, caps, rests, offers that are not canvassed.

Consumers only; professionals are not meant. A list is worked through on the company's day on which it is made or, made after
hours, on the next one: whom no hour of what is left of that day allows stays out of it. A message of a sequence is judged by the
moment at which its file says that it is to be sent.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import duckdb

from dagster_project.activation.activations import Activation
from dagster_project.consent.contact import ContactRules
from dagster_project.consent.policy import Region, contact_rules, region_of, regions_not_canvassed
from dagster_project.loads.casts import literal
from dagster_project.settings import Settings

NEEDED = {
    ("profiles", "consent_people"): {"profile_id", "region", "is_professional"},
    ("audiences", "message_history"): {"profile_id", "channel", "kind", "happened_at"},
}

OVERSEAS = {
    "+262": "RE", "+508": "PM", "+590": "GP", "+594": "GF", "+596": "MQ", "+681": "WF", "+687": "NC", "+689": "PF",
}  # fmt: skip
"""Calling code → country, of French places overseas (ITU E.164 assignments), whose people's country is often told as FR: it is
night there while it is day in Paris."""

NOBODY = "select null::varchar as profile_id where false"


def has_rules(settings: Settings, activation: Activation) -> bool:
    """Whether anywhere something says when, how often, or about what people are spoken to on the activation's channel."""
    channel = activation.destination.channel
    return bool(contact_rules(settings.consent, channel) or _barred(settings, activation))


def find_contacted(con: duckdb.DuckDBPyConnection, settings: Settings, activation: Activation, as_of: datetime) -> None:
    """Make the temporary table act_spoken_to(profile_id, region, country, area, moment): people to whom rules of their region
    apply, with the area code of a North American number and the quarter of an hour in which their message goes out,
    NULL where the day of a list counts.

    Reads act_messages where the activation is a sequence.
    """
    company = settings.company.country
    messages = "join act_messages due using (profile_id)" if activation.sequence else ""
    overseas = ", ".join(f"({literal(code)}, {literal(country)})" for code, country in OVERSEAS.items())
    moment = "time_bucket(interval 15 minute, due.sent_at)" if activation.sequence else "null::timestamp"
    con.execute(
        f"""create or replace temp table act_spoken_to as
            select distinct member.profile_id, coalesce(told.region, {literal(region_of(settings.consent, company))}) as region,
                coalesce(overseas.country, person.country, {literal(company)}) as country,
                case when starts_with(person.phone, '+1') then left(person.phone, 5) end as area, {moment} as moment
            from (select distinct profile_id from audiences.members where audience = $audience) as member {messages}
            left join profiles.consent_people as told using (profile_id)
            left join profiles.profiles as person using (profile_id)
            left join (values {overseas}) as overseas (code, country)
                on coalesce(person.country, {literal(company)}) = 'FR' and starts_with(person.phone, overseas.code)
            where not coalesce(told.is_professional, false)""",
        {"audience": activation.audience},
    )
    _close(con, settings, contact_rules(settings.consent, activation.destination.channel), as_of)


def untimely_sql() -> str:
    """People whose hour it is not. Reads act_spoken_to and act_closed."""
    return """
        select profile_id from act_spoken_to as person join act_closed as closed
            on person.region = closed.region and person.country = closed.country
            and person.area is not distinct from closed.area and person.moment is not distinct from closed.moment"""


def tired_sql(settings: Settings, activation: Activation, as_of: datetime) -> str:
    """People who were spoken to as often as their region allows, or who refused a short while ago."""
    channel = activation.destination.channel
    found = []
    for region, rules in contact_rules(settings.consent, channel).items():
        asked = f"""
            select person.profile_id from act_spoken_to as person
            join audiences.message_history as history on history.profile_id = person.profile_id
                and history.channel = {literal(channel)} and history.happened_at <= timestamp '{as_of}'
            where person.region = {literal(region)}"""
        if rules.cap:
            sent = f"history.kind = 'sent' and history.happened_at > timestamp '{as_of - timedelta(days=rules.cap.days)}'"
            found.append(f"{asked} and {sent} group by all having count(*) >= {rules.cap.messages}")
        if rules.rest_days:
            refused = f"history.kind = 'refused' and history.happened_at > timestamp '{as_of - timedelta(days=rules.rest_days)}'"
            found.append(f"{asked} and {refused}")
    return " union ".join(found) or NOBODY


def uncanvassed_sql(settings: Settings, activation: Activation) -> str:
    """Consumers who may not be approached about what the activation offers. Reads act_spoken_to."""
    regions = ", ".join(map(literal, _barred(settings, activation)))
    return f"select profile_id from act_spoken_to where region in ({regions})" if regions else NOBODY


def _barred(settings: Settings, activation: Activation) -> list[Region]:
    offer = activation.offer
    return regions_not_canvassed(settings.consent, offer, activation.destination.channel) if offer else []


def _close(con: duckdb.DuckDBPyConnection, settings: Settings, rules: dict[Region, ContactRules], as_of: datetime) -> None:
    """Make act_closed(region, country, area, moment): when people there may not be spoken to, of the moments in act_spoken_to."""
    zone = ZoneInfo(settings.company.timezone)
    asked = con.execute("select distinct region, country, area, moment from act_spoken_to").fetchall()
    closed = [
        (region, country, area, moment)
        for region, country, area, moment in asked
        if region in rules
        and not (
            rules[region].allow(country, area, moment)
            if moment
            else rules[region].allow_between(country, area, *_day_of_list(rules[region], zone, as_of))
        )
    ]
    con.execute("create or replace temp table act_closed (region varchar, country varchar, area varchar, moment timestamp)")
    if closed:
        con.executemany("insert into act_closed values (?, ?, ?, ?)", closed)


def _day_of_list(rules: ContactRules, zone: ZoneInfo, as_of: datetime) -> tuple[datetime, datetime]:
    """From when to when a list is worked through, UTC and naive: what is left of the company's day or, after hours, the next."""
    local = as_of.replace(tzinfo=UTC).astimezone(zone)
    midnights = [
        datetime.combine(local.date() + timedelta(days=days), time(), zone).astimezone(UTC).replace(tzinfo=None)
        for days in (1, 2)
    ]
    is_late = local.hour >= max(closes for _, closes in rules.hours)
    return (midnights[0], midnights[1]) if is_late else (as_of, midnights[0])
