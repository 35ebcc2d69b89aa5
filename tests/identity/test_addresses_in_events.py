"""Whose an address is that a web event tells: the actor's own, or that of somebody the event is about."""

from __future__ import annotations

import json

import duckdb
import pytest

from .light_dbt import LightDbt

FRIEND = {"email": "Friend@example.com", "phone": "06 12 34 56 78"}
FRIENDS = ("friend@example.com", "+33612345678")
NOBODYS = (None, None)

EVENTS = [
    # Type, event, device, login, properties, traits in the context → the e-mail and phone that the actor is known by.
    ("identify", None, "d", "u", FRIEND, {}, FRIENDS),
    ("identify", None, "d", None, FRIEND, {}, FRIENDS),
    ("track", "Invite Sent", "d", "u", FRIEND, {}, NOBODYS),
    ("track", "invite_sent", "d", None, FRIEND, {}, NOBODYS),
    ("track", "Product Shared", "d", None, FRIEND, {}, NOBODYS),
    ("track", "Gift Card Ordered", "d", None, FRIEND, {}, NOBODYS),
    ("track", "Friend Referred", "d", None, FRIEND, {}, NOBODYS),
    ("track", "Recipient Added", "d", None, FRIEND, {}, NOBODYS),
    ("track", "Invite Sent", "d", None, FRIEND, {"email": "own@example.com"}, ("own@example.com", None)),
    ("track", "Ticket Transferred", "d", "u", FRIEND, {}, NOBODYS),
    ("track", "Ticket Transferred", "d", "own@example.com", {}, {}, ("own@example.com", None)),
    ("track", "Newsletter Subscribed", "d", None, FRIEND, {}, FRIENDS),
    ("track", "Signed Up", "d", "u", FRIEND, {}, FRIENDS),
]  # fmt: skip


@pytest.fixture(scope="module")
def links() -> dict[str, tuple[str | None, str | None]]:
    """Message → e-mail and phone in event_links."""
    con = duckdb.connect()
    con.execute(
        """create table raw_events (message_id varchar, type varchar, event varchar, anonymous_id varchar, user_id varchar,
            properties varchar, context varchar, _extra varchar, _file varchar default 'f', received_at timestamp,
            _happened_at timestamp default timestamp '2026-01-10 10:00:00', _batch bigint default 1);
        create table event_names (source varchar, name varchar, event varchar);
        create table normalised (kind varchar, raw varchar, region varchar, value varchar);
        insert into normalised values ('email', 'Friend@example.com', '', 'friend@example.com'),
            ('email', 'own@example.com', '', 'own@example.com'), ('phone', '06 12 34 56 78', 'FR', '+33612345678');
        create table company as select 'FR' as country, true as trackers_without_answer;
        create table unified_traffic_days (device varchar, event_date date, excluded_reason varchar);
        create table unified_tracker_consents (identifier_type varchar, identifier varchar, is_granted boolean, since timestamp,
            until timestamp, _batch bigint)"""
    )
    for number, (call, event, device, login, properties, traits, _) in enumerate(EVENTS):
        told = [f"m{number}", call, event, f"{device}{number}", login, json.dumps(properties), json.dumps({"traits": traits})]
        names = "message_id, type, event, anonymous_id, user_id, properties, context"
        con.execute(f"insert into raw_events ({names}) values (?, ?, ?, ?, ?, ?, ?)", told)
    light = LightDbt()
    sql = light.environment.from_string("{{ spec_events('generic', 'raw_events', as_sent=false) }}").render()
    con.execute(
        f"""create table unified_events as
        select *, cast(occurred_at as date) as event_date, false as is_bot, false as is_internal from ({sql})"""
    )
    light.build(con, "event_links")
    return {row[0]: (row[1], row[2]) for row in con.execute("select first_message_id, email, phone from event_links").fetchall()}


def test_a_friends_address_is_nothing_of_the_actors(links: dict[str, tuple[str | None, str | None]]):
    """Whoever invites a friend would be one person with them from then on, with each other's orders and messages."""
    found = [(event[1], event[3], links[f"m{number}"]) for number, event in enumerate(EVENTS)]
    assert found == [(event[1], event[3], event[-1]) for event in EVENTS]
