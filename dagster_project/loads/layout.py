"""What columns a file had and where they went. It is kept with the file's line in the ledger: from it follows what has
drifted since earlier files, and how a quarantined CSV row is to be read when its file has left the landing folder.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from dagster_project.loads.casts import identifier, literal
from dagster_project.loads.names import is_personal, looks_like_value
from dagster_project.loads.plan import NULL, Plan, headless
from dagster_project.loads.read import Landed
from dagster_project.loads.scan import Scan
from dagster_project.loads.stage import cast_fault

EXTRA = "_extra"
"""Where columns go that no contract column takes."""
KEYS_KEPT = 500
"""Keys of an NDJSON file beyond the contract's that are remembered."""
MOSTLY = 0.5
"""Above this share of values that can't be read, a column is of another type than its contract's."""


@dataclass(frozen=True)
class LaidColumn:
    """A column of a file. `type` is a Parquet column's (None for text); `target` the contract column it fills, `_extra`, or
    None where it is used in another way; `records` how many records have it (of an NDJSON file; None: all).
    """

    name: str
    type: str | None
    target: str | None
    records: int | None


@dataclass(frozen=True)
class Layout:
    """The shape of one file. `missing` are required contract columns that nothing fills, `retyped` those whose values mostly
    can't be read as the contract asks.
    """

    columns: tuple[LaidColumn, ...]
    delimiter: str = ","
    missing: tuple[str, ...] = ()
    retyped: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def dump(self) -> str:
        columns = [[column.name, column.type, column.target, column.records] for column in self.columns]
        parts = {"delimiter": self.delimiter, "columns": columns, "missing": self.missing, "retyped": self.retyped}
        return json.dumps(parts, ensure_ascii=False)

    @staticmethod
    def load(text: str) -> Layout:
        parts = json.loads(text)
        columns = tuple(LaidColumn(*column) for column in parts["columns"])
        return Layout(columns, parts["delimiter"], tuple(parts["missing"]), tuple(parts["retyped"]))


def layouts(
    con: duckdb.DuckDBPyConnection, plan: Plan, landed: Landed, scans: Sequence[Scan], written: str | None
) -> list[Layout | None]:
    """The layout of each file of a group, whose refused rows lie in load_faulty; `written` is SQL of the others (None: all).

    None where there is none to tell: an unreadable or empty file, one whose first line is no header.
    """
    is_parquet = scans[0].format == "parquet"
    nameless = scans[0].format == "csv" and headless(plan, landed.header)
    # The rows of a Parquet file that are refused bear its names: without a layout, they can be read all the same.
    if landed.unreadable or nameless or (is_parquet and any(map(is_personal, landed.header))):
        return [None] * len(scans)
    targets = {name: EXTRA for name, _ in plan.extras}
    for target, value in plan.values.items():
        targets |= {name: target for name in value.names if name not in targets}
    retyped = _retyped(con, plan, written) if written else {}
    found: list[Layout | None] = []
    for number, count in enumerate(landed.read):
        if landed.json_lines:
            keys = landed.keys[number] if number < len(landed.keys) else {}
            columns = [LaidColumn(name, None, targets.get(name, EXTRA), has) for name, has in keys.items()]
            # Ids or addresses that stand as keys are values, and there is no end to them.
            extras = [column for column in columns if column.target == EXTRA and not looks_like_value(column.name)]
            columns = [column for column in columns if column.target != EXTRA] + extras[:KEYS_KEPT]
        else:
            typed = {column.name: column.type for column in landed.columns} if is_parquet else {}
            # Places tell the values of a row apart, so what stands for a name there may be left out.
            kept = [f"(column {place})" if is_personal(name) else name for place, name in enumerate(plan.columns, 1)]
            columns = [
                LaidColumn(kept[place], typed.get(name), targets.get(name), None) for place, name in enumerate(plan.columns)
            ]
        names = {column.name for column in columns}
        missing = tuple(_unfilled(plan, names)) if count else ()
        layout = Layout(tuple(columns), landed.delimiter, missing, tuple(retyped.get(number, ())))
        found.append(layout if columns else None)
    return found


def unknown_header(plan: Plan, landed: Landed, format: str) -> str | None:
    """The layout, as text, of a CSV that is refused since nobody knows its columns, though none of them looks like a value.

    It may be a header that relance.yml does not speak of yet, or a row: it is kept beside the refused rows alone, which are
    somebody's data too, so that they can be read once it does.
    """
    if format != "csv" or not headless(plan, landed.header) or any(map(looks_like_value, landed.header)):
        return None
    return Layout(tuple(LaidColumn(name, None, EXTRA, None) for name in landed.header), landed.delimiter).dump()


def _unfilled(plan: Plan, names: set[str]) -> list[str]:
    """Required contract columns that none of these columns of a file fills."""
    return [
        target
        for target, spec in plan.entity.columns.items()
        if spec.required and not (value := plan.values[target]).constant and not names.intersection(value.names)
        if value.names or value.sql == NULL
    ]


def _retyped(con: duckdb.DuckDBPyConnection, plan: Plan, written: str) -> dict[int, list[str]]:
    """File number → contract columns whose given values mostly can't be read."""
    faults = {target: fault for target in plan.values if (fault := cast_fault(plan, target))}
    if not faults:
        return {}
    names = ", ".join(identifier(target) for target in faults)
    shares = [
        f"count(*) filter (contains(_reason, {literal(fault)})) > {MOSTLY} * "
        f"(count({identifier(target)}) + count(*) filter (contains(_reason, {literal(fault)})))"
        for target, fault in faults.items()
    ]
    rows = con.execute(
        f"""select _fileno, {", ".join(shares)} from (
            select _fileno, {names}, _reason from load_faulty union all select _fileno, {names}, null from {written}
        ) where _fileno in (select _fileno from load_faulty) group by 1"""
    ).fetchall()
    return {file: [target for target, wrong in zip(faults, flags, strict=True) if wrong] for file, *flags in rows}
