"""What an erasure makes of a row, as SQL: nothing, a row of nobody, or the row without identifiers that are somebody else's."""

from __future__ import annotations

from collections.abc import Callable

from dagster_project.loads.casts import identifier, literal
from dagster_project.loads.contract import Entity
from dagster_project.privacy.claims import Claim
from dagster_project.privacy.salt import pseudonym_sql

Read = Callable[[str], str]
"""The SQL of a column, by its name."""


def stays_sql(entity: Entity, column: Read) -> str:
    """SQL condition: something of the row stays when its person goes."""
    kept = entity.anonymous
    if kept is None:
        return "false"
    conditions = []
    if kept.when:
        named = []
        for name, words in kept.when.items():
            keys = ", ".join(literal(_plain(word)) for word in words)
            named.append(f"coalesce(lower(translate({column(name)}, ' _-', '')) in ({keys}), false)")
        conditions.append(f"({' or '.join(named)})")
    if kept.given:
        conditions.append(f"{column(kept.given)} is not null")
    return " and ".join(conditions) or "true"


def _plain(word: str) -> str:
    return word.lower().translate(str.maketrans("", "", " _-"))


def of_nobody(entity: Entity, column: Read) -> dict[str, str]:
    """Column → SQL of what stays in it, for all columns of the contract, `_extra` and `_key`."""
    kept = entity.anonymous
    assert kept is not None
    made = {}
    for name, spec in entity.columns.items():
        if name in kept.keys:
            made[name] = _picked(column(name), kept.keys[name])
        elif name not in kept.columns:
            made[name] = "null"
        else:
            made[name] = _unless_address(column(name)) if spec.type == "text" else column(name)
    made["_extra"] = _picked(column("_extra"), kept.keys["_extra"]) if "_extra" in kept.keys else "null"
    # A key of columns that do not stay would give the person away.
    named = set(entity.key) <= set(kept.columns)
    made["_key"] = _unless_address(column("_key")) if named else pseudonym_sql(column("_key"))
    return made


def without(entity: Entity, column: Read, hits: list[tuple[Claim, str]]) -> dict[str, str]:
    """Column → SQL, of the columns in which a claim was hit: the row is another's, the identifiers are not.

    Args:
        hits: (claim, SQL condition that it was hit).
    """
    made: dict[str, str] = {}
    for claim, hit in hits:
        before = made.get(claim.column, column(claim.column))
        after = "null"
        if claim.spec.path and not claim.in_list:
            nothing = "null"
            for part in reversed(claim.spec.path.split(".")):
                nothing = f'{{"{part}": {nothing}}}'
            after = f"cast(json_merge_patch({before}, {literal(nothing)}) as varchar)"
        made[claim.column] = f"case when {hit} then {after} else {before} end"
    return made


def _unless_address(text: str) -> str:
    """A text, but for one with an address in it, such as an order called after its customer."""
    return f"case when contains({text}, '@') then {pseudonym_sql(text)} else {text} end"


def _picked(text: str, keys: list[str]) -> str:
    """SQL of a JSON text with these keys alone: of an object, of a list of key-value records, or of Snowplow's entities."""
    pairs = ", ".join(f"{literal(key)}, json_extract({text}, {literal(f'$.{identifier(key)}')})" for key in keys)
    names = ", ".join(map(literal, keys))
    schemas = " or ".join(f"contains(json_extract_string(record, '$.schema'), {literal(f'/{key}/')})" for key in keys)

    def listed(path: str, condition: str) -> str:
        return f"to_json(list_filter(json_extract({text}, '{path}'), lambda record: {condition}))"

    records = listed("$[*]", f"json_extract_string(record, '$.key') in ({names})")
    entities = f"json_object('schema', json_extract({text}, '$.schema'), 'data', {listed('$.data[*]', schemas)})"
    whole = f"nullif(cast(json_merge_patch('{{}}', json_object({pairs})) as varchar), '{{}}')"
    return (
        f"case when not json_valid({text}) then null when json_type({text}) = 'ARRAY' then cast({records} as varchar) "
        f"when json_type({text}, '$.data') = 'ARRAY' then cast({entities} as varchar) else {whole} end"
    )
