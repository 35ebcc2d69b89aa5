"""Versions of one row that nothing puts in order: they differ, but have the same version time or, without one, landed at the same
moment. Which of them counts is decided alike on every machine, but by nothing that a person would go by: so it is told.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from dagster_project.loads.books import newest_batch
from dagster_project.loads.casts import identifier
from dagster_project.loads.contract import Entity, load_contracts

FILES_TOLD = 3

_TABLE = """
create table if not exists quality.version_ties (
    source varchar, entity varchar, batch bigint, tied_keys bigint, example_files varchar[]);
"""


@dataclass(frozen=True)
class Ties:
    """How many keys of an entity have versions that nothing puts in order, and some of the files that hold them."""

    source: str
    entity: str
    keys: int
    files: list[str]


def note_ties(con: duckdb.DuckDBPyConnection) -> None:
    """Count the ties of every entity of which something came since they were counted last."""
    con.execute(_TABLE)
    counted = dict(con.execute("select source || '.' || entity, batch from quality.version_ties").fetchall())
    pairs = con.execute("select distinct source, entity from quality.load_ledger order by all").fetchall()
    contracts = load_contracts()
    for source, name in pairs:
        entity = contracts.get(source, {}).get(name)
        if entity is None or entity.mode == "facts":
            continue
        batch = newest_batch(con, entity)
        if counted.get(f"{source}.{name}", 0) < batch:
            keys, files = _count(con, entity)
            con.execute("delete from quality.version_ties where source = ? and entity = ?", [source, name])
            con.execute("insert into quality.version_ties values (?, ?, ?, ?, ?)", [source, name, batch, keys, files])


def _count(con: duckdb.DuckDBPyConnection, entity: Entity) -> tuple[int, list[str]]:
    times = [identifier(name) for name in entity.version]
    landed = f"case when coalesce({', '.join(times)}) is null then _landed_on end" if times else "_landed_on"
    order = ", ".join(["_key", *times, landed])
    # Numbers stand for what is compared: few share one, and only those are looked at as a whole.
    found = con.execute(
        f"""with shared as (
            select hash({order}) as number from {entity.table} group by number having count(*) > 1
        ), tied as (
            select _key, list_distinct(list(_file)) as files from {entity.table}
            where hash({order}) in (select number from shared)
            group by {order} having count(*) > 1
        )
        select count(distinct _key), (
            select coalesce(list(file order by file), []) from (
                select distinct unnest(files) as file from tied order by file limit {FILES_TOLD}))
        from tied"""
    ).fetchone()
    return found or (0, [])


def ties(con: duckdb.DuckDBPyConnection) -> list[Ties]:
    """The entities that have ties, in order of name."""
    found = con.execute(
        "select source, entity, tied_keys, example_files from quality.version_ties where tied_keys > 0 order by source, entity"
    ).fetchall()
    return [Ties(*row) for row in found]
