"""The distinct values of the raw tables that Python has to work out: those of the batches that nobody has looked at yet.

Where they stand is said by the contracts (`identifiers:`). A JSON column is taken apart once, however many values are in it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import duckdb

from dagster_project.loads.casts import identifier, literal
from dagster_project.loads.contract import Entity, Identifier, load_contracts

_JOURNAL = """
create schema if not exists identity;
create table if not exists identity.collected_through (source varchar, entity varchar, reading varchar, batch bigint);
"""


@dataclass(frozen=True)
class Collected:
    """Up to which batch an entity's values lie in load_values; `reading` tells which values, and how they are read."""

    entity: Entity
    reading: str
    batch: int


def create_journal(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(_JOURNAL)


def collect_values(con: duckdb.DuckDBPyConnection, country: str) -> list[Collected]:
    """Fill the temporary table load_values (kind, raw, region) from all raw tables; what it returns is noted once it is used.

    Args:
        country: two letters, the region of phone numbers whose row names none.
    """
    con.execute("create or replace temp table load_values (kind varchar, raw varchar, region varchar)")
    return [done for entity in _raw_entities(con) if (done := _collect(con, entity, country))]


def note_collected(con: duckdb.DuckDBPyConnection, collected: list[Collected]) -> None:
    for done in collected:
        key = [done.entity.source, done.entity.name, done.reading]
        con.execute("delete from identity.collected_through where source = ? and entity = ? and reading = ?", key)
        con.execute("insert into identity.collected_through values (?, ?, ?, ?)", [*key, done.batch])


def _raw_entities(con: duckdb.DuckDBPyConnection) -> list[Entity]:
    tables = con.execute("select schema_name, table_name from duckdb_tables() where schema_name like 'raw_%'").fetchall()
    contracts = load_contracts()
    return [contracts[s.removeprefix("raw_")][t] for s, t in sorted(tables) if t in contracts.get(s.removeprefix("raw_"), {})]


def _collect(con: duckdb.DuckDBPyConnection, entity: Entity, country: str) -> Collected | None:
    columns = entity.worked_out
    if not columns:
        return None
    (newest,) = con.execute(f"select coalesce(max(_batch), 0) from {entity.table}").fetchone() or (0,)
    # A contract that names a further value is another reading: rows looked at before are looked at again.
    reading = country + hashlib.sha256(repr(columns).encode()).hexdigest()[:16]
    seen = "select coalesce(max(batch), 0) from identity.collected_through where source = ? and entity = ? and reading = ?"
    (through,) = con.execute(seen, [entity.source, entity.name, reading]).fetchone() or (0,)
    if newest <= through:
        return None
    for name, specs in columns.items():
        whole = [spec for spec in specs if not spec.path]
        in_lists = [spec for spec in specs if spec.path and "[*]" in spec.path]
        in_json = [spec for spec in specs if spec not in whole and spec not in in_lists]
        for part in (whole, in_json, *([spec] for spec in in_lists)):
            if part:
                _collect_column(con, entity, name, part, f"_batch > {through}", country)
    return Collected(entity, reading, newest)


def _collect_column(
    con: duckdb.DuckDBPyConnection, entity: Entity, name: str, specs: list[Identifier], condition: str, country: str
) -> None:
    """The values of one column: first each combination of them once, by one walk over the rows, then each value once."""
    column = identifier(name)
    paths = [_json_path(spec.path) for spec in specs if spec.path]
    beside = sorted({other for spec in specs for other in [*spec.when, *([spec.region_from] if spec.region_from else [])]})
    source = f"from {entity.table} where {condition} and {column} is not null"
    if paths:
        # Most events carry no trait: looking for the word is cheaper than taking the JSON apart.
        words = sorted({spec.path.replace("[*]", "").split(".")[-1] for spec in specs if spec.path})
        source += f" and ({' or '.join(f'contains({column}, {literal(word)})' for word in words)})"
    if not paths:
        values = f"[{', '.join([column] * len(specs))}]"
    elif "[*]" in paths[0]:
        values = f"[unnest(json_extract_string({column}, {literal(paths[0])}))]"
    else:
        values = f"json_extract_string({column}, [{', '.join(literal(path) for path in paths)}])"
    places = ", ".join(f"found[{place}] as value_{place}" for place in range(1, len(specs) + 1))
    others = "".join(f", {identifier(other)}" for other in beside)
    rows = f"select {values} as found{others} {source}"
    con.execute(f"create or replace temp table load_found as select distinct {places}{others} from ({rows})")
    for place, spec in enumerate(specs, start=1):
        con.execute(f"insert into load_values {_values_sql(spec, f'value_{place}', country)}")
    con.execute("drop table load_found")


def _json_path(path: str) -> str:
    """`data[*].email` → `$."data"[*]."email"`."""
    parts = [part.partition("[*]")[:2] for part in path.split(".")]
    return "$" + "".join((f'."{name}"' if name else "") + star for name, star in parts)


def _values_sql(spec: Identifier, value: str, country: str) -> str:
    conditions = [f"trim({value}) <> ''"]
    if spec.containing:
        conditions.append(f"contains({value}, {literal(spec.containing)})")
    for column, wanted in spec.when.items():
        conditions.append(f"lower(trim({identifier(column)})) in ({', '.join(literal(word) for word in wanted)})")
    region = "''"
    if spec.kind == "phone":
        region = literal(country)
        if spec.region_from:
            own = f"trim({identifier(spec.region_from)})"
            region = f"case when length({own}) = 2 then upper({own}) else {literal(country)} end"
    return f"select distinct '{spec.kind}', {value}, {region} from load_found where {' and '.join(conditions)}"
