"""Who may not stand in a file, in a fixed order: each person is counted at the first gate that stops them.

erased → suppressed → consent → age → holdout → frequency → identifier (rows.py) → minimum (changes.py) → size (build.py). A gate
stops full and add files only; who is stopped and was sent before is in the next remove.csv.
"""

from __future__ import annotations

from datetime import datetime

import duckdb

from dagster_project.activation import messages
from dagster_project.activation.activations import Activation
from dagster_project.activation.changes import held_by
from dagster_project.catalog import columns_of
from dagster_project.control import local_date
from dagster_project.errors import RelanceError
from dagster_project.loads.casts import literal
from dagster_project.settings import Settings

GATES = ("erased", "suppressed", "consent", "age", "holdout", "frequency", "identifier", "minimum", "size")

NEEDED = {
    ("control", "audiences"): {"audience", "everywhere", "channels"},
    ("audiences", "members"): {"audience", "kind", "profile_id", "holdout"},
    ("profiles", "profiles"): {"profile_id", "birth_date"},
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
    for (schema, table), needed in (NEEDED | (messages.NEEDED if activation.sequence else {})).items():
        missing = needed - columns_of(con, schema, table)
        if missing:
            what = f"The warehouse lacks {', '.join(sorted(missing))} of the table {schema}.{table}"
            raise RelanceError(what, str(settings.warehouse_path), "run the whole pipeline first: `relance run`")
    if activation.sequence:
        held_by(con, activation.name, activation.destination.name, "act_held")
        messages.take_due(con, activation)
    consent = activation.destination.consent
    today = local_date(settings, as_of)
    # Whole years lived, by calendar: who was born on 29 February has a birthday on 1 March in other years.
    age = f"({today:%Y%m%d} - (year(birth_date) * 10000 + month(birth_date) * 100 + day(birth_date))) // 10000"
    minor = f"birth_date is not null and {age} < {consent.minimum_age}" if consent.minimum_age else "false"
    con.execute(
        f"""create or replace temp table act_gated as
        with member as (
            select profile_id, bool_or(coalesce(holdout, false)) as holdout from audiences.members
            where audience = $audience and profile_id is not null{_concerned(activation)} group by all
        ),
        erased as ({_erased_sql(con)}),
        suppressed as (
            select distinct profile_id from audiences.members
            where kind = 'suppression' and audience <> $audience and audience in ({_suppressing(activation)})
        ),
        consenting as ({_consenting_sql(activation)}),
        minor as (select distinct profile_id from profiles.profiles where {minor}),
        frequent as ({_frequent_sql(activation)})
        select member.profile_id, case
            when erased.profile_id is not null then 'erased'
            when suppressed.profile_id is not null then 'suppressed'
            when consenting.profile_id is null then 'consent'
            when minor.profile_id is not null then 'age'
            when member.holdout then 'holdout'
            when frequent.profile_id is not null then 'frequency'
        end as blocked_by
        from member
        left join erased using (profile_id)
        left join suppressed using (profile_id)
        left join consenting using (profile_id)
        left join minor using (profile_id)
        left join frequent using (profile_id)""",
        {"audience": activation.audience},
    )


def _suppressing(activation: Activation) -> str:
    """The suppression audiences whose people stay out: those that the activation names, else all that are for every file of the
    destination's channel, but for those that the audience speaks to people in spite of."""
    if activation.suppressions is not None:
        return ", ".join(map(literal, activation.suppressions)) or "null"
    of_channel = f"len(channels) = 0 or list_contains(channels, {literal(activation.destination.channel)})"
    despite = "select unnest(despite) from control.audiences where audience = $audience"
    return f"select audience from control.audiences where everywhere and ({of_channel}) and audience not in ({despite})"


def _concerned(activation: Activation) -> str:
    return " and profile_id in (select profile_id from act_concerned)" if activation.sequence else ""


def _frequent_sql(activation: Activation) -> str:
    """People to whom no more may be sent on the destination's channel for now. Of a sequence, those to whom something is due: who
    waits for a later step is not spoken to now, and stays."""
    due = " and profile_id in (select profile_id from act_messages)" if activation.sequence else ""
    return f"""
        select distinct profile_id from audiences.frequency_caps
        where channel = {literal(activation.destination.channel)} and (audience is null or audience = $audience){due}"""


def _consenting_sql(activation: Activation) -> str:
    """People who may be spoken to for every purpose of the destination: profiles.consents alone says so, policy included."""
    purposes = activation.destination.consent.purposes
    asked = f"profiles.consents where profile_id is not null and purpose in ({', '.join(map(literal, purposes))})"
    return f"""
        select profile_id from (
            select profile_id, purpose from {asked} group by all having bool_and(coalesce(status, '') = 'granted')
        ) group by profile_id having count(*) = {len(set(purposes))}"""


def _erased_sql(con: duckdb.DuckDBPyConnection) -> str:
    """People whose erasure has been asked for and was not carried out yet; requests that were are gone from the table."""
    if not {"identifier_type", "identifier"} <= columns_of(con, "unified", "erasures"):
        return "select null::varchar as profile_id where false"
    return """
        select distinct i.profile_id from unified.erasures e
        join identity.identifiers i on i.identifier_type = e.identifier_type and i.identifier = e.identifier"""
