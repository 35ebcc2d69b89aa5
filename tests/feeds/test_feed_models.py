"""What feeds are made of: who refuses a channel and who no longer does, the catalogue, what is written back to a CRM."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.settings import SHIPPED
from tests.profiles.consent_world import Person, Said, World, ago
from tests.profiles.models import build

A, B, TEL, USER = "email:a@example.com", "email:b@example.com", "phone:+33611111111", "user_id:u1"


def columns_are_told(con: duckdb.DuckDBPyConnection, model: str) -> None:
    """Feeds are checked against the model's YAML: a column that only it knows would end a run at its last step."""
    told = yaml.safe_load((SHIPPED / f"dbt_models/models/feeds/{model}.yml").read_text(encoding="utf-8"))["models"][0]
    built = [name for name, *_ in con.execute(f"describe {model}").fetchall()]
    assert built == [column["name"] for column in told["columns"]]


@pytest.fixture(scope="module")
def world() -> World:
    world = World()
    world.con.execute("create table unified_bounced_addresses (email varchar, bounced_at timestamp)")
    return world


Told = dict[str, tuple[str | None, str | None, bool]]


def refusals(world: World, channel: str, people: list[Person], said: list[Said]) -> Told:
    """Address → (whose, why, whether it is taken back)."""
    world.fill(people, said)
    build(world.con, f"{channel}_refusals")
    columns_are_told(world.con, f"{channel}_refusals")
    query = f"select record_key, profile_id, reason, is_withdrawn from {channel}_refusals"
    found = world.con.execute(query).fetchall()
    assert len({key for key, *_ in found}) == len(found), "an address stands once"
    return {key: tuple(told) for key, *told in found}


@pytest.fixture(autouse=True)
def empty(world: World) -> None:
    for table in ("unified_email_events", "unified_message_events", "unified_bounced_addresses", "unsubscriptions"):
        world.con.execute(f"delete from {table}")


def mail(world: World, address: str, kind: str, at: datetime) -> None:
    world.con.execute("insert into unified_email_events values ('e', ?, ?, ?, null, false)", [address, kind, at])


def test_every_word_by_which_an_address_is_refused(world: World) -> None:
    """A refusal that comes by another road than the rest (a complaint, a stop, a bounce) must not be the one that is missed."""
    mail(world, "complains@example.com", "complained", ago(9))
    mail(world, "leaves@example.com", "unsubscribed", ago(9))
    mail(world, "bounces@example.com", "bounced", ago(9))
    world.con.execute("insert into unified_bounced_addresses values ('bounces@example.com', ?)", [ago(9)])
    world.con.execute("insert into unsubscriptions values ('email', 'site@example.com', ?, 'm')", [ago(9)])
    people = [
        Person("p", [A, TEL, USER], last_sale=ago(100), sold_to=["a@example.com"]),
        Person("q", ["email:silent@example.com"]),
    ]
    told = [Said("email:denies@example.com", "email", "denied", ago(9)), Said(USER, "email", "withdrawn", ago(5))]
    found = refusals(world, "email", people, told)
    assert found == {
        "complains@example.com": (None, "complaint", False), "leaves@example.com": (None, "refused", False),
        "bounces@example.com": (None, "bounced", False), "site@example.com": (None, "refused", False),
        "denies@example.com": (None, "refused", False), "a@example.com": ("p", "refused", False),
    }  # fmt: skip


def test_channels_do_not_speak_for_each_other(world: World) -> None:
    """A stop to text messages is no word about mail, and a number refused for calls may still be written to."""
    world.con.execute("insert into unified_message_events values ('e', 'sms', '+33611111111', 'stop', ?)", [ago(1)])
    world.con.execute("insert into unified_message_events values ('f', 'push', 'tok-1', 'stop', ?)", [ago(1)])
    people = [Person("p", [A, TEL, "push_token:tok-1", "push_token:tok-2"])]
    said = [Said(TEL, "phone", "denied", ago(2)), Said(TEL, "whatsapp", "granted", ago(2))]
    assert refusals(world, "sms", people, said) == {"+33611111111": ("p", "refused", False)}
    assert refusals(world, "whatsapp", people, said) == {}
    assert refusals(world, "email", people, said) == {}
    assert refusals(world, "push", people, said).keys() == {"tok-1", "tok-2"}, "the person has refused, on whichever device"


def test_a_device_that_was_switched_off_stays_off(world: World) -> None:
    """What the owner says on another phone would switch this one on again."""
    off, on = "push_token:tok-off", "push_token:tok-on"
    said = [Said(off, "push", "denied", ago(9)), Said(on, "push", "granted", ago(3))]
    assert refusals(world, "push", [Person("p", [A, off, on])], said)["tok-off"] == ("p", "refused", False)


def test_an_address_that_agrees_again_is_told_as_such(world: World) -> None:
    """Who signs up anew and stays suppressed hears nothing; who only seems to must not be written to."""
    person = [Person("p", [A, B])]
    said = [Said(A, "email", "withdrawn", ago(9)), Said(A, "email", "granted", ago(3)), Said(B, "email", "withdrawn", ago(9))]
    assert refusals(world, "email", person, said) == {
        "a@example.com": ("p", None, True),
        "b@example.com": ("p", "refused", False),
    }
    unproven = [Said(A, "email", "withdrawn", ago(9)), Said(A, "email", "granted", ago(3), proof=None)]
    assert refusals(world, "email", person, unproven)["a@example.com"] == ("p", "refused", False)
    assert refusals(world, "email", [], unproven)["a@example.com"] == (None, "refused", False)
    assert refusals(world, "email", [], said)["a@example.com"] == (None, None, True)
    world.con.execute("insert into unified_bounced_addresses values ('a@example.com', ?)", [ago(1)])
    assert refusals(world, "email", person, said)["a@example.com"] == ("p", "bounced", False)


WORDS = st.tuples(st.sampled_from([A, B, USER]), st.sampled_from(["granted", "denied", "withdrawn"]), st.integers(1, 30))


@given(st.lists(WORDS, max_size=6))
@settings(max_examples=60, deadline=None)
def test_nobody_is_both_refused_and_written_to(world: World, words: list[tuple[str, str, int]]) -> None:
    """A list and an opt-out file that disagree: whichever is imported last decides."""
    said = [Said(who, "email", status, ago(day)) for who, status, day in words]
    found = refusals(world, "email", [Person("p", [A, B, USER])], said)
    for address, status in world.addresses("p", "email").items():
        told = found.get(address)
        if status in ("denied", "withdrawn"):
            assert told == ("p", "refused", False)
        elif status == "granted":
            assert told in (None, ("p", None, True))
        else:
            assert told is None


def shelf(*products: dict[str, Any]) -> list[tuple[Any, ...]]:
    con = duckdb.connect()
    con.execute("create table company (currency varchar); insert into company values ('EUR')")
    names = ("product_id", "title", "brand", "category", "price", "currency", "url", "image_url", "availability", "traits")
    con.execute(f"create table unified_products ({', '.join(f'{name} varchar' for name in names)})")
    con.execute("alter table unified_products alter price type decimal(18, 4)")
    for product in products:
        con.execute(f"insert into unified_products values ({', '.join('?' * len(names))})", [product.get(n) for n in names])
    build(con, "catalogue")
    columns_are_told(con, "catalogue")
    return con.execute("select record_key, description, price, condition, gtin, mpn from catalogue order by 1").fetchall()


def test_the_catalogue_says_what_the_shop_says_and_makes_up_no_more() -> None:
    """A price in a currency that nobody named, or a code that is none, is an offer that the shop never made."""
    rich = {"description": "Fine", "gtin": "4006381333931", "mpn": "X", "condition": "used"}
    told = shelf(
        {"product_id": "P1", "title": "One", "price": "12.9", "traits": str(rich).replace("'", '"')},
        {
            "product_id": "P2",
            "title": "Two",
            "price": "3",
            "currency": "USD",
            "traits": '{"body_html": "<p>x</p>", "barcode": "1"}',
        },
        {"product_id": "P3", "title": "Three"},
    )
    assert told == [
        ("P1", "Fine", "12.9000 EUR", "used", "4006381333931", "X"),
        ("P2", "<p>x</p>", "3.0000 USD", "new", "1", None),
        ("P3", "Three", None, "new", None, None),
    ]


def test_what_is_written_back_is_the_persons_and_nothing_of_who_objects() -> None:
    """A score in the CRM of somebody who objects to profiling is profiling."""
    con = duckdb.connect()
    con.execute(
        """
        create table unified_contacts as select * from (values
            ('hubspot', '1'), ('generic', '1'), ('hubspot', '2'), ('hubspot', '3')) as t(source, contact_id);
        create table identifiers as select * from (values
            ('contact_id', 'hubspot:1', 'p'), ('contact_id', '1', 'q'), ('contact_id', 'hubspot:2', 'o'))
            as t(identifier_type, identifier, profile_id);
        create table profiles as select * from (values ('p', 'customer'), ('q', 'lead'), ('o', 'customer'))
            as t(profile_id, lifecycle_stage);
        create table customers as select 'p' as profile_id, 61.6 as score, 'high' as tier_name;
        create table rfm as select 'p' as profile_id, 'loyal' as rfm_segment;
        create table leads as select 'q' as profile_id, 70.4 as score, 'A2' as grade;
        create table clv as select 'p' as profile_id, 120.456::double as clv_12m;
        create table not_profiled as select 'o' as profile_id;
        create table profile_consents as select * from (values ('p', 'email', 'granted'), ('o', 'profiling', 'withdrawn'))
            as t(profile_id, purpose, status);
        """
    )
    build(con, "contact_scores", "hubspot_contact_scores")
    columns_are_told(con, "contact_scores")
    columns_are_told(con, "hubspot_contact_scores")
    scores = "customer_score, rfm_segment, lead_score, lead_grade, clv_12m::varchar"
    columns = f"record_key, profile_id, lifecycle_stage, {scores}, email_consent"
    assert con.execute(f"select {columns} from contact_scores order by 1").fetchall() == [
        ("generic:1", "q", "lead", None, None, 70, "A2", None, "unknown"),
        ("hubspot:1", "p", "customer", 62, "loyal", None, None, "120", "granted"),
        ("hubspot:2", "o", "customer", None, None, None, None, None, "unknown"),
    ]
    left_out = con.execute("select contact_id, left_out from hubspot_contact_scores order by 1").fetchall()
    assert left_out == [("1", None), ("2", "objects to profiling")]
