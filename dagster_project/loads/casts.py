"""From what stands in a file to the types of a contract, as SQL expressions.

An expression yields NULL both for nothing and for a value that can't be read; the caller tells the two apart by looking
at the value before the cast, and quarantines the second.
"""

from __future__ import annotations

from datetime import UTC, datetime

FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Times outside these years are slips of the pen or of a unit, not times of a shop."""

_NUMBERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT", "UHUGEINT"}
_FLOATS = {"FLOAT", "DOUBLE"}
_NESTED = ("STRUCT", "MAP", "LIST", "UNION", "JSON")

_OCTET, _GROUP = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])", "[0-9A-Fa-f]{1,4}"
_V4 = rf"({_OCTET}\.){{3}}{_OCTET}"


def _v6() -> str:
    """IPv6 addresses (RFC 4291, section 2.2): eight groups, the last two perhaps an IPv4 address; `::` for one or more."""
    whole = [f"({_GROUP}:){{7}}{_GROUP}", f"({_GROUP}:){{6}}{_V4}"]
    # Before and after `::` stand seven groups at most.
    left = [f"({_GROUP}(:{_GROUP}){{0,{count - 1}}})?" if count else "" for count in range(8)]
    right = [f"(({_GROUP}:){{0,{count - 1}}}{_GROUP})?" if count else "" for count in range(8)]
    short = [f"{left[count]}::{right[7 - count]}" for count in range(8)]
    short += [f"{left[count]}::({_GROUP}:){{0,{5 - count}}}{_V4}" for count in range(6)]
    return f"({'|'.join([*whole, *short])})(%[^%/]+)?"


def _v4_masks() -> str:
    """The length of a prefix, or a mask that says the same: its ones before its noughts, or after them."""
    masks = [(1 << 32) - (1 << 32 - length) for length in range(33)]
    both = sorted({*masks, *((1 << 32) - 1 - mask for mask in masks)})
    dotted = [r"\.".join(str(mask >> shift & 255) for shift in (24, 16, 8, 0)) for mask in both]
    return f"(0*(3[0-2]|[12]?[0-9])|{'|'.join(dotted)})"


NETWORK = rf"\s*({_V4}(/{_v4_masks()})?|{_v6()}(/0*(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?)\s*"
"""Texts that Python's ipaddress takes for a network (host bits and all), in RE2; an address alone is a network."""

MEANING = {
    "text": "text",
    "json": "valid JSON of moderate depth",
    "timestamp": "a time (ISO 8601 or Unix epoch)",
    "date": "a date (YYYY-MM-DD)",
    "decimal": "a number with a decimal point",
    "rate": "a number with a decimal point",
    "integer": "a whole number",
    "boolean": "true or false",
    "network": "an IP network in CIDR notation",
}
"""Contract type → what a value should have been, for the reason of a refusal."""


def literal(value: object) -> str:
    """An SQL string; a NUL, which ends a query's text, is spelt out."""
    quoted = "'" + str(value).replace("'", "''") + "'"
    return "(" + quoted.replace("\0", "' || chr(0) || '") + ")" if "\0" in quoted else quoted


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def is_nested(source_type: str) -> bool:
    return source_type.endswith("]") or source_type.startswith(_NESTED)


BRACKETS = 10_000
"""Brackets a JSON text may open. DuckDB's json_merge_patch walks nested objects on the stack: at 100,000 levels it takes the
process down, and a text with fewer brackets can't be that deep."""


def is_flat(text: str) -> str:
    """SQL condition: the JSON text does not nest so deep that it would be dangerous to work on."""
    # A CASE looks at the brackets of long texts only; OR would look at those of all.
    brackets = f"strlen({text}) - strlen(translate({text}, '[{{', ''))"
    return f"case when strlen({text}) <= {BRACKETS} then true else {brackets} <= {BRACKETS} end"


def as_text(value: str, source_type: str) -> str:
    """A value of any type as text: whole floats without `.0` (pandas turns ids with gaps into floats), nested as JSON."""
    if source_type == "VARCHAR":
        return value
    if source_type in _FLOATS:
        whole = f"abs({value}) < 1e15 and {value} = trunc({value})"
        digits = f"cast(cast({value} as bigint) as varchar)"
        return f"case when isnan({value}) then null when {whole} then {digits} else cast({value} as varchar) end"
    if is_nested(source_type):
        return f"cast(to_json({value}) as varchar)"
    if source_type == "BLOB":
        return f"try(decode({value}))"
    return f"cast({value} as varchar)"


def given(value: str, source_type: str) -> str:
    """The value, or NULL where nothing stands: an empty or blank text, a float's NaN."""
    if source_type == "VARCHAR":
        # Only a text that starts at or below the blank can be blank; trimming every text would cost more than all the rest.
        return f"case when {value} < '!' and trim({value}) = '' then null else {value} end"
    if source_type in _FLOATS:
        return f"case when isnan({value}) then null else {value} end"
    return value


def cast_to(contract_type: str, value: str, source_type: str, zone: str) -> str:
    """SQL that reads `value` (of DuckDB type `source_type`) as a contract type.

    `zone` is the IANA zone of times that name none. A local time that a clock change skips is read as if the change had
    not been made yet; one that occurs twice is read as the later of the two (ICU's rule, as `timezone()` applies it).
    """
    if contract_type == "text":
        return as_text(value, source_type)
    if contract_type == "network":
        text = as_text(value, source_type)
        return f"case when regexp_full_match({text}, {literal(NETWORK)}) then {text} end"
    if contract_type == "json":
        text = as_text(value, source_type)
        return f"case when json_valid({text}) and {is_flat(text)} then {text} end"
    if contract_type == "timestamp":
        return _timestamp(value, source_type, zone)
    if contract_type == "date":
        return _date(value, source_type, zone)
    if contract_type == "boolean":
        return _boolean(value, source_type)
    if contract_type == "integer":
        return _integer(value, source_type)
    return _decimal(value, source_type, "decimal(18,4)" if contract_type == "decimal" else "decimal(28,12)")


def _plausible(value: str) -> str:
    return f"case when year({value}) between {FIRST_YEAR} and {LAST_YEAR} then {value} end"


def _utc(local: str, zone: str) -> str:
    """A local wall-clock time as UTC."""
    return local if zone == "UTC" else f"timezone('UTC', timezone({literal(zone)}, {local}))"


def _local(utc: str, zone: str) -> str:
    """A UTC time as wall-clock time."""
    return utc if zone == "UTC" else f"timezone({literal(zone)}, timezone('UTC', {utc}))"


def _epoch(number: str) -> str:
    """Seconds, milli-, micro- or nanoseconds since 1970, told apart by magnitude: seconds reach 1e11 in the year 5138.

    `number` is a BIGINT or a DOUBLE, which holds microseconds exactly until the year 2255.
    """
    micros = (
        f"case when {number} between -1e11 and 1e11 then {number} * 1000000 "
        f"when {number} between -1e14 and 1e14 then {number} * 1000 "
        f"when {number} between -1e17 and 1e17 then {number} else {number} / 1000 end"
    )
    first, last = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000 for year in (FIRST_YEAR, LAST_YEAR + 1))
    return f"case when {micros} between {first} and {last} then make_timestamp(cast({micros} as bigint)) end"


def _compact_day(text: str) -> str:
    """20260131 → 2026-01-31 00:00; NULL for anything but eight digits."""
    return f"case when regexp_full_match({text}, '\\d{{8}}') then try_strptime({text}, '%Y%m%d') end"


def _timestamp(value: str, source_type: str, zone: str) -> str:
    if source_type.startswith("TIMESTAMP WITH TIME ZONE"):
        # By way of the epoch, at a twentieth of the cost of a conversion between zones.
        first, last = (f"timestamptz '{year}-01-01 00:00:00+00'" for year in (FIRST_YEAR, LAST_YEAR + 1))
        return f"case when {value} >= {first} and {value} < {last} then make_timestamp(epoch_us({value})) end"
    if source_type.startswith("TIMESTAMP") or source_type == "DATE":
        return _plausible(_utc(f"try_cast({value} as timestamp)", zone))
    if source_type in _NUMBERS or source_type in _FLOATS or source_type.startswith("DECIMAL"):
        number = f"try_cast({value} as {'bigint' if source_type in _NUMBERS else 'double'})"
        compact = f"{number} between {FIRST_YEAR}0101 and {LAST_YEAR}1231"
        text = f"cast(cast({number} as bigint) as varchar)"
        return _plausible(f"case when {compact} then {_utc(_compact_day(text), zone)} else {_epoch(number)} end")
    if source_type != "VARCHAR":
        return "cast(null as timestamp)"
    text = f"trim({value})"
    # A cast to TIMESTAMP reads past an offset without applying it; only TIMESTAMPTZ applies it, but takes twice as long.
    iso = (
        f"case when suffix({text}, 'Z') then try_cast({text} as timestamp) "
        f"when regexp_matches({text}, '\\d([+-]\\d{{2}}(:?\\d{{2}})?| [+-]\\d{{2}}:?\\d{{2}}| ?UTC)$') and length({text}) > 13 "
        f"then timezone('UTC', try_cast(regexp_replace({text}, ' ([+-])', '\\1') as timestamptz)) "
        f"else {_utc(f'try_cast({text} as timestamp)', zone)} end"
    )
    # Told by the first digits, the year need not be taken out of a time that would be worked out once more for it.
    sound = f"{text} >= '{FIRST_YEAR}' and {text} < '{LAST_YEAR + 1}' and not contains({text}, '(')"
    # What most senders write is 2026-01-31T10:00:00Z.
    return (
        f"case when suffix({value}, 'Z') and {value} like '____-__-__%' and {value} >= '{FIRST_YEAR}' "
        f"and {value} < '{LAST_YEAR + 1}' then try_cast({value} as timestamp) "
        f"when {text} like '____-__-__%' or {text} like '____/__/__%' then case when {sound} then {iso} end "
        f"when length({text}) = 8 then case when {sound} then {_utc(_compact_day(text), zone)} end "
        f"else {_epoch(f'try_cast({text} as double)')} end"
    )


def _date(value: str, source_type: str, zone: str) -> str:
    if source_type == "DATE":
        return _plausible(value)
    if source_type.startswith("TIMESTAMP WITH TIME ZONE"):
        return _plausible(f"cast(timezone({literal(zone)}, {value}) as date)")
    if source_type.startswith("TIMESTAMP"):
        return _plausible(f"cast({value} as date)")
    if source_type != "VARCHAR":
        # A number is a compact day (20260131) or an epoch, whose day is the one in the source's zone.
        return _plausible(f"cast({_local(_timestamp(value, source_type, 'UTC'), zone)} as date)")
    text = f"trim({value})"
    with_time = f"regexp_full_match({text}, '.{{10}}[T ]\\d{{1,2}}:\\d{{2}}[^a-zA-Z]*(Z|UTC)?')"
    day = f"case when length({text}) = 10 or {with_time} then try_cast(left({text}, 10) as date) end"
    number = f"cast({_local(_epoch(f'try_cast({text} as double)'), zone)} as date)"
    compact = f"cast({_compact_day(text)} as date)"
    other = f"case when length({text}) = 8 then {compact} else {number} end"
    return _plausible(f"case when {text} like '____-__-__%' or {text} like '____/__/__%' then {day} else {other} end")


def _boolean(value: str, source_type: str) -> str:
    if source_type == "BOOLEAN":
        return value
    text = f"lower(trim({as_text(value, source_type)}))"
    yes, no = "('true', '1', 'yes', 't', 'y', '1.0')", "('false', '0', 'no', 'f', 'n', '0.0')"
    return f"case when {text} in {yes} then true when {text} in {no} then false end"


def _decimal(value: str, source_type: str, target: str) -> str:
    if source_type == "VARCHAR":
        # The cast alone would also take 1_000.
        return f"case when not contains({value}, '_') then try_cast(trim({value}) as {target}) end"
    none = is_nested(source_type) or source_type == "BOOLEAN"
    return f"cast(null as {target})" if none else f"try_cast({value} as {target})"


def _integer(value: str, source_type: str) -> str:
    if source_type in _NUMBERS:
        return f"try_cast({value} as bigint)"
    # 3.0 is whole, 3.5 is no rounding matter.
    number = _decimal(value, source_type, "decimal(28,6)")
    return f"case when {number} = trunc({number}) then try_cast({number} as bigint) end"
