"""The validation of a group of files in one SQL statement: casts, refusals, keys and hashes."""

from __future__ import annotations

import json

from dagster_project.loads.casts import MEANING, cast_to, given, identifier, is_flat, literal
from dagster_project.loads.plan import NULL, Plan, SourceColumn
from dagster_project.loads.read import Landed

SEPARATOR = "chr(31)"
"""ASCII's unit separator stands between the parts of a key, where no one types it."""
ABSENT = "chr(30)"
"""Stands for NULL in what is hashed, so that a value and its neighbour's gap never look the same."""


def stage_sql(plan: Plan, landed: Landed) -> str:
    """SQL that yields one row per record: the contract's columns, _extra, _key, _hash, _fileno, _record, _reason.

    A row with a _reason is to be quarantined.
    """
    entity, zone, json_lines = plan.entity, plan.feed.timezone, landed.json_lines
    raw = [f"{value.sql} as {_raw(name)}" for name, value in plan.values.items()]
    raw += [f"{part.text} as {identifier(f'k_{i}')}" for i, part in enumerate(plan.key) if isinstance(part, SourceColumn)]
    if json_lines:
        raw.append("j")
    typed = [
        f"{cast_to(spec.type, _raw(name), plan.values[name].type, zone)} as {_typed(name)}"
        for name, spec in entity.columns.items()
    ]
    return f"""
        with raws as (
            select f.fileno as _fileno, {landed.record} as _record, f.landed_on as _landed_on, {", ".join(raw)},
                {_extra(plan, landed)} as _extra
            from {landed.source}
        ), typed as (
            select *, {", ".join(typed)} from raws
        )
        select {", ".join(f"{_typed(name)} as {identifier(name)}" for name in entity.columns)}, _extra,
            {_key(plan)} as _key, {_hash(plan)} as _hash, _fileno, _record, {_reason(plan, json_lines)} as _reason
        from typed"""


def _raw(name: str) -> str:
    return identifier(f"r_{name}")


def _typed(name: str) -> str:
    return identifier(f"t_{name}")


def _text(name: str) -> str:
    return f"cast({_typed(name)} as varchar)"


def _key(plan: Plan) -> str:
    parts = [_text(part) if isinstance(part, str) else identifier(f"k_{i}") for i, part in enumerate(plan.key)]
    if plan.entity.key_digest and not plan.feed.mapping.key:
        parts.append(f"md5({_joined([_text(name) for name in plan.entity.key_digest])})")
    return (
        parts[0]
        if len(parts) == 1
        else f"concat_ws({SEPARATOR}, {', '.join(f'coalesce({part}, {chr(39)}{chr(39)})' for part in parts)})"
    )


def _joined(parts: list[str]) -> str:
    return "concat(" + f", {SEPARATOR}, ".join(f"coalesce({part}, {ABSENT})" for part in parts) + ")"


def _hash(plan: Plan) -> str:
    entity = plan.entity
    content = [_text(name) for name in entity.columns] + ["_extra"]
    if entity.mode == "versions":
        # Without a time of its own, a row is the version of the day it landed on: A, then B, then A again are three.
        own_time = f"coalesce({', '.join(_text(name) for name in entity.version)})" if entity.version else NULL
        content.append(f"case when {own_time} is null then cast(_landed_on as varchar) end")
    return f"md5({_joined(content)})"


def _extra(plan: Plan, landed: Landed) -> str:
    """Further columns as a JSON object; NULL where none is given."""
    if not plan.extras and not landed.more_keys:
        return NULL
    pairs = [(name, given(column.sql, column.type)) for name, column in plan.extras]
    if not landed.json_lines:
        built = f"json_object({', '.join(f'{literal(name)}, {value}' for name, value in pairs)})"
        some = " or ".join(f"({value}) is not null" for _, value in pairs)
        return f"case when {some} then cast(json_merge_patch('{{}}', {built}) as varchar) end"
    # The line without what the contract took from it keeps numbers and lists as they were.
    own = {column.name for name, column in plan.extras if name == column.name}
    gone = json.dumps({name: None for name in plan.columns if name not in own})
    rest = f"json_merge_patch(j, {literal(gone)})"
    renamed = ", ".join(f"{literal(name)}, {column.sql}" for name, column in plan.extras if name not in own)
    if renamed:
        rest = f"json_merge_patch({rest}, json_object({renamed}))"
    return f"case when {is_flat('j')} then nullif(cast(json_merge_patch('{{}}', {rest}) as varchar), '{{}}') end"


def _reason(plan: Plan, json_lines: bool) -> str:
    faults = _faults(plan)
    bad = " or ".join(condition for condition, _ in faults) or "false"
    cases = ", ".join(f"case when {condition} then {literal(reason)} end" for condition, reason in faults)
    told = f"concat_ws('; ', {cases or NULL})"
    if not json_lines:
        return f"case when {bad} then {told} end"
    no_object = f"(j is null or not {is_flat('j')} or json_type(j) <> 'OBJECT')"
    # A line that is no object lacks what is required, so its type matters only then, unless nothing is required of it.
    needed = any(spec.required and not plan.values[name].constant for name, spec in plan.entity.columns.items())
    bad += f" or not {is_flat('j')}" if needed else f" or {no_object}"
    told = f"case when {no_object} then 'the line is not a JSON object of moderate depth' else {told} end"
    return f"case when {bad} then {told} end"


def _faults(plan: Plan) -> list[tuple[str, str]]:
    """(condition, reason) of each way a row can be wrong. A reason names the column and the rule, never the value."""
    faults = []
    for name, spec in plan.entity.columns.items():
        value, raw = plan.values[name], _raw(name)
        label = f"`{name}`"
        if value.names and value.names != (name,):
            label += f" (from {', '.join(f'`{source}`' for source in value.names)})"
        if spec.required and not value.constant:
            faults.append((f"{raw} is null", f"{label} is missing"))
        for other, wanted in spec.required_when.items():
            condition = f"{raw} is null and lower(trim({_text(other)})) in ({', '.join(literal(word) for word in wanted)})"
            faults.append((f"({condition})", f"{label} is missing, which `{other}` asks for"))
        if value.sql != NULL and not (spec.type == "text" and value.type == "VARCHAR"):
            faults.append((f"({raw} is not null and {_typed(name)} is null)", f"{label} is not {MEANING[spec.type]}"))
    for group in plan.entity.require_any:
        names = ", ".join(f"`{name}`" for name in group)
        faults.append((f"({' and '.join(f'{_raw(name)} is null' for name in group)})", f"none of {names} is given"))
    return faults
