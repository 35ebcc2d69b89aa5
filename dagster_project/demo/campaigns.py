"""The shop's campaigns: what the ad accounts report and what the links in the events carry are one list."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Campaign:
    """A row of the media plan; `name` is the utm_campaign of its links."""

    number: int
    source: str
    medium: str
    name: str
    weight: float
    """Share of the visits that it brings, against the others."""
    click_id: str | None = None
    term: str | None = None
    content: str | None = None
    label: str | None = None
    """What the ad account calls it, where that is another name than the UTM."""
    daily_budget: int = 0
    """Cents a day; 0 for what costs nothing per click."""


CAMPAIGNS = (
    Campaign(100001, "google", "cpc", "brand_search", 3.0, "gclid", "maison arabica", label="Search | Brand", daily_budget=1_800),
    Campaign(
        100002,
        "google",
        "cpc",
        "espresso_machines",
        3.5,
        "gclid",
        "machine espresso",
        label="Search | Machines",
        daily_budget=6_400,
    ),
    Campaign(100003, "google", "cpc", "grinders_de", 1.0, "gclid", "kaffeemühle", label="Suche | Mühlen", daily_budget=1_500),
    Campaign(100004, "google", "cpc", "shopping_all", 2.5, "gclid", label="Shopping", daily_budget=4_200),
    Campaign(
        20001, "facebook", "paid_social", "prospecting_espresso", 2.5, "fbclid", content="video_barista", daily_budget=3_800
    ),
    Campaign(20002, "facebook", "paid_social", "retargeting_carts", 1.5, "fbclid", content="carousel", daily_budget=1_400),
    Campaign(20003, "instagram", "paid_social", "courses_open_day", 1.0, "fbclid", content="story", daily_budget=900),
    Campaign(0, "newsletter", "email", "monthly_roast", 3.0),
    Campaign(0, "newsletter", "email", "cart_reminder", 1.0, content="step_1"),
    Campaign(0, "lea_brews", "influencer", "lea10", 0.8),
    Campaign(0, "cafe_guide", "referral", "partner_listing", 0.5),
)

GOOGLE_ACCOUNT, FACEBOOK_ACCOUNT = 4412345678, 1009008007006


@dataclass(frozen=True)
class Flight:
    """Media that nobody can be followed from, and that in truth sold nothing: an estimate has to say that it may be chance."""

    name: str
    channel: str
    starts: int
    """Days before the demo's last day; 0 for its first day."""
    days: int
    """0 for as long as the demo goes on."""
    cents: int


FLIGHTS = (
    Flight("tv_winter", "tv", 140, 28, 640_000),
    Flight("tv_spring", "tv", 77, 28, 640_000),
    Flight("radio_spring", "radio", 70, 14, 95_000),
    Flight("posters", "out_of_home", 0, 0, 480_000),
)
