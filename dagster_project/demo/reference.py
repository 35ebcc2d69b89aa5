"""What does not depend on people: catalogue, exchange rates, promo codes, costs, and what the ad accounts report."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa

from dagster_project.demo.campaigns import CAMPAIGNS, FACEBOOK_ACCOUNT, FLIGHTS, GOOGLE_ACCOUNT
from dagster_project.demo.catalogue import PRODUCTS, SHOP, SITE
from dagster_project.demo.files import Landing
from dagster_project.demo.influencers import INFLUENCERS, write_influencers
from dagster_project.demo.plan import DAY, Plan
from dagster_project.demo.text import day, digits, join, money, quoted

RATE_UNIT = 10_000
"""Exchange rates are whole ten-thousandths."""
_RATES = {"USD": 9_150, "GBP": 11_700}


def exchange_rates(plan: Plan) -> dict[str, np.ndarray]:
    """Rate to EUR, in ten-thousandths, of every day of the history. CHF is missing on purpose."""
    rng = plan.rng("exchange_rates")
    return {currency: start + np.cumsum(rng.integers(-25, 26, plan.days + 1)) for currency, start in _RATES.items()}


def write_reference(plan: Plan, landing: Landing) -> dict[str, int]:
    """Returns the ad spend written, in cents, by platform."""
    _write_products(plan, landing)
    _write_rates(plan, landing)
    _write_codes_and_costs(plan, landing)
    write_influencers(plan, landing)
    return _write_ads(plan, landing)


def _texts(values) -> pa.Array:
    return pa.array([None if value is None else str(value) for value in values], pa.string())


def _days(plan: Plan) -> np.ndarray:
    return plan.start + np.arange(plan.days) * DAY


def _write_products(plan: Plan, landing: Landing) -> None:
    """The catalogue, and a year later what changed: one product renamed, one sold out, two new."""
    newest = {product.product_id for product in PRODUCTS[-2:]}
    for stamp, is_second in ((plan.first_day, False), (plan.until - timedelta(days=365), True)):
        changed = newest | {PRODUCTS[0].product_id, PRODUCTS[9].product_id}
        products = [p for p in PRODUCTS if (p.product_id in changed if is_second else p.product_id not in newest)]
        landing.table(
            f"generic/products/dt={stamp}/products.csv",
            {
                "product_id": _texts(p.product_id for p in products),
                "sku": _texts(p.sku for p in products),
                "title": quoted(_texts(p.title + (" II" if is_second and p is PRODUCTS[0] else "") for p in products)),
                "brand": _texts(p.brand for p in products),
                "category": _texts(p.category for p in products),
                "price": _texts(f"{p.price / 100:.2f}" for p in products),
                "currency": "EUR",
                "url": _texts(f"{SITE}/products/{p.product_id.lower()}" for p in products),
                "image_url": _texts(f"{SITE}/images/{p.product_id.lower()}.jpg" for p in products),
                "availability": _texts("out_of_stock" if is_second and p is PRODUCTS[9] else "in_stock" for p in products),
                "tier": _texts(p.tier for p in products),
            },
        )


def _write_rates(plan: Plan, landing: Landing) -> None:
    for currency, rates in exchange_rates(plan).items():
        landing.table(
            f"generic/exchange_rates/dt={plan.until}/exchange_rates.csv",
            {
                "date": day(_days(plan)),
                "from_currency": currency,
                "to_currency": "EUR",
                "rate": join(digits(rates[:-1] // RATE_UNIT), ".", digits(rates[:-1] % RATE_UNIT, 4)),
            },
        )
    landing.lines(f"generic/exchange_rates/dt={plan.until}/exchange_rates.csv").spoil(
        f"{plan.until},USD,EUR,nought point nine", "rate can't be read"
    )


def _write_codes_and_costs(plan: Plan, landing: Landing) -> None:
    first = plan.first_day
    codes = [
        ("WELCOME10", "", "email", ""),
        ("COFFEE15", "monthly_roast", "email", ""),
        ("FREESHIP", "cart_reminder", "email", ""),
        *((one.code, one.code.lower(), "influencer", one.name) for one in INFLUENCERS),
    ]
    names = ["code", "campaign_id", "channel", "influencer"]
    columns: dict[str, pa.Array | str] = {name: _texts(code[place] for code in codes) for place, name in enumerate(names)}
    landing.table(
        f"generic/promo_codes/dt={plan.until}/promo_codes.csv", columns | {"valid_from": f"{first}", "valid_to": f"{plan.until}"}
    )

    months = [first]
    while (following := (months[-1] + timedelta(days=31)).replace(day=1)) <= plan.until:
        months.append(following)
    ends = [(month + timedelta(days=31)).replace(day=1) - timedelta(days=1) for month in months]
    kinds = [
        ("creative", "creative", "paid_social", 60_000, "1"),
        ("salary", "salary", "email", 120_000, "0.25"),
        ("tool", "tool", "email", 19_900, "1"),
        ("sales", "salary", "sales", 240_000, "0.05"),
    ]
    rows = [
        (f"MC-{month:%Y%m}-{name}", month, end, kind, "", channel, cents, share)
        for month, end in zip(months, ends, strict=True)
        for name, kind, channel, cents, share in kinds
    ]
    for flight in FLIGHTS:
        starts = plan.until - timedelta(days=flight.starts) if flight.starts else first
        ends_on = starts + timedelta(days=flight.days - 1) if flight.days else plan.until
        rows.append((f"MC-{flight.name}", starts, ends_on, "media", flight.name, flight.channel, flight.cents, "1"))
    names = ["cost_id", "starts_on", "ends_on", "kind", "campaign_id", "channel", "amount", "share"]
    columns = {name: _texts(row[place] for row in rows) for place, name in enumerate(names)}
    columns["amount"] = _texts(f"{row[6] / 100:.2f}" for row in rows)
    landing.table(f"generic/marketing_costs/dt={plan.until}/marketing_costs.csv", columns | {"currency": "EUR"})


def _write_ads(plan: Plan, landing: Landing) -> dict[str, int]:
    """Daily figures in the column names of the two platforms' connectors (Fivetran's published schemas)."""
    rng = plan.rng("ads")
    spent = {"google_ads": 0, "facebook_ads": 0}
    synced = f"{plan.until} 23:00:00"
    days = _days(plan)
    for campaign in (c for c in CAMPAIGNS if c.daily_budget):
        cents = campaign.daily_budget * rng.integers(60, 121, plan.days) // 100
        clicks = np.maximum(1, cents // rng.integers(40, 90, plan.days))
        impressions = clicks * rng.integers(20, 60, plan.days)
        if campaign.source == "google":
            spent["google_ads"] += int(cents.sum())
            conversions = clicks // 40
            landing.table(
                f"google_ads/campaign_stats/dt={plan.until}/campaign_stats.csv",
                {
                    "customer_id": str(GOOGLE_ACCOUNT),
                    "date": day(days),
                    "id": _texts([campaign.number] * plan.days),
                    "clicks": digits(clicks),
                    "cost_micros": digits(cents * 10_000),
                    "impressions": digits(impressions),
                    "conversions": digits(conversions),
                    "conversions_value": money(conversions * 6_500),
                    "view_through_conversions": "0",
                    "_fivetran_synced": synced,
                },
            )
            continue
        spent["facebook_ads"] += int(cents.sum())
        for part, share in ((1, cents // 3), (2, cents - cents // 3)):
            landing.table(
                f"facebook_ads/basic_ad/dt={plan.until}/basic_ad.csv",
                {
                    "ad_id": str(campaign.number * 10 + part),
                    "ad_name": f"{campaign.name} ad {part}",
                    "adset_name": f"{campaign.name} FR",
                    "date": day(days),
                    "account_id": str(FACEBOOK_ACCOUNT),
                    "impressions": digits(impressions // 2),
                    "inline_link_clicks": digits(clicks // 2),
                    "spend": money(share),
                    "reach": digits(impressions // 3),
                    "frequency": "1.5",
                    "_fivetran_synced": synced,
                },
            )
    _write_ad_histories(plan, landing, synced)
    return spent


def _write_ad_histories(plan: Plan, landing: Landing, synced: str) -> None:
    start = f"{plan.first_day} 00:00:00"
    google = [c for c in CAMPAIGNS if c.daily_budget and c.source == "google"]
    facebook = [c for c in CAMPAIGNS if c.daily_budget and c.source != "google"]
    landing.table(
        f"google_ads/account_history/dt={plan.until}/account_history.csv",
        {
            "id": _texts([GOOGLE_ACCOUNT]),
            "currency_code": "EUR",
            "auto_tagging_enabled": "true",
            "time_zone": "Europe/Paris",
            "descriptive_name": SHOP,
            "updated_at": start,
            "_fivetran_active": "true",
            "_fivetran_synced": synced,
        },
    )
    # The first campaign was renamed a month before the end: the newer version counts.
    versions = [(c, c.label, start, "true") for c in google[1:]]
    versions += [(google[0], "Brand (old)", start, "false"), (google[0], google[0].label, f"{plan.cut_day} 09:00:00", "true")]
    landing.table(
        f"google_ads/campaign_history/dt={plan.until}/campaign_history.csv",
        {
            "id": _texts(c.number for c, *_ in versions),
            "updated_at": _texts(at for *_, at, _ in versions),
            "ad_network_type": "SEARCH",
            "advertising_channel_type": "SEARCH",
            "advertising_channel_subtype": "",
            "start_date": f"{plan.first_day}",
            "end_date": "",
            "serving_status": "SERVING",
            "status": "ENABLED",
            "tracking_url_template": _texts(
                f"{{lpurl}}?utm_source={c.source}&utm_medium={c.medium}&utm_campaign={c.name}" for c, *_ in versions
            ),
            "device": "DESKTOP",
            "name": _texts(name for _, name, *_ in versions),
            "customer_id": str(GOOGLE_ACCOUNT),
            "_fivetran_active": _texts(active for *_, active in versions),
            "_fivetran_synced": synced,
        },
    )
    landing.table(
        f"facebook_ads/account_history/dt={plan.until}/account_history.csv",
        {
            "id": _texts([FACEBOOK_ACCOUNT]),
            "name": SHOP,
            "account_status": "ACTIVE",
            "business_country_code": "FR",
            "created_time": start,
            "currency": "EUR",
            "timezone_name": "Europe/Paris",
            "business_state": "",
            "timezone_offset_hours_utc": "1",
            "min_daily_budget": "100",
            "_fivetran_synced": synced,
        },
    )
    landing.table(
        f"facebook_ads/campaign_history/dt={plan.until}/campaign_history.csv",
        {
            "id": _texts(c.number for c in facebook),
            "account_id": str(FACEBOOK_ACCOUNT),
            "name": _texts(c.name for c in facebook),
            "created_time": start,
            "start_time": start,
            "stop_time": "",
            "daily_budget": _texts(c.daily_budget for c in facebook),
            "budget_remaining": "",
            "lifetime_budget": "",
            "status": "ACTIVE",
            "_fivetran_synced": synced,
        },
    )
    landing.table(
        f"facebook_ads/ad_history/dt={plan.until}/ad_history.csv",
        {
            "id": _texts(c.number * 10 + part for c in facebook for part in (1, 2)),
            "account_id": str(FACEBOOK_ACCOUNT),
            "ad_set_id": _texts(c.number + 10_000 for c in facebook for _ in (1, 2)),
            "campaign_id": _texts(c.number for c in facebook for _ in (1, 2)),
            "creative_id": _texts(c.number + 20_000 for c in facebook for _ in (1, 2)),
            "name": _texts(f"{c.name} ad {part}" for c in facebook for part in (1, 2)),
            "conversion_domain": SITE.removeprefix("https://www."),
            "_fivetran_synced": synced,
            "updated_time": start,
        },
    )
