"""From the columns of a file to the columns of a contract: which goes where, as SQL.

A column of the file goes where relance.yml sends it; else to the contract column of its name or alias, whatever the
spelling (messageId, message_id, Message ID); else into `_extra`, under its own name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dagster_project.loads.casts import as_text, given, literal
from dagster_project.loads.contract import Column, Entity, snake
from dagster_project.loads.discover import Feed
from dagster_project.loads.names import listed, looks_like_value

NULL = "cast(null as varchar)"


@dataclass(frozen=True)
class SourceColumn:
    """A column of a file: its name there, the SQL that reads it, and its DuckDB type."""

    name: str
    sql: str
    type: str = "VARCHAR"

    @property
    def text(self) -> str:
        return as_text(given(self.sql, self.type), self.type)


@dataclass(frozen=True)
class Value:
    """What fills a contract column: SQL before the cast, its type, and the names it was read from."""

    sql: str
    type: str = "VARCHAR"
    names: tuple[str, ...] = ()
    constant: bool = False


@dataclass
class Plan:
    """How the rows of one shape of file become rows of an entity.

    `columns` are those of the file. `key` holds contract columns by name and columns of the file as such. `missing` names
    what the file lacks and no row can do without: none of its rows can be used then. `unmatched` are columns that
    relance.yml names and the file has not; `hidden` those of the file whose name relance.yml gives to something else.
    """

    feed: Feed
    columns: list[str]
    values: dict[str, Value] = field(default_factory=dict)
    extras: list[tuple[str, SourceColumn]] = field(default_factory=list)
    key: list[str | SourceColumn] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)

    @property
    def entity(self) -> Entity:
        return self.feed.entity


def make_plan(feed: Feed, columns: list[SourceColumn], record: str) -> Plan:
    """Match the columns of a file with a contract. `record` is the SQL of a record's number, which `_line` stands for."""
    plan = Plan(feed, [column.name for column in columns])
    mapping, entity = feed.mapping, feed.entity
    number = SourceColumn("_line", record, "BIGINT")
    by_name = {column.name: column for column in reversed(columns)} | {number.name: number}
    sent = set(mapping.columns.values())
    targeted = set(mapping.columns) | set(mapping.constants)
    used: set[str] = set()

    def named(target: str) -> Value | None:
        """What relance.yml says fills `target`."""
        if target in mapping.constants:
            return Value(literal(mapping.constants[target]), constant=True)
        source = mapping.columns.get(target)
        if source is None:
            return None
        column = by_name.get(source)
        if column is None:
            plan.unmatched.append(source)
            return Value(NULL, names=(source,))
        if column is not number:  # a column of that name would be one of the file's own, and is kept
            used.add(source)
        return Value(given(column.sql, column.type), column.type, (source,))

    for target, spec in entity.columns.items():
        value = named(target) or _by_spelling(target, spec, columns, sent, used)
        if target in mapping.values:
            value = _translated(value, mapping.values[target])
        nested = [name for name in dict.fromkeys([*mapping.columns, *mapping.constants]) if name.startswith(f"{target}.")]
        if nested:
            value = _with_keys(value, {name.split(".", 1)[1]: (named(name), mapping.values.get(name)) for name in nested})
        plan.values[target] = value
        if spec.required and not value.constant and (value.sql == NULL):
            plan.missing.append(value.names[0] if value.names else target)
    for target in targeted:
        if "." not in target and target not in entity.columns and (value := named(target)):
            plan.extras.append((target, SourceColumn("".join(value.names), value.sql, value.type)))
    traits = {name for name, _ in plan.extras}
    own = [column for column in columns if column.name not in used]
    plan.hidden = [column.name for column in own if column.name in traits]
    plan.extras += [(column.name, column) for column in own if column.name not in traits]
    plan.key = [_key_part(part, plan, by_name) for part in mapping.key or entity.key]
    return plan


def _by_spelling(target: str, spec: Column, columns: list[SourceColumn], sent: set[str], used: set[str]) -> Value:
    wanted = [snake(name) for name in [target, *spec.aliases]]
    found = sorted(
        (c for c in columns if c.name not in sent and snake(c.name) in wanted),
        key=lambda c: (wanted.index(snake(c.name)), c.name != target),
    )
    if not found:
        return Value(NULL)
    used.add(found[0].name)
    if len(found) == 1:
        return Value(given(found[0].sql, found[0].type), found[0].type, (found[0].name,))
    # Several spellings in one file: the first that is given counts; the others also stay in _extra.
    return Value(f"coalesce({', '.join(column.text for column in found)})", names=tuple(column.name for column in found))


def _translated(value: Value, words: dict[str, str]) -> Value:
    text = as_text(value.sql, value.type)
    cases = " ".join(f"when {literal(old)} then {literal(new)}" for old, new in words.items())
    return Value(f"case {text} {cases} else {text} end", names=value.names, constant=value.constant)


def _with_keys(value: Value, parts: dict[str, tuple[Value | None, dict[str, str] | None]]) -> Value:
    """A JSON column with keys built from other columns; keys without a value are left out."""
    tree: dict = {}
    for path, (part, words) in parts.items():
        if part is None:
            continue
        part = _translated(part, words) if words else part
        *above, leaf = path.split(".")
        branch = tree
        for name in above:
            branch = branch.setdefault(name, {})
        branch[leaf] = part.sql

    def built(branch: dict) -> str:
        return (
            "json_object(" + ", ".join(f"{literal(k)}, {built(v) if isinstance(v, dict) else v}" for k, v in branch.items()) + ")"
        )

    base = as_text(value.sql, value.type)
    patch = f"json_merge_patch('{{}}', {built(tree)})"
    merged = f"cast(json_merge_patch({base}, {patch}) as varchar)"
    sql = f"case when ({base}) is null then cast({patch} as varchar) when json_valid({base}) then {merged} else {base} end"
    return Value(sql, names=value.names)


def _key_part(part: str, plan: Plan, by_name: dict[str, SourceColumn]) -> str | SourceColumn:
    if part in plan.values:
        return part
    column = by_name.get(part)
    if column is None:
        plan.missing.append(part)
        return SourceColumn(part, NULL)
    return column


def headless(plan: Plan, header: Sequence[str]) -> bool:
    """Whether a first line is no header, so that nothing of it may be told: neither the contract nor relance.yml knows any of its
    names, more of them look like values than are known, or what no row can do without is missing and less than half is known.
    """
    asked = {*plan.feed.mapping.columns.values(), *(plan.feed.mapping.key or [])}
    known = len(({name for value in plan.values.values() for name in value.names} | asked) & set(header))
    return known < max(1, sum(map(looks_like_value, header))) or (bool(plan.missing) and 2 * known < len(header))


def hiding(plan: Plan) -> str:
    """What is to be told of columns of the file that relance.yml puts something else in the place of; else an empty text."""
    names = ", ".join(f"`{name}`" for name in plan.hidden)
    return f"relance.yml fills {names} of {plan.feed.label} itself: the file's own {names} is not kept" if names else ""


def refusal(plan: Plan, header: list[str]) -> str:
    """Why no row of a file can be used."""
    missing = ", ".join(f"`{name}`" for name in plan.missing)
    noun = "columns" if len(plan.missing) > 1 else "column"
    return f"the file has no {noun} {missing}; its {about_header(plan, header)}"


def about_header(plan: Plan, header: Sequence[str]) -> str:
    """What may be told of a file's header: its names or, where data stand in its place, how many columns it has."""
    if header and headless(plan, header):
        count = f"{len(header)} columns" if len(header) > 1 else "one column"
        return f"header ({count}) is hardly one of {plan.feed.label}: is it missing?"
    return f"header has {listed(header)}"
