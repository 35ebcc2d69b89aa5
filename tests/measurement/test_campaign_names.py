"""Campaigns by all the names they go by: numbers of platforms, tags of links, words of costs."""

from __future__ import annotations

from datetime import date

from tests.measurement.touched import World


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


def test_campaigns_are_known_by_every_name(world: World) -> None:
    """Spend under a number and sales under a name would make one campaign two: all costs here, all revenue there."""
    world.spend("11", "google_ads", "Spring", "spring", 5)
    world.spend("22", "facebook_ads", "Spring FB", "Spring", 50, "2026-05-03")
    world.spend("33", "google_ads", "Idle", None, 0)
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


def test_a_name_that_is_used_again_is_the_newer_campaigns(world: World) -> None:
    """Last year's campaign would have this year's sales, and this year's only costs."""
    world.spend("2025", "google_ads", "Spring", "spring", 900, "2026-03-01")
    world.spend("2026", "google_ads", "Spring", "spring", 1, "2026-05-01")
    world.spend("fb", "facebook_ads", "Spring", "spring", 5, "2026-05-02")
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
