"""IP addresses and networks as text that SQL can sort and compare, each worked out once.

An address is 32 hexadecimal digits, its number in the space of IPv6. IPv4 has its usual place there, ::ffff:0:0/96 (RFC 4291,
section 2.5.5.2), so an IPv4 address and its mapped form are one. A network is one range of such addresses or, where an IPv6
network surrounds that place, the two ranges beside it: ::/0 holds no IPv4 address.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

import duckdb
import pyarrow as pa

from dagster_project.loads.casts import literal
from dagster_project.settings import Settings

SLICE = 100_000

TABLES = """
create table if not exists identity.ip_addresses (ip varchar, address varchar, reason varchar, is_internal boolean);
create table if not exists identity.networks (network varchar, first varchar, after varchar, prefix integer, reason varchar);
"""
"""first: the first address of a range; after: what follows its last one; prefix: bits of 128 that all of it share."""

V4_FIRST, V4_AFTER = 0xFFFF << 32, 0x10000 << 32
BEYOND = "g"
"""What follows the last address of all: sorts after every digit."""

BLANKS = " \t\n\f\r"
"""What may stand around a network, as the contracts' type for it (casts.NETWORK) sees it."""

Range = tuple[str, str, int]

_WITH_PORT = re.compile(r"\[([^\]]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+")


def address_of(raw: str) -> tuple[str | None, str | None]:
    """(32 hexadecimal digits, None) or (None, reason). Of a list, as proxies write it, the first one counts: the visitor's."""
    text = raw.split(",")[0].strip()
    if port := _WITH_PORT.fullmatch(text):
        text = port[1] or port[2]
    try:
        return _digits(_number(ipaddress.ip_address(text))), None
    except ValueError:
        return None, "no IP address"


def ranges_of(raw: str) -> tuple[list[Range], str | None]:
    """([(first, after, prefix)], None) or ([], reason). Bits beyond the prefix are ignored; an address alone is a network."""
    try:
        network = ipaddress.ip_network(raw.strip(BLANKS), strict=False)
    except ValueError:
        return [], "no network in CIDR notation"
    first = _number(network.network_address)
    after = first + network.num_addresses
    prefix = network.prefixlen + (96 if network.version == 4 else 0)
    surrounds_v4 = prefix < 96 and first <= V4_FIRST < after
    pieces = [(first, V4_FIRST), (V4_AFTER, after)] if surrounds_v4 else [(first, after)]
    return [(_digits(low), _digits(high), prefix) for low, high in pieces if low < high], None


def place_addresses(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Work out the addresses and networks in load_values that are not known yet, and which addresses are the company's own."""
    for raw in _new(con, "ip", "ip_addresses"):
        found = [address_of(text) for text in raw]
        columns = {"ip": raw, "address": [value for value, _ in found], "reason": [reason for _, reason in found]}
        _insert(con, "insert into identity.ip_addresses select ip, address, reason, null from load_slice", columns)
    for raw in _new(con, "network", "networks"):
        rows = [
            (text, *piece, reason)
            for text in raw
            for pieces, reason in [ranges_of(text)]
            for piece in pieces or [(None, None, None)]
        ]
        names = ("network", "first", "after", "prefix", "reason")
        columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
        _insert(con, "insert into identity.networks by name select * from load_slice", columns)
    own = _within_sql("address", settings.traffic.internal_networks)
    con.execute(f"update identity.ip_addresses set is_internal = {own} where is_internal is distinct from {own}")


def _within_sql(address: str, networks: Iterable[str]) -> str:
    """SQL that tells whether an address lies in one of a few networks; false for what is no address."""
    ranges = [piece for network in networks for piece in ranges_of(network)[0]]
    inside = [f"({address} >= {literal(first)} and {address} < {literal(after)})" for first, after, _ in ranges]
    return f"coalesce({' or '.join(inside) or 'false'}, false)"


def _new(con: duckdb.DuckDBPyConnection, kind: str, table: str) -> Iterable[list[str]]:
    """The values of a kind that its table lacks, a slice at a time."""
    con.execute(
        f"""create or replace temp table load_new as select raw, row_number() over () as place
        from (select distinct raw from load_values where kind = '{kind}' and raw not in (select {kind} from identity.{table}))"""
    )
    (count,) = con.execute("select count(*) from load_new").fetchone() or (0,)
    for start in range(0, count, SLICE):
        rows = con.execute("select raw from load_new where place > ? and place <= ?", [start, start + SLICE]).fetchall()
        yield [row[0] for row in rows]
    con.execute("drop table load_new")


def _insert(con: duckdb.DuckDBPyConnection, command: str, columns: dict[str, list]) -> None:
    arrays = {name: pa.array(values, pa.int32() if name == "prefix" else pa.string()) for name, values in columns.items()}
    con.register("load_slice", pa.table(arrays))
    con.execute(command)
    con.unregister("load_slice")


def _number(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> int:
    return int(address) + (V4_FIRST if address.version == 4 else 0)


def _digits(number: int) -> str:
    return BEYOND if number >> 128 else f"{number:032x}"
