"""What brought somebody: channels by the rules, and which of what is told is a touch."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from dagster_project.measurement.channel_seeds import wrong_channel_seeds
from dagster_project.measurement_settings import Measurement
from dagster_project.settings import Settings
from tests.measurement.touched import World
from tests.profiles.models import build

NAMES = ("utm_source", "utm_medium", "utm_campaign", "click_id_type", "referrer")
CASES = {
    # What the default channel group of Google Analytics 4 says of the same.
    ("google", "cpc", "brand", "gclid", "https://www.google.com/"): "paid_search",
    ("Google", "CPC", "Brand", None, None): "paid_search",
    ("bing", "ppc", None, None, None): "paid_search",
    ("facebook", "paid", "spring", "fbclid", "https://l.facebook.com/"): "paid_social",
    ("ig", "cpc", None, None, None): "paid_social",
    ("youtube", "cpv", None, None, None): "video",
    ("google", "cpc", "de | shopping", None, None): "shopping",
    ("google", "cpc", "eshop", None, None): "shopping",
    ("google", "cpc", "workshop_paris", None, None): "paid_search",
    ("google", "cpc", "2026 cross-network", None, None): "cross_network",
    ("partner.example", "banner", None, None, None): "display",
    ("criteo", "cpc", None, None, None): "display",
    ("some_site", "cpc", None, None, None): "other",
    ("twitter", "social", None, None, None): "organic_social",
    ("brand", "social-media", None, None, None): "organic_social",
    ("google", "organic", None, None, None): "organic_search",
    ("spring_news", "e-mail", "spring", None, None): "email",
    ("awin", "affiliate", None, None, None): "affiliate",
    ("blog", "referral", None, None, None): "referral",
    ("crm", "sms", None, None, None): "sms",
    ("crm", "web_push", None, None, None): "push",
    ("firebase", None, None, None, None): "push",
    # Beyond it.
    ("facebook", "Paid_Social", None, None, None): "paid_social",
    ("google", "email", None, None, None): "email",
    ("whatsapp", "broadcast", None, None, None): "whatsapp",
    ("lea", "influencer", None, None, None): "influencer",
    ("mystery", "mystery", None, None, None): "other",
    ("(not set)", "(none)", "(not set)", None, None): "direct",
    # Without words, by the click.
    (None, None, None, "gclid", "https://www.google.fr/"): "paid_search",
    (None, None, None, "wbraid", None): "paid_search",
    (None, None, None, "msclkid", "https://www.bing.com/"): "paid_search",
    (None, None, None, "ttclid", None): "paid_social",
    (None, None, None, "li_fat_id", None): "paid_social",
    (None, None, None, "fbclid", "https://m.facebook.com/"): "organic_social",
    # Without either, by the referrer.
    (None, None, None, None, None): "direct",
    (None, None, None, None, "https://www.google.co.uk/search?q=x"): "organic_search",
    (None, None, None, None, "android-app://com.google.android.googlequicksearchbox/"): "organic_search",
    (None, None, None, None, "https://uk.search.yahoo.com/"): "organic_search",
    (None, None, None, None, "https://duckduckgo.com/"): "organic_search",
    (None, None, None, None, "https://t.co/abc"): "organic_social",
    (None, None, None, None, "https://web.whatsapp.com/"): "organic_social",
    (None, None, None, None, "https://www.youtube.com/watch"): "video",
    (None, None, None, None, "https://mail.google.com/mail/"): "email",
    (None, None, None, None, "https://docs.google.com/document/"): "referral",
    (None, None, None, None, "https://google.evil.example/"): "referral",
    (None, None, None, None, "https://notgoogle.com:8080/a"): "referral",
    (None, None, None, None, "https://chatgpt.com/"): "referral",
    (None, None, None, None, "https://www.amazon.de/dp/1"): "referral",
    ("google", "sea", "brand", None, None): "paid_search",
    ("bing", "ads", None, None, None): "paid_search",
    ("google", "pmax", None, None, None): "cross_network",
    ("facebook", "ads", None, None, None): "paid_social",
    ("an", "paid", None, None, None): "paid_social",
    ("awin", "cpa", None, None, None): "affiliate",
    ("klaviyo", "campaign", None, None, None): "email",
    ("chatgpt.com", None, None, None, None): "referral",
}  # fmt: skip


@pytest.fixture
def world() -> World:
    made = World()
    made.person("anna", anonymous_id="a", email="anna@shop.example", phone="+33612345678")
    made.person("ben", anonymous_id="b")
    return made


def test_channels_by_the_shipped_rules(world: World) -> None:
    """A rule that is wrong or out of order would give one channel's sales to another."""
    for number, case in enumerate(CASES):
        world.person(f"p{number}", anonymous_id=f"d{number}")
        world.visit(f"d{number}", "2026-05-01 10:00:00", **dict(zip(NAMES, case, strict=True)))
    world.touch()
    found = dict(world.ask("select profile_id, channel from touchpoints"))
    wrong = {case: found.get(f"p{number}") for number, case in enumerate(CASES) if found.get(f"p{number}") != CASES[case]}
    assert wrong == {}


@pytest.mark.parametrize(
    "referrer",
    [
        "https://www.paypal.com/checkout", "https://checkout.stripe.com/c/pay", "https://payu.pl/", "https://accounts.google.fr/",
        "https://shop.example/cart", "https://help.shop.example/", "https://blog.other.example/post",
    ],
)  # fmt: skip
def test_coming_back_from_a_payment_provider_or_the_own_site_is_no_touch(world: World, referrer: str) -> None:
    """The last touch before every sale would be the bank, or the shop itself."""
    world.add("own_domains", domain="other.example")
    world.visit("a", "2026-05-01 10:00:00", utm_source="google", utm_medium="cpc", utm_campaign="brand")
    world.visit("a", "2026-05-01 11:00:00", referrer=referrer)
    world.visit("b", "2026-05-01 11:00:00", referrer=referrer)
    world.visit("b", "2026-05-01 12:00:00", referrer=referrer)
    assert world.touch() == [("anna", "session", "paid_search", "brand"), ("ben", "session", "direct", "")]


def test_a_marked_link_on_the_way_back_is_a_touch(world: World) -> None:
    """A campaign whose links stand on the own blog would never be seen."""
    world.visit("a", "2026-05-01 11:00:00", referrer="https://www.shop.example/", utm_source="newsletter", utm_medium="email")
    assert world.touch() == [("anna", "session", "email", "")]


def test_a_copy_of_the_site_is_not_the_own_site(world: World) -> None:
    """One stray hit with a search engine's address would turn all its visits into returns."""
    for number in range(150):
        world.visit("a", f"2026-05-01 10:{number // 60:02}:{number % 60:02}")
    world.visit("b", "2026-05-01 10:00:00", landing_url="https://copy.example/")
    world.visit("b", "2026-05-02 10:00:00", referrer="https://copy.example/", landing_url="https://www.google.com/")
    world.visit("b", "2026-05-03 10:00:00", referrer="https://www.google.com/")
    channels = [channel for person, _, channel, _ in world.touch() if person == "ben"]
    assert channels == ["direct", "referral", "organic_search"]


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


def test_costs_of_a_mail_by_its_number_meet_its_clicks_by_name(world: World) -> None:
    """All costs here, all revenue there: a newsletter would have cost nothing, and a campaign called 77 brought nothing."""
    for campaign in ("77", "Roast"):
        world.add("unified_marketing_costs", campaign_id=campaign, channel="email", starts_on="2026-05-01", ends_on="2026-05-01")
    told = {"email": "anna@shop.example", "type": "clicked", "source": "klaviyo"}
    url = "https://www.shop.example/?utm_medium=email&utm_campaign={}"
    for number, values in enumerate([
        {"campaign_id": "77", "campaign_name": "May news", "url": url.format("may")},
        {"campaign_id": "78", "campaign_name": "June news", "url": url.format("june")},
        {"campaign_name": "May news"},
        {"campaign_id": "79", "campaign_name": "Roast", "url": url.format("monthly")},
    ]):  # fmt: skip
        world.add("unified_email_events", event_id=f"{number}", occurred_at=f"2026-05-0{1 + number} 10:00:00", **told, **values)
    world.visit("a", "2026-05-08 10:00:00", utm_source="crm", utm_medium="email", utm_campaign="may")
    world.visit("a", "2026-05-09 10:00:00", utm_source="crm", utm_medium="email", utm_campaign="monthly")
    assert [key for *_, key in world.touch()] == ["77", "june", "77", "Roast", "77", "Roast"]


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


def _spend(
    world: World, campaign: str, platform: str, name: str | None, utm: str | None, clicks: int, day: str = "2026-05-01"
) -> None:
    world.add(
        "unified_ad_spend",
        date=day,
        platform=platform,
        campaign_id=campaign,
        campaign_name=name,
        utm_campaign=utm,
        clicks=clicks,
        spend=10,
    )


def test_campaigns_are_known_by_every_name(world: World) -> None:
    """Spend under a number and sales under a name would make one campaign two: all costs here, all revenue there."""
    _spend(world, "11", "google_ads", "Spring", "spring", 5)
    _spend(world, "22", "facebook_ads", "Spring FB", "Spring", 50, "2026-05-03")
    _spend(world, "33", "google_ads", "Idle", None, 0)
    world.add(
        "unified_marketing_costs", campaign_id="Billboard", channel="Out of home", starts_on="2026-04-01", ends_on="2026-04-30"
    )
    for number, (source, medium, campaign) in enumerate([
        ("google", "cpc", "SPRING"), ("instagram", "paid_social", "spring"), ("google", "cpc", "11"),
        ("bing", "cpc", "spring fb"), (None, None, "spring"), ("newsletter", "email", "own"),
    ]):  # fmt: skip
        world.visit("a", f"2026-05-02 {10 + number}:00:00", utm_source=source, utm_medium=medium, utm_campaign=campaign)
    assert [touch[2:] for touch in world.touch()] == [
        ("paid_search", "11"), ("paid_social", "22"), ("paid_search", "11"), ("paid_search", "22"), ("paid_social", "22"),
        ("email", "own"),
    ]  # fmt: skip
    told = world.ask(
        "select campaign_key, campaign_id, campaign, channel, first_day, last_day, is_tracked from campaigns order by 1"
    )
    assert told == [
        ("11", "11", "spring", "paid_search", date(2026, 5, 1), date(2026, 5, 2), True),
        ("22", "22", "spring", "paid_social", date(2026, 5, 2), date(2026, 5, 3), True),
        ("33", "33", "idle", "paid_search", date(2026, 5, 1), date(2026, 5, 1), True),
        ("Billboard", "Billboard", "billboard", "out_of_home", date(2026, 4, 1), date(2026, 4, 30), False),
        ("own", None, "own", "email", date(2026, 5, 2), date(2026, 5, 2), True),
    ]


def test_a_stray_click_does_not_make_television_a_campaign_that_can_be_followed(world: World) -> None:
    """One click on a link that somebody tagged by hand: what was estimated becomes a loss of 100 %. A code or telephone number of
    its own is no stray, and neither is a channel that lives on links."""
    costs = {
        "spot": "TV", "coded": "print", "called": "radio", "mail": "email", "plain": None, "known": None, "odd": "balloon"
    }  # fmt: skip
    for campaign, channel in costs.items():
        world.add("unified_marketing_costs", campaign_id=campaign, channel=channel, starts_on="2026-04-01", ends_on="2026-04-30")
    world.add("unified_promo_codes", code="PAPER", campaign_id="coded")
    world.add("tracking_numbers", number="+33 1 44 55 66 77", channel="radio", campaign="Called")
    for campaign in ("spot", "plain", "odd", "other"):
        world.visit("a", "2026-05-01 10:00:00", utm_source="x", utm_medium="y", utm_campaign=campaign)
    for number in range(10):
        world.person(f"p{number}", anonymous_id=f"d{number}")
        world.visit(f"d{number}", "2026-05-01 10:00:00", utm_source="x", utm_medium="y", utm_campaign="known")
    world.touch()
    assert dict(world.ask("select campaign_key, is_tracked from campaigns")) == {
        "spot": False, "coded": True, "called": True, "mail": True, "plain": False, "known": True, "odd": False, "other": True,
    }  # fmt: skip


def test_campaigns_that_are_told_by_name_alone_stand_among_the_campaigns(world: World) -> None:
    """Without a number they have costs, and no channel, no advice and no name."""
    world.add("unified_ad_spend", date="2026-05-01", platform="facebook_ads", campaign_name="Reach", spend=5)
    world.add("unified_leads", lead_id="1", created_at="2026-05-01 10:00:00", campaign="Bought", cost=7, source="crm")
    world.touch()
    found = world.ask("select campaign_key, channel, first_day, is_tracked from campaigns order by 1")
    assert found == [("bought", "other", None, True), ("reach", "paid_social", date(2026, 5, 1), True)]


@pytest.mark.parametrize(
    ("told", "channel"),
    [
        ("Facebook", "paid_social"), ("google-ads", "paid_search"), ("YouTube", "video"), ("Criteo", "display"),
        ("awin", "affiliate"), ("amazon_ads", "shopping"), ("WhatsApp", "whatsapp"), ("Newsletter", "email"), ("TV", "tv"),
        ("Balloon", "balloon"), ("direct", None),
    ],
)  # fmt: skip
def test_words_for_channels_are_read_by_the_rules(world: World, told: str, channel: str | None) -> None:
    """A platform's costs would stand in another row than what it brought."""
    world.add("unified_marketing_costs", campaign_id="c", channel=told, starts_on="2026-04-01", ends_on="2026-04-30")
    build(world.con, "told_channels")
    words = ("influencer", "lead_supplier")
    assert world.ask("select channel from told_channels where word not in (?, ?)", words) == ([(channel,)] if channel else [])


def test_a_name_that_is_used_again_is_the_newer_campaigns(world: World) -> None:
    """Last year's campaign would have this year's sales, and this year's only costs."""
    _spend(world, "2025", "google_ads", "Spring", "spring", 900, "2026-03-01")
    _spend(world, "2026", "google_ads", "Spring", "spring", 1, "2026-05-01")
    _spend(world, "fb", "facebook_ads", "Spring", "spring", 5, "2026-05-02")
    for day, medium, campaign in (
        ("02-01", "cpc", "spring"),
        ("04-30", "cpc", "spring"),
        ("05-01", "cpc", "spring"),
        ("05-03", "cpc", "2025"),
    ):
        world.visit("a", f"2026-{day} 10:00:00", utm_source="google", utm_medium=medium, utm_campaign=campaign)
    world.visit("a", "2026-05-04 10:00:00", utm_source="facebook", utm_medium="cpc", utm_campaign="spring")
    assert [key for *_, key in world.touch()] == ["2025", "2025", "2026", "2025", "fb"]
    channels = world.ask("select campaign_key, channel from campaigns order by 1")
    assert channels == [("2025", "paid_search"), ("2026", "paid_search"), ("fb", "paid_social")]


def test_touches_do_not_depend_on_the_order_of_arrival(world: World) -> None:
    """Loaded in another order, the same data would give other figures."""
    chance = random.Random(8)
    for number in range(60):
        source, medium, campaign, click, referrer = chance.choice(list(CASES))
        world.visit(
            chance.choice("ab"), f"2026-05-{1 + number % 9:02} {chance.randrange(24):02}:00:00", utm_source=source,
            utm_medium=medium, utm_campaign=campaign, click_id_type=click, click_id=click and chance.choice("xyz"),
            referrer=chance.choice([referrer, "https://paypal.com"]),
        )  # fmt: skip
    for number in range(3):
        _spend(world, str(number), "google_ads", None, "brand", 7)
    world.touch()
    first = world.ask("from touchpoints order by all"), world.ask("from campaigns order by all")
    for table in ("sessions", "unified_ad_spend", "identifiers", "channel_rules", "referrers"):
        world.con.execute(f"create or replace table {table} as from {table} order by hash({table}::varchar || 'x')")
    world.touch()
    assert (world.ask("from touchpoints order by all"), world.ask("from campaigns order by all")) == first


def test_mistakes_in_the_seeds_are_told_by_line(make_project: Callable[..., Settings]) -> None:
    """A misspelt channel would stand in every table beside the right one; a rule behind one that takes all is never looked at."""
    settings = make_project()
    assert wrong_channel_seeds(settings) == []
    seeds = settings.base / "seeds"
    seeds.mkdir()
    rules = "position,channel,source_kind,source,medium,campaign,description"
    (seeds / "channel_rules.csv").write_text(
        f"{rules}\n10,paid-search,,google,cpc,,\n20,other,,,,,all\n20,email,male,,,,\n30,direct,,,,,\n", encoding="utf-8"
    )
    (seeds / "referrers.csv").write_text(
        "referrer,kind,source\nfb,social,facebook\nhttps://a.example/,forum,a\n", encoding="utf-8"
    )
    (seeds / "payment_providers.csv").write_text("domain,provider\n*.bank.example,Bank\npay.*,Pay\n", encoding="utf-8")
    (seeds / "tracking_numbers.csv").write_text(
        "number,channel,campaign\n0144556677,,\nhotline,radio,\n01 44 55 66 77,tv,\n", encoding="utf-8"
    )
    places = sorted((Path(mistake.where).name, mistake.what) for mistake in wrong_channel_seeds(settings))
    assert [(place, what.split("`")[1] if "`" in what else what.split(" ")[0]) for place, what in places] == [
        ("channel_rules.csv:2", "paid-search"),
        ("channel_rules.csv:3", "The"),
        ("channel_rules.csv:4", "Position"),
        ("channel_rules.csv:4", "male"),
        ("payment_providers.csv:2", "*.bank.example"),
        ("referrers.csv:3", "forum"),
        ("referrers.csv:3", "https://a.example/"),
        ("tracking_numbers.csv:3", "hotline"),
        ("tracking_numbers.csv:4", "01 44 55 66 77"),
    ]


@pytest.mark.parametrize(
    ("told", "kept"), [(" WWW.Blog.Example.com ", "blog.example.com"), ("https://blog.example.com", None), ("blog", None)]
)
def test_own_domains_of_the_settings(told: str, kept: str | None) -> None:
    """An address in place of a domain would match nothing, and say nothing."""
    if kept:
        assert Measurement(own_domains=[told]).own_domains == [kept]
    else:
        with pytest.raises(ValidationError, match="is no domain"):
            Measurement(own_domains=[told])
