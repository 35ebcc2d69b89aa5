"""Ids that look like any other number or word (`4711`, `marie`), and the numbers of orders: in a text they tell nothing. They are
somebody's only where a record has them in a column that holds identifiers of their type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb

from dagster_project.catalog import has_table
from dagster_project.loads.contract import Entity, load_contracts, snake
from dagster_project.loads.layout import Layout
from dagster_project.privacy.claims import claims_of
from dagster_project.privacy.texts import cells
from dagster_project.privacy.wanted import numbering, tells_whose
from dagster_project.settings import SourceSettings

PATTERN_IDS = 100
"""Ids in one regular expression: those of RE2 have bounds."""
_APART = ("email", "phone", "hashed_email")


@dataclass(frozen=True)
class Numbers:
    """`wanted`: (whose numbers, None of anybody's; type; id). `renamed`: (source, entity) → column of its files → ours."""

    wanted: frozenset[tuple[str | None, str, str]]
    renamed: Mapping[tuple[str, str], Mapping[str, str]]

    @cached_property
    def patterns(self) -> list[str]:
        """Regular expressions (RE2's and Python's) of texts in which one may stand."""
        ids = sorted({re.escape(value) for _, _, value in self.wanted})
        return ["|".join(ids[start : start + PATTERN_IDS]) for start in range(0, len(ids), PATTERN_IDS)]

    def may_be_in(self, text: str) -> bool:
        return any(pattern.search(text) for pattern in self._compiled)

    def named_in(self, entity: Entity, record: Mapping[str, Any]) -> bool:
        """Whether a record, by the columns of its file, has one where identifiers of its type stand."""
        ours = self._columns(entity)
        told = {ours.get(snake(name), name): _text(value) for name, value in record.items()}
        for claim in claims_of(entity):
            kind = told.get(claim.spec.type_from, "").lower() if claim.spec.type_from else claim.type
            value = told.get(claim.column, "")
            if not claim.spec.path and ((None, kind, value) in self.wanted or (numbering(entity), kind, value) in self.wanted):
                return True
        return False

    def in_line(self, entity: Entity, line: str) -> bool:
        """Whether a line of JSON does."""
        try:
            record = json.loads(line) if self.may_be_in(line) else None
        except ValueError:
            return False
        return isinstance(record, dict) and self.named_in(entity, record)

    def in_csv(self, entity: Entity, names: list[str], delimiter: str) -> Callable[[str], bool]:
        """Whether a record of a CSV file with this header does."""

        def held(record: str) -> bool:
            return self.may_be_in(record) and self.named_in(entity, dict(zip(names, cells(record, delimiter), strict=False)))

        return held

    @cached_property
    def _compiled(self) -> list[re.Pattern[str]]:
        return [re.compile(pattern) for pattern in self.patterns]

    def _columns(self, entity: Entity) -> dict[str, str]:
        ours = {snake(spelling): name for name, column in entity.columns.items() for spelling in (name, *column.aliases)}
        renamed = self.renamed.get((entity.source, entity.name), {})
        return ours | {snake(theirs): name for theirs, name in renamed.items()}


def numbers_of(con: duckdb.DuckDBPyConnection, sources: Mapping[str, SourceSettings]) -> Numbers:
    """The person's, by what `find_rows` has listed."""
    rows = con.execute("select distinct source, type, trim(raw) from privacy_wanted").fetchall()
    wanted = {row for row in rows if row[1] not in _APART and (row[1] == "order_id" or not tells_whose(row[2]))}
    renamed = {
        (source, name): {theirs: ours for ours, theirs in entity.columns.items()}
        for source, told in sources.items()
        for name, entity in told.entities.items()
    }
    return Numbers(frozenset(wanted), renamed)


def refused_with(con: duckdb.DuckDBPyConnection, numbers: Numbers) -> Iterator[int]:
    """The rows (rowid) in quarantine that have one of these numbers in a column of its type."""
    if not numbers.wanted or not has_table(con, "quality", "load_ledger"):
        return
    hints = " or ".join(f"regexp_matches(q.raw, ${place})" for place in range(1, len(numbers.patterns) + 1))
    rows = con.execute(
        f"""select q.rowid, q.source, q.entity, q.raw, (
                select any_value(coalesce(l.layout, q.header)) from quality.load_ledger as l
                where l.file = q.file and l.batch = q.batch and l.source = q.source and l.entity = q.entity)
        from quality.quarantine as q where q.raw <> '' and ({hints}) order by 1""",
        numbers.patterns,
    ).fetchall()
    for row, source, name, raw, text in rows:
        entity = load_contracts().get(source, {}).get(name)
        if entity is None:
            continue
        layout = Layout.load(text) if text else None
        if numbers.in_line(entity, raw) or (layout and numbers.in_csv(entity, layout.names, layout.delimiter)(raw)):
            yield row


def _text(value: Any) -> str:
    text = str(value).strip() if isinstance(value, str | int | float) else ""
    return re.sub(r"^(\d+)\.0$", r"\1", text)
