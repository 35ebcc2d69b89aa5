"""The files of a feed whose columns are compared, and which earlier ones each is to be compared with.

A feed may hold files of several kinds (a day's table and the one that fills during the day, pages beside tracks), which have
columns of their own: a file is compared with those of its kind, told by its path.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from dagster_project.loads.layout import LaidColumn, Layout
from dagster_project.loads.names import looks_like_value

EARLIER = 30
"""Earlier files that one is compared with, at most."""


@dataclass(frozen=True)
class File:
    """A file and its columns, but for those whose names look like values; `kind` is its path without days and numbers."""

    path: str
    batch: int
    records: int
    columns: dict[str, LaidColumn]
    layout: Layout
    mapping: str
    kind: str

    @property
    def is_counted(self) -> bool:
        """Whether it is known of how many records each column is."""
        return any(column.records is not None for column in self.columns.values())


_LINES = """
    select rowid as id, file, batch, rows_read, mapping, drifted,
        -- 'ga4/events/events_intraday_20260131.parquet' → ' events events intraday parquet'
        regexp_replace(regexp_replace(lower(file), '[a-z]*[0-9][a-z0-9]*', '', 'g'), '[^a-z]+', ' ', 'g') as kind,
        row_number() over (order by batch, landed_on nulls last, file) as nth
    from quality.load_ledger where source = $source and entity = $entity and layout is not null and rows_read > 0"""
"""The files of a feed that have records and columns: one without records tells nothing, and none is measured by it."""


class Earlier:
    """The newest files that were compared already: of each kind, and of all."""

    def __init__(self) -> None:
        self._all: deque[File] = deque(maxlen=EARLIER)
        self._kinds: dict[str, deque[File]] = {}

    def add(self, file: File) -> None:
        for files in (self._all, self._kinds.setdefault(file.kind, deque(maxlen=EARLIER))):
            files.append(file)

    def like(self, file: File) -> Sequence[File]:
        """Files of the same kind or, where its path tells of none that was there before, of any; newest last."""
        return self._kinds.get(file.kind) or self._all


def files_of(con: duckdb.DuckDBPyConnection, place: dict[str, str]) -> tuple[list[File], Earlier]:
    """The files of a feed (`place`: source and entity) that wait for their comparison, and those to compare them with."""
    newest = f"row_number() over (partition by kind order by nth desc) <= {EARLIER}"
    chosen = con.execute(
        f"""with lines as ({_LINES}), waiting as (from lines where drifted is null),
            compared as (from lines where drifted is not null)
        select id, nth, kind, true as waits from waiting
        union all
        select id, nth, kind, false from (from compared qualify row_number() over (order by nth desc) <= {EARLIER}
            or (kind in (select kind from waiting) and {newest}))
        order by nth""",
        place,
    ).fetchall()
    told = con.execute(
        """select rowid, file, batch, rows_read, layout, mapping from quality.load_ledger
        where rowid in (select unnest($1::bigint[]))""",
        [[row[0] for row in chosen]],
    ).fetchall()
    by_id = {number: rest for number, *rest in told}
    waiting, before = [], Earlier()
    for number, _, kind, waits in chosen:
        path, batch, records, layout, mapping = by_id[number]
        laid = Layout.load(layout)
        columns = {column.name: column for column in laid.columns if not looks_like_value(column.name)}
        file = File(path, batch, records, columns, laid, mapping, kind)
        if waits:
            waiting.append(file)
        else:
            before.add(file)
    return waiting, before


def first_batch(con: duckdb.DuckDBPyConnection, place: dict[str, str]) -> int | None:
    """The load that brought the first files of a feed."""
    row = con.execute(f"select min(batch) from ({_LINES})", place).fetchone()
    return row[0] if row else None
