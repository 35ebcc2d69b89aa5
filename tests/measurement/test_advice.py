"""What a campaign is said to need: never more than the figures can carry."""

from __future__ import annotations

from typing import Any

import pytest

from tests.measurement.spending import Company

MODELS = ("supplier_names", "told_channels", "cost_lines", "costs", "cost_gaps", "returns", "uplift", "campaign_advice")


@pytest.fixture
def shop() -> Company:
    """A shop in which 20 % of touches become leads and a tenth of these buy, and 5 % of touches sales of 100, by campaigns nobody
    asks about."""
    told = Company()
    campaign(told, "usual", touches=2_000, leads=400, sales=100, revenue=10_000)
    became(told, "usual", 400, 40)
    for number in range(50):
        told.add("conversions", kind="purchase", profile_id=f"{number}", occurred_at="2026-06-01 10:00:00", net_company=100)
    return told


def campaign(
    shop: Company,
    key: str,
    costs: Any = 0,
    *,
    touches: int = 0,
    clicks: int = 0,
    leads: Any = 0,
    sales: Any = 0,
    revenue: Any = 0,
    first_day: str = "2026-06-01",
    channel: str = "paid_search",
    is_tracked: bool = True,
) -> None:
    tracked = {"first_day": first_day, "last_day": "2026-06-30", "is_tracked": is_tracked}
    shop.add("campaigns", campaign_key=key, campaign=key, channel=channel, **tracked)
    shop.add("campaign_names", name=key, campaign_key=key, place=1)
    if clicks:
        shop.add("unified_ad_spend", date="2026-06-10", campaign_id=key, spend=costs, clicks=clicks, impressions=clicks * 50)
    elif costs:
        days = {"starts_on": first_day, "ends_on": "2026-06-30"}
        shop.add("unified_marketing_costs", cost_id=key, amount=costs, campaign_id=key, **days)
    touch = f"select '{key}' || number, date '2026-06-15', '{channel}', '{key}'"
    shop.con.execute(f"insert into touchpoints {touch} from range({touches}) as t(number)")
    for kind, count, value in (("lead", leads, 0), ("purchase", sales, revenue)):
        for period in ("month", "all"):
            told = {"kind": kind, "conversions": count, "revenue": value, "period_kind": period, "period": "2026-06-01"}
            shop.add("attribution", channel=channel, campaign_key=key, **told)


def became(shop: Company, key: str, leads: int, sold: int, **values: Any) -> None:
    """Leads that had the look-back to buy in, and how many did."""
    known = shop.one("select count(*) from journeys")
    for number in range(leads):
        told = {"lead_id": f"{known + number}", "source": "crm"}
        shop.add(
            "journeys", kind="lead", reference=told["lead_id"], conversion_source="crm", campaign_key=key, conversions_linear=1
        )
        result = {"received_on": "2026-02-01", "is_mature": True, "is_duplicate": False} | values
        shop.add("lead_results", **told, **result, is_converted=number < sold)


def advice(shop: Company, key: str) -> tuple[str, str | None, str]:
    shop.build(*MODELS)
    return shop.one(f"select advice, broken_stage, reason from campaign_advice where campaign_key = '{key}'")


def figures(shop: Company, key: str, columns: str) -> tuple[Any, ...]:
    return shop.one(f"select {columns} from campaign_advice where campaign_key = '{key}'")


def test_a_campaign_that_surely_wins_is_raised_in_steps(shop: Company) -> None:
    """50 sales of 100 for 1,000 win back the costs even if a third of them were luck."""
    campaign(shop, "c", 1_000, touches=1_000, leads=200, sales=50, revenue=5_000)
    assert advice(shop, "c") == ("scale", None, "wins")


def test_two_lucky_sales_are_too_early(shop: Company) -> None:
    """400 % on two sales is chance, and a budget raised on it is lost; so is a campaign stopped before it could sell."""
    campaign(shop, "lucky", 40, touches=20, leads=4, sales=2, revenue=200)
    campaign(shop, "unlucky", 300, touches=60, leads=10)
    campaign(shop, "young", 1_000, touches=1_000, leads=200, sales=50, revenue=5_000, first_day="2026-06-20")
    told = [advice(shop, key) for key in ("lucky", "unlucky", "young")]
    assert {flag for flag, *_ in told} == {"too_early"}
    assert [reason for *_, reason in told] == ["few_sales", "few_sales", "few_days"]
    assert figures(shop, "lucky", "sales, round(needed_sales, 6)") == (2, 0.4)
    assert figures(shop, "young", "days") == 11


def test_costs_without_a_rate_are_not_called_none(shop: Company) -> None:
    """1,000 dollars that nobody can convert: advice that says nothing was paid sends nobody to look for the rate."""
    campaign(shop, "c", touches=100)
    shop.add("unified_ad_spend", date="2026-06-10", campaign_id="c", spend=1_000, currency="USD", clicks=120, impressions=6_000)
    assert advice(shop, "c") == ("hold", None, "no_rate")
    assert figures(shop, "c", "costs, clicks, impressions") == (0, 120, 6_000)


def test_what_may_win_or_lose_is_left_alone(shop: Company) -> None:
    """12 sales for the price of 11: nobody knows yet."""
    campaign(shop, "c", 1_100, touches=240, leads=48, sales=12, revenue=1_200)
    assert advice(shop, "c")[:2] == ("hold", None)


def test_a_campaign_that_surely_loses_is_stopped_and_whom_it_alone_reaches_is_said(shop: Company) -> None:
    """Every stage is as good as elsewhere, but its people cost too much; some of them nothing else reaches."""
    campaign(shop, "c", 30_000, touches=1_000, leads=200, sales=50, revenue=5_000, channel="display")
    shop.add("touchpoints", profile_id="c0", touch_date="2026-06-01", channel="email", campaign_key="")
    shop.add("touchpoints", profile_id="c1", touch_date="2026-06-01", channel="direct", campaign_key="")
    shop.add("acquired_customers", profile_id="c2", acquired_on="2026-06-01", channel="email", campaign_key="")
    assert advice(shop, "c") == ("stop", None, "loses")
    assert figures(shop, "c", "people_only_here, customers_only_here") == (999, 1)


@pytest.mark.parametrize(
    ("figures", "stage"),
    [
        ({"clicks": 2_000, "touches": 3}, "clicks_without_visits"),
        ({"touches": 1_000, "leads": 20, "sales": 5, "revenue": 500}, "traffic_without_leads"),
        ({"touches": 1_000, "leads": 200, "sales": 50, "revenue": 1_000}, "leads_without_sales"),
        ({"touches": 1_000, "leads": 200, "sales": 5, "revenue": 500}, "traffic_without_sales"),
        ({}, "costs_without_touches"),
    ],
)
def test_the_broken_stage_is_named(shop: Company, figures: dict[str, Any], stage: str) -> None:
    """A campaign is stopped for its landing page, or its page mended for the fault of the call centre."""
    campaign(shop, "c", 5_000, **figures)
    became(shop, "c", 300, 1 if stage == "leads_without_sales" else 30)
    assert advice(shop, "c") == ("mend", stage, stage)


def test_leads_are_judged_by_what_became_of_them(shop: Company) -> None:
    """Most sales are of people who never were leads: by sales over leads, a campaign whose leads never buy looks sound. Leads of
    last week, doubles, and those of another year say nothing."""
    campaign(shop, "c", 5_000, touches=1_000, leads=200, sales=50, revenue=5_000)
    became(shop, "c", 9, 0)
    for values in ({"is_mature": False}, {"is_duplicate": True}, {"received_on": "2025-02-01"}):
        became(shop, "c", 60, 0, **values)
    assert advice(shop, "c")[0] == "hold"
    became(shop, "c", 300, 1)
    assert advice(shop, "c")[1] == "leads_without_sales"


def test_a_shop_without_leads_misses_sales(shop: Company) -> None:
    """Where there are no leads at all, their lack is no fault."""
    shop.con.execute("delete from attribution where kind = 'lead'")
    campaign(shop, "c", 5_000, touches=1_000, sales=5, revenue=500)
    shop.con.execute("delete from attribution where kind = 'lead'")
    assert advice(shop, "c")[:2] == ("mend", "traffic_without_sales")


def test_a_margin_decides_what_wins(shop: Company) -> None:
    """Sales of 5,000 for 2,000 win, unless four fifths of them go to who made the goods."""
    campaign(shop, "c", 2_000, touches=1_000, leads=200, sales=50, revenue=5_000)
    assert advice(shop, "c")[0] == "scale"
    shop.settle(margin="0.2")
    assert advice(shop, "c")[0] == "stop"


def test_nothing_is_said_of_what_costs_nothing(shop: Company) -> None:
    """A newsletter without costs on record would be scaled without end."""
    campaign(shop, "c", touches=1_000, leads=200, sales=50, revenue=5_000)
    assert advice(shop, "c")[0] == "hold"


def test_only_its_newest_months_count(shop: Company) -> None:
    """What won two years ago and loses now would be raised."""
    campaign(shop, "c", 30_000, touches=1_000, leads=200, sales=50, revenue=5_000, first_day="2026-06-01")
    told = {"channel": "paid_search", "campaign_key": "c", "conversions": 1_000, "revenue": 100_000}
    shop.add("attribution", period_kind="month", period="2024-06-01", **told)
    assert advice(shop, "c")[0] == "stop"


def test_what_was_paid_at_once_is_judged_by_what_came_of_it_since(shop: Company) -> None:
    """A fee of January would be forgotten in June, and the campaign be said to cost nothing."""
    campaign(shop, "c", 1_000, touches=1_000, leads=200, sales=50, revenue=5_000)
    shop.con.execute("update unified_marketing_costs set starts_on = '2026-01-15', ends_on = '2026-01-15'")
    shop.con.execute("update campaigns set first_day = '2026-01-15'")
    assert advice(shop, "c")[0] == "scale"


def test_a_fee_counts_from_its_contract_on(shop: Company) -> None:
    """On the day after its contract an influencer would have something to mend, or weeks later still be young."""
    for name, signed in (("new", "2026-06-29"), ("old", "2026-06-10")):
        shop.add("campaigns", campaign_key=name, campaign=name, channel="influencer", is_tracked=True)
        shop.add("campaign_names", name=name, campaign_key=name, place=1)
        shop.add("unified_influencers", influencer=name, fee=5_000, contract_signed_on=signed)
        shop.add("unified_promo_codes", code=name, campaign_id=name, influencer=name)
    assert advice(shop, "new") == ("too_early", None, "few_days")
    assert advice(shop, "old") == ("mend", "costs_without_touches", "costs_without_touches")
    assert [figures(shop, name, "days") for name in ("new", "old")] == [2, 21]


def test_what_is_over_is_neither_stopped_nor_mended(shop: Company) -> None:
    """Spending of two years ago would have something stopped that nobody pays for any more."""
    campaign(shop, "c", 30_000, touches=1_000, leads=200, sales=50, revenue=5_000)
    for day, expected in (
        ("2026-05-02", ("stop", "loses")),
        ("2026-04-02", ("hold", "over")),
        ("2025-05-02", ("hold", "long_over")),
    ):
        shop.con.execute(f"update unified_marketing_costs set starts_on = '{day}', ends_on = '{day}'")
        shop.con.execute(f"update campaigns set first_day = '{day}' where campaign_key = 'c'")
        flag, _, reason = advice(shop, "c")
        assert (flag, reason) == expected
    campaign(shop, "short", 300, touches=60, leads=10)
    shop.con.execute(
        "update unified_marketing_costs set starts_on = '2026-01-07', ends_on = '2026-01-07' where cost_id = 'short'"
    )
    assert advice(shop, "short") == ("hold", None, "over_untold")


@pytest.mark.parametrize(("revenue", "roi"), [(0, -100.0), (-500, -101.666667)])
def test_sales_that_were_all_given_back_are_none(shop: Company, revenue: int, roi: float) -> None:
    """A campaign that sells what comes back would be too young to judge for ever, by an interval that ends before it begins."""
    campaign(shop, "c", 30_000, touches=1_000, leads=200, sales=50, revenue=revenue)
    became(shop, "c", 100, 10)
    assert advice(shop, "c") == ("stop", None, "loses")
    low, middle, high = figures(shop, "c", "roi_low_percent, roi_percent, roi_high_percent")
    assert low == middle == pytest.approx(roi)
    assert roi < high < 0


@pytest.mark.parametrize(
    "figures", [{"sales": 50, "revenue": 10**13}, {"sales": 20}, {"sales": 3}, {"sales": 20, "revenue": -500}]
)
def test_absurd_figures_end_no_run(shop: Company, figures: dict[str, Any]) -> None:
    """A price with five noughts too many, or a shop that gives everything away, would stop everybody's figures."""
    campaign(shop, "c", "0.0001", touches=100, **figures)
    shop.con.execute("update conversions set net_company = 0")
    assert advice(shop, "c")[2]


@pytest.mark.parametrize("amount", [150_000, 10**9, 10**12])
def test_one_large_sale_ends_no_run(shop: Company, amount: int) -> None:
    """A contract of 150,000 has a square of more digits than DuckDB's product of two amounts."""
    campaign(shop, "c", 1_000, touches=1_000, leads=200, sales=50, revenue=5_000)
    shop.add("conversions", kind="purchase", profile_id="big", occurred_at="2026-06-01 10:00:00", net_company=amount)
    assert advice(shop, "c") == ("hold", None, "uncertain")


def test_an_estimate_says_so(shop: Company) -> None:
    """A guess would be taken for a measurement, and be raised with campaigns at the same time taking part in it."""
    day = "date '2024-07-01' + number"
    value = f"case when {day} between date '2026-04-01' and date '2026-05-31' then 200 else 100 end"
    row = f"'purchase', 'p', cast({day} as timestamp) + interval 10 hour, {value}, true"
    shop.con.execute("delete from conversions")
    shop.con.execute(f"insert into conversions select {row} from (select cast(range as integer) as number from range(729))")
    campaign(shop, "tv", 1_000, channel="tv", first_day="2026-04-01", is_tracked=False, touches=1)
    shop.con.execute("update unified_marketing_costs set ends_on = '2026-05-31'")
    assert advice(shop, "tv") == ("scale", None, "wins")
    assert figures(shop, "tv", "is_estimate, after_the_end") == (True, "fell")
    campaign(shop, "radio", 500, channel="radio", first_day="2026-05-01", is_tracked=False)
    assert advice(shop, "tv") == ("hold", None, "overlapping")
    assert figures(shop, "tv", "overlaps_with") == "radio"
    # Before what can't be estimated either way: a first flight beside the other has no year before it to go by.
    campaign(shop, "new", 500, channel="out_of_home", first_day="2026-05-20", is_tracked=False)
    shop.con.execute("delete from conversions where occurred_at < '2026-01-01'")
    assert advice(shop, "new") == ("hold", None, "overlapping")
    # Of two that ran together, only one that still does can be paused: last month's spots can't.
    assert [figures(shop, key, "is_over") for key in ("tv", "radio")] == [True, False]


def test_sales_that_stay_after_the_end_disprove_nothing(shop: Company) -> None:
    """What a campaign does may last: a spot that surely won would not be run again."""
    day = "date '2024-07-01' + number"
    value = f"case when {day} >= date '2026-04-01' then 200 else 100 end"
    row = f"'purchase', 'p', cast({day} as timestamp) + interval 10 hour, {value}, true"
    shop.con.execute("delete from conversions")
    shop.con.execute(f"insert into conversions select {row} from (select cast(range as integer) as number from range(729))")
    campaign(shop, "tv", 1_000, channel="tv", first_day="2026-04-01", is_tracked=False)
    shop.con.execute("update unified_marketing_costs set ends_on = '2026-05-31'")
    assert advice(shop, "tv")[0] == "scale"
    assert figures(shop, "tv", "after_the_end") == "not_proven"


def test_a_campaign_nobody_can_be_followed_from_is_not_judged_by_its_missing_sales(shop: Company) -> None:
    """Television would be stopped for want of clicks."""
    campaign(shop, "tv", 30_000, channel="tv", is_tracked=False, touches=1)
    assert advice(shop, "tv") == ("too_early", None, "no_history")
    assert figures(shop, "tv", "costs, leads, sales, revenue") == (30_000, None, None, None)
