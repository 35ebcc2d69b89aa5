"""Who may not stand in a file, in a fixed order: each person is counted at the first gate that stops them.

erased → suppressed → consent → age → hours → contact_cap → canvassing (contact.py) → holdout → frequency → priority → identifier
(rows.py) → minimum (changes.py) → size (build.py). A gate stops full and add files only; who is stopped and was sent before is in
the next remove.csv.
"""

from __future__ import annotations

from datetime import date, datetime

import duckdb

from dagster_project.activation import contact, messages
from dagster_project.activation.activations import Activation
from dagster_project.activation.changes import held_by
from dagster_project.activation.specs import ConsentRule
from dagster_project.catalog import columns_of
from dagster_project.control import local_date
from dagster_project.errors import RelanceError
from dagster_project.loads.casts import literal
from dagster_project.settings import Settings

GATES = (
    "erased", "suppressed", "consent", "age", "hours", "contact_cap", "canvassing", "holdout", "frequency", "priority",
    "identifier", "minimum", "size",
)  # fmt: skip

NEEDED = {
    ("control", "audience_suppressions"): {"audience", "suppression", "channel"},
    ("audiences", "members"): {"audience", "kind", "profile_id", "holdout"},
    ("profiles", "profiles"): {"profile_id", "birth_date", "country"},
    ("profiles", "consents"): {"profile_id", "purpose", "status", "identifier"},
    ("profiles", "identifier_consents"): {"profile_id", "purpose", "identifier_type", "identifier", "status"},
    ("identity", "identifiers"): {"identifier_type", "identifier", "profile_id"},
    ("audiences", "frequency_caps"): {"profile_id", "channel", "audience"},
}


def gate_members(con: duckdb.DuckDBPyConnection, settings: Settings, activation: Activation, as_of: datetime) -> None:
    """Make the temporary table act_gated(profile_id, blocked_by): the audience's people and the first gate that stops each.

    Raises:
        RelanceError: a table this room reads has not been built.
    """
    has_rules = contact.has_rules(settings, activation)
    asked = NEEDED | (messages.NEEDED if activation.sequence else {}) | (contact.NEEDED if has_rules else {})
    for (schema, table), needed in asked.items():
        missing = needed - columns_of(con, schema, table)
        if missing:
            what = f"The warehouse lacks {', '.join(sorted(missing))} of the table {schema}.{table}"
            raise RelanceError(what, str(settings.warehouse_path), "run the whole pipeline first: `relance run`")
    if activation.sequence:
        held_by(con, activation.name, activation.destination.name, "act_held")
        messages.take_due(con, activation)
    if has_rules:
        contact.find_contacted(con, settings, activation, as_of)
    untimely = contact.untimely_sql() if has_rules else contact.NOBODY
    tired = contact.tired_sql(settings, activation, as_of) if has_rules else contact.NOBODY
    uncanvassed = contact.uncanvassed_sql(settings, activation) if has_rules else contact.NOBODY
    _take_rivals(con, activation)
    con.execute(
        f"""create or replace temp table act_gated as
        with member as (
            select profile_id, bool_or(coalesce(holdout, false)) as holdout from audiences.members
            where audience = $audience and profile_id is not null{_concerned(activation)} group by all
        ),
        erased as ({erased_sql(con)}),
        suppressed as (
            select distinct profile_id from audiences.members
            where kind = 'suppression' and audience <> $audience and audience in ({_suppressing(activation)})
        ),
        consenting as ({consenting_sql(activation)}),
        abroad as ({abroad_sql(activation.destination.consent)}),
        minor as ({minor_sql(con, activation, local_date(settings, as_of))}),
        untimely as ({untimely}),
        tired as ({tired}),
        uncanvassed as ({uncanvassed}),
        frequent as ({_frequent_sql(activation)}),
        rivals as (select distinct profile_id from act_rivals)
        select member.profile_id, case
            when erased.profile_id is not null then 'erased'
            when suppressed.profile_id is not null then 'suppressed'
            when consenting.profile_id is null or abroad.profile_id is not null then 'consent'
            when minor.profile_id is not null then 'age'
            when untimely.profile_id is not null then 'hours'
            when tired.profile_id is not null then 'contact_cap'
            when uncanvassed.profile_id is not null then 'canvassing'
            when member.holdout then 'holdout'
            when frequent.profile_id is not null then 'frequency'
            when rivals.profile_id is not null then 'priority'
        end as blocked_by
        from member
        left join erased using (profile_id)
        left join suppressed using (profile_id)
        left join consenting using (profile_id)
        left join abroad using (profile_id)
        left join minor using (profile_id)
        left join untimely using (profile_id)
        left join tired using (profile_id)
        left join uncanvassed using (profile_id)
        left join frequent using (profile_id)
        left join rivals using (profile_id)""",
        {"audience": activation.audience},
    )


def _take_rivals(con: duckdb.DuckDBPyConnection, activation: Activation) -> None:
    """Make act_rivals(profile_id): whom the activations before this one in its exclusive group have on their lists by the ledger,
    under the name that they have today."""
    con.execute("create or replace temp table act_rivals (profile_id varchar)")
    for name, destination in activation.rivals:
        held_by(con, name, destination, "act_theirs")
        con.execute("insert into act_rivals select profile_id from act_theirs")
    if columns_of(con, "identity", "aliases"):
        con.execute(
            """insert into act_rivals
               select today.profile_id from act_rivals join identity.aliases as today on today.alias = act_rivals.profile_id"""
        )


def _suppressing(activation: Activation) -> str:
    """The suppression audiences whose people stay out: those that the activation names, else all that are for every file of the
    destination's channel, but for those that the audience speaks to people in spite of."""
    if activation.suppressions is not None:
        return ", ".join(map(literal, activation.suppressions)) or "null"
    of_channel = f"(channel is null or channel = {literal(activation.destination.channel)})"
    return f"select suppression from control.audience_suppressions where audience = $audience and {of_channel}"


def minor_sql(con: duckdb.DuckDBPyConnection, activation: Activation, today: date) -> str:
    """People under the destination's age. An address of a minor's contact stays with whatever else is seen with it, a parent as a
    rule (minors_links.sql): whoever says neither a name of their own nor an age may be the minor."""
    least = activation.destination.consent.minimum_age
    if not least:
        return "select null::varchar as profile_id where false"
    # Whole years lived, by calendar: who was born on 29 February has a birthday on 1 March in other years.
    age = "({today:%Y%m%d} - (year({born}) * 10000 + month({born}) * 100 + day({born}))) // 10000 < {least}"
    minors = f"select profile_id from profiles.profiles where {age.format(today=today, born='birth_date', least=least)}"
    if not {"email", "phone", "birth_date", "first_name"} <= columns_of(con, "unified", "contacts"):
        return minors
    for kind in ("email", "phone"):
        minors += f"""
            union
            select person.profile_id
            from unified.contacts as told
            join identity.identifiers as address on address.identifier_type = '{kind}' and address.identifier = told.{kind}
            join profiles.profiles as person on person.profile_id = address.profile_id
            where {age.format(today=today, born="told.birth_date", least=least)} and person.birth_date is null
                and coalesce(lower(person.first_name) = lower(told.first_name), true)"""
    return minors


def _concerned(activation: Activation) -> str:
    return " and profile_id in (select profile_id from act_concerned)" if activation.sequence else ""


def _frequent_sql(activation: Activation) -> str:
    """People to whom no more may be sent on the destination's channel for now. Of a sequence, those to whom something is due: who
    waits for a later step is not spoken to now, and stays."""
    due = " and profile_id in (select profile_id from act_messages)" if activation.sequence else ""
    return f"""
        select distinct profile_id from audiences.frequency_caps
        where channel = {literal(activation.destination.channel)} and (audience is null or audience = $audience){due}"""


def consenting_sql(activation: Activation) -> str:
    """People who may be spoken to for every purpose of the destination: profiles.consents alone says so, policy included. It has
    one answer per person and purpose; who had two would be spoken to for none."""
    purposes = activation.destination.consent.purposes
    asked = f"profiles.consents where profile_id is not null and purpose in ({', '.join(map(literal, purposes))})"
    return f"""
        select profile_id from {asked}
        group by profile_id having count(*) = {len(set(purposes))} and bool_and(coalesce(status, '') = 'granted')"""


def abroad_sql(consent: ConsentRule) -> str:
    """People of countries where the destination is not offered; nobody knows it of an unknown country."""
    if not consent.countries and not consent.not_countries:
        return "select null::varchar as profile_id where false"
    offered = f"country in ({', '.join(map(literal, consent.countries))})" if consent.countries else "true"
    barred = ", ".join(map(literal, consent.not_countries)) or "''"
    return f"select profile_id from profiles.profiles where not coalesce({offered} and country not in ({barred}), false)"


def erased_sql(con: duckdb.DuckDBPyConnection) -> str:
    """People whose erasure has been asked for and was not carried out yet; requests that were are gone from the table."""
    if not {"identifier_type", "identifier"} <= columns_of(con, "unified", "erasures"):
        return "select null::varchar as profile_id where false"
    return """
        select distinct i.profile_id from unified.erasures e
        join identity.identifiers i on i.identifier_type = e.identifier_type and i.identifier = e.identifier"""
