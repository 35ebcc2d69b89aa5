"""What is taken for an identifier and a link, wherever the unified tables tell of it."""

from __future__ import annotations

import hashlib
import json

import duckdb
import pytest

from .light_dbt import LightDbt

COLUMNS = {
    "event_links": "anonymous_id, user_id, email, phone, order_id, previous_id, advertising_id, ga_client_id, fbp, "
    "click_id_type, click_id, first_message_id, last_message_id",
    "unified_order_aliases": "alias, order_id",
    "unified_contacts": "contact_id, email, phone, traits",
    "unified_leads": "lead_id, email, phone, click_id_type, click_id, traits",
    "unified_orders": "order_id, customer_id, email, phone, click_id_type, click_id, traits",
    "unified_email_events": "email",
    "unified_social_interactions": "email",
    "unified_event_registrations": "registration_id, email, phone",
    "unified_subscriptions": "subscription_id, customer_id, email",
    "unified_reviews": "review_id, customer_id, email",
    "unified_surveys": "response_id, customer_id, email",
    "unified_calls": "phone",
    "unified_consents": "identifier_type, identifier",
    "unified_erasures": "identifier_type, identifier",
    "exact_links": "left_type, left_identifier, right_type, right_identifier, rule, refused_reason",
    "probable_pairs": "left_type, left_identifier, right_type, right_identifier, status",
    "must_link": "left_type, left_identifier, right_type, right_identifier",
    "cannot_link": "left_type, left_identifier, right_type, right_identifier",
    "same_account": "identifier_type",
}
TIMES = (
    "first_seen", "last_seen", "created_at", "ordered_at", "occurred_at", "starts_at", "started_at", "answered_at", "known_since",
    "requested_at",
)  # fmt: skip


class Company:
    """Tables that the models read; each row is told by the columns that matter."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        self.con.execute("set threads = 1; create table company as select 'FR' as country")
        for table, columns in COLUMNS.items():
            own = ", ".join(f"{name} varchar" for name in columns.split(", "))
            times = ", ".join(f"{name} timestamp default timestamp '2026-01-01'" for name in TIMES)
            self.con.execute(
                f"create table {table} ({own}, source varchar default 'generic', {times}, observations bigint default 1, "
                "is_test boolean default false, with_email boolean default false, _batch bigint default 1)"
            )

    def tell(self, table: str, **row: object) -> None:
        names = ", ".join(row)
        self.con.execute(f"insert into {table} ({names}) values ({', '.join('?' * len(row))})", list(row.values()))

    def links(self) -> set[tuple[str, str, str, str, str]]:
        LightDbt().build(self.con, "hand_links", "visitor_links", "trait_identifiers", "observed_identifiers", "observed_links")
        rows = self.con.execute(
            "select left_type, left_identifier, right_type, right_identifier, rule from observed_links"
        ).fetchall()
        ends = set(self.con.execute("select identifier_type, identifier from observed_identifiers").fetchall())
        assert {row[0:2] for row in rows} | {row[2:4] for row in rows} <= ends
        return {tuple(row) for row in rows}


@pytest.fixture
def company() -> Company:
    return Company()


def test_every_kind_of_device_id_leads_to_its_device(company: Company):
    """An app's advertising id or a vendor's cookie that is passed over is a visit that belongs to nobody."""
    cookies = {"advertising_id": "ad", "ga_client_id": "1.2", "fbp": "fb.1", "click_id_type": "gclid", "click_id": "x"}
    company.tell("event_links", anonymous_id="d", user_id="u", **cookies)
    company.tell("event_links", user_id="u", fbp="fb.2")
    company.tell("unified_leads", lead_id="l", click_id_type="gclid", click_id="x")
    company.tell("unified_orders", order_id="o", click_id_type="gclid", click_id="y")
    assert company.links() == {
        ("anonymous_id", "d", "user_id", "u", "login"), ("advertising_id", "ad", "anonymous_id", "d", "same_device"),
        ("ga_client_id", "1.2", "anonymous_id", "d", "same_device"), ("fbp", "fb.1", "anonymous_id", "d", "same_device"),
        ("click_id", "gclid:x", "anonymous_id", "d", "click"), ("fbp", "fb.2", "user_id", "u", "login"),
        ("lead_id", "l", "click_id", "gclid:x", "click"), ("order_id", "o", "click_id", "gclid:y", "click"),
    }  # fmt: skip


def test_an_alias_call_names_a_device_or_a_login(company: Company):
    """The id before an alias is the anonymous one, unless somebody logged in with it."""
    company.tell("event_links", user_id="u1", previous_id="d1")
    company.tell("event_links", user_id="u2", previous_id="u1")
    assert company.links() == {("anonymous_id", "d1", "user_id", "u1", "alias"), ("user_id", "u1", "user_id", "u2", "alias")}


def test_vendors_numbers_are_their_own(company: Company):
    """Customer 123 of the shop and contact 123 of the CRM are two people who would get each other's messages."""
    company.tell("unified_contacts", contact_id="123", email="a@x.org", source="shopify")
    company.tell("unified_contacts", contact_id="123", email="b@x.org", source="hubspot")
    company.tell("unified_contacts", contact_id="123", email="c@x.org")
    company.tell("unified_orders", order_id="o", customer_id="123", source="shopify")
    company.tell("same_account", identifier_type="user_id")
    company.tell("same_account", identifier_type="customer_id")
    company.tell("event_links", user_id="123", anonymous_id="d")
    links = company.links()
    assert {row[1] for row in links if row[4] == "contact"} == {"shopify:123", "hubspot:123", "123"}
    assert {row[:4] for row in links if row[4] == "same_account"} == {
        ("customer_id", "shopify:123", "contact_id", "shopify:123"), ("user_id", "123", "customer_id", "shopify:123"),
    }  # fmt: skip


def test_cards_and_hashes_among_the_further_columns_are_identifiers(company: Company):
    """A till knows its customers by card alone, a form by a hash; upper or lower case and blanks are no other card."""
    digest = hashlib.sha256(b"a@x.org").hexdigest()
    company.tell("unified_contacts", contact_id="c", email="a@x.org", traits=json.dumps({"loyalty_card_number": "ab-12 3"}))
    company.tell("unified_orders", order_id="o", traits=json.dumps({"loyalty_card": "AB123", "shoe_size": "42"}))
    company.tell("unified_leads", lead_id="l", traits=json.dumps({"hashed_email": digest.upper()}))
    company.tell("unified_consents", identifier_type="hashed_email", identifier=digest)
    company.tell("unified_erasures", identifier_type="hashed_email", identifier=digest)
    company.tell("unified_erasures", identifier_type="hashed_email", identifier="0" * 64)
    assert company.links() == {
        ("contact_id", "c", "email", "a@x.org", "contact"), ("contact_id", "c", "loyalty_card", "AB123", "trait"),
        ("order_id", "o", "loyalty_card", "AB123", "trait"), ("lead_id", "l", "hashed_email", digest, "trait"),
        ("hashed_email", digest, "email", "a@x.org", "same_address"),
    }  # fmt: skip
    assert company.con.execute("select count(*) from observed_identifiers where identifier like '000%'").fetchone() == (0,)


def test_evidence_is_the_first_and_the_last_row(company: Company):
    """Whoever asks why two identifiers are one person must find the messages that said so, in whichever order they came."""
    for at, first, last in (("2026-01-02", "m3", "m4"), ("2026-01-01", "m1", "m2"), ("2026-01-02", "m5", "m6")):
        company.tell(
            "event_links",
            anonymous_id="d",
            user_id="u",
            first_seen=at,
            last_seen=at,
            first_message_id=first,
            last_message_id=last,
        )
    company.links()
    assert company.con.execute("select first_id, last_id, observations from observed_links").fetchall() == [("m1", "m6", 3)]


def test_somebodys_word_is_heard_however_it_is_spelled(company: Company):
    """A pair written in capitals or with a national number joins nobody, and nobody is told."""
    company.tell("unified_contacts", contact_id="c", email="a@x.org", phone="+33612345678")
    company.tell("must_link", left_type="email", left_identifier="A@X.org", right_type="phone", right_identifier="06 12 34 56 78")
    company.tell("cannot_link", left_type="email", left_identifier="A@X.org", right_type="contact_id", right_identifier="c")
    assert [link[:4] for link in company.links() if link[4] == "must_link"] == [("email", "a@x.org", "phone", "+33612345678")]
