"""The rows of the raw tables that are an erased person's, and what becomes of each.

A row belongs to whom its strongest identifier stands for: accounts before addresses, these before phones, these before devices. A
row that names the person by a weaker one alone (a child's account with the parent's address) stays, without it. A number counts
in the system that gave it: customer 777 of one is not customer 777 of another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from dagster_project.catalog import has_table
from dagster_project.loads.casts import identifier, literal
from dagster_project.loads.contract import Entity, load_contracts
from dagster_project.privacy.anonymous import stays_sql
from dagster_project.privacy.claims import ACCOUNTS, TIERS, Claim, claims_of, vendors
from dagster_project.privacy.person import Person
from dagster_project.privacy.quotes import Quotes, spellings
from dagster_project.privacy.values import COUNTRY


@dataclass(frozen=True)
class Hit:
    """A raw table and its rows in question, in the temporary table `privacy_rows` (entity: `<source>.<name>`)."""

    entity: Entity
    rows: int


def raw_entities(con: duckdb.DuckDBPyConnection) -> list[Entity]:
    """The entities that have a raw table and hold identifiers of people."""
    tables = con.execute(
        "select schema_name, table_name from duckdb_tables() where schema_name like 'raw_%' and not temporary order by all"
    ).fetchall()
    contracts = load_contracts()
    found = [contracts.get(schema.removeprefix("raw_"), {}).get(table) for schema, table in tables]
    return [entity for entity in found if entity is not None and claims_of(entity)]


OWN = "own"
"""In privacy_wanted, of numbers that the company itself gives: they count in all sources but those that give numbers."""


def list_wanted(con: duckdb.DuckDBPyConnection, person: Person) -> None:
    """Make privacy_wanted (type, raw, region, source): how the person's identifiers are written in rows; `source` limits a number
    to the system that gave it.
    """
    rows: list[tuple[str, str, str, str | None]] = [(kind, raw, "", None) for kind, raw in sorted(person.written)]
    for kind, value in sorted(person.identifiers):
        source, colon, own = value.partition(":")
        if colon and source in vendors() and kind in (*ACCOUNTS, "order_id"):
            rows.append((kind, own, "", source))
        rows.append((kind, value, "", OWN if kind in ACCOUNTS else None))
    table = pa.table({name: pa.array([row[place] for row in rows], pa.string()) for place, name in enumerate(_WANTED)})
    con.register("privacy_slice", table)
    con.execute("create or replace temp table privacy_wanted as select * from privacy_slice")
    con.unregister("privacy_slice")
    if has_table(con, "identity", "normalised"):
        con.execute(
            """insert into privacy_wanted
            select n.kind, n.raw, n.region, null from identity.normalised as n
            join (select distinct type, raw from privacy_wanted) as w on w.type = n.kind and w.raw = n.value"""
        )


_WANTED = ("type", "raw", "region", "source")


def find_rows(con: duckdb.DuckDBPyConnection, person: Person, until: datetime) -> list[Hit]:
    """Fill privacy_rows (entity, id, key, file, batch, outcome: gone, anonymous, freed) with the rows dated before a moment.

    What belongs to orders (lines, payments, deliveries) is found by the orders of the first pass, as their source numbers them.
    """
    list_wanted(con, person)
    con.register("privacy_slice", pa.table({"profile_id": pa.array(sorted(person.profile_ids), pa.string())}))
    con.execute("create or replace temp table privacy_profiles as select * from privacy_slice")
    con.unregister("privacy_slice")
    con.execute(
        """create or replace temp table privacy_rows (
            entity varchar, id bigint, key varchar, file varchar, batch bigint, outcome varchar)"""
    )
    con.execute("create or replace temp table privacy_visits (entity varchar, id bigint, key varchar, device varchar)")
    entities = raw_entities(con)
    for entity in entities:
        own = [claim for claim in claims_of(entity) if claim.type != "order_id" or entity.key == [claim.column]]
        if own:
            _find(con, entity, until, own)
    # From here on, an order is one of those found: another system's of the same number has lines of its own.
    con.execute("delete from privacy_wanted where type = 'order_id' and source is null")
    for entity in entities:
        _add_visits(con, entity, until)
        _add_orders(con, entity)
    for entity in entities:
        orders = [claim for claim in claims_of(entity) if claim.type == "order_id"]
        if orders and entity.anonymous:
            _find(con, entity, until, orders)
    counts = dict(con.execute("select entity, count(*) from privacy_rows group by 1").fetchall())
    return [Hit(entity, counts[_name(entity)]) for entity in entities if counts.get(_name(entity))]


def _name(entity: Entity) -> str:
    return f"{entity.source}.{entity.name}"


def numbering(entity: Entity) -> str:
    """By whose numbers an entity goes: its source's, or the company's own."""
    return entity.source if entity.source in vendors() else OWN


def hit_sql(claim: Claim, entity: Entity) -> str:
    """SQL condition: the row's identifier there is one of the person's."""
    wanted = f"select type, raw, region from privacy_wanted where source is null or source = '{numbering(entity)}'"
    value, kind = claim.value_sql(identifier), claim.type_sql(identifier)
    if claim.in_list:
        return f"coalesce(list_has_any({value}, (select list(raw) from ({wanted}) where type = {kind})), false)"
    if claim.type not in ("email", "phone"):
        value = f"trim({value})"
    return f"coalesce(({kind}, {value}, {claim.region_sql(identifier, COUNTRY)}) in ({wanted}), false)"


def _find(con: duckdb.DuckDBPyConnection, entity: Entity, until: datetime, claims: list[Claim]) -> None:
    def strongest(of: list[Claim]) -> str:
        return f"least({', '.join([*(f'case when {hit_sql(claim, entity)} then {claim.tier} end' for claim in of), 'null'])})"

    before = "<=" if entity.name == "erasures" else "<"
    con.execute(
        f"""create or replace temp table privacy_found as
        select * from (
            select rowid as id, _key, _file, _batch, {strongest(claims)} as tier,
                {strongest([claim for claim in claims if claim.type != "order_id"])} is null as by_order,
                {stays_sql(entity, identifier)} as stays
            from {entity.table} where _happened_at is null or _happened_at {before} $until::timestamp
        ) where tier is not null and id not in (select id from privacy_rows where entity = '{_name(entity)}')""",
        {"until": until},
    )
    con.execute(
        f"""insert into privacy_rows
        select '{_name(entity)}', f.id, f._key, f._file, f._batch,
            case when f.id in ({_others_rows(con, entity)}) then 'freed' when f.stays then 'anonymous' else 'gone' end as outcome
        from privacy_found as f
        -- Somebody else's order of the same number says nothing of the person.
        where not (f.by_order and outcome = 'freed')"""
    )
    con.execute("drop table temp.privacy_found")


def _others_rows(con: duckdb.DuckDBPyConnection, entity: Entity) -> str:
    """SQL of the ids of those rows of privacy_found that a stronger identifier gives to somebody else."""
    if not has_table(con, "identity", "identifiers"):
        return "select null::bigint where false"
    refused = ""
    if has_table(con, "identity", "refused_identifiers"):
        refused = (
            "anti join identity.refused_identifiers as r on r.identifier_type = i.identifier_type and r.identifier = i.identifier"
        )
    known = f"""select i.identifier_type, i.identifier from identity.identifiers as i {refused}
        where i.profile_id not in (select profile_id from privacy_profiles)"""

    def column(name: str) -> str:
        return f"t.{identifier(name)}"

    parts = []
    for claim in claims_of(entity):
        if claim.in_list or claim.tier > TIERS["email"]:
            continue
        value = f"trim({claim.value_sql(column)})"
        if claim.type == "email":
            value = f"(select any_value(n.value) from identity.normalised as n where n.kind = 'email' and n.raw = {value})"
        elif claim.vendor:
            value = f"{literal(claim.vendor + ':')} || {value}"
        parts.append(
            f"""select t.rowid from {entity.table} as t
            where t.rowid in (select id from privacy_found where tier > {claim.tier})
                and ({claim.type_sql(column)}, {value}) in ({known})"""
        )
    return " union all ".join(parts) or "select null::bigint where false"


def _add_visits(con: duckdb.DuckDBPyConnection, entity: Entity, until: datetime) -> None:
    """What happened on a device of several people while the person was logged in there, though the rows do not say so. It stays,
    of nobody: the row is known then when its file is sent again.
    """
    devices = [claim for claim in claims_of(entity) if claim.type == "anonymous_id" and not claim.in_list]
    if not devices or entity.anonymous is None or not has_table(con, "profiles", "sessions"):
        return

    def column(name: str) -> str:
        return f"t.{identifier(name)}"

    logins = " and ".join(
        f"{claim.value_sql(column)} is null" for claim in claims_of(entity) if claim.type == "user_id" and not claim.in_list
    )
    device = devices[0].value_sql(column)
    con.execute(
        f"""insert into privacy_visits
        select '{_name(entity)}', t.rowid, t._key, {device} from {entity.table} as t
        where {logins or "true"} and t._happened_at < $until::timestamp and exists (
            select 1 from profiles.sessions as visits
            where visits.device = 'a:' || {device}
                and t._happened_at between visits.started_at and visits.ended_at and visits.identifier_type = 'user_id'
                and visits.identifier in (select raw from privacy_wanted where type = 'user_id'))
        and t.rowid not in (select id from privacy_rows where entity = '{_name(entity)}')""",
        {"until": until},
    )
    con.execute(
        f"""insert into privacy_rows
        select '{_name(entity)}', rowid, _key, _file, _batch, 'anonymous' from {entity.table}
        where rowid in (select id from privacy_visits where entity = '{_name(entity)}')"""
    )


def visits(con: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """The rows of visits on devices of several people, as identifiers of the type `row`, and these devices."""
    found = con.execute("select entity || ':' || key, device from privacy_visits").fetchall()
    return {("row", row) for row, _ in found} | {("anonymous_id", device) for _, device in found}


def _add_orders(con: duckdb.DuckDBPyConnection, entity: Entity) -> None:
    """The orders of the rows found so far, as the entity's source numbers them."""
    for claim in claims_of(entity):
        if claim.type == "order_id" and not claim.in_list:
            con.execute(
                f"""insert into privacy_wanted
                select distinct 'order_id', {claim.value_sql(identifier)}, '', '{numbering(entity)}' from {entity.table}
                where rowid in (select id from privacy_rows where entity = '{_name(entity)}' and outcome <> 'freed')
                    and {claim.value_sql(identifier)} is not null"""
            )


def quotes_of(con: duckdb.DuckDBPyConnection, person: Person, country: str, names: Iterable[str] = ()) -> Quotes:
    """How the person stands in texts, by what `list_wanted` has listed: addresses and numbers as compared and as written, and ids
    that tell whose they are (`tells_whose`).
    """
    written: dict[str, set[str]] = {}
    for kind, raw in con.execute("select distinct type, trim(raw) from privacy_wanted").fetchall():
        written.setdefault(kind, set()).add(raw)
    numbers = [spellings(number, written.get("phone", ()), country) for number in person.of_type("phone")]
    apart = ("email", "phone", "hashed_email", "order_id")
    words = {value for kind, values in written.items() if kind not in apart for value in values if tells_whose(value)}
    return Quotes(
        emails=tuple(sorted({text for text in written.get("email", ()) if len(text) >= 6} | set(person.of_type("email")))),
        phones=tuple(sorted({text for texts, _ in numbers for text in texts if len(text) >= 6})),
        words=tuple(sorted(words)),
        names=tuple(sorted(names)),
        codes=frozenset(code for _, code in numbers),
    )


def tells_whose(value: str) -> bool:
    """Whether an id is somebody's wherever it stands: a short number may be a price, and letters alone a name."""
    if "@" in value:
        return False
    return len(value) >= 9 or (len(value) >= 4 and any(map(str.isalpha, value)) and not value.isalpha())


def order_identifiers(con: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """The orders found, as identifiers: a vendor's with its name before them."""
    found = con.execute(
        "select distinct source, raw from privacy_wanted where type = 'order_id' and source is not null"
    ).fetchall()
    return {("order_id", raw if source == OWN else f"{source}:{raw}") for source, raw in found}


def others_accounts(con: duckdb.DuckDBPyConnection, hits: list[Hit]) -> set[tuple[str, str]]:
    """The accounts of the rows found that are somebody else's: a vendor's with its name before them."""
    found: set[tuple[str, str]] = set()
    for hit in hits:
        rows = f"select id from privacy_rows where entity = '{_name(hit.entity)}' and outcome = 'freed'"
        for claim in claims_of(hit.entity):
            if claim.tier == TIERS["user_id"] and not claim.in_list:
                values = con.execute(
                    f"""select distinct {claim.type_sql(identifier)}, {claim.value_sql(identifier)} from {hit.entity.table}
                    where rowid in ({rows}) and {claim.value_sql(identifier)} is not null"""
                ).fetchall()
                found |= {(kind, claim.known_as(value)) for kind, value in values}
    return found


def rows_left(con: duckdb.DuckDBPyConnection, person: Person) -> bool:
    """Whether the raw tables still name the person: rows dated after the request, of who became a customer again."""
    list_wanted(con, person)
    for entity in raw_entities(con):
        hits = " or ".join(hit_sql(claim, entity) for claim in claims_of(entity) if claim.type != "order_id")
        if hits and con.execute(f"select 1 from {entity.table} where {hits} limit 1").fetchone():
            return True
    return False
