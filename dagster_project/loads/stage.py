"""The validation of a group of files in SQL: casts, refusals, times, keys and hashes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from dagster_project.loads.casts import MEANING, cast_to, given, identifier, is_flat, literal
from dagster_project.loads.contract import Digest, Entity
from dagster_project.loads.names import shown
from dagster_project.loads.plan import NULL, Plan, SourceColumn
from dagster_project.loads.read import Landed

SEPARATOR = "chr(31)"
"""ASCII's unit separator stands between the parts of a key, where no one types it."""
ABSENT = "chr(30)"
"""Stands for NULL in what is hashed, so that a value and its neighbour's gap never look the same."""


def stage_sql(plan: Plan, landed: Landed, wanted: Sequence[str], only: str | None = None) -> str:
    """SQL that yields one row per record of load_files, with the columns `wanted`.

    These may be the contract's, _extra, _key, _happened_at, _path, _landed_on, _fileno, _record, and
     - _hash: of the content,
     - _reason: why the row is to be quarantined, NULL where it is not.
    What is not wanted is not worked out: a key costs a fraction of a row.

    Args:
        only: the table with the (_fileno, _record) of the records to look at; by default all are.
    """
    finals = {name: _typed(name) for name in plan.entity.columns}
    finals |= {"_key": _key(plan), "_hash": _hash(plan), "_reason": _reason(plan, landed.json_lines)}
    final = [f"{finals[name]} as {identifier(name)}" if name in finals else name for name in wanted]
    clock = _needed({"_happened_at": _happened(plan)}, final)
    casts = {
        _typed(name): cast_to(spec.type, _raw(name), plan.values[name].type, plan.feed.timezone)
        for name, spec in plan.entity.columns.items()
    }
    typed = _needed(casts, [*final, *clock])
    values = {_raw(name): value.sql for name, value in plan.values.items()}
    values |= {identifier(f"k_{i}"): part.text for i, part in enumerate(plan.key) if isinstance(part, SourceColumn)}
    values["_extra"] = _extra(plan, landed)
    raws = _needed(values, [*final, *clock, *typed])
    about = ["f.fileno as _fileno", f"{landed.record} as _record", "f.path as _path", "f.landed_on as _landed_on"]
    if landed.json_lines:
        about.append("j")
    return f"""
        select {", ".join(final)} from (
            select {", ".join(["*", *clock])} from (
                select {", ".join(["*", *typed])} from (
                    select {", ".join([*about, *raws])} from {landed.source(raws, only)})))"""


def _needed(columns: Mapping[str, str], by: Sequence[str]) -> list[str]:
    """Those of some columns (name → SQL) that occur in further SQL."""
    return [f"{sql} as {name}" for name, sql in columns.items() if any(name in expression for expression in by)]


def content_hash(entity: Entity, text: Callable[[str], str]) -> str:
    """SQL of a digest of a row's content; `text` gives the SQL of a contract column as text."""
    return f"md5({_joined([*map(text, entity.columns), '_extra'])})"


def _raw(name: str) -> str:
    return identifier(f"r_{name}")


def _typed(name: str) -> str:
    return identifier(f"t_{name}")


def _text(name: str) -> str:
    return f"cast({_typed(name)} as varchar)"


def _key(plan: Plan) -> str:
    entity = plan.entity
    parts = [_key_text(entity, part) if isinstance(part, str) else identifier(f"k_{i}") for i, part in enumerate(plan.key)]
    if entity.key_digest and not plan.feed.mapping.key:
        digest = f"md5({_joined([_digested(name, entity.columns[name].digest) for name in entity.key_digest])})"
        if entity.key_suffices:
            told = " and ".join(f"{_typed(name)} is not null" for name in entity.key_suffices)
            digest = f"case when {told} then concat_ws('.', {', '.join(map(_text, entity.key_suffices))}) else {digest} end"
        parts.append(digest)
    return (
        parts[0]
        if len(parts) == 1
        else f"concat_ws({SEPARATOR}, {', '.join(f'coalesce({part}, {chr(39)}{chr(39)})' for part in parts)})"
    )


def _key_text(entity: Entity, name: str) -> str:
    case = entity.columns[name].case
    return f"{case}(trim({_text(name)}))" if case else _text(name)


def _digested(name: str, digest: Digest | None) -> str:
    """What of a column counts in a key: of a JSON list of records the chosen fields, sorted; of anything else the text."""
    if digest is None:
        return _text(name)

    def field(path: str) -> str:
        return f"json_extract_string(record, {literal('$.' + path)})"

    chosen = [
        f"coalesce({field(path)}, '') not in ({', '.join(literal(value) for value in values)})"
        for path, values in digest.without.items()
    ]
    records = f"json_extract({_typed(name)}, '$[*]')"
    if chosen:
        records = f"list_filter({records}, lambda record: {' and '.join(chosen)})"
    # concat_ws passes over what is absent: NULLs of a Parquet struct and fields that JSON leaves out are the same.
    told = f"list_transform({records}, lambda record: concat_ws({SEPARATOR}, {', '.join(map(field, digest.fields))}))"
    listed = f"list_aggregate(list_sort({told}), 'string_agg', {ABSENT})"
    return f"case json_type({_typed(name)}) when 'ARRAY' then {listed} else {_text(name)} end"


def _joined(parts: list[str]) -> str:
    return "concat(" + f", {SEPARATOR}, ".join(f"coalesce({part}, {ABSENT})" for part in parts) + ")"


def _hash(plan: Plan) -> str:
    """SQL of a digest of a row's content: of a fact, which of several tellings is kept; of a version, what tells it from others.

    A version without a time of its own is one of the moment it landed, which then is part of it: A, then B, then A again are
    three.
    """
    entity = plan.entity
    if entity.mode == "facts":
        return content_hash(entity, _text)
    own_time = f"coalesce({', '.join(_text(name) for name in entity.version)})" if entity.version else NULL
    day = f"case when {own_time} is null then cast(_landed_on as varchar) end"
    return f"md5({_joined([*(_text(name) for name in entity.columns), '_extra', day])})"


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
    taken = [name for name in plan.columns if name not in own]
    rest = f"json_merge_patch(j, {literal(json.dumps(dict.fromkeys(taken)))})"
    renamed = ", ".join(f"{literal(name)}, {column.sql}" for name, column in plan.extras if name not in own)
    some = f"json_valid(j) and {is_flat('j')}"
    if renamed:
        rest = f"json_merge_patch({rest}, json_object({renamed}))"
    else:
        # To look at the keys of a line costs a fraction of patching it, and most lines have no others.
        some += f" and not list_has_all([{', '.join(map(literal, taken))}]::varchar[], json_keys(j))"
    return f"case when {some} then nullif(cast(json_merge_patch('{{}}', {rest}) as varchar), '{{}}') end"


def _happened(plan: Plan) -> str:
    def moment(name: str) -> str:
        is_day = plan.entity.columns[name].type == "date"
        return f"cast({_typed(name)} as timestamp)" if is_day else _typed(name)

    return plan.entity.happened_sql(moment)


def _reason(plan: Plan, json_lines: bool) -> str:
    faults = [(condition, literal(reason)) for condition, reason in _faults(plan)] + _untimely(plan)
    bad = " or ".join(condition for condition, _ in faults) or "false"
    cases = ", ".join(f"case when {condition} then {reason} end" for condition, reason in faults)
    told = f"concat_ws('; ', {cases or NULL})"
    if not json_lines:
        return _once(bad, told)
    no_object = f"not (case when json_valid(j) and {is_flat('j')} then json_type(j) = 'OBJECT' else false end)"
    # A line that is no object lacks what is required, so its type matters only then, unless nothing is required of it.
    needed = any(spec.required and not plan.values[name].constant for name, spec in plan.entity.columns.items())
    bad += f" or not {is_flat('j')}" if needed else f" or {no_object}"
    told = f"case when {no_object} then 'the line is not a JSON object of moderate depth' else {told} end"
    return _once(bad, told)


def _once(bad: str, told: str) -> str:
    """The reason of a row that is bad. Chance has no part in it, but what hangs on it must not be worked out twice.

    DuckDB would put a filter on the reason before the values it is made of are worked out, and work them out for the filter too,
    as often as they occur in it: the rows of a CSV would take more than twice the time.
    """
    return f"case when {bad} or random() < 0 then {told} end"


def _untimely(plan: Plan) -> list[tuple[str, str]]:
    """(condition, reason as SQL) of what happened when it can't have."""
    clock = plan.entity.happened
    if clock is None:
        return []
    given = [name for name in [*clock.exact, *clock.at] if plan.values[name].sql != NULL]
    label = " ".join(f"when {_typed(name)} is not null then {literal(_label(plan, name))}" for name in given)
    if clock.corrected_by:
        made, sent, received = clock.corrected_by
        exact = "".join(f" and {_typed(name)} is null" for name in clock.exact)
        all_given = " and ".join(f"{_typed(name)} is not null" for name in clock.corrected_by)
        told = f"{_label(plan, made)}, corrected by {_label(plan, sent)} and {_label(plan, received)},"
        label = f"when {all_given}{exact} then {literal(told)} {label}"
    if not label:
        return []
    faults = []
    if clock.since:
        early = f"_happened_at < timestamp '{clock.since}-01-01'"
        faults.append((early, f"concat(case {label} end, ' lies before the year {clock.since}')"))
    if clock.future == "refused":
        late = f"_happened_at > timestamp '{plan.feed.not_after:%Y-%m-%d %H:%M:%S}'"
        faults.append((late, f"concat(case {label} end, ' lies in the future')"))
    return faults


def cast_fault(plan: Plan, name: str) -> str | None:
    """Why a row is refused whose value for this contract column can't be read; None where any value can be."""
    value, spec = plan.values[name], plan.entity.columns[name]
    if value.sql == NULL or (spec.type == "text" and value.type == "VARCHAR"):
        return None
    return f"{_label(plan, name)} is not {MEANING[spec.type]}"


def _label(plan: Plan, name: str) -> str:
    """A contract column by its name and those of the columns it was read from."""
    sources = plan.values[name].names
    return f"`{name}`" if not sources or sources == (name,) else f"`{name}` (from {', '.join(f'`{s}`' for s in sources)})"


def _faults(plan: Plan) -> list[tuple[str, str]]:
    """(condition, reason) of each way a row can be wrong. A reason names the column and the rule, never the value."""
    faults = []
    for name, spec in plan.entity.columns.items():
        value, raw = plan.values[name], _raw(name)
        label = _label(plan, name)
        if spec.required and not value.constant:
            faults.append((f"{raw} is null", f"{label} is missing"))
        for other, wanted in spec.required_when.items():
            condition = f"{raw} is null and lower(trim({_text(other)})) in ({', '.join(literal(word) for word in wanted)})"
            faults.append((f"({condition})", f"{label} is missing, which `{other}` asks for"))
        if fault := cast_fault(plan, name):
            faults.append((f"({raw} is not null and {_typed(name)} is null)", fault))
        if spec.above is not None:
            faults.append((f"{_typed(name)} <= {spec.above}", f"{label} is not above {spec.above or 'zero'}"))
    for group in plan.entity.require_any:
        names = ", ".join(f"`{name}`" for name in group)
        faults.append((f"({' and '.join(f'{_raw(name)} is null' for name in group)})", f"none of {names} is given"))
    if plan.feed.mapping.key and not any(isinstance(part, str) and plan.entity.columns[part].required for part in plan.key):
        parts = [_typed(part) if isinstance(part, str) else identifier(f"k_{i}") for i, part in enumerate(plan.key)]
        reason = f"none of the key's columns is given: {', '.join(map(shown, plan.feed.mapping.key))}"
        faults.append((f"({' and '.join(f'{part} is null' for part in parts)})", reason))
    return faults
