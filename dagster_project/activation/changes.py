"""What differs between the rows a destination should hold and the rows the ledger says it holds.

A row is known by its identifiers as sent (match_keys_sha256). New identifiers are an add, vanished ones a removal; a person
whose e-mail changed is both. remove.csv is applied before add.csv: platforms recognise a person by any identifier, so a row
that stays but shares one with a removed row is added again (`restored`); where the add file may not leave, it is removed too
(`shared`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from dagster_project.activation.activations import Activation
from dagster_project.activation.outbox import sent_cells
from dagster_project.activation.resync_journal import in_hand
from dagster_project.activation.rows import match_tokens
from dagster_project.activation.specs import FileColumn, Operation
from dagster_project.settings import Settings


@dataclass(frozen=True)
class Changes:
    """Counts of the temporary tables act_adds and act_removes (match_keys_sha256, profile_id, attributes_sha256, reason)."""

    open: bool
    """False: no full or add file may leave."""
    wanted: int
    adds: int
    removes: int
    held: int
    """Rows the destination holds once this has been taken."""
    lost: int
    """Rows to be removed whose identifiers the outbox no longer has."""
    removal_columns: list[FileColumn]
    replaced: bool = False
    """The removes are told by their absence from the full file, and stand in no file of their own."""
    resync: tuple[Operation, ...] = ()
    """What this says anew to whoever asked for it (`relance resync`): all additions, all removals."""


OF_HELD = "reason not in ('retry', 'resync')"
"""Condition on removals of what the destination holds by the ledger; the others only repeat what it was told before."""


def find_changes(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    activation: Activation,
    columns: list[FileColumn],
    as_of: datetime,
    removals_only: bool = False,
) -> Changes:
    """Make act_adds, act_removes and act_removed (the removed rows' cells as they were sent). Reads act_rows and act_gated.

    Args:
        removals_only: no full or add file may leave, as where the platform's minimum isn't reached.
    """
    destination = activation.destination
    held_by(con, activation.name, destination.name, "act_held")
    wanted = count_of(con, "act_rows")
    # A platform's minimum is one of lists: the only message that is due is sent.
    is_enough = wanted >= destination.limits.minimum_rows or (activation.empty_full and not wanted)
    is_open = (activation.sequence or is_enough) and not removals_only
    anew = in_hand(con, activation.name, destination.name, is_open)
    refresh = destination.membership.refresh_days
    stale = f"h.sent_as_of <= timestamp '{as_of - timedelta(days=refresh)}'" if refresh else "false"
    con.execute(
        _due_sql(is_open)
        if activation.sequence
        else f"""create or replace temp table act_adds as
            select * from (
                select r.match_keys_sha256, r.profile_id, r.attributes_sha256, case
                    when h.match_keys_sha256 is null
                        then case when r.profile_id in (select profile_id from act_held) then 'changed' else 'new' end
                    when h.attributes_sha256 <> r.attributes_sha256 then 'updated'
                    when {stale} then 'refresh'
                    when {"add" in anew} then 'resync'
                end as reason
                from act_rows r left join act_held h using (match_keys_sha256)
            ) where reason is not null and {"true" if is_open else "false"}"""
    )
    con.execute(
        """create or replace temp table act_removes as
            select h.match_keys_sha256, h.profile_id, h.attributes_sha256,
                case when h.profile_id in (select profile_id from act_rows) then 'changed'
                    when starts_with(h.profile_id, 'erased-') then 'erased'
                    else coalesce(g.blocked_by, 'left') end as reason
            from act_held h
            left join act_gated g using (profile_id)
            where h.match_keys_sha256 not in (select match_keys_sha256 from act_rows)"""
    )
    retry(con, settings, activation, as_of, everything="remove" in anew)
    keys = destination.laid_out([column for column in destination.columns if column.role == "match_key"])
    sent_cells(con, settings, activation.name, [column.id for column in keys], "act_removes", "act_removed")
    lost = count_of(con, f"act_removes where {OF_HELD} and match_keys_sha256 not in (select match_keys_sha256 from act_removed)")
    con.execute("delete from act_removes where match_keys_sha256 not in (select match_keys_sha256 from act_removed)")
    if count_of(con, "act_removes"):
        _settle_shared(con, activation, columns, keys, is_open)
    chosen = {column.id for column in columns}
    removal = [c for c in keys if c.id in chosen or count_of(con, f'act_removed where "{c.id}" is not null')]
    new = count_of(con, "act_adds where match_keys_sha256 not in (select match_keys_sha256 from act_held)")
    gone = count_of(con, f"act_removes where {OF_HELD}")
    held = count_of(con, "act_held") + new - gone
    adds, removes = count_of(con, "act_adds"), count_of(con, "act_removes")
    return Changes(is_open, wanted, adds, removes, held, lost, removal, resync=anew)


def retry(
    con: duckdb.DuckDBPyConnection, settings: Settings, activation: Activation, as_of: datetime, everything: bool = False
) -> None:
    """Removals that nobody has acknowledged go into act_removes again: platforms refuse some, and files get lost.

    Args:
        everything: all removals there ever were, acknowledged or not.
    """
    days = settings.activations.retry_removals_days
    if activation.sequence or (days is None and not everything):
        return
    latest, kept = as_of - timedelta(days=days or 0), as_of - timedelta(days=settings.retention.sent_keys_days)
    due = f"""not max_by(acknowledged_at is not null, sequence)
                and max_by(as_of, sequence) <= timestamp '{latest}'
                and max(as_of) filter (operation = 'add') > timestamp '{kept}'"""
    con.execute(
        f"""insert into act_removes
            select match_keys_sha256, max_by(profile_id, sequence), max_by(attributes_sha256, sequence),
                {"'resync'" if everything else "'retry'"}
            from activation.ledger
            where activation = $activation and destination = $destination
                and match_keys_sha256 not in (select match_keys_sha256 from act_rows)
            group by 1
            having max_by(operation, sequence) = 'remove' and {"true" if everything else due}""",
        {"activation": activation.name, "destination": activation.destination.name},
    )


def _due_sql(is_open: bool) -> str:
    """Of a sequence, each message that is due is an add, whatever the destination holds."""
    return f"""create or replace temp table act_adds as
        select match_keys_sha256, profile_id, attributes_sha256, 'due' as reason from act_rows
        where profile_id in (select profile_id from act_messages) and {"true" if is_open else "false"}"""


def held_by(con: duckdb.DuckDBPyConnection, activation: str, destination: str, into: str) -> None:
    """Make `into`: the rows a destination holds through an activation, one per match_keys_sha256, by the ledger."""
    con.execute(
        f"""create or replace temp table {into} as
            select l.match_keys_sha256, l.profile_id, l.attributes_sha256, l.as_of as sent_as_of
            from activation.ledger l
            join (
                select max(sequence) as sequence from activation.ledger
                where activation = ? and destination = ? group by match_keys_sha256
            ) newest using (sequence)
            where l.operation = 'add'""",
        [activation, destination],
    )


def _settle_shared(
    con: duckdb.DuckDBPyConnection, activation: Activation, columns: list[FileColumn], keys: list[FileColumn], is_open: bool
) -> None:
    """Rows that stay but share an identifier with a removed row: add them again, or remove them too (and theirs, and so on)."""
    shares = " or ".join(f"({token}) in (select token from act_tokens)" for token in match_tokens(activation, columns))
    staying = f"""
        select match_keys_sha256, profile_id, attributes_sha256 from act_rows
        where ({shares})
            and match_keys_sha256 in (select match_keys_sha256 from act_held)
            and match_keys_sha256 not in (select match_keys_sha256 from act_adds)
            and match_keys_sha256 not in (select match_keys_sha256 from act_removes)"""
    tokens = " union ".join(f"select {token} as token from act_removed" for token in match_tokens(activation, keys))
    while True:
        con.execute(f"create or replace temp table act_tokens as select token from ({tokens}) where token is not null")
        if is_open:
            con.execute(f"insert into act_adds select *, 'restored' as reason from ({staying})")
            return
        con.execute(f"create or replace temp table act_sharing as {staying}")
        if not count_of(con, "act_sharing"):
            return
        con.execute("insert into act_removes select *, 'shared' from act_sharing")
        ids = {column.id for column in columns}
        cells = ", ".join(f'r."{column.id}"' if column.id in ids else "null" for column in keys)
        con.execute(
            f"""insert into act_removed select r.match_keys_sha256, {cells} from act_rows r
                where r.match_keys_sha256 in (select match_keys_sha256 from act_sharing)"""
        )


def count_of(con: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = con.execute(f"select count(*) from {relation}").fetchone()
    return int(row[0]) if row else 0
