"""The tables this room keeps in the warehouse (schema `activation`).

`activation.ledger` and `activation.files` are journals: rows are only added (the moments of delivery, acknowledgement and pruning
are filled in later).
The newest operation of an (activation, destination, match_keys_sha256) says whether the destination holds that row now.
`activation.messages` is the journal of the messages of sequences: what was exported to be sent, entered with the ledger.
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from dagster_project.catalog import columns_of

_TABLES = (
    "create schema if not exists activation",
    """create table if not exists activation.ledger (
        sequence bigint not null,              -- order of writing, rising over all activations
        activation varchar not null, destination varchar not null, audience varchar not null,
        profile_id varchar not null,
        operation varchar not null,            -- add, remove
        reason varchar not null,               -- add: new, changed, updated, refresh, restored
                                               -- remove: changed, left, shared, retry, or the gate that closed
        match_keys_sha256 varchar not null,    -- of the identifiers as sent; the identifiers themselves stand in the outbox
        attributes_sha256 varchar not null,
        run_id varchar not null,
        as_of timestamp not null,              -- the moment the run speaks of
        exported_at timestamp not null,        -- when it was written
        delivered_at timestamp,
        acknowledged_at timestamp,
        file varchar not null                  -- path below the exports folder
    )""",
    # Of feeds whose models have to know what was sent: the record, and what the model wanted kept of it.
    "alter table activation.ledger add column if not exists record_key varchar",
    "alter table activation.ledger add column if not exists journal varchar",
    """create table if not exists activation.files (
        path varchar not null,                 -- below the exports folder
        activation varchar not null, destination varchar not null, audience varchar not null,
        mode varchar not null, operation varchar not null,
        rows bigint not null, sha256 varchar not null,
        run_id varchar not null, as_of timestamp not null, written_at timestamp not null
    )""",
    # When the file went since its time was over; its manifest stays.
    "alter table activation.files add column if not exists pruned_at timestamp",
    """create table if not exists activation.resyncs (
        activation varchar not null, destination varchar not null,
        asked_at timestamp not null,           -- by `relance resync`
        adds_run_id varchar,                   -- the export that sent everybody anew; NULL: still to come
        removes_run_id varchar                 -- the one that asked again for all removals
    )""",
    """create table if not exists activation.messages (
        sequence varchar not null, step varchar not null, position bigint not null,
        channel varchar not null, kind varchar not null, audience varchar not null, destination varchar not null,
        profile_id varchar not null,
        started_at timestamp not null,         -- when the round's first message was to be sent
        anchor_at timestamp,                   -- what its first step was counted from
        due_at timestamp not null,
        sent_at timestamp not null,            -- when it was to be sent, by the file that carried it
        run_id varchar not null, exported_at timestamp not null,
        file varchar not null                  -- path below the exports folder
    )""",
    """create table if not exists activation.match_keys (
        normaliser varchar not null,           -- name, version and form (plain or sha256)
        raw varchar not null,
        value varchar                          -- NULL: can't be normalised
    )""",
)


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    for statement in _TABLES:
        con.execute(statement)


def held_without_activation(con: duckdb.DuckDBPyConnection, running: Collection[tuple[str, str]]) -> list[str]:
    """One sentence per activation that no longer runs while its destination, by the ledger, still holds people.

    Args:
        running: (activation, destination) of the activations that run.
    """
    if not columns_of(con, "activation", "ledger"):
        return []
    held = con.execute(
        """select activation, destination, count(*) from (
               select activation, destination, max_by(operation, sequence) as operation
               from activation.ledger group by activation, destination, match_keys_sha256
           ) where operation = 'add' group by all order by all"""
    ).fetchall()
    how = "let it run again; a list is emptied with an audience that nobody is in"
    return [
        f"{destination} still holds {rows} rows of {name}, which no longer runs: nothing that changes is told there; {how}"
        for name, destination, rows in held
        if (name, destination) not in running
    ]
