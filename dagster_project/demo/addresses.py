"""Where each device is on the internet: at home, in the shop's own office, or in the network of a company that buys for itself.

All addresses come from ranges kept for documentation (RFC 5737, RFC 3849).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from dagster_project.demo.files import Landing
from dagster_project.demo.people import TESTER, People
from dagster_project.demo.plan import Plan, chance
from dagster_project.demo.sessions import DEVICES_PER_PERSON, Owners, Sessions
from dagster_project.demo.text import digits, either, join, take

OFFICE_NETWORKS = ("203.0.113.240/28", "2001:db8:ffff::/48")
"""The shop's own, as its relance.yml lists them; nobody else is given an address there."""

COMPANIES = [
    ("198.51.100.0/24", "Telecom Exemple", "telecom.example.net", "Telecommunications", "FR"),
    ("198.51.100.64/28", "Hotel du Parc", "parc.example.com", "Hospitality", "FR"),
    ("198.51.100.96/29", "Bureau Clair", "clair.example.com", "Services", "FR"),
    ("198.51.100.128/27", "Ateliers Zephyr", "zephyr.example.com", "Manufacturing", "FR"),
    ("2001:db8:1200::/40", "Agence Lumen", "lumen.example.org", "Marketing", "DE"),
]
"""What the list of networks holds: a provider, three of its customers within its network (the CRM knows nobody in the last), and
a company of its own."""
PROVIDER, HOTEL, OFFICES, WORKS, AGENCY = range(len(COMPANIES))

OFFICE_VISITORS = 2
"""Strangers of the first shard who are really people in the shop's office."""


@dataclass(frozen=True)
class Addresses:
    """Arrays with one entry per device, in the order of the sessions' devices."""

    ip: pa.StringArray
    is_internal: np.ndarray
    company: np.ndarray
    """Index in COMPANIES, -1 for none."""


def office_visitors(owners: Owners, shard: int) -> range:
    """The owners who are strangers only by what they say of themselves."""
    return range(owners.known, owners.known + (min(OFFICE_VISITORS, owners.anonymous) if shard == 0 else 0))


def device_addresses(plan: Plan, shard: int, people: People, sessions: Sessions, owners: Owners) -> Addresses:
    rng = plan.rng("addresses", shard)
    devices, _ = sessions.device_index
    owner, size = devices // DEVICES_PER_PERSON, len(devices)
    testers = np.flatnonzero(people.kind == TESTER)
    # The first of the staff works from home, the others in the office.
    internal = np.isin(owner, [*testers[1:], *office_visitors(owners, shard)])

    network, last = rng.integers(0, 3, size), rng.integers(1, 240, size)
    third, fourth = rng.integers(1, 9999, size), rng.integers(1, 9999, size)
    is_sixth = chance(rng, 0.4, size)
    host = np.where(internal, 241 + last % 14, last)
    fourth_version = join(take(["192.0.2.", "198.51.100.", "203.0.113."], np.where(internal, 2, network)), digits(host))
    block = either(internal, "ffff", digits(third))
    sixth_version = join("2001:db8:", block, ":", digits(fourth), "::1")

    company = np.select([(last & 0xF0) == 64, (last & 0xF8) == 96, (last & 0xE0) == 128], [HOTEL, OFFICES, WORKS], PROVIDER)
    company = np.where(network == 1, company, -1)
    company = np.where(is_sixth, np.where(third // 100 == 12, AGENCY, -1), company)
    return Addresses(either(is_sixth, sixth_version, fourth_version), internal, np.where(internal, -1, company))


def write_companies(plan: Plan, landing: Landing) -> None:
    """The list of networks; a year before, the hotel's was still listed as its former owner's."""
    names = ["network", "company", "domain", "industry", "country"]
    former = ("198.51.100.64/28", "Hotel de la Gare", "", "Hospitality", "FR")
    for day, rows in ((plan.first_day, [former]), (plan.until, COMPANIES)):
        columns = {name: pa.array([row[place] for row in rows], pa.string()) for place, name in enumerate(names)}
        landing.table(f"generic/ip_companies/dt={day}/ip_companies.csv", columns)
