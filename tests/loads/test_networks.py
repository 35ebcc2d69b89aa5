"""IP addresses and networks as text, against Python's own ipaddress."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dagster_project.loads.casts import cast_to
from dagster_project.loads.networks import address_of, ranges_of

from .landing import Project

V4 = st.ip_addresses(v=4)
V6 = st.ip_addresses(v=6)
NETWORKS = st.one_of(
    st.tuples(V4, st.integers(0, 32)),
    st.tuples(V6, st.integers(0, 128)),
    st.tuples(st.just("::ffff:10.2.0.0"), st.integers(64, 128)),
).map(lambda pair: f"{pair[0]}/{pair[1]}")


@pytest.mark.parametrize(
    ("raw", "same_as"),
    [
        (" 192.0.2.7 ", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:5678", "192.0.2.7"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("192.0.2.7, 10.0.0.1", "192.0.2.7"),
    ],
)
def test_one_address_in_many_spellings(raw: str, same_as: str) -> None:
    """A visitor behind a proxy, or on a server that listens on IPv6, would be in no network of their company."""
    assert address_of(raw) == address_of(same_as) and address_of(raw)[0] is not None


@pytest.mark.parametrize("raw", ["", "unknown", "203.0.113.x", "300.1.1.1", "010.0.0.1", "1.2.3", "-", "192.0.2.0/24", ",", "é"])
def test_junk_is_no_address(raw: str) -> None:
    """An address made up from junk would put a visitor into a stranger's company; without a reason nobody would know why not."""
    assert address_of(raw) == (None, "no IP address")


@pytest.mark.parametrize("raw", ["", "Acme", "10.0.0.0/33", "2001:db8::/129", "10.0.0.0-10.0.0.9", "1.2.3/8"])
def test_junk_is_no_network(raw: str) -> None:
    """A network that can't be read must not stop the run, nor be taken for another."""
    assert ranges_of(raw) == ([], "no network in CIDR notation")


def test_host_bits_are_ignored() -> None:
    """Lists name networks by any address in them: the same network would be two, or none."""
    assert ranges_of("10.1.2.3/8") == ranges_of("10.0.0.0/8")
    assert ranges_of("::ffff:10.0.0.0/104") == ranges_of("10.0.0.0/8")
    assert ranges_of("192.0.2.7") == ranges_of("192.0.2.7/32")


def _inside(address: str, network: str) -> bool:
    """What ipaddress says, an IPv4 address and its mapped form being one."""

    def plain(number: int, version: int) -> tuple[int, int]:
        return (number & 0xFFFFFFFF, 4) if version == 6 and number >> 32 == 0xFFFF else (number, version)

    visitor, wide = ipaddress.ip_address(address), ipaddress.ip_network(network, strict=False)
    number, version = plain(int(visitor), visitor.version)
    prefix, first = wide.prefixlen, int(wide.network_address)
    if wide.version == 6 and prefix >= 96 and first >> 32 == 0xFFFF:
        wide = ipaddress.ip_network((first & 0xFFFFFFFF, prefix - 96))
    return version == wide.version and int(wide.network_address) <= number <= int(wide.broadcast_address)


@settings(max_examples=300)
@given(address=st.one_of(V4, V6).map(str), network=NETWORKS)
@example(address="10.0.0.1", network="::/0")
@example(address="::ffff:0a00:1", network="::/0")
@example(address="10.0.0.1", network="::ffff:0:0/95")
@example(address="10.0.0.1", network="::ffff:0:0/96")
@example(address="255.255.255.255", network="0.0.0.0/0")
@example(address="ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", network="ffff::/16")
def test_an_address_lies_in_the_ranges_of_its_networks(address: str, network: str) -> None:
    """Text that does not sort as the number would lose the visitors of whole networks, or give them to the neighbours."""
    (place, _), (ranges, _) = address_of(address), ranges_of(network)
    assert place is not None and ranges
    assert any(first <= place < after for first, after, _ in ranges) == _inside(address, network)


@settings(max_examples=200)
@given(raw=st.one_of(st.text(max_size=60), st.text("0123456789abcdef.:/[], %", max_size=40)))
def test_no_text_stops_a_run(raw: str) -> None:
    """One odd value among millions must not fail the load."""
    (place, why), (ranges, reason) = address_of(raw), ranges_of(raw)
    assert (place is None) != (why is None) and (not ranges) != (reason is None)
    assert place is None or (len(place) == 32 and int(place, 16) >= 0)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


V4_PARTS = st.lists(st.sampled_from(["0", "7", "010", "255", "256", ""]), min_size=3, max_size=5).map(".".join)
V6_PARTS = st.lists(st.sampled_from(["", "0", "ffff", "12345", "g", "1.2.3.4"]) | st.just("1"), max_size=10).map(":".join)
SUFFIXES = [
    "",
    "/",
    "/0",
    "/8",
    "/032",
    "/33",
    "/128",
    "/129",
    "/-1",
    "/255.255.0.0",
    "/0.0.255.255",
    "/255.0.255.0",
    "%e/64",
    "%",
]
NEARLY = st.tuples(V4_PARTS | V6_PARTS | V4.map(str) | V6.map(str), st.sampled_from(SUFFIXES)).map("".join)


@settings(max_examples=250, deadline=None)
@given(raw=NETWORKS | NEARLY | st.text("0123456789abcdef.:/% \t\n", max_size=40) | st.text(max_size=10))
@example(raw="1:2:3:4:5:6:7::")
@example(raw="1::2:3:4:5:6:7:8")
@example(raw="::ffff:010.0.0.1")
@example(raw=" 10.0.0.0/8\n")
def test_accepted_networks_are_those_that_are_matched(con: duckdb.DuckDBPyConnection, raw: str) -> None:
    """A network that is accepted and never matches loses its company's visitors in silence; one refused without need, too."""
    query = f"select {cast_to('network', 'x', 'VARCHAR', 'UTC')} from (select $1::varchar as x)"
    (held,) = con.execute(query, [raw]).fetchone() or (None,)
    assert held == (raw if ranges_of(raw)[0] else None)


def test_unusable_networks_are_refused(project: Project) -> None:
    """`10.0.0.0/33` would lie among the companies and match nobody, and nobody would be told."""
    good, bad = ["10.1.2.3/8", "2001:db8::/32", "192.0.2.7"], ["10.0.0.0/33", "foo", "10.0.0.0-10.0.0.9"]
    project.write("generic/ip_companies/a.csv", "network,company\n" + "".join(f"{text},Acme\n" for text in [*good, *bad]))
    project.load()
    assert [row for (row,) in project.rows("select network from raw_generic.ip_companies order by _line")] == good
    assert [row[2] for row in project.quarantine()] == ["`network` is not an IP network in CIDR notation"] * 3
