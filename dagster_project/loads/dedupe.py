"""Which staged rows are known already. Ids are grouped and joined alone, since sorting whole rows costs many times more."""

from __future__ import annotations

import duckdb

from dagster_project.loads.contract import Entity


def mark_duplicates(con: duckdb.DuckDBPyConnection, entity: Entity) -> None:
    """Fill load_dupes with the rowids of load_staged that repeat a row of the raw table or of load_staged itself.

    Facts repeat by their key; versions by their content. Among staged rows that share a key, the one with the smallest
    content hash stays, so the choice does not hang on the order of files; equal rows are one row anyway.
    """
    ident = "_key" if entity.mode == "facts" else "_hash"
    con.execute(
        f"""create or replace temp table load_known as
            select distinct {ident} as id from {entity.table}
            where {ident} in (select {ident} from load_staged where _reason is null)"""
    )
    con.execute(
        f"""create or replace temp table load_repeated as
            select {ident} as id from load_staged where _reason is null group by 1 having count(*) > 1"""
    )
    con.execute(
        f"""create or replace temp table load_dupes as
            select s.rowid as id from load_staged as s
            where s._reason is null and s.{ident} in (select id from load_known)
            union
            select id from (
                select s.rowid as id,
                    row_number() over (partition by s.{ident} order by s._hash, f.path, s._record) as place
                from load_staged as s join load_files as f on f.fileno = s._fileno
                where s._reason is null and s.{ident} in (select id from load_repeated)
            ) where place > 1"""
    )
