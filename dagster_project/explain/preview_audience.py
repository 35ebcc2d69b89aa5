"""What an edited audience would change: who enters, who leaves, overlap, reachable share, before anything is exported."""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from dagster_project.activation.activations import Activation, load_activations
from dagster_project.activation.gates import gate_members
from dagster_project.activation.specs import DERIVED_FIELDS, load_destinations
from dagster_project.audiences import Audience, load_audiences
from dagster_project.catalog import columns_of
from dagster_project.config_file import near_miss
from dagster_project.errors import RelanceError
from dagster_project.explain.cells import yes
from dagster_project.explain.scratch import catalog, scratch_build
from dagster_project.loads.casts import literal
from dagster_project.report.section import Section
from dagster_project.settings import Settings

EXAMPLES = 10
_SELECT = ["path:models/audiences,resource_type:model"]
_JOURNALS = {("audiences", name) for name in ("membership_changes", "sizes", "size_verdicts", "reach")}
_MARKS = "('advertising_id', 'click_id', 'fbp', 'ga_client_id')"
_READY = {
    "e-mail": "email is not null",
    "telephone": "phone is not null",
    "name": "first_name is not null and last_name is not null",
    "country": "country is not null",
    "postal code": "postal_code is not null",
    "date of birth": "birth_date is not null",
    "mark of a device": f"profile_id in (select profile_id from identity.identifiers where identifier_type in {_MARKS})",
}
"""What platforms recognise people by → whether a profile has it; of people nobody knows, the marks of their devices."""


def preview_audience(settings: Settings, name: str, tell: Callable[[str], None]) -> list[Section]:
    """Build all audiences as they are written now, beside the people of the last run, and compare.

    Raises:
        RelanceError: there is no such audience; or see scratch_build.
    """
    audiences = {audience.name: audience for audience in load_audiences(settings)}
    if name not in audiences:
        what = f"There is no audience of this name{near_miss(name, audiences)}"
        raise RelanceError(what, "relance preview", f"name one of {', '.join(sorted(audiences))}")
    with scratch_build(settings, _SELECT, _JOURNALS, tell) as con:
        tell("comparing")
        sections = _compare(con, audiences[name], catalog(settings))
        specs = {other.name: other.spec for other in audiences.values()}
        files = [
            _file(con, settings, each) for each in _activations(settings, load_activations(settings, specs), audiences[name])
        ]
        header = ["activation", "destination", "members", "would be in it", "least", "would leave"]
        return [*sections, Section("Files then", header, files, "before addresses are looked at one by one")]


def _compare(con: duckdb.DuckDBPyConnection, audience: Audience, before: str) -> list[Section]:
    # A run of a part may never have come to the audiences.
    of = f"database_name = {literal(before.strip(chr(34)))} and schema_name = 'audiences' and table_name = 'decisions'"
    built = con.execute(f"select 1 from duckdb_tables() where {of}").fetchone() is not None
    today = f"from {before}.audiences.current_members" if built else "select null as audience, null as profile_id where false"
    con.execute(
        f"""create temp table compared as
        select coalesce(was.audience, now.audience) as audience, coalesce(was.profile_id, now.profile_id) as profile_id,
            was.profile_id is not null as was_in, now.profile_id is not null as is_in
        from ({today}) as was
        full join audiences.current_members as now on was.audience = now.audience and was.profile_id = now.profile_id"""
    )
    name = literal(audience.name)
    return [
        Section("Members", ["audience", "today", "then", "enter", "leave"], _moves(con, f"audience = {name}")),
        Section("Of whom, for instance", ["profile_id", "does"], _examples(con, name)),
        Section("Why candidates are not in it", ["clause or audience", "today", "then"], _blocked(con, name, before, built)),
        Section("Reachable then", ["channel", "members", "share"], _reach(con, name, audience.spec.channels)),
        Section("Recognisable then", ["by", "members", "share"], _ready(con, name)),
        Section("Overlap then", ["with", "members of both", "share of this audience"], _overlap(con, name)),
        Section(
            "Other audiences that change",
            ["audience", "today", "then", "enter", "leave"],
            _moves(con, f"audience <> {name} and audience in (select audience from compared where was_in <> is_in)"),
            "by this edit or others",
        ),
    ]


def _moves(con: duckdb.DuckDBPyConnection, which: str) -> list[tuple]:
    return con.execute(
        f"""select audience, count(*) filter (where was_in), count(*) filter (where is_in),
            count(*) filter (where is_in and not was_in), count(*) filter (where was_in and not is_in)
        from compared where {which} group by 1 order by 1"""
    ).fetchall()


def _examples(con: duckdb.DuckDBPyConnection, name: str) -> list[tuple]:
    return con.execute(
        f"""select profile_id, case when is_in then 'enter' else 'leave' end from compared
        where audience = {name} and was_in <> is_in
        qualify row_number() over (partition by is_in order by profile_id) <= {EXAMPLES} order by 2, 1"""
    ).fetchall()


def _blocked(con: duckdb.DuckDBPyConnection, name: str, before: str, built: bool) -> list[tuple]:
    was = f"from {before}.audiences.decisions" if built else "from audiences.decisions where false"
    return con.execute(
        f"""select blocked_by, count(*) filter (where not is_new), count(*) filter (where is_new)
        from (select audience, blocked_by, false as is_new from ({was})
            union all select audience, blocked_by, true from audiences.decisions)
        where audience = {name} and blocked_by is not null group by 1 order by 3 desc, 1"""
    ).fetchall()


def _reach(con: duckdb.DuckDBPyConnection, name: str, channels: list[str]) -> list[tuple]:
    (members,) = con.execute(f"select count(*) from compared where audience = {name} and is_in").fetchone() or (0,)
    found = dict(con.execute(f"select channel, reachable from audiences.reach where audience = {name}").fetchall())
    return [(channel, found.get(channel, 0), f"{found.get(channel, 0) / members:.0%}") for channel in channels if members]


def _ready(con: duckdb.DuckDBPyConnection, name: str) -> list[tuple]:
    counts = ", ".join(f"count(*) filter ({condition})" for condition in _READY.values())
    members, *found = con.execute(
        f"""select count(*), {counts} from compared join profiles.profiles using (profile_id)
        where audience = {name} and is_in"""
    ).fetchone() or (0,)
    return [(by, count, f"{count / members:.0%}") for by, count in zip(_READY, found, strict=True)] if members else []


def _activations(settings: Settings, activations: list[Activation], audience: Audience) -> list[Activation]:
    """The activations of an audience and, for each further destination on its channels, the one that would join it."""
    joined = [each for each in activations if each.audience == audience.name]
    taken = {each.destination.name for each in joined}
    others = [
        Activation("none yet", "", to, audience.name, "full", tuple(to.keys), 0, None, audience.yaml_path)
        for name, to in sorted(load_destinations(settings).items())
        if name not in taken and to.channel in audience.spec.channels
    ]
    return [*joined, *others]


def _file(con: duckdb.DuckDBPyConnection, settings: Settings, activation: Activation) -> tuple:
    (as_of,) = con.execute("select as_of from control.run").fetchone() or (None,)
    gate_members(con, settings, activation, as_of)
    to, known = activation.destination, columns_of(con, "profiles", "profiles")
    sets = [[column.field for column in map(to.column, keys) if column.field] for keys in to.required_any]
    usable = " or ".join(" and ".join(_is_there(field, known) for field in fields) or "true" for fields in sets)
    members, passed = con.execute(
        f"""select count(*), count(*) filter (blocked_by is null and ({usable}))
        from act_gated left join profiles.profiles as p using (profile_id)"""
    ).fetchone() or (0, 0)
    least = to.limits.minimum_rows
    return (activation.name, to.name, members, passed, least, yes(passed >= least))


def _is_there(field: str, known: set[str]) -> str:
    """Whether a person has what a column of a file is made of: a field of the profile `p`, or an identifier of that type."""
    if field in known or field in DERIVED_FIELDS:
        return f"{DERIVED_FIELDS.get(field, field)} is not null"
    return f"profile_id in (select profile_id from identity.identifiers where identifier_type = {literal(field)})"


def _overlap(con: duckdb.DuckDBPyConnection, name: str) -> list[tuple]:
    rows = con.execute(
        f"""with own as (select profile_id from compared where audience = {name} and is_in)
        select audience, count(*), count(*) / (select count(*) from own) from compared semi join own using (profile_id)
        where audience <> {name} and is_in group by 1 order by 2 desc, 1"""
    ).fetchall()
    return [(other, both, f"{share:.0%}") for other, both, share in rows]
