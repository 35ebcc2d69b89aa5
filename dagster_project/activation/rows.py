"""From the people that passed the gates to the rows of an upload file: one row a person, cells normalised and hashed."""

from __future__ import annotations

import duckdb

from dagster_project.activation.activations import Activation
from dagster_project.activation.match_keys import cache_name, learn, raw_sql
from dagster_project.activation.messages import cells_sql
from dagster_project.activation.products import list_products
from dagster_project.activation.specs import (
    AS_IT_STANDS,
    DERIVED_FIELDS,
    IDENTIFIERS,
    PRODUCTS_TO_SHOW,
    PROFILE_FIELDS,
    SCORE_FIELDS,
    Column,
    FileColumn,
)
from dagster_project.catalog import columns_of
from dagster_project.consent.policy import BY_ADDRESS, Purpose
from dagster_project.errors import RelanceError
from dagster_project.loads.casts import literal

FORMULA = "({}[1] in ('=', '+', '-', '@'))"
"""Of a text: whether a spreadsheet would run it."""


def build_rows(con: duckdb.DuckDBPyConnection, activation: Activation) -> list[FileColumn]:
    """Make the temporary table act_rows: profile_id, match_keys_sha256, attributes_sha256, a VARCHAR column per file column.

    Reads act_gated; marks there who has no usable identifier. Two people with the same identifiers make one row.
    """
    destination = activation.destination
    columns = destination.laid_out(activation.columns)
    _people(con, activation)
    for column in activation.columns:
        if column.field in IDENTIFIERS:
            _several(con, activation, column)
        elif column.normaliser != AS_IT_STANDS:
            learn(con, column, f"select {raw_sql(column, column.field, 'country')} as raw from act_people")
    keys = [column for column in columns if column.column.role == "match_key"]
    attributes = [column for column in columns if column.column.role == "attribute"]
    con.execute(
        f"""create or replace temp table act_rows as
            select {digest(keys)} as match_keys_sha256, {digest(attributes)} as attributes_sha256,
                coalesce({matched(activation, columns)}, false) as is_matched, *
            from ({cells_of(activation)})"""
    )
    con.execute(
        """update act_gated set blocked_by = 'identifier'
           where profile_id in (select profile_id from act_rows where not is_matched)"""
    )
    con.execute("delete from act_rows where not is_matched")
    con.execute(
        """delete from act_rows using (
               select match_keys_sha256, min(profile_id) as profile_id from act_rows
               group by match_keys_sha256 having count(*) > 1
           ) as first
           where act_rows.match_keys_sha256 = first.match_keys_sha256 and act_rows.profile_id <> first.profile_id"""
    )
    return columns


def coverage(con: duckdb.DuckDBPyConnection, columns: list[FileColumn]) -> dict[str, dict[str, float]]:
    """Per match key: how many rows carry it and their share."""
    keys = dict.fromkeys(column.column.key for column in columns)
    counts = ", ".join(f"count(*) filter ({present(columns, key)})" for key in keys)
    total, *filled = con.execute(f"select count(*), {counts} from act_rows").fetchone() or (0, *(0 for _ in keys))
    return {
        key: {"rows": rows, "share": round(rows / total, 4) if total else 0.0} for key, rows in zip(keys, filled, strict=True)
    }


def match_tokens(activation: Activation, columns: list[FileColumn]) -> list[str]:
    """SQL expressions (VARCHAR or NULL): everything in a row by which the platform alone could recognise the person."""
    ids = {column.id for column in columns}
    tokens: list[str] = []
    for needed in activation.destination.required_any:
        if len(needed) == 1:
            tokens += [f"'{needed[0]}:' || \"{column.id}\"" for column in columns if column.column.key == needed[0]]
        elif set(needed) <= ids:
            tokens.append(f"'{'+'.join(needed)}:' || " + " || chr(31) || ".join(f'"{key}"' for key in needed))
    return tokens


def _people(con: duckdb.DuckDBPyConnection, activation: Activation) -> None:
    """Make act_people: who passed the gates, with the fields that the file wants of them."""
    known = {table: columns_of(con, *table) for table in [("profiles", "profiles"), *_score_tables(activation)]}
    chosen = {"country": "p.country"}
    for field in dict.fromkeys(column.field for column in activation.columns if column.field):
        if field in SCORE_FIELDS:
            table, name = SCORE_FIELDS[field]
            at, chosen[field] = ("scores", table), f"s_{table}.{name}"
        elif field in DERIVED_FIELDS:
            chosen[field] = DERIVED_FIELDS[field]
            continue
        elif field in PROFILE_FIELDS:
            at, name, chosen[field] = ("profiles", "profiles"), field, f"p.{field}"
        else:
            continue
        if name not in known[at]:
            what = f"{'.'.join(at)} has no column {name}, which {activation.destination.name} wants"
            raise RelanceError(what, str(activation.path), "run the whole pipeline first, or take it out of match_keys")
    cells = ", ".join(f"nullif({sql}::varchar, '') as {field}" for field, sql in chosen.items())
    scores = " ".join(f"left join scores.{table} s_{table} using (profile_id)" for _, table in _score_tables(activation))
    message = f", {cells_sql()}" if activation.sequence else ""
    messages = "left join act_messages m using (profile_id)" if activation.sequence else ""
    if any(column.field == PRODUCTS_TO_SHOW for column in activation.columns):
        list_products(con, activation.audience)
        message += f", shown.{PRODUCTS_TO_SHOW}"
        messages += " left join act_products shown using (profile_id)"
    con.execute(
        f"""create or replace temp table act_people as
            select g.profile_id, {cells}{message}
            from act_gated g left join profiles.profiles p using (profile_id) {scores} {messages}
            where g.blocked_by is null"""
    )


def _score_tables(activation: Activation) -> list[tuple[str, str]]:
    fields = [column.field for column in activation.columns if column.field in SCORE_FIELDS]
    return list(dict.fromkeys(("scores", SCORE_FIELDS[field][0]) for field in fields))


def _several(con: duckdb.DuckDBPyConnection, activation: Activation, column: Column) -> None:
    """Make act_<key>(profile_id, cells): the person's identifiers of a type, the profile's own first, at most `repeat`."""
    kind = column.field
    in_profile = kind in PROFILE_FIELDS
    own = f"select profile_id, {kind} as raw, true as own from act_people where {kind} is not null union all"
    con.execute(
        f"""create or replace temp table act_addresses as
            {own if in_profile else ""}
            select profile_id, i.identifier as raw, false as own from identity.identifiers i join act_people p using (profile_id)
            where i.identifier_type = '{kind}'{f" and i.identifier is distinct from p.{kind}" if in_profile else ""}"""
    )
    keep_consented(con, activation.destination.consent.purposes, kind)
    if activation.destination.channel == kind == "email" and columns_of(con, "unified", "bounced_addresses"):
        # Whoever has another address is in the audience; mail to this one only spoils the sender's name.
        con.execute("delete from act_addresses where raw in (select email from unified.bounced_addresses)")
    learn(con, column, "select raw from act_addresses")
    con.execute(
        f"""create or replace temp table act_{column.key} as
            with known as (select raw, value from activation.match_keys where normaliser = $name and value is not null),
            own as (select a.profile_id, k.value from act_addresses a join known k using (raw) where a.own),
            others as (
                select a.profile_id, list(distinct k.value order by k.value) as found
                from act_addresses a join known k using (raw) where not a.own group by a.profile_id
            )
            select profile_id, case
                when others.found is null then [own.value]
                when own.value is null then others.found[1:{column.repeat}]
                else ([own.value] || list_filter(others.found, lambda found: found <> own.value))[1:{column.repeat}]
            end as cells
            from own full join others using (profile_id)""",
        {"name": cache_name(column)},
    )
    con.execute("drop table act_addresses")


def keep_consented(con: duckdb.DuckDBPyConnection, purposes: list[Purpose], kind: str) -> None:
    """Take out of act_addresses what no grant covers: a grant stays with the address it was given for.

    Purposes that go by address have their answer for each. Of the others, a grant that names an address covers no other
    of its kind.
    """
    by_address = [purpose for purpose in purposes if purpose in BY_ADDRESS.get(kind, ())]
    by_person = [purpose for purpose in purposes if all(purpose not in own for own in BY_ADDRESS.values())]
    for purpose in by_address:
        con.execute(
            """delete from act_addresses where (profile_id, raw) not in (
                   select (profile_id, identifier) from profiles.identifier_consents
                   where purpose = ? and identifier_type = ? and status = 'granted')""",
            [purpose, kind],
        )
    con.execute(
        f"""delete from act_addresses as address using profiles.consents as said
            where said.profile_id = address.profile_id and said.status = 'granted'
                and said.purpose in ({", ".join(map(literal, by_person)) or "null"})
                and starts_with(said.identifier, '{kind}:') and said.identifier <> '{kind}:' || address.raw"""
    )


def cells_of(activation: Activation, told: tuple[str, ...] = ("profile_id",)) -> str:
    """SQL of these columns of act_people and one column per file column; incomplete sets emptied, formulas defused."""
    destination = activation.destination
    chosen: dict[str, str] = {}
    joins: list[str] = []
    for column in activation.columns:
        alias = f"k_{column.key}"
        own = [item.id for item in destination.laid_out([column])]
        if column.field in IDENTIFIERS and destination.rows != "record":
            joins.append(f"left join act_{column.key} {alias} on {alias}.profile_id = p.profile_id")
            if destination.rows == "identifier":
                # A person without any has a row too, which says so.
                chosen[own[0]] = f"unnest(case when len({alias}.cells) > 0 then {alias}.cells else [null] end)"
            else:
                chosen |= {id: f"{alias}.cells[{number}]" for number, id in enumerate(own, 1)}
        else:
            value = f"p.{column.field}"
            if column.normaliser != AS_IT_STANDS:
                joins.append(
                    f"left join activation.match_keys {alias} on {alias}.normaliser = {literal(cache_name(column))}"
                    f" and {alias}.raw = {raw_sql(column, value, 'p.country')}"
                )
                value = f"{alias}.value"
            chosen[own[0]] = value
            if destination.file.defuse_formulas and column.role == "attribute":
                chosen[own[0]] = f"case when {FORMULA.format(value)} then '''' else '' end || {value}"
            elif destination.file.defuse_formulas and column.normaliser == "record_id":
                # A quote before it would make it another record's.
                chosen[own[0]] = f"case when not {FORMULA.format(value)} then {value} end"
    cells = ", ".join(f'{sql} as "{id}"' for id, sql in chosen.items())
    whole = {}
    for needed in destination.complete_sets:
        if all(key in chosen for key in needed):
            together = " and ".join(f'"{key}" is not null' for key in needed)
            whole |= {key: f'case when {together} then "{key}" end as "{key}"' for key in needed}
    completed = ", ".join(whole.get(id, f'"{id}"') for id in chosen)
    own, ours = ", ".join(told), ", ".join(f"p.{name}" for name in told)
    return f"select {own}, {completed} from (select {ours}, {cells} from act_people p {' '.join(joins)})"


def matched(activation: Activation, columns: list[FileColumn]) -> str:
    sets = [needed for needed in activation.destination.required_any if set(needed) <= set(activation.match_keys)]
    return " or ".join("(" + " and ".join(f"({present(columns, key)})" for key in needed) + ")" for needed in sets)


def present(columns: list[FileColumn], key: str) -> str:
    return " or ".join(f'"{column.id}" is not null' for column in columns if column.column.key == key)


def digest(columns: list[FileColumn]) -> str:
    """SQL of the SHA-256 of the filled cells with their names."""
    named = ", ".join(f"'{column.id}=' || \"{column.id}\"" for column in columns)
    return f"sha256(concat_ws(chr(31), {named or literal('')}))"
