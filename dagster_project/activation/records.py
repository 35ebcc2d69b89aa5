"""From a feed's model to the rows of an upload file, and what differs from what the destination holds.

The tables are those of lists (act_gated, act_rows, act_adds, act_removes, act_removed), so everything after them is the same. A
record is known by its match keys as sent or, where it is sent once for ever, by its key.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import duckdb

from dagster_project.activation.changes import OF_HELD, Changes, count_of, held_by, retry
from dagster_project.activation.feeds import JOURNAL, KEY, LEFT_OUT, PERSON, SCHEMA, SINCE, WITHDRAWN, Feed
from dagster_project.activation.gates import abroad_sql, consenting_sql, erased_sql, minor_sql
from dagster_project.activation.match_keys import learn, raw_sql
from dagster_project.activation.outbox import sent_cells
from dagster_project.activation.resync_journal import in_hand
from dagster_project.activation.rows import cells_of, digest, keep_consented, matched, present
from dagster_project.activation.specs import AS_IT_STANDS, FileColumn
from dagster_project.catalog import columns_of
from dagster_project.control import local_date
from dagster_project.errors import RelanceError
from dagster_project.loads.casts import literal
from dagster_project.settings import Settings

GATES = ("erased", "left_out", "consent", "age", "identifier", "minimum", "size")
"""In this order; each record is counted at the first that stops it. left_out: by the model; identifier: lacks what the
destination requires; minimum and size concern the file as a whole."""

NOBODY = ""
"""profile_id of a record that is of nobody."""

_GATE_TABLES = {
    ("profiles", "profiles"): {"profile_id", "birth_date", "country"},
    ("profiles", "consents"): {"profile_id", "purpose", "status", "identifier"},
    ("identity", "identifiers"): {"identifier_type", "identifier", "profile_id"},
}


def gate_records(con: duckdb.DuckDBPyConnection, settings: Settings, feed: Feed, as_of: datetime) -> None:
    """Make act_records (the model's rows as text) and act_gated(record_key, profile_id, blocked_by, reason).

    reason: in words, why a record is left out; of the gates that know one.

    Raises:
        RelanceError: the model has not been built, lacks a column, or tells a record twice.
    """
    _take(con, settings, feed)
    purposes = feed.destination.consent.purposes
    blocked = {
        # A refusal is told of whoever asked to go as well: it is what keeps others from writing to them.
        "erased": erased_sql(con) if feed.has(PERSON) and not feed.tells_refusals else None,
        "consent": _without_consent_sql(feed) if purposes else None,
        "age": minor_sql(con, feed, local_date(settings, as_of)) if purposes else None,
    }
    stopped = {
        gate: f"profile_id in ({people})" if people else "false" for gate, people in blocked.items()
    } | {"left_out": f"{LEFT_OUT} is not null"}  # fmt: skip
    cases = " ".join(f"when {stopped[gate]} then '{gate}'" for gate in GATES if gate in stopped)
    con.execute(
        f"""create or replace temp table act_gated as
            select {KEY}, profile_id, case {cases} end as blocked_by, {LEFT_OUT} as reason from act_records"""
    )


def _take(con: duckdb.DuckDBPyConnection, settings: Settings, feed: Feed) -> None:
    known = columns_of(con, SCHEMA, feed.model.name)
    fields = list(dict.fromkeys(column.field for column in feed.columns if column.field))
    own = [name for name in (KEY, PERSON, LEFT_OUT, WITHDRAWN, JOURNAL, SINCE) if feed.has(name)]
    for name in (*own, *fields):
        if name not in known:
            what = f"The table {SCHEMA}.{feed.model.name} has no column {name}, which {feed.destination.name} carries"
            how = "run the whole pipeline first: `relance run`" if not known else f"let {feed.model.path.name} tell it"
            raise RelanceError(what, str(settings.warehouse_path), how)
    for (schema, table), needed in _GATE_TABLES.items() if feed.has(PERSON) else ():
        if missing := needed - columns_of(con, schema, table):
            what = f"The warehouse lacks {', '.join(sorted(missing))} of the table {schema}.{table}"
            raise RelanceError(what, str(settings.warehouse_path), "run the whole pipeline first: `relance run`")
    chosen = {
        KEY: KEY, "profile_id": f"coalesce({PERSON}, '{NOBODY}')" if feed.has(PERSON) else f"'{NOBODY}'",
        LEFT_OUT: LEFT_OUT if feed.has(LEFT_OUT) else "null", JOURNAL: JOURNAL if feed.has(JOURNAL) else "null",
        WITHDRAWN: f"coalesce({WITHDRAWN}, false)" if feed.has(WITHDRAWN) else "false",
        SINCE: SINCE if feed.has(SINCE) else "null",
        "country": "country" if "country" in known else "null",
    } | {name: name for name in fields if name not in (KEY, PERSON)}  # fmt: skip
    cells = ", ".join(f"nullif(({sql})::varchar, '') as {name}" for name, sql in chosen.items() if name != "profile_id")
    con.execute(
        f"""create or replace temp table act_records as
            select ({chosen["profile_id"]})::varchar as profile_id, {cells} from {SCHEMA}.{feed.model.name}"""
    )
    twice = count_of(con, f"(select {KEY} from act_records group by 1 having count(*) > 1 or {KEY} is null)")
    if twice:
        what = f"{twice:,} records of {SCHEMA}.{feed.model.name} have no `{KEY}` of their own"
        raise RelanceError(what, str(feed.model.path), f"let each row have a {KEY}, and no two the same")


def _without_consent_sql(feed: Feed) -> str:
    """Of the records' people, those who may not be sent to the destination; a record of nobody is stopped as well."""
    consent = feed.destination.consent
    return f"""
        select profile_id from act_records
        where profile_id not in ({consenting_sql(feed)}) or profile_id in ({abroad_sql(consent)} and profile_id is not null)"""


def record_rows(con: duckdb.DuckDBPyConnection, feed: Feed) -> list[FileColumn]:
    """Make act_rows and act_withdrawn(match_keys_sha256) of what passed the gates.

    act_rows: record_key, journal, profile_id, match_keys_sha256, attributes_sha256, a VARCHAR column per file column. Marks in
    act_gated what lacks a required cell. Two records with the same match keys make one row.
    """
    destination = feed.destination
    columns = destination.laid_out(feed.columns)
    con.execute(
        f"""create or replace temp table act_people as
            select * exclude ({LEFT_OUT}) from act_records
            where {KEY} in (select {KEY} from act_gated where blocked_by is null)"""
    )
    for kind in ("email", "phone"):
        if any(column.field == kind for column in feed.columns) and destination.consent.purposes:
            _keep_covered(con, feed, kind)
    for column in feed.columns:
        if column.normaliser != AS_IT_STANDS:
            learn(con, column, f"select {raw_sql(column, str(column.field), 'country')} as raw from act_people")
    keys = [column for column in columns if column.column.role == "match_key"]
    attributes = [column for column in columns if column.column.role == "attribute"]
    known_by = digest(keys) if feed.rules.changed == "sent" else f"sha256('record=' || {KEY})"
    con.execute(
        f"""create or replace temp table act_rows as
            select {known_by} as match_keys_sha256, {digest(attributes)} as attributes_sha256,
                coalesce({matched(feed, columns)}, false) as is_matched, *
            from ({cells_of(feed, (KEY, "profile_id", JOURNAL, WITHDRAWN, SINCE))})"""
    )
    con.execute(
        f"""update act_gated set blocked_by = 'identifier', reason = lacking.reason
            from (select {KEY}, {_lacking_sql(feed, columns)} as reason from act_rows where not is_matched) as lacking
            where act_gated.{KEY} = lacking.{KEY}"""
    )
    con.execute("delete from act_rows where not is_matched")
    # What is so comes before what is no longer so, `false` before `true`.
    con.execute(
        f"""delete from act_rows using (
                select match_keys_sha256, min({WITHDRAWN} || {KEY}) as first_key from act_rows group by 1 having count(*) > 1
            ) as first
            where act_rows.match_keys_sha256 = first.match_keys_sha256
                and act_rows.{WITHDRAWN} || act_rows.{KEY} <> first.first_key"""
    )
    gone = f"from act_rows where {WITHDRAWN} = 'true'"
    con.execute(f"create or replace temp table act_withdrawn as select match_keys_sha256 {gone}")
    con.execute(f"delete {gone}")
    return columns


def _keep_covered(con: duckdb.DuckDBPyConnection, feed: Feed, kind: str) -> None:
    """Empty the addresses that no grant covers: a grant stays with the address it was given for."""
    con.execute(
        f"""create or replace temp table act_addresses as
            select profile_id, {kind} as raw from act_people where {kind} is not null and profile_id <> '{NOBODY}'"""
    )
    keep_consented(con, feed.destination.consent.purposes, kind)
    con.execute(
        f"""update act_people set {kind} = null
            where {kind} is not null and (profile_id, {kind}) not in (select (profile_id, raw) from act_addresses)"""
    )
    con.execute("drop table act_addresses")


def _lacking_sql(feed: Feed, columns: list[FileColumn]) -> str:
    """SQL of why a row is of no use: the first column that every set requires and that is empty, else what would complete one."""
    sets = feed.destination.required_any
    every = [key for key in sets[0] if all(key in needed for needed in sets)]
    others = dict.fromkeys(key for needed in sets for key in needed if key not in every)

    def lacks(keys: Iterable[str]) -> str:
        return literal("no usable " + " or ".join(feed.destination.column(key).header for key in keys))

    cases = " ".join(f"when not ({present(columns, key)}) then {lacks([key])}" for key in every)
    return f"case {cases} else {lacks(others)} end" if cases else lacks(others)


def left_out(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Reason → records that are left out for it, of the gates that know a reason."""
    known = "blocked_by in ('left_out', 'identifier')"
    return dict(con.execute(f"select reason, count(*) from act_gated where {known} group by 1 order by 2 desc, 1").fetchall())


def doubtful_size(con: duckdb.DuckDBPyConnection, feed: Feed) -> str | None:
    """Why nobody would believe the model's size, in a sentence; None where its bounds allow for it."""
    held_by(con, feed.name, feed.destination.name, "act_held")
    held = count_of(con, "act_held")
    gone = count_of(con, "act_held where match_keys_sha256 not in (select match_keys_sha256 from act_rows)")
    if not held or gone / held <= feed.bounds.shrink:
        return None
    told = f"{gone:,} of the {held:,} records that {feed.destination.title} holds are gone, more than {feed.bounds.shrink:.0%}"
    return f"{told}: no {feed.mode} file until the `bounds` of its YAML allow for it"


def find_record_changes(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    feed: Feed,
    columns: list[FileColumn],
    as_of: datetime,
    removals_only: bool = False,
) -> Changes:
    """Make act_adds, act_removes and act_removed, as find_changes does of lists. Reads act_rows, act_gated and act_withdrawn.

    Args:
        removals_only: no full or add file may leave.
    """
    destination, rules = feed.destination, feed.rules
    held_by(con, feed.name, destination.name, "act_held")
    wanted = count_of(con, "act_rows")
    # A delta without any row adds nothing that a minimum could speak of; an empty full file would empty the destination.
    enough = wanted >= destination.limits.minimum_rows or (feed.mode == "delta" and wanted == 0)
    is_open = enough and not removals_only
    anew = in_hand(con, feed.name, destination.name, is_open)
    refresh = destination.membership.refresh_days
    again = "when h.attributes_sha256 <> r.attributes_sha256 then 'updated'" if rules.changed == "sent" else ""
    if rules.gone == "kept" and feed.tells_refusals and feed.has(SINCE):
        # Who agreed in between did so with the tool itself, of which nothing is told here: it has to hear of the new refusal.
        again += f" when try_cast(r.{SINCE} as timestamp) > h.sent_as_of then 'updated'"
    if again and refresh:
        again += f" when h.sent_as_of <= timestamp '{as_of - timedelta(days=refresh)}' then 'refresh'"
    if again and "add" in anew:
        again += " else 'resync'"
    con.execute(
        f"""create or replace temp table act_adds as
            select * from (
                select r.match_keys_sha256, r.profile_id, r.attributes_sha256,
                    case when h.match_keys_sha256 is null then 'new' {again} end as reason
                from act_rows r left join act_held h using (match_keys_sha256)
            ) where reason is not null and {"true" if is_open else "false"}"""
    )
    leaving = {
        "removed": "true", "replaced": "true" if is_open else "false", "kept": "false",
        "told": "h.match_keys_sha256 in (select match_keys_sha256 from act_withdrawn)",
    }[rules.gone]  # fmt: skip
    con.execute(
        f"""create or replace temp table act_removes as
            select h.match_keys_sha256, h.profile_id, h.attributes_sha256,
                case when starts_with(h.profile_id, 'erased-') then 'erased' else coalesce(g.blocked_by, 'left') end as reason
            from act_held h
            left join (
                select profile_id, min(blocked_by) as blocked_by from act_gated where profile_id <> '{NOBODY}' group by 1
            ) g using (profile_id)
            where h.match_keys_sha256 not in (select match_keys_sha256 from act_rows) and {leaving}"""
    )
    new = count_of(con, "act_adds where reason = 'new'")
    gone = count_of(con, "act_removes")
    held, adds = count_of(con, "act_held") + new - gone, count_of(con, "act_adds")
    if rules.gone == "replaced":
        return Changes(is_open, wanted, adds, gone, held, 0, [], replaced=gone > 0, resync=anew)
    retry(con, settings, feed, as_of, everything="remove" in anew)
    keys = destination.laid_out([column for column in destination.columns if column.role == "match_key"])
    sent_cells(con, settings, feed.name, [column.id for column in keys], "act_removes", "act_removed")
    lost = "act_removes where match_keys_sha256 not in (select match_keys_sha256 from act_removed)"
    still_held = count_of(con, f"{lost} and {OF_HELD}")
    con.execute(f"delete from {lost}")
    return Changes(is_open, wanted, adds, count_of(con, "act_removes"), held + still_held, still_held, keys, resync=anew)
