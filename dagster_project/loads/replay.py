"""`relance replay`: rows in quarantine are read again under today's rules.

A row that can be used now goes into its raw table with its old file and record number and a new batch; its file's line in the
ledger counts it where it went, and quality.replays tells of it. What is still wrong stays, with the reason of today.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from dagster_project.errors import RelanceError
from dagster_project.loads.books import ensure_books, ensure_raw_tables, next_batch, unbalanced
from dagster_project.loads.casts import identifier
from dagster_project.loads.dedupe import mark_duplicates
from dagster_project.loads.discover import Feed, feed_of
from dagster_project.loads.group import prepare
from dagster_project.loads.mend import MendedRows, write_open
from dagster_project.loads.plan import Plan, SourceColumn, make_plan, refusal
from dagster_project.loads.quarantine import OpenRow, Shape, Text, as_it_came, open_shapes, open_slices
from dagster_project.loads.read import Landed, pick_keys
from dagster_project.loads.record_by_record import insert_arrow
from dagster_project.loads.write import new_rows, note_faults, write_rows
from dagster_project.privacy.copies import note_mended
from dagster_project.privacy.stop import mark_stopped, write_stopped
from dagster_project.privacy.tombstones import arm
from dagster_project.settings import Settings
from dagster_project.warehouse import open_warehouse, run_lock

Reader = Callable[[Shape, OpenRow], Text | None]
"""What to read of a row, such as what somebody has mended of it; None leaves the row alone."""


@dataclass
class Replayed:
    """What a replay did for one entity; `tombstoned` counts rows of people who have been erased since, `refused` those that stay
    in quarantine, by reason.
    """

    source: str
    entity: str
    accepted: int = 0
    duplicate: int = 0
    tombstoned: int = 0
    refused: Counter[str] = field(default_factory=Counter)


def replay(
    settings: Settings,
    con: duckdb.DuckDBPyConnection,
    source: str | None = None,
    entity: str | None = None,
    mended: Reader | None = None,
) -> list[Replayed]:
    """Load open rows again. They go in slices, each of which commits alone, rows and books together.

    Args:
        source, entity: limit the replay to these.
        mended: what somebody has made of the rows by hand; by default they are read as they came.

    Raises:
        RelanceError: there is no such source or entity.
    """
    con.execute("set timezone = 'UTC'")
    ensure_books(con)
    arm(settings, con)
    batch = next_batch(con)
    done: dict[str, Replayed] = {}
    for shape in open_shapes(con, source, entity):
        feed = feed_of(settings, shape.entity)
        ensure_raw_tables(con, {shape.entity.source: [shape.entity.name]})
        result = done.setdefault(feed.label, Replayed(shape.entity.source, shape.entity.name))
        lost = _lost_as_a_whole(feed, shape) if mended is None else None
        read = mended or as_it_came
        for rows in open_slices(con, shape):
            texts = [(row, Text(None, lost) if lost and row.whole else read(shape, row)) for row in rows]
            given = [(row, text) for row, text in texts if text is not None]
            if given:
                _replay_slice(con, feed, shape, given, batch, mended is not None, result)
    for file, *_, what in unbalanced(con) if done else []:
        raise RelanceError(f"The books do not balance after the replay: {what}", file, "report it: this is a fault of the loads")
    return list(done.values())


def _lost_as_a_whole(feed: Feed, shape: Shape) -> str | None:
    """Why no row of these files can be used, whatever stands in it: columns that all of them need are not there."""
    if shape.header is None:
        return None
    plan = make_plan(feed, [SourceColumn(name, "l.j") for name in shape.header], "0")
    return refusal(plan, list(shape.header)) if plan.missing else None


def _replay_slice(
    con: duckdb.DuckDBPyConnection,
    feed: Feed,
    shape: Shape,
    rows: list[tuple[OpenRow, Text]],
    batch: int,
    is_mended: bool,
    result: Replayed,
) -> None:
    prepare(con, list(shape.files))
    columns = {
        "_fileno": pa.array((row.place for row, _ in rows), pa.int64()),
        "_record": pa.array((row.record for row, _ in rows), pa.int64()),
        "line": pa.array((row.line for row, _ in rows), pa.int64()),
        "text": pa.array((text.json for _, text in rows), pa.string()),
        "fault": pa.array((text.fault for _, text in rows), pa.string()),
    }
    insert_arrow(con, "create or replace temp table replay_rows as from load_slice", pa.table(columns))
    landed = _land(con, feed, () if is_mended else tuple(zip(shape.header or (), shape.types, strict=False)))
    plan = make_plan(feed, landed.columns, landed.record)
    mark_stopped(con, plan, landed)
    mark_duplicates(con, plan, landed)
    counts, refused = _commit(con, plan, landed, batch, is_mended)
    for table in ("load_landed", "load_faulty", "replay_rows", "replay_outcomes"):
        con.execute(f"drop table temp.{table}")
    result.accepted += counts.get("accepted", 0)
    result.duplicate += counts.get("duplicate", 0)
    result.tombstoned += counts.get("tombstoned", 0)
    result.refused.update(refused)


def _outcomes(con: duckdb.DuckDBPyConnection, plan: Plan, landed: Landed, written: str) -> tuple[dict, dict]:
    """Fill replay_outcomes with what became of each row: a place in the raw table, none since the row is known already, or a
    reason. Returns the number of rows by outcome, and of refused ones by reason.

    Raises:
        RelanceError: what was `written` is not what should have been.
    """
    note_faults(con, plan, landed)
    con.execute(
        """create or replace temp table replay_outcomes as
        select r._fileno, r._record, coalesce(r.fault, s._reason) as reason,
            case when t.outcome <> 'freed' then 'tombstoned' when coalesce(r.fault, s._reason) is not null then 'refused'
            when d._record is null or k._record is not null then 'accepted' else 'duplicate' end as outcome,
            t.outcome <> 'freed' and k._record is not null as is_anonymous
        from replay_rows as r
        left join load_faulty as s using (_fileno, _record) left join load_dupes as d using (_fileno, _record)
        left join load_stopped as t using (_fileno, _record) left join load_kept as k using (_fileno, _record)"""
    )
    counts = dict(con.execute("select outcome, count(*) from replay_outcomes group by 1").fetchall())
    (wanted,) = con.execute("select count(*) from replay_outcomes where outcome = 'accepted' or is_anonymous").fetchone() or (0,)
    row = con.execute(f"select count(*) from {written}").fetchone()
    if row is None or row[0] != wanted:
        what = f"The books do not balance: {row[0] if row else 0} rows written, {wanted} to be booked"
        raise RelanceError(what, plan.feed.label, "this is a fault of the replay: nothing was changed; report it")
    query = "select reason, count(*) from replay_outcomes where outcome = 'refused' group by 1"
    return counts, dict(con.execute(query).fetchall())


def _land(con: duckdb.DuckDBPyConnection, feed: Feed, typed: tuple[tuple[str, str], ...]) -> Landed:
    """The texts of replay_rows as load_landed: JSON lines, or columns with the types (name, type) that their Parquet had."""
    rows = "case when json_valid(text) then cast(text as json) end"
    into = "create or replace temp table load_landed as select _fileno, _record, {} from replay_rows where fault is null"
    if typed and len({name.lower() for name, _ in typed}) == len(typed):
        struct = ", ".join(f"{identifier(name)} {kind}" for name, kind in typed)
        con.execute(into.format(f"try_cast({rows} as struct({struct})) as v"))
        columns = [SourceColumn(name, f"l.v.{identifier(name)}", kind) for name, kind in typed]
        return Landed(columns, header=[name for name, _ in typed])
    con.execute(into.format(f"{rows} as j"))
    landed = Landed([], json_lines=True)
    pick_keys(con, feed, landed)
    return landed


def _commit(con: duckdb.DuckDBPyConnection, plan: Plan, landed: Landed, batch: int, is_mended: bool) -> tuple[dict, dict]:
    """Rows, quarantine, ledger and journal in one transaction; returns what `_outcomes` does."""
    entity, now = plan.entity, datetime.now(UTC).replace(tzinfo=None)
    place = {"source": entity.source, "entity": entity.name}
    of_row = """q.source = $source and q.entity = $entity and q.settled_at is null
        and q.file = f.file and q.batch = f.batch and q.record = o._record and f.place = o._fileno"""
    con.execute("begin")
    try:
        write_rows(con, plan, landed, batch, now)
        write_stopped(con, plan, landed, batch, now)
        found = _outcomes(con, plan, landed, new_rows(entity, batch, now))
        con.execute(
            f"""insert into quality.replays by name
            select q.file, q.line, q.source, q.entity, q.reason, o.outcome, $mended::boolean as is_mended, q.record,
                md5(q.raw) as raw_md5, $batch::bigint as batch, $now::timestamp as replayed_at
            from quality.quarantine as q, replay_files as f, replay_outcomes as o
            where {of_row} and o.outcome <> 'refused' order by q.file, q.record""",
            place | {"batch": batch, "now": now, "mended": is_mended},
        )
        con.execute(
            f"""update quality.quarantine as q set reason = o.reason from replay_files as f, replay_outcomes as o
            where {of_row} and o.outcome = 'refused' and q.reason <> o.reason""",
            place,
        )
        con.execute(
            f"""delete from quality.quarantine as q using replay_files as f, replay_outcomes as o
            where {of_row} and o.outcome <> 'refused'""",
            place,
        )
        con.execute(
            """update quality.load_ledger as l set rows_quarantined = rows_quarantined - n.accepted - n.duplicate - n.tombstoned,
                rows_accepted = rows_accepted + n.accepted, rows_duplicate = rows_duplicate + n.duplicate,
                rows_tombstoned = rows_tombstoned + n.tombstoned, rows_anonymous = coalesce(rows_anonymous, 0) + n.anonymous
            from (
                select f.file, f.batch, count(*) filter (outcome = 'accepted') as accepted,
                    count(*) filter (outcome = 'duplicate') as duplicate,
                    count(*) filter (outcome = 'tombstoned') as tombstoned, count(*) filter (is_anonymous) as anonymous
                from replay_outcomes as o join replay_files as f on f.place = o._fileno where outcome <> 'refused' group by all
            ) as n
            where l.file = n.file and l.batch = n.batch and l.source = $source and l.entity = $entity""",
            place,
        )
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
    return found


def replay_project(
    settings: Settings, source: str | None, entity: str | None, write_to: Path | None, read_from: Path | None
) -> list[str]:
    """What `relance replay` does: load the open rows again, or write them to a folder, or load them from one.

    Returns:
        Lines that say what happened.

    Raises:
        RelanceError: the options contradict each other or name what is not there; nothing was loaded yet; another command of
            this project is running.
    """
    if write_to is not None and read_from is not None:
        raise RelanceError("Rows are either written or loaded", "--write and --from", "give one of the two")
    if not settings.warehouse_path.exists():
        raise RelanceError("Nothing has been loaded yet", str(settings.warehouse_path), "run `relance run` first")
    with run_lock(settings), open_warehouse(settings) as con:
        if write_to is not None:
            if write_to.resolve().is_relative_to(settings.landing_path.resolve()):
                raise RelanceError("The folder lies in the landing folder", str(write_to), "name one outside: it would be loaded")
            note_mended(settings, write_to)
            written = write_open(con, write_to, source, entity)
            lines = [f"{path}: {_rows(count)}" for path, count in written]
            return [*lines, f"Mend them, then: relance replay --from {write_to}"] if lines else ["No row waits to be mended."]
        mended = MendedRows(read_from) if read_from is not None else None
        done = replay(settings, con, source, entity, mended)
    lines = []
    for result in done:
        kept = result.refused.total()
        gone = f"{result.tombstoned:,} of erased people, " if result.tombstoned else ""
        counts = f"{_rows(result.accepted)} loaded, {result.duplicate:,} known already, {gone}{kept:,} still refused"
        lines.append(f"{result.source}.{result.entity}: {counts}")
        lines += [
            f"  {count:,} × {reason}" for reason, count in sorted(result.refused.items(), key=lambda item: (-item[1], item[0]))
        ]
    if mended and mended.unknown:
        lines.append(f"Not in quarantine (any more): {_rows(mended.unknown)} of {read_from}.")
    if any(result.accepted for result in done):
        lines.append("The next `relance run` takes the loaded rows on.")
    return lines or ["No row waits to be mended."]


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"
