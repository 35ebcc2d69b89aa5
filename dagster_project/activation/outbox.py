"""What was sent, verbatim: the identifiers of every exported row, kept so that a removal names them as they were sent.

One Parquet file per run and activation, `<state>/outbox/<activation>/<run_id>.parquet`, readable by its owner only. Files and not
a warehouse table, because the warehouse forgets an erased person at once and keeps bytes of deleted rows until it is rewritten:
these keys must outlive the person's erasure until the platform has taken the removal, and then be gone with the file.

Each file also holds the run's ledger rows. It is written before the export folder appears, so a crash in between can be finished.
Columns: operation, reason, profile_id, match_keys_sha256, attributes_sha256, file, and for added rows one column per cell; of
sequences, what the journal of messages needs of each; of feeds that keep a journal, the record's key and what is kept of it.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from dagster_project.activation.files import fsync_file, fsync_folder, make_private_folder
from dagster_project.activation.messages import JOURNAL
from dagster_project.errors import RelanceError
from dagster_project.loads.casts import literal
from dagster_project.settings import Settings

OWN = ("operation", "reason", "profile_id", "match_keys_sha256", "attributes_sha256", "file", "record_key", "journal", *JOURNAL)


def outbox_folder(settings: Settings, activation: str) -> Path:
    return settings.state_path / "outbox" / activation


def outbox_file(settings: Settings, activation: str, run_id: str) -> Path:
    return outbox_folder(settings, activation) / f"{run_id}.parquet"


def write_outbox(con: duckdb.DuckDBPyConnection, path: Path, query: str) -> None:
    """Write the rows of `query` (columns as above) so that the file is there whole or not at all."""
    make_private_folder(path.parent)
    temporary = path.with_suffix(".tmp")
    con.execute(f"copy ({query}) to {literal(str(temporary))} (format parquet, compression zstd, compression_level 1)")
    temporary.chmod(0o600)
    fsync_file(temporary)
    os.replace(temporary, path)
    fsync_folder(path.parent)


def sent_cells(
    con: duckdb.DuckDBPyConnection, settings: Settings, activation: str, ids: list[str], wanted: str, into: str
) -> None:
    """Make the temporary table `into`: match_keys_sha256 and the cells `ids`, as sent, of the rows named by the table `wanted`.

    Raises:
        RelanceError: an outbox file is damaged, or holds a column the destination no longer has.
    """
    files = sorted(outbox_folder(settings, activation).glob("*.parquet"))
    if not files:
        empty = ", ".join(f'null::varchar as "{id}"' for id in ids)
        con.execute(f"create or replace temp table {into} as select null::varchar as match_keys_sha256, {empty} where false")
        return
    source = f"read_parquet([{', '.join(literal(str(file)) for file in files)}], union_by_name = true)"
    try:
        present = [row[0] for row in con.execute(f"describe select * from {source}").fetchall()]
        sent = f"{source} where operation = 'add' and match_keys_sha256 in (select match_keys_sha256 from {wanted})"
        for gone in (id for id in present if id not in (*OWN, *ids)):
            if con.execute(f'select 1 from {sent} and "{gone}" is not null limit 1').fetchone():
                what = f"Rows to be removed were sent with the column `{gone}`, which the destination's file no longer names"
                raise RelanceError(
                    what, f"activation {activation}", f"put the column `{gone}` back into activations/destinations/"
                )
        cells = ", ".join(f'"{id}"' if id in present else f'null::varchar as "{id}"' for id in ids)
        con.execute(
            f"""create or replace temp table {into} as select match_keys_sha256, {cells} from {sent}
                qualify row_number() over (partition by match_keys_sha256) = 1"""
        )
    except duckdb.Error as error:
        how = "restore the file from a backup, or resend the audience in full"
        raise RelanceError(f"The outbox can't be read ({type(error).__name__})", str(files[0].parent), how) from None
