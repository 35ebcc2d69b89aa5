"""What marketing cost: every amount once, on its days, in the company's currency, or listed as missing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.quality.costs import cost_mistakes
from tests.measurement.spending import Company

MODELS = ("supplier_names", "told_channels", "cost_lines", "costs", "cost_gaps")


@pytest.fixture
def shop() -> Company:
    return Company()


def by(shop: Company, *columns: str) -> list[tuple]:
    return shop.build(*MODELS).ask(f"select {', '.join((*columns, 'sum(amount)'))} from costs group by all order by all")


def gaps(shop: Company) -> list[tuple]:
    return shop.ask("select reason, reference, told_amount, told_currency, amount, is_counted from cost_gaps order by all")


def test_a_cost_over_the_end_of_a_month_belongs_to_both(shop: Company) -> None:
    """A cost booked whole on its first day makes one month look dear and the next one free."""
    shop.add("unified_marketing_costs", cost_id="c", starts_on="2026-01-30", ends_on="2026-02-01", amount=100, channel="tv")
    assert by(shop, "day") == [
        (date(2026, 1, 30), Decimal("33.3333")),
        (date(2026, 1, 31), Decimal("33.3334")),
        (date(2026, 2, 1), Decimal("33.3333")),
    ]


def test_only_the_share_of_a_salary_counts(shop: Company) -> None:
    """A salary of which a quarter is marketing's would count whole, or, without a share, not at all."""
    month = {"starts_on": "2026-01-01", "ends_on": "2026-01-31"}
    shop.add("unified_marketing_costs", cost_id="a", kind="salary", amount=3000, share="0.25", channel="email", **month)
    shop.add("unified_marketing_costs", cost_id="b", kind="tool", amount=60, **month)
    assert by(shop, "kind", "channel") == [("salary", "email", Decimal(750)), ("tool", "unattributed", Decimal(60))]


def test_a_share_in_per_cent_is_listed(shop: Company) -> None:
    """25 for a quarter would count a salary 25 times over."""
    shop.add(
        "unified_marketing_costs", cost_id="a", starts_on="2026-01-01", ends_on="2026-01-02", kind="salary", amount=3000, share=25
    )
    assert by(shop) == [(None,)]
    assert gaps(shop) == [("share", "a", Decimal(3000), "EUR", Decimal(3000), False)]


def test_mistakes_are_said_and_what_is_as_it_should_be_is_not(shop: Company) -> None:
    """A salary that falls out for a share of 25 stands in a table that nobody reads; nor is a daily warning read."""
    shop.add("campaigns", campaign_key="7", campaign_id="7", campaign="summer", channel="paid_search")
    shop.add("unified_ad_spend", date="2026-01-05", campaign_id="7", spend=30)
    shop.add("unified_ad_spend", date="2026-01-05", campaign_id="8", spend=9, currency="USD")
    shop.add("unified_influencers", influencer="tom", fee=50)
    months = {"starts_on": "2026-01-01", "ends_on": "2026-12-31"}
    for name, more in {
        "invoice": {"campaign_id": "7"}, "right": {"share": "0.25"}, "half": {"share": 50}, "quarter": {"share": 25},
        "back": {"ends_on": "2025-12-31"},
    }.items():  # fmt: skip
        shop.add("unified_marketing_costs", cost_id=name, amount=1500, **months | more)
    shop.build(*MODELS)
    shop.con.execute("create schema measurement; create table measurement.cost_gaps as from main.cost_gaps")
    shop.con.execute("create schema quality; create table quality.quarantine (source text, entity text, settled_at timestamp)")
    rows = "('generic', 'marketing_costs', null), ('generic', 'marketing_costs', current_timestamp), ('generic', 'orders', null)"
    shop.con.execute(f"insert into quality.quarantine values {rows}")
    assert {row[0] for row in gaps(shop)} >= {"told_by_account", "to_come", "undated"}
    assert cost_mistakes(shop.con) == [
        "ad_spend: 1 without an exchange rate, of 9.00 USD: not counted",
        "marketing_costs: 1 with an end before the beginning, of 1500.00 EUR: counted on the first day",
        "marketing_costs: 2 with a share that is neither 0, nor 1, nor between (25 % is 0.25), of 3000.00 EUR: not counted",
        "generic/marketing_costs: 1 refused, in quarantine: not counted",
    ]
    shop.con.execute("delete from quality.quarantine")
    shop.con.execute("delete from measurement.cost_gaps where reason in ('share', 'dates', 'no_rate')")
    assert cost_mistakes(shop.con) == []


def test_spend_is_counted_at_the_grain_it_is_told(shop: Company) -> None:
    """Meta tells ads, Google campaigns: the ads of a day are added up, and spend without a campaign is not dropped."""
    shop.add("campaigns", campaign_key="7", campaign_id="7", campaign="summer", channel="paid_social", platform="facebook_ads")
    for amount in (3, 4):
        shop.add(
            "unified_ad_spend",
            date="2026-01-01",
            platform="facebook_ads",
            campaign_id="7",
            spend=amount,
            impressions=10,
            clicks=1,
        )
    shop.add("unified_ad_spend", date="2026-01-01", spend=5)
    assert by(shop, "campaign_key", "campaign", "channel", "impressions") == [
        ("", "", "paid_search", None, Decimal(5)),
        ("7", "summer", "paid_social", 20, Decimal(7)),
    ]


def test_the_invoice_of_the_platform_is_not_counted_again(shop: Company) -> None:
    """The account tells 60 and the invoice 60: that is 60, not 120. A credit note corrects it; creative work is extra."""
    shop.add("campaigns", campaign_key="7", campaign_id="7", campaign="summer", channel="paid_search", platform="google_ads")
    shop.add("campaign_names", name="summer", campaign_key="7", place=1)
    for day in ("2026-01-01", "2026-01-31"):
        shop.add("unified_ad_spend", date=day, campaign_id="7", spend=30)
    month = {"starts_on": "2026-01-01", "ends_on": "2026-01-31"}
    shop.add("unified_marketing_costs", cost_id="invoice", campaign_id="summer", amount=60, **month)
    shop.add("unified_marketing_costs", cost_id="credit note", campaign_id="7", amount=-10, **month)
    shop.add("unified_marketing_costs", cost_id="design", campaign_id="summer", kind="creative", amount=15, **month)
    assert by(shop, "campaign_key", "kind") == [("7", "creative", Decimal(15)), ("7", "media", Decimal(50))]
    assert gaps(shop) == [("told_by_account", "invoice", Decimal(60), "EUR", Decimal(60), False)]


def test_media_of_a_campaign_beyond_its_account_are_counted(shop: Company) -> None:
    """What the account does not tell, since it tells nothing of that month, would be lost."""
    shop.add("campaigns", campaign_key="7", campaign_id="7", campaign="summer", channel="paid_search")
    shop.add("unified_ad_spend", date="2026-01-05", campaign_id="7", spend=30)
    shop.add("unified_marketing_costs", cost_id="c", campaign_id="7", starts_on="2025-12-31", ends_on="2026-01-01", amount=20)
    assert by(shop) == [(Decimal(40),)]


def test_an_account_that_tells_nothing_takes_no_invoice_s_place(shop: Company) -> None:
    """An account in a currency without a rate, or without spend, beside the invoice: neither of the two would be counted."""
    shop.add("campaigns", campaign_key="7", campaign_id="7", campaign="summer", channel="paid_search")
    shop.add("unified_ad_spend", date="2026-01-05", campaign_id="7", spend=30, currency="USD")
    shop.add("unified_ad_spend", date="2026-02-05", campaign_id="7", spend=0)
    shop.add("unified_ad_spend", date="2026-03-05", campaign_id="7", spend=8)
    for month in ("01", "02", "03"):
        shop.add("unified_marketing_costs", cost_id=month, campaign_id="7", starts_on=f"2026-{month}-05", amount=20)
    # The television spot of the same campaign is no invoice of the search account.
    shop.add("unified_marketing_costs", cost_id="tv", campaign_id="7", channel="tv", starts_on="2026-03-05", amount=50)
    assert by(shop, "channel") == [("paid_search", Decimal(48)), ("tv", Decimal(50))]


def test_the_invoice_of_a_platform_as_a_whole_is_not_counted_again(shop: Company) -> None:
    """Most companies book what an ad platform takes by month, whatever the campaign: it would count twice."""
    shop.add("campaigns", campaign_key="7", campaign_id="7", campaign="summer", channel="paid_search")
    shop.add("unified_ad_spend", date="2026-01-05", platform="google_ads", campaign_id="7", spend=30)
    shop.add("unified_marketing_costs", cost_id="jan", channel="Google Ads", starts_on="2026-01-31", amount=30)
    shop.add("unified_marketing_costs", cost_id="feb", channel="Google Ads", starts_on="2026-02-28", amount=30)
    shop.add("unified_marketing_costs", cost_id="short", channel="google", starts_on="2026-01-31", amount=30)
    shop.add("unified_marketing_costs", cost_id="other", channel="bing", starts_on="2026-01-31", amount=7)
    assert by(shop) == [(Decimal(67),)]
    assert [row[:2] for row in gaps(shop)] == [("told_by_account", "jan"), ("told_by_account", "short")]


def test_a_currency_without_a_rate_is_listed_not_nothing(shop: Company) -> None:
    """429.50 dollars that can't be converted are neither 0 nor 429.50 euros."""
    shop.add("unified_ad_spend", date="2026-01-01", campaign_id="7", spend="429.50", currency="USD")
    shop.add("unified_ad_spend", date="2026-01-01", campaign_id="7", spend="500.40")
    shop.add("unified_ad_spend", date="2026-01-01", campaign_id="7", spend=0, currency="USD", clicks=2)
    assert by(shop, "campaign_key", "currency") == [("7", "EUR", Decimal("500.40"))]
    assert gaps(shop) == [("no_rate", None, Decimal("429.50"), "USD", None, False)]


def test_what_is_still_to_come_is_not_counted_yet(shop: Company) -> None:
    """A year's licence, half of which lies ahead, would weigh on the months that are over."""
    shop.settle(as_of="2026-01-05 12:00:00")
    shop.add("unified_marketing_costs", cost_id="a", starts_on="2026-01-01", ends_on="2026-01-10", kind="tool", amount=100)
    shop.add("unified_marketing_costs", cost_id="b", starts_on="2026-02-01", ends_on="9999-12-31", kind="tool", amount=7)
    assert by(shop) == [(Decimal(50),)]
    assert gaps(shop) == [
        ("to_come", "a", Decimal(50), "EUR", Decimal(50), False),
        ("to_come", "b", Decimal(7), "EUR", Decimal(7), False),
    ]


def test_an_end_before_the_beginning_is_one_day(shop: Company) -> None:
    """Days the wrong way round would spread a cost over none, and nobody would hear of them."""
    shop.add("unified_marketing_costs", cost_id="a", starts_on="2026-01-10", ends_on="2026-01-01", kind="Gifts", amount=100)
    shop.add("unified_marketing_costs", cost_id="b", starts_on="2026-07-10", ends_on="2026-07-01", kind="tool", amount=9)
    assert by(shop, "day", "kind") == [(date(2026, 1, 10), "other", Decimal(100))]
    assert gaps(shop) == [
        ("dates", "a", Decimal(100), "EUR", Decimal(100), True),
        ("to_come", "b", Decimal(9), "EUR", Decimal(9), False),
    ]


def test_leads_and_influencers_cost_too(shop: Company) -> None:
    """Bought leads and posts would look free of charge."""
    shop.add("campaigns", campaign_key="lea10", campaign="lea10", channel="influencer")
    shop.add("unified_leads", lead_id="1", created_at="2026-01-31 23:30:00", supplier="Bazaar", cost=12)
    shop.add("unified_leads", lead_id="2", created_at="2026-01-31 23:30:00", supplier="Bazaar", cost=12)
    shop.add("unified_leads", lead_id="3", created_at="2026-01-31 23:30:00")
    shop.add("unified_influencers", influencer="lea", fee=300, contract_signed_on="2026-01-15")
    shop.add("unified_influencers", influencer="tom", fee=50)
    shop.add("unified_promo_codes", code="LEA10", influencer="lea", campaign_id="lea10")
    assert by(shop, "day", "channel", "supplier", "influencer", "campaign_key", "kind") == [
        (date(2026, 1, 15), "influencer", None, "lea", "lea10", "media", Decimal(300)),
        (date(2026, 2, 1), "lead_supplier", "Bazaar", None, "", "media", Decimal(24)),
        (None, "influencer", None, "tom", "", "media", Decimal(50)),
    ]
    assert gaps(shop) == [("undated", "tom", Decimal(50), "EUR", Decimal(50), True)]


def test_a_fee_that_is_booked_as_a_cost_counts_once(shop: Company) -> None:
    """The list of influencers and the books tell the same 300; another post of theirs, or another influencer, is extra."""
    for name in ("Lea", "Tom"):
        shop.add("unified_influencers", influencer=name, fee=300, contract_signed_on="2026-01-15")
    shop.add("unified_promo_codes", code="TOM10", influencer="Tom", campaign_id="tom10")
    month = {"starts_on": "2026-01-01", "ends_on": "2026-01-31"}
    shop.add("unified_marketing_costs", cost_id="1", campaign_id="@lea", amount=300, **month)
    shop.add("unified_marketing_costs", cost_id="2", channel="Influencer", amount=300, **month)
    shop.add("unified_marketing_costs", cost_id="3", campaign_id="tom10", amount=300, **month)
    shop.add("unified_marketing_costs", cost_id="4", campaign_id="tom10", amount=20, **month)
    shop.add("unified_marketing_costs", cost_id="5", campaign_id="tom10", amount=300, starts_on="2026-02-01")
    shop.add("unified_marketing_costs", cost_id="6", channel="tv", amount=300, **month)
    assert by(shop, "origin") == [("influencers", Decimal(600)), ("marketing_costs", Decimal(920))]
    assert [row[:2] for row in gaps(shop)] == [("told_by_fee", "1"), ("told_by_fee", "2")]


def test_what_a_supplier_is_paid_is_no_own_campaign_s(shop: Company) -> None:
    """Leads bought elsewhere would make the company's own advertisement look dear, for naming its campaign."""
    shop.add("campaigns", campaign_key="7", campaign="spring", channel="paid_search", platform="google_ads")
    shop.add("campaign_names", name="spring", campaign_key="7", place=1)
    shop.add("unified_ad_spend", date="2026-01-20", campaign_id="7", campaign_name="spring", spend=50)
    for supplier in ("Lead-Bazaar", "lead bazaar ", "@Other"):
        shop.add("unified_leads", created_at="2026-01-31 12:00:00", supplier=supplier, campaign="spring", cost=10)
    assert by(shop, "channel", "supplier", "campaign_key") == [
        ("lead_supplier", "@Other", "", Decimal(10)),
        ("lead_supplier", "Lead-Bazaar", "", Decimal(20)),
        ("paid_search", None, "7", Decimal(50)),
    ]


def test_an_invoice_for_leads_counts_once(shop: Company) -> None:
    """A supplier told by lead, by invoice and by account would cost thrice; one told by invoice alone, nothing."""
    for month in ("01", "02"):
        told = {"starts_on": f"2026-{month}-01", "ends_on": f"2026-{month}-28"}
        shop.add("unified_marketing_costs", cost_id=f"leads {month}", amount=28, channel="Lead_Bazaar", **told)
        shop.add("unified_marketing_costs", cost_id=f"fee {month}", amount=28, kind="tool", campaign_id="lead bazaar", **told)
    shop.add("unified_leads", created_at="2026-01-31 12:00:00", supplier="Lead Bazaar", cost=10)
    shop.add("unified_leads", created_at="2026-02-20 12:00:00", supplier="Lead Bazaar")
    shop.add("unified_leads", created_at="2026-03-20 12:00:00", supplier="Lead Bazaar", cost=10)
    shop.add("unified_ad_spend", date="2026-03-20", platform="lead_bazaar", campaign_id="9", spend=15)
    assert by(shop, "supplier", "origin", "month(day)", "kind") == [
        ("Lead Bazaar", "ad_spend", 3, "media", Decimal(15)),
        ("Lead Bazaar", "leads", 1, "media", Decimal(10)),
        ("Lead Bazaar", "marketing_costs", 1, "tool", Decimal(28)),
        ("Lead Bazaar", "marketing_costs", 2, "media", Decimal(28)),
        ("Lead Bazaar", "marketing_costs", 2, "tool", Decimal(28)),
    ]
    assert gaps(shop) == [
        ("told_by_account", None, Decimal(10), "EUR", Decimal(10), False),
        ("told_by_leads", "leads 01", Decimal(28), "EUR", Decimal(28), False),
    ]


def test_a_platform_that_sells_leads_too_keeps_its_spend(shop: Company) -> None:
    """Leads from a form at Facebook would bear all that Facebook was paid for everything else."""
    shop.add("unified_leads", created_at="2026-01-31 12:00:00", supplier="Facebook", cost=10)
    shop.add("unified_ad_spend", date="2026-01-31", platform="facebook", campaign_id="9", spend=500)
    assert by(shop, "supplier") == [("Facebook", Decimal(10)), (None, Decimal(500))]


def test_channels_are_called_alike(shop: Company) -> None:
    """`Paid Social`, `paid-social` and `facebook` in a cost file would be three channels beside the one that visits have."""
    for place, channel in enumerate(("Paid Social", "paid-social", " facebook", "TV", "")):
        shop.add(
            "unified_marketing_costs", cost_id=f"{place}", starts_on="2026-01-01", ends_on="2026-01-01", amount=1, channel=channel
        )
    assert by(shop, "channel") == [("paid_social", Decimal(3)), ("tv", Decimal(1)), ("unattributed", Decimal(1))]


amounts = st.decimals(min_value=-(10**13), max_value=10**13, places=4)
days = st.integers(-40, 40).map(lambda number: date(2026, 6, 30) + timedelta(number))
costs = st.tuples(amounts, days, st.integers(-3, 80), st.decimals(0, 1, places=4))


@settings(max_examples=20)
@given(st.lists(costs, max_size=6), st.lists(amounts, max_size=3))
def test_every_cost_is_somewhere_to_the_last_digit(told: list, spend: list) -> None:
    """What is shared out over days, or set aside, has to add up to the books, or someone asks where the cent went."""
    shop = Company()
    books = sum(spend)
    for place, (amount, start, length, share) in enumerate(told):
        days = {"starts_on": start, "ends_on": start + timedelta(length)}
        shop.add("unified_marketing_costs", cost_id=f"{place}", amount=amount, share=share, campaign_id="7", **days)
        books += (amount * share).quantize(Decimal("0.0001"), rounding="ROUND_HALF_UP")
    for amount in spend:
        shop.add("unified_ad_spend", date="2026-06-20", campaign_id="7", spend=amount)
    shop.build(*MODELS)
    counted = shop.one("select coalesce(sum(amount), 0) from costs")
    missing = shop.one("select coalesce(sum(amount), 0) from cost_gaps where not is_counted")
    assert counted + missing == books
    shop.con.close()
