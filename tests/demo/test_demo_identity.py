"""The truth about who is who can be found in the landed files by exact rules, and nothing else can."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from demo_reading import clean_email, clean_phone, csv_rows, events

from dagster_project.demo import DemoSummary

Node = tuple[str, str]


def _records(landing: Path):
    """Groups of identifiers that stand in one row."""
    for row in events(landing).values():
        traits, properties = row.get("traits") or {}, row.get("properties") or {}
        yield {
            "anonymous_id": row.get("anonymousId"),
            "user_id": row.get("userId"),
            "email": clean_email(traits.get("email") or properties.get("email")),
            "phone": clean_phone(traits.get("phone")),
            "order_id": properties.get("order_id"),
        }
    for entity in ("contacts", "orders", "leads", "event_registrations", "reviews", "subscriptions", "email_events"):
        for row in csv_rows(landing, f"generic/{entity}"):
            named = {key: row.get(key) for key in ("contact_id", "customer_id", "lead_id", "order_id")}
            if entity == "orders" and (row["order_id"].startswith("X9") or not row["order_id"]):
                continue
            if entity == "leads" and row["lead_id"].startswith("L999999"):
                continue
            if entity == "email_events" and row["event_id"].startswith("M99999"):
                continue
            yield named | {"email": clean_email(row.get("email")), "phone": clean_phone(row.get("phone"), row.get("country"))}
    for row in csv_rows(landing, "generic/consents"):
        kind, value = row["identifier_type"], row["identifier"]
        yield {kind: {"email": clean_email, "phone": clean_phone}.get(kind, str)(value) or None}


class _Groups:
    """Union-find over identifiers."""

    def __init__(self) -> None:
        self.parent: dict[Node, Node] = {}

    def root(self, node: Node) -> Node:
        self.parent.setdefault(node, node)
        while self.parent[node] != node:
            self.parent[node] = self.parent[self.parent[node]]
            node = self.parent[node]
        return node

    def join(self, nodes: list[Node]) -> None:
        roots = [self.root(node) for node in nodes]
        for root in roots[1:]:
            self.parent[self.root(root)] = self.root(roots[0])


@pytest.fixture(scope="module")
def truth(demo: DemoSummary) -> list[dict]:
    return pq.read_table(demo.directory / "truth" / "identifiers.parquet").to_pylist()


@pytest.fixture(scope="module")
def records(demo: DemoSummary) -> list[list[Node]]:
    found = []
    for record in _records(demo.directory / "landing"):
        found.append([(kind, value) for kind, value in record.items() if value])
    return found


def test_truth_lists_exactly_the_identifiers_in_the_files(truth: list[dict], records: list[list[Node]]) -> None:
    """Prevents a truth with identifiers that no file holds (recall could never be 1), and files with people that truth forgot."""
    in_files = {node for record in records for node in record}
    in_truth = {(row["identifier_type"], row["identifier"]) for row in truth}
    assert len(in_files) > 3_000
    assert in_files == in_truth


def test_exact_links_lead_to_one_person_and_never_to_two(truth: list[dict], records: list[list[Node]]) -> None:
    """Prevents a truth that no deterministic identity could reach, and data in which two people are one by accident."""
    shared = {(row["identifier_type"], row["identifier"]) for row in truth if row["shared"]}
    groups = _Groups()
    for record in records:
        nodes = [node for node in record if node not in shared]
        nodes += [("user_id", value) for kind, value in nodes if kind == "customer_id"]
        groups.join(nodes) if nodes else None
    people = defaultdict(set)
    components = defaultdict(set)
    for row in truth:
        node = (row["identifier_type"], row["identifier"])
        if not row["shared"] and row["link"] == "exact":
            people[row["truth_person_id"]].add(groups.root(node))
            components[groups.root(node)].add(row["truth_person_id"])
    assert {person: len(roots) for person, roots in people.items() if len(roots) > 1} == {}
    assert [len(persons) for persons in components.values() if len(persons) > 1] == []


def test_the_mess_of_real_life_is_in_it(demo: DemoSummary, truth: list[dict], records: list[list[Node]]) -> None:
    """Prevents a demo that proves nothing: several devices, households, shared phones, doubles, typos."""
    devices = defaultdict(int)
    kinds = defaultdict(int)
    for row in truth:
        kinds[row["identifier_type"], row["shared"], row["link"]] += 1
        if row["identifier_type"] == "anonymous_id":
            devices[row["truth_person_id"]] += 1
    assert sum(count > 1 for count in devices.values()) > 50
    assert kinds["anonymous_id", True, "exact"] >= 3
    assert kinds["phone", True, "exact"] >= 2
    assert kinds["contact_id", False, "probable"] >= 2
    users_of_device = defaultdict(set)
    for record in records:
        found = dict(record)
        if "anonymous_id" in found and "user_id" in found:
            users_of_device[found["anonymous_id"]].add(found["user_id"])
    households = {row["identifier"] for row in truth if row["identifier_type"] == "anonymous_id" and row["shared"]}
    assert {device for device, users in users_of_device.items() if len(users) > 1} == households
