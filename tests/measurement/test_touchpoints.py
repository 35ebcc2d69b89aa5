"""Which of what is told is a touch: visits, messages, codes, calls, events, leads and orders."""

from __future__ import annotations

import pytest

from tests.measurement.touched import World


def test_a_click_counts_once(world: World) -> None:
    """Somebody who keeps the page open, or passes its address on, would click the advertisement again each time."""
    click = {"click_id_type": "gclid", "click_id": "x1"}
    world.add("click_ids", profile_id="anna", clicked_at="2026-05-01 10:00:00", **click)
    world.visit("a", "2026-05-01 10:00:00", **click)
    world.visit("a", "2026-05-03 10:00:00", **click)
    world.visit("b", "2026-05-04 10:00:00", **click)
    assert world.touch() == [("anna", "session", "paid_search", ""), ("ben", "session", "direct", "")]


def test_whose_visits_count(world: World) -> None:
    """Who refused trackers would be followed all the same, and the company's own people would be won by it;
    what a server tells of an order would be its last touch, and a direct one."""
    world.add("internal_people", profile_id="ben")
    world.visit("b", "2026-05-01 10:00:00")
    world.visit(None, "2026-05-01 10:00:00")
    world.visit("unknown", "2026-05-01 10:00:00")
    world.visit("a", "2026-05-02 10:00:00", device="u:1", page_views=0)
    world.visit("a", "2026-07-02 10:00:00")
    assert world.touch() == []


def test_a_click_in_a_message_and_its_visit_are_one_touch(world: World) -> None:
    """Mail would count twice wherever clicks and visits are both known."""
    click = {"email": "anna@shop.example", "type": "clicked", "source": "klaviyo", "campaign_id": "News"}
    for number, (at, extra) in enumerate([
        ("2026-05-01 10:00:00", {}),  # the visit says so
        ("2026-05-02 10:00:00", {}),  # the visit says nothing
        ("2026-05-02 10:05:00", {}),  # a second link in the same mail
        ("2026-05-03 10:00:00", {}),  # the visit comes too late
        ("2026-05-04 10:00:00", {"is_machine": True}),
        ("2026-05-05 10:00:00", {"url": "https://www.shop.example/?utm_campaign=Spring%20sale"}),
        ("2026-05-06 10:00:00", {"type": "opened"}),
    ]):  # fmt: skip
        world.add("unified_email_events", event_id=f"e{number}", occurred_at=at, **(click | extra))
    world.visit("a", "2026-05-01 10:20:00", utm_source="klaviyo", utm_medium="email", utm_campaign="news")
    world.visit("a", "2026-05-02 10:01:00")
    world.visit("a", "2026-05-03 10:31:00")
    world.visit("a", "2026-05-05 10:10:00", utm_source="google", utm_medium="cpc", utm_campaign="brand")
    assert [touch[1:] for touch in world.touch()] == [
        ("session", "email", "news"),
        ("email_click", "email", "news"),
        ("email_click", "email", "news"),
        ("session", "direct", ""),
        ("email_click", "email", "spring sale"),
        ("session", "paid_search", "brand"),
    ]


def test_a_visit_and_the_click_that_led_to_it_know_their_campaign(world: World) -> None:
    """A click that a slow clock tells after its visit would be a second touch; the visit of another mail would swallow the click
    of this one, and a visit that knows no campaign the campaign."""
    click = {"email": "anna@shop.example", "type": "clicked", "source": "klaviyo"}
    link = "https://www.shop.example/?utm_source=crm&utm_medium=email&utm_campaign={}"
    mail = {"utm_source": "crm", "utm_medium": "email"}
    world.visit("a", "2026-05-01 10:00:00", utm_campaign="spring", **mail)
    world.add("unified_email_events", event_id="1", occurred_at="2026-05-01 10:00:02", url=link.format("Spring"), **click)
    world.visit("a", "2026-05-02 10:10:00", utm_campaign="spring", **mail)
    world.add("unified_email_events", event_id="2", occurred_at="2026-05-02 10:00:00", url=link.format("summer"), **click)
    world.visit("a", "2026-05-03 10:10:00", **mail)
    world.add("unified_email_events", event_id="3", occurred_at="2026-05-03 10:00:00", url=link.format("autumn"), **click)
    assert [touch[1:] for touch in world.touch()] == [
        ("session", "email", "spring"),
        ("email_click", "email", "summer"),
        ("session", "email", "spring"),
        ("email_click", "email", "autumn"),
    ]


def test_a_link_that_all_mails_bear_is_no_single_mail_s(world: World) -> None:
    """The first of the weekly mails, the only one with costs told by its number, would have brought what all of them did."""
    world.add("unified_marketing_costs", campaign_id="1", channel="email", starts_on="2026-05-01", ends_on="2026-05-01")
    told = {"email": "anna@shop.example", "type": "clicked", "source": "klaviyo", "campaign_name": "Weekly"}
    for number in "12":
        click = told | {"campaign_id": number, "url": "https://www.shop.example/?utm_medium=email&utm_campaign=weekly"}
        world.add("unified_email_events", event_id=number, occurred_at=f"2026-05-0{number} 10:00:00", **click)
    world.visit("a", "2026-05-08 10:00:00", utm_source="crm", utm_medium="email", utm_campaign="weekly")
    assert [key for *_, key in world.touch()] == ["1", "weekly", "weekly"]


def test_clicks_in_texts_are_touches_of_their_channel(world: World) -> None:
    """A click in an SMS belongs to the owner of the number."""
    message = {"identifier": "+33612345678", "occurred_at": "2026-05-01 10:00:00", "source": "generic", "type": "clicked"}
    world.add("unified_message_events", event_id="1", channel="whatsapp", campaign_id="Vip", **message)
    world.add("unified_message_events", event_id="2", channel="sms", **(message | {"type": "delivered"}))
    assert world.touch() == [("anna", "message_click", "whatsapp", "vip")]


def test_the_credit_of_a_code_is_its_owners(world: World) -> None:
    """Who orders with a friend's code was won by whose code it is; a code nobody gave out won nobody."""
    world.add("unified_promo_codes", code="LEA10", campaign_id="lea_may", influencer="Lea Brews")
    world.add("unified_promo_codes", code="FLYER", channel="Print")
    world.add("unified_promo_codes", code="PLAIN")
    world.add("unified_marketing_costs", campaign_id="LEA_MAY", starts_on="2026-05-01", ends_on="2026-05-31")
    order = {"profile_id": "ben", "ordered_at": "2026-05-10 10:00:00"}
    world.add("person_orders", order_id="1", coupon_codes="lea10,Plain", **order)
    world.add("person_orders", order_id="2", coupon_codes="FLYER; OTHER", **order)
    world.add("person_orders", order_id="3", **order)
    assert sorted(world.touch()) == [
        ("ben", "promo_code", "influencer", "LEA_MAY"),
        ("ben", "promo_code", "print", ""),
        ("ben", "promo_code", "promo_code", ""),
    ]
    assert world.ask("select influencer from touchpoints where influencer is not null") == [("Lea Brews",)]


def test_codes_touch_on_their_days(world: World) -> None:
    """A code of last year that a forum passes on would still be its influencer's; and whose it is this year would share it."""
    world.add("unified_promo_codes", code="LEA", influencer="Lea", valid_from="2026-05-01", valid_to="2026-05-31")
    world.add("unified_promo_codes", code="LEA", influencer="Max", valid_from="2026-06-02")
    days = ("2026-04-30 21:59", "2026-04-30 22:00", "2026-05-31 21:59", "2026-05-31 22:00", "2026-06-02 12:00")
    for number, at in enumerate(days):
        world.add("person_orders", profile_id="ben", order_id=f"{number}", ordered_at=at, coupon_codes="lea")
    world.touch()
    found = world.ask("select touch_id, influencer from touchpoints order by 1")
    assert found == [("promo_code:1:LEA", "Lea"), ("promo_code:2:LEA", "Lea"), ("promo_code:4:LEA", "Max")]


@pytest.mark.parametrize("step", [1, -1])
def test_a_code_that_two_sources_tell_is_one_touch(step: int) -> None:
    """One order would touch twice, and which campaign has the sale hang on which row comes first."""
    made = World()
    told = [("summer", None, "affiliate"), ("spring", "Lea", "influencer"), (None, "Ben", "influencer")]
    for campaign, influencer, channel in told[::step]:
        made.add("unified_promo_codes", code="LEA", campaign_id=campaign, influencer=influencer, channel=channel)
    made.add("person_orders", profile_id="ben", order_id="1", ordered_at="2026-06-01 10:00:00", coupon_codes="LEA|lea")
    assert made.touch() == [("ben", "promo_code", "influencer", "spring")]


def test_a_code_comes_after_the_tag_of_its_order(world: World) -> None:
    """Whoever's name begins later in the alphabet would have the last word."""
    tags = {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "brand"}
    world.add("unified_promo_codes", code="LEA10", campaign_id="lea", influencer="Lea")
    world.add("person_orders", profile_id="ben", order_id="1", ordered_at="2026-05-10 10:00:00", coupon_codes="LEA10", **tags)
    world.add("unified_orders", order_id="1", **tags)
    assert [kind for _, kind, *_ in world.touch()] == ["order", "promo_code"]


def test_an_influencers_link_is_theirs_whatever_it_says(world: World) -> None:
    """A creator whose link says `social` would be lost among the posts of the company."""
    world.add("unified_influencers", influencer="Lea Brews")
    world.visit("a", "2026-05-01 10:00:00", utm_source="lea brews", utm_medium="social")
    world.visit("b", "2026-05-01 10:00:00", utm_source="unlisted", utm_medium="influencer")
    world.touch()
    found = world.ask("select channel, influencer from touchpoints order by profile_id")
    assert found == [("influencer", "Lea Brews"), ("influencer", "unlisted")]


def test_calls_to_a_dedicated_number(world: World) -> None:
    """Calls that the company makes, and calls to its usual number, were brought by no advertisement."""
    world.add("tracking_numbers", number="01 44 55 66 77", channel="radio", campaign="Spring spot")
    world.add("tracking_numbers", number="+33 1 44 55 66 78")
    call = {"phone": "+33612345678", "occurred_at": "2026-05-01 10:00:00", "source": "crm"}
    world.add("unified_calls", call_id="1", tracking_number="+33144556677", direction="inbound", **call)
    world.add("unified_calls", call_id="2", tracking_number="0144556678", **call)
    world.add("unified_calls", call_id="3", tracking_number="+33144556677", direction="outbound", **call)
    world.add("unified_calls", call_id="4", tracking_number="+33144556600", direction="inbound", **call)
    world.add("unified_calls", call_id="5", direction="inbound", **call)
    assert world.touch() == [("anna", "call", "radio", "spring spot"), ("anna", "call", "phone", "")]


def test_numbers_of_two_countries_that_end_alike(world: World) -> None:
    """The German radio spot would have the calls of the French one."""
    world.add("tracking_numbers", number="+33 1 44 55 66 77", channel="tv", campaign="fr")
    world.add("tracking_numbers", number="+49 1 44 55 66 77", channel="radio", campaign="de")
    call = {"phone": "+33612345678", "source": "crm"}
    for number, dialled in enumerate(["+49144556677", "0033144556677", "+34144556677"]):
        at = f"2026-05-0{1 + number} 10:00:00"
        world.add("unified_calls", call_id=f"{number}", tracking_number=dialled, occurred_at=at, **call)
    assert [touch[2:] for touch in world.touch()] == [("radio", "de"), ("tv", "fr")]


def test_events_that_were_attended(world: World) -> None:
    """Who registered and stayed away was not there to be won; whom two tools tell of was there once."""
    event = {"email": "anna@shop.example", "event_kind": "webinar", "event_name": "Latte Art", "source": "generic"}
    world.add("unified_event_registrations", registration_id="1", starts_at="2026-05-01 10:00:00", status="attended", **event)
    told_again = event | {"email": None, "phone": "+33612345678", "source": "crm"}
    world.add(
        "unified_event_registrations", registration_id="9", starts_at="2026-05-01 10:00:00", status="attended", **told_again
    )
    world.add("unified_event_registrations", registration_id="2", starts_at="2026-05-02 10:00:00", status="no_show", **event)
    world.add("unified_event_registrations", registration_id="3", starts_at="2026-08-02 10:00:00", status="attended", **event)
    assert world.touch() == [("anna", "event", "event", "latte art")]


def test_leads_and_orders_that_tell_what_brought_them(world: World) -> None:
    """A form filled in during a visit tells of the same click, and an order repeats it for months: it would be the last touch of
    every sale. Once the visit is further back than the look-back, or was of another campaign, it is all that is known."""
    world.person("anna", lead_id="l1")
    world.person("ben", lead_id="l2")
    world.person("ben", lead_id="l3")
    tags = {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "brand"}
    world.visit("a", "2026-05-01 10:00:00", **tags)
    lead = {"created_at": "2026-05-01 10:05:00", "source": "generic"}
    world.add("unified_leads", lead_id="l1", **lead, **tags)
    world.add("unified_leads", lead_id="l2", **lead, **tags, supplier="LeadBazaar")
    world.add("unified_leads", lead_id="l3", **lead)
    world.visit("a", "2026-05-05 10:00:00", referrer="https://www.google.com/")
    world.con.execute("update measurement set lookback_days = 30")
    for order, at, campaign in (
        ("o1", "2026-05-01 10:30:00", "brand"),
        ("o2", "2026-05-09 10:30:00", "brand"),
        ("o3", "2026-05-09 10:30:00", "other"),
        ("o4", "2026-06-09 10:30:00", "brand"),
    ):
        told = tags | {"utm_campaign": campaign}
        world.add("person_orders", profile_id="anna", order_id=order, ordered_at=at, **told)
        world.add("unified_orders", order_id=order, **told)
    world.add("person_orders", profile_id="anna", order_id="o5", ordered_at="2026-05-20 10:00:00")
    assert world.touch() == [
        ("anna", "session", "paid_search", "brand"),
        ("anna", "session", "organic_search", ""),
        ("anna", "order", "paid_search", "other"),
        ("anna", "order", "paid_search", "brand"),
        ("ben", "lead", "lead_supplier", ""),
    ]
    assert world.ask("select supplier, source from touchpoints where kind = 'lead'") == [("LeadBazaar", "leadbazaar")]
