"""Which channel brought somebody: by the rules, the referrers and the words that people use."""

from __future__ import annotations

import random
from collections.abc import Callable
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
        world.spend(str(number), "google_ads", None, "brand", 7)
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
