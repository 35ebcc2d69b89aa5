"""Whose word about a person survives, and where it came from."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.profile_settings import Profile, write_priority

from .models import build

ALL = (
    "email", "phone", "first_name", "last_name", "birth_date", "gender", "street", "city", "postal_code", "region", "country",
    "company", "job_title", "income_band", "loyalty_points", "owner", "acquisition_source", "person_kind",
)  # fmt: skip
LEADS = ("email", "phone", "first_name", "last_name", "postal_code", "country", "acquisition_source")
TYPES = {"birth_date": "date", "loyalty_points": "decimal(18, 4)"}
TABLES = {
    "identifiers": "identifier_type varchar, identifier varchar, profile_id varchar, first_seen timestamp",
    "unified_contacts": "contact_id varchar, source varchar, created_at timestamp, updated_at timestamp, "
    + ", ".join(f"{name} {TYPES.get(name, 'varchar')}" for name in ALL),
    "unified_leads": "lead_id varchar, source varchar, created_at timestamp, " + ", ".join(f"{name} varchar" for name in LEADS),
    "person_orders": "order_id varchar, source varchar, profile_id varchar, ordered_at timestamp, email varchar, phone varchar, "
    "postal_code varchar, country varchar",
    "unified_event_registrations": "registration_id varchar, source varchar, starts_at timestamp, email varchar, phone varchar, "
    "city varchar, postal_code varchar",
    "unified_subscriptions": "subscription_id varchar, source varchar, customer_id varchar, email varchar, started_at timestamp",
    "unified_reviews": "review_id varchar, source varchar, customer_id varchar, email varchar, created_at timestamp",
    "user_traits": "identifier_type varchar, identifier varchar, field varchar, value varchar, stated_at timestamp, "
    "message_id varchar, source varchar",
}
OLD, LATER, NOW = datetime(2025, 1, 1), datetime(2026, 1, 1), datetime(2026, 6, 1)


class Told:
    """The tables that tell of people; `p` is contact c1 and c2, lead l1, user u1, a@example.com and +33611111111."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        self.con.execute("set threads = 1; create schema control; use control")
        for name, columns in TABLES.items():
            self.con.execute(f"create table {name} ({columns})")

    def clear(self, profile: dict[str, Any] | None = None) -> Told:
        for name in TABLES:
            self.con.execute(f"delete from {name}")
        for kind, value in (
            ("contact_id", "c1"), ("contact_id", "c2"), ("contact_id", "hubspot:c1"), ("lead_id", "l1"), ("user_id", "u1"),
            ("email", "a@example.com"), ("email", "b@example.com"), ("phone", "+33611111111"), ("customer_id", "k1"),
        ):  # fmt: skip
            self.add("identifiers", identifier_type=kind, identifier=value, profile_id="p", first_seen=OLD)
        write_priority(self.con, Profile.model_validate(profile or {}))
        return self

    def add(self, table: str, **row: Any) -> None:
        marks = ", ".join("?" * len(row))
        self.con.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))

    def fields(self) -> dict[str, tuple[str, str, str]]:
        """Field → value, who tells it and in which row."""
        build(self.con, "profile_fields")
        found = self.con.execute(
            "select field, value, source || '.' || teller, stated_by from profile_fields where profile_id = 'p'"
        )
        return {field: (value, teller, row) for field, value, teller, row in found.fetchall()}


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    told = Told()
    yield told
    told.con.close()


def test_the_best_source_wins_and_of_one_source_the_newest(told: Told) -> None:
    """A form of today with a typo must not rename a customer; a contact's old address must not outlive the new one."""
    told.clear()
    told.add(
        "unified_contacts", contact_id="c1", source="generic", updated_at=OLD, first_name="Anna", city="Lyon", loyalty_points=5
    )
    told.add("unified_contacts", contact_id="c2", source="generic", updated_at=LATER, city="Paris", birth_date=date(1990, 5, 1))
    told.add("unified_leads", lead_id="l1", source="generic", created_at=NOW, first_name="ana", last_name="Roux", postal_code="1")
    told.add("person_orders", order_id="o1", source="shopify", profile_id="p", ordered_at=NOW, postal_code="75001", country="FR")
    assert told.fields() == {
        "first_name": ("Anna", "generic.contacts", "c1"),
        "city": ("Paris", "generic.contacts", "c2"),
        "birth_date": ("1990-05-01", "generic.contacts", "c2"),
        "loyalty_points": ("5.0000", "generic.contacts", "c1"),
        "last_name": ("Roux", "generic.leads", "l1"),
        "postal_code": ("1", "generic.leads", "l1"),
        "country": ("FR", "shopify.orders", "o1"),
        "email": ("a@example.com", "identity.identifiers", "a@example.com"),
        "phone": ("+33611111111", "identity.identifiers", "+33611111111"),
    }


def test_the_company_s_own_ranking(told: Told) -> None:
    """Which system is right is the company's knowledge: per teller, per source, per field, or whoever spoke last."""

    def spoken(profile: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
        told.clear(profile)
        told.add(
            "unified_contacts", contact_id="c1", source="hubspot", updated_at=OLD, city="Hub", company="Hub", phone="+33611111111"
        )
        told.add(
            "unified_contacts", contact_id="c2", source="generic", updated_at=LATER, city="Own", company="Own", job_title="Own"
        )
        told.add("user_traits", identifier_type="user_id", identifier="u1", field="company", value="Said", stated_at=NOW,
                 message_id="m1", source="segment")  # fmt: skip
        return told.fields()

    found = spoken({})
    assert (found["city"][0], found["company"][0]) == ("Own", "Own")
    found = spoken({"priority": ["hubspot.contacts", "contacts"]})
    assert (found["city"][0], found["company"][0], found["job_title"][0]) == ("Hub", "Hub", "Own")
    found = spoken({"fields": {"company": "newest"}})
    assert (found["city"][0], found["company"]) == ("Own", ("Said", "segment.site", "m1"))
    found = spoken({"priority": ["site"], "fields": {"company": ["hubspot.contacts"]}})
    assert found["company"][0] == "Hub"


def test_an_address_that_is_not_theirs_is_nobody_s(told: Told) -> None:
    """A parent's e-mail on a pupil's record, refused by identity, would get the pupil's mail."""
    told.clear()
    told.add("unified_contacts", contact_id="c1", source="generic", updated_at=NOW, email="parent@example.com", city="Lyon")
    told.add("unified_reviews", review_id="r1", source="generic", customer_id="k1", email="b@example.com", created_at=OLD)
    told.add(
        "unified_event_registrations", registration_id="e1", source="generic", starts_at=NOW, phone="+33611111111", city="Nice"
    )
    found = told.fields()
    assert found["email"] == ("b@example.com", "generic.reviews", "r1")
    assert found["phone"] == ("+33611111111", "generic.event_registrations", "e1")
    assert found["city"][0] == "Lyon"


VALUES = st.sampled_from(["x", "y", None])
SPOKEN = st.lists(
    st.tuples(
        st.sampled_from(["c1", "c2"]),
        st.sampled_from(["generic", "shopify"]),
        st.sampled_from([OLD, LATER, None]),
        VALUES,
        VALUES,
    ),
    max_size=8,
)


@settings(max_examples=5)
@given(spoken=SPOKEN, shuffle=st.randoms(use_true_random=False))
def test_ties_do_not_hang_on_the_order_of_arrival(told: Told, spoken: list[tuple], shuffle: random.Random) -> None:
    """A person whose name changes with each run is exported again each day."""

    def survivors(rows: list[tuple]) -> list[tuple]:
        told.clear()
        told.add("identifiers", identifier_type="contact_id", identifier="shopify:c1", profile_id="p")
        told.add("identifiers", identifier_type="contact_id", identifier="shopify:c2", profile_id="p")
        for contact, source, at, first, city in rows:
            told.add("unified_contacts", contact_id=contact, source=source, updated_at=at, first_name=first, city=city)
        build(told.con, "profile_fields")
        return told.con.execute("select * from profile_fields order by all").fetchall()

    expected = survivors(spoken)
    mixed = list(spoken)
    shuffle.shuffle(mixed)
    assert survivors(mixed) == expected


TRAITS = [
    ({"firstName": "Anna", "lastName": "Roux"}, {"first_name": "Anna", "last_name": "Roux"}),
    ({"first_name": "Anna", "name": "Anna Roux"}, {"first_name": "Anna"}),
    ({"name": "Anna Roux"}, {"first_name": "Anna", "last_name": "Roux"}),
    ({"name": "Anna de Roux"}, {}),
    ({"name": "Anna"}, {}),
    ({"birthday": "1990-05-01T00:00:00Z", "gender": "Female"}, {"birth_date": "1990-05-01", "gender": "female"}),
    ({"birthday": "soon"}, {}),
    (
        {"address": {"street": "1 rue X", "city": "Lyon", "postalCode": 69001, "state": "ARA", "country": "France"}},
        {"street": "1 rue X", "city": "Lyon", "postal_code": "69001", "region": "ARA", "country": "FR"},
    ),
    ({"address_city": "Lyon", "company_name": "Acme", "title": "CTO"}, {"city": "Lyon", "company": "Acme", "job_title": "CTO"}),
    ({"company": {"name": "Acme", "id": 3}}, {"company": "Acme"}),
    ({"company": {"id": 3}}, {}),
    ({"company": "Acme", "city": " ", "country": "Atlantis"}, {"company": "Acme"}),
    ({}, {}),
]


def test_what_visitors_say_of_themselves(told: Told) -> None:
    """Sites spell traits in many ways; one that is not understood is a profile without a name."""
    con = told.con
    con.execute(
        """create or replace table unified_events (message_id varchar, type varchar, anonymous_id varchar, user_id varchar,
            event_date date, occurred_at timestamp, properties varchar, source varchar, _batch bigint, is_bot boolean,
            is_internal boolean, email varchar, phone varchar);
        create or replace table unified_traffic_days (device varchar, event_date date, excluded_reason varchar);
        create or replace table unified_tracker_consents (identifier_type varchar, identifier varchar, is_granted boolean,
            since timestamp, until timestamp, _batch bigint);
        create or replace table company as select true as trackers_without_answer;
        create or replace table country_names as select * from (values ('france', 'FR'), ('fr', 'FR')) as names (name, country)"""
    )
    con.execute("insert into unified_tracker_consents values ('anonymous_id', 'refuser', false, ?, ?, 1)", [OLD, NOW])
    rows = [(f"m{n}", "identify", f"d{n}", None, LATER, json.dumps(traits)) for n, (traits, _) in enumerate(TRAITS)]
    rows += [
        ("n1", "identify", "d99", "u99", datetime(2026, 1, 1, 9), '{"city": "Lyon", "gender": "f"}'),
        ("n2", "identify", "d99", "u99", datetime(2026, 1, 1, 10), '{"city": "Paris"}'),
        ("n3", "track", "d99", "u99", datetime(2026, 1, 1, 11), '{"city": "Nice"}'),
        ("n4", "identify", "refuser", None, LATER, '{"city": "Nice"}'),
    ]
    for message, kind, device, login, at, properties in rows:
        con.execute(
            "insert into unified_events values (?, ?, ?, ?, ?, ?, ?, 'segment', 1, false, false, null, null)",
            [message, kind, device, login, at.date(), at, properties],
        )
    build(con, "user_traits")
    said = con.execute("select identifier_type, identifier, field, value from user_traits where field is not null").fetchall()
    found: dict[tuple[str, str], dict[str, str]] = {}
    for kind, who, field, value in said:
        found.setdefault((kind, who), {})[field] = value
    expected = {("anonymous_id", f"d{n}"): fields for n, (_, fields) in enumerate(TRAITS) if fields}
    assert found == expected | {("user_id", "u99"): {"city": "Paris", "gender": "f"}}
