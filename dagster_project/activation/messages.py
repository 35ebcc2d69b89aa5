"""Messages of a sequence that are due, as rows of an upload file.

A sequence's export adds whom a message is due to, with what it says, and removes who was added before and is no longer in the
sequence: stopped by a purchase, a reply, a withdrawal, an erasure. Who waits for the next step stays as they are.
"""

from __future__ import annotations

import duckdb

from dagster_project.activation.activations import Activation
from dagster_project.activation.specs import MESSAGE_FIELDS

JOURNAL = {
    "step": "varchar", "position": "bigint", "channel": "varchar", "kind": "varchar",
    "started_at": "timestamp", "anchor_at": "timestamp", "due_at": "timestamp", "sent_at": "timestamp",
}  # fmt: skip
"""What the outbox keeps of a message beside the row that carried it, for the journal of messages."""

NEEDED = {
    ("audiences", "messages_due"): {"sequence", "profile_id", "step", "send_at", "stop_reason", "is_due"},
    ("audiences", "members"): {"context", "offers"},
    ("profiles", "profile_products"): {"profile_id", "product_id", "last_viewed_at", "bought_at"},
}


def take_due(con: duckdb.DuckDBPyConnection, activation: Activation) -> None:
    """Make the temporary tables act_messages and act_concerned. Reads act_held.

    act_messages has one row per person to whom a message is due, with its cells; act_concerned the profile_id of them, and of
    whom the destination holds and nothing has stopped.
    """
    con.execute(
        """create or replace temp table act_messages as
            select due.profile_id, due.sequence, due.step, due.hint, due.code, due.position, due.channel, due.kind,
                coalesce(due.started_at, due.send_at) as started_at, due.anchor_at, due.due_at, due.send_at as sent_at,
                strftime(due.send_at, '%Y-%m-%dT%H:%M:%SZ') as send_at,
                coalesce(
                    json_extract(members.context, '$.products')::varchar,
                    nullif(to_json(members.offers)::varchar, '[]'),
                    looked_at.products
                ) as products
            from audiences.messages_due as due
            join audiences.members as members on members.audience = $audience and members.profile_id = due.profile_id
            left join (
                -- Of an audience that speaks of no product, what the person last looked at and has not bought since.
                select profile_id, to_json([max_by(product_id, (last_viewed_at, product_id))])::varchar as products
                from profiles.profile_products
                where last_viewed_at is not null and (bought_at is null or bought_at < last_viewed_at)
                    and profile_id in (select profile_id from audiences.messages_due where sequence = $sequence and is_due)
                group by profile_id
            ) as looked_at on looked_at.profile_id = due.profile_id
            where due.sequence = $sequence and due.is_due""",
        {"audience": activation.audience, "sequence": activation.name},
    )
    con.execute(
        """create or replace temp table act_concerned as
            select profile_id from act_messages
            union
            select profile_id from act_held where profile_id not in (
                select profile_id from audiences.messages_due where sequence = $sequence and stop_reason is not null)""",
        {"sequence": activation.name},
    )


def cells_sql() -> str:
    """SQL of a message's cells as act_messages has them; the row of somebody who waits has none."""
    return ", ".join(f"m.{field}" for field in MESSAGE_FIELDS)


def enter_messages(con: duckdb.DuckDBPyConnection, outbox: str, facts: dict[str, object]) -> None:
    """Enter what an outbox file holds of messages in the journal, within the caller's transaction.

    Args:
        outbox: SQL literal of the file's path.
        facts: activation, destination, audience, run_id and now of the export.
    """
    con.execute(
        f"""insert into activation.messages by name
            select $activation as sequence, {", ".join(JOURNAL)}, $audience as audience, $destination as destination, profile_id,
                $run_id as run_id, $now::timestamp as exported_at, file
            from read_parquet({outbox}) where operation = 'add' and step is not null""",
        facts,
    )
