"""An erased person leaves the tables made of the raw ones.

Tables that grow by increments are left as a rebuild would make them: what is told anew (raw.py) comes back with the next run.
All other tables are made anew then anyway; until then, the person's rows are gone from them, and orders stay, of nobody. Journals
keep their rows as counts, under a pseudonym.

Which rows are meant is told by the names of columns, which mean the same in all tables: identifier types, `<side>_type` beside
`<side>_identifier`, profile_id, device, message_id and event_id.
"""

from __future__ import annotations

from datetime import datetime

import duckdb
import pyarrow as pa

from dagster_project.loads.casts import identifier, literal
from dagster_project.privacy.claims import known_as_sql
from dagster_project.privacy.person import Person
from dagster_project.privacy.quotes import Quotes, matching_sql
from dagster_project.privacy.raw import Counts
from dagster_project.privacy.salt import pseudonym_sql

ROOMS_APART = ("control", "quality", "information_schema", "main", "pg_catalog")
"""Schemas that hold nothing of a person, or are seen to elsewhere."""
KEPT = {("privacy", "tombstones"), ("privacy", "requests")}

JOURNALS = {
    ("identity", "profile_changes"), ("audiences", "membership_changes"), ("activation", "ledger"), ("activation", "messages"),
    ("scores", "history"), ("measurement", "holdout_assignments"),
}  # fmt: skip
"""Tables whose rows stay, under a pseudonym in place of the profile's name."""

TYPES = (
    "user_id", "customer_id", "contact_id", "lead_id", "loyalty_card", "email", "hashed_email", "phone", "anonymous_id",
    "advertising_id", "ga_client_id", "fbp", "push_token",
)  # fmt: skip
"""Columns named after an identifier's type hold identifiers of it."""

PROFILES = ("profile_id", "old_profile_id", "alias")
PERSONAL = (
    *TYPES, "traits", "landing_url", "postal_code", "city", "ip", "user_agent", "referrer", "click_id", "url", "properties",
)  # fmt: skip
"""What of an order or subscription does not stay."""
AMOUNTS = ("order_id", "subscription_id")

Columns = dict[str, str]


def tables(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], Columns]:
    """(schema, table) → column → type, of all base tables but the raw ones and those of ROOMS_APART."""
    rows = con.execute(
        """select c.schema_name, c.table_name, c.column_name, c.data_type from duckdb_columns() as c
        join duckdb_tables() as t using (database_oid, schema_name, table_name)
        where not t.temporary and not t.internal and c.database_name = current_database() order by all"""
    ).fetchall()
    found: dict[tuple[str, str], Columns] = {}
    for schema, table, column, kind in rows:
        if schema not in ROOMS_APART and (schema, table) not in KEPT and not schema.startswith("raw_"):
            found.setdefault((schema, table), {})[column] = kind
    return found


def leave_tables(con: duckdb.DuckDBPyConnection, person: Person, until: datetime, counts: Counts) -> None:
    """Take the person out of every derived table, within the caller's transaction. Reads what raw.py has listed."""
    _list_names(con, person)
    for (schema, table), columns in tables(con).items():
        name, target = f"{schema}.{table}", f"{identifier(schema)}.{identifier(table)}"
        if (schema, table) in JOURNALS:
            counts.add(counts.anonymous, name, _rename(con, target, columns))
            continue
        condition = _condition(columns, until)
        if not condition:
            continue
        if schema == "unified" and "message_id" not in columns and any(column in columns for column in AMOUNTS):
            cells = ", ".join(f"{identifier(column)} = null" for column in PERSONAL if column in columns)
            if cells:
                done = con.execute(f"update {target} set {cells} where {condition}").fetchone()
                counts.add(counts.anonymous, name, done[0] if done else 0)
            continue
        done = con.execute(f"delete from {target} where {condition}").fetchone()
        counts.add(counts.erased, name, done[0] if done else 0)


def _list_names(con: duckdb.DuckDBPyConnection, person: Person) -> None:
    """privacy_ids (type, identifier), privacy_profiles and privacy_device_keys (device): as derived tables name them."""
    ids = sorted(person.identifiers)
    table = pa.table({"type": [kind for kind, _ in ids], "identifier": [value for _, value in ids]})
    con.register("privacy_slice", table)
    con.execute("create or replace temp table privacy_ids as select * from privacy_slice")
    con.unregister("privacy_slice")
    con.execute(
        """create or replace temp table privacy_device_keys as
        select case type when 'anonymous_id' then 'a:' else 'u:' end || raw as device from privacy_devices
        union
        select case type when 'email' then 'e:' else 'p:' end || identifier from privacy_ids where type in ('email', 'phone')"""
    )


def _condition(columns: Columns, until: datetime) -> str:
    """SQL of the rows of a table that are the person's, or are to be told anew; empty where the table names nobody."""
    exact, named = [], []
    if "device" in columns:
        exact.append("device in (select device from privacy_device_keys)")
    for key in ("message_id", "event_id"):
        if key in columns:
            pair = f"(source, {key}) in (select source, key from privacy_keys)"
            exact.append(pair if "source" in columns else f"{key} in (select key from privacy_keys)")
    for column in PROFILES:
        if column in columns:
            named.append(f"{identifier(column)} in (select profile_id from privacy_profiles)")
    for column in TYPES:
        if columns.get(column) == "VARCHAR":
            named.append(f"{known_as_sql(column, columns)} in (select identifier from privacy_ids where type = '{column}')")
    for column in columns:
        side, _, rest = column.rpartition("identifier")
        kind = f"{side}type" if side else "identifier_type"
        if rest == "" and column.endswith("identifier") and kind in columns:
            named.append(f"({identifier(kind)}, {identifier(column)}) in (select type, identifier from privacy_ids)")
    if named and "occurred_at" in columns and exact:
        # What happened later stays; what is to be told anew of it is named by its key.
        named = [f"(({' or '.join(named)}) and (occurred_at is null or occurred_at < {literal(until)}::timestamp))"]
    if "anonymous_id" in columns and "message_id" not in columns:
        exact.append("anonymous_id in (select raw from privacy_devices where type = 'anonymous_id')")
    return " or ".join(f"coalesce({part}, false)" for part in [*exact, *named])


def _rename(con: duckdb.DuckDBPyConnection, target: str, columns: Columns) -> int:
    """Profiles' names in a journal → pseudonyms; evidence, which may name identifiers, goes."""
    names = [column for column in PROFILES if column in columns]
    meant = [f"{identifier(column)} in (select profile_id from privacy_profiles)" for column in names]
    cells = [
        f"{identifier(column)} = case when {condition} then {pseudonym_sql(identifier(column))} else {identifier(column)} end"
        for column, condition in zip(names, meant, strict=True)
    ]
    cells += ["evidence = null"] if "evidence" in columns else []
    done = con.execute(f"update {target} set {', '.join(cells)} where {' or '.join(meant)}").fetchone()
    return int(done[0]) if done else 0


def blot_out(con: duckdb.DuckDBPyConnection, quotes: Quotes, counts: Counts) -> None:
    """Take addresses and numbers of the person out of the texts of all tables, where others' rows quote them."""
    if not quotes.hints:
        return
    rows = con.execute(
        """select c.schema_name, c.table_name, list(c.column_name order by c.column_index) from duckdb_columns() as c
        join duckdb_tables() as t using (database_oid, schema_name, table_name)
        where not t.temporary and not t.internal and c.database_name = current_database() and c.data_type = 'VARCHAR'
        group by all order by all"""
    ).fetchall()
    for schema, table, columns in rows:
        target = f"{identifier(schema)}.{identifier(table)}"
        names = [identifier(column) for column in columns]
        hinted = " or ".join(matching_sql(name, quotes.hints) for name in names)
        found = con.execute(f"select rowid, {', '.join(names)} from {target} where {hinted} order by rowid", list(quotes.hints))
        before = found.fetchall()
        after = [(row, *(text and quotes.blotted(text) for text in texts)) for row, *texts in before]
        changed = [blotted for told, blotted in zip(before, after, strict=True) if told != blotted]
        if not changed:
            continue
        rows = pa.array([row for row, *_ in changed], pa.int64())
        texts = {f"text_{place}": pa.array([after[place] for _, *after in changed], pa.string()) for place in range(len(names))}
        con.register("privacy_slice", pa.table({"id": rows, **texts}))
        cells = ", ".join(f"{name} = blotted.text_{place}" for place, name in enumerate(names))
        con.execute(f"update {target} as told set {cells} from privacy_slice as blotted where blotted.id = told.rowid")
        con.unregister("privacy_slice")
        counts.add(counts.mentions, f"{schema}.{table}", len(changed))
