"""Whose network a visitor comes from: an interval join, against Python's ipaddress."""

from __future__ import annotations

import ipaddress
import random
import time
from collections.abc import Iterable
from itertools import pairwise

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.loads.networks import address_of, ranges_of

from .model_sql import build_model

RANGES, COMPANIES = "unified/unified_ip_company_ranges.sql", "unified/unified_visitor_companies.sql"

Listing = tuple[str, str, int]
"""Network, company, day of listing."""


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("set threads = 2")
    return con


def _give(con: duckdb.DuckDBPyConnection, listings: Iterable[Listing], visitors: Iterable[str]) -> None:
    """The tables that the models read."""
    listings, visitors = list(listings), sorted(set(visitors))
    pieces = [(network, *piece) for network in sorted({listing[0] for listing in listings}) for piece in ranges_of(network)[0]]
    places = [address_of(visitor)[0] for visitor in visitors]
    tables = {
        "unified_ip_companies": {
            "network": pa.array([listing[0] for listing in listings], pa.string()),
            "company": pa.array([listing[1] for listing in listings], pa.string()),
            "listed_on": pa.array([listing[2] for listing in listings], pa.int32()),
        }
        | {name: pa.nulls(len(listings), pa.string()) for name in ("domain", "industry", "country")},
        "networks": {
            name: pa.array([piece[place] for piece in pieces], pa.int32() if name == "prefix" else pa.string())
            for place, name in enumerate(("network", "first", "after", "prefix"))
        },
        "ip_addresses": {
            "ip": pa.array(visitors, pa.string()),
            "address": pa.array(places, pa.string()),
            "is_internal": pa.array([False] * len(visitors), pa.bool_()),
        },
    }
    for name, columns in tables.items():
        con.register("given", pa.table(columns))
        con.execute(f"create or replace table {name} as select * from given")
        con.unregister("given")


def _resolve(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Address → company, of the addresses that have one."""
    build_model(con, RANGES)
    build_model(con, COMPANIES)
    rows = con.execute("select ip, company from unified_visitor_companies").fetchall()
    found = dict(rows)
    assert len(found) == len(rows)
    return found


def _oracle(listings: Iterable[Listing], visitor: str) -> str | None:
    """The company of the most specific network; of one network's listings the newest, then the first by name."""
    address = ipaddress.ip_address(visitor)
    if address.version == 6 and address.ipv4_mapped:
        address = address.ipv4_mapped
    fitting = [
        (-network.prefixlen, -day, company)
        for text, company, day in listings
        for network in [ipaddress.ip_network(text, strict=False)]
        if network.version == address.version and address in network
    ]
    return min(fitting)[2] if fitting else None


# Few bits, so that networks nest and visitors hit them.
V4 = st.integers(0, 15).map(lambda n: f"10.0.{n >> 2}.{(n & 3) << 6}")
V6 = st.integers(0, 15).map(lambda n: f"2001:db8:{n >> 2:x}:{n & 3:x}::")
NETWORKS = st.one_of(
    st.tuples(V4, st.sampled_from([0, 8, 22, 23, 24, 25, 26, 32])),
    st.tuples(V6, st.sampled_from([0, 3, 32, 46, 47, 48, 62, 63, 64, 128])),
).map(lambda pair: f"{pair[0]}/{pair[1]}")
VISITORS = st.one_of(V4, V6, V4.map(lambda ip: f"::ffff:{ip}"), st.ip_addresses().map(str))


@settings(max_examples=80)
@given(
    listings=st.lists(st.tuples(NETWORKS, st.sampled_from(["Acme", "Bolt", "Core", "Dune"]), st.integers(1, 3)), max_size=12),
    visitors=st.sets(VISITORS, max_size=12),
)
def test_the_most_specific_network_counts(engine: duckdb.DuckDBPyConnection, listings: list[Listing], visitors: set[str]) -> None:
    """A visitor from a company's own office would be given to its internet provider, whose network surrounds it, or to nobody."""
    expected = {visitor: company for visitor in visitors if (company := _oracle(listings, visitor))}
    _give(engine, listings, visitors)
    assert _resolve(engine) == expected
    bounds = engine.execute("select first, after from unified_ip_company_ranges order by 1").fetchall()
    assert all(after <= later for (_, after), (later, _) in pairwise(bounds))


def test_many_networks_and_visitors_take_seconds(engine: duckdb.DuckDBPyConnection) -> None:
    """Compared each with each, 100,000 networks and 200,000 visitors are 20 billion pairs: the run would not end."""
    rng = random.Random(5)
    # Half of the networks are blocks of 256 addresses, each second one of them within one of the 1,024 wider networks.
    wide = [f"{first}.{second}.0.0/14" for first in range(1, 17) for second in range(0, 256, 4)]
    narrow = [f"{first}.{second}.{third}.0/24" for first in range(1, 33) for second in range(256) for third in range(0, 12, 2)]
    far = [f"2001:db8:{third:x}::/48" for third in range(100_000 - len(wide) - len(narrow))]
    listings = [(network, network, 1) for network in (*wide, *narrow, *far)]
    visitors = {f"{rng.randrange(1, 34)}.{rng.randrange(256)}.{rng.randrange(12)}.7" for _ in range(150_000)}
    visitors |= {f"2001:db8:{rng.randrange(65_536):x}::{rng.randrange(9):x}" for _ in range(200_000)}
    assert len(listings) == 100_000
    visitors = set(sorted(visitors)[:200_000])
    _give(engine, listings, visitors)
    started = time.monotonic()
    found = _resolve(engine)
    seconds = time.monotonic() - started
    known = set(narrow)
    for visitor in visitors:
        if ":" in visitor:
            third = visitor.split(":")[2]
            expected = f"2001:db8:{third}::/48" if int(third or "0", 16) < len(far) else None
        else:
            first, second, third, _ = map(int, visitor.split("."))
            block, around = f"{first}.{second}.{third}.0/24", f"{first}.{second // 4 * 4}.0.0/14"
            expected = block if block in known else around if first < 17 else None
        assert found.get(visitor) == expected
    assert seconds < 20, f"{seconds:.0f} s"
