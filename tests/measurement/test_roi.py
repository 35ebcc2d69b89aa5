"""What came back of what was spent, against examples worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.measurement_settings import Measurement, write_measurement
from tests.measurement.spending import Company

COSTS = ("supplier_names", "told_channels", "cost_lines", "costs", "cost_gaps", "returns")
RETURNS = ("campaign_roi", "channel_roi", "overall_roi")


@pytest.fixture
def shop() -> Company:
    return Company()


def campaign(shop: Company, key: str, channel: str = "paid_search", **told: object) -> None:
    shop.add(
        "campaigns",
        **{"campaign_key": key, "campaign_id": key, "campaign": f"{key} name", "channel": channel, "is_tracked": True} | told,
    )
    shop.add("campaign_names", name=key, campaign_key=key, place=1)


def spend(
    shop: Company,
    amount: object,
    key: str | None = None,
    kind: str = "media",
    day: str = "2026-03-01",
    channel: str | None = None,
) -> None:
    number = shop.one("select count(*) from unified_marketing_costs")
    told = {"starts_on": day, "ends_on": day, "campaign_id": key, "channel": channel}
    shop.add("unified_marketing_costs", cost_id=f"c{number}", amount=amount, kind=kind, **told)


def earn(
    shop: Company,
    revenue: object,
    key: str = "",
    sales: object = 1,
    channel: str = "paid_search",
    kind: str = "purchase",
    month: str = "2026-03-01",
) -> None:
    told = {"channel": channel, "campaign_key": key, "conversions": sales, "revenue": revenue, "kind": kind}
    shop.add("attribution", **told)
    shop.add("attribution", period_kind="month", period=month, **told)


def figures(shop: Company, columns: str, table: str = "campaign_roi", where: str = "true") -> list[tuple]:
    shop.build(*COSTS, *RETURNS)
    return shop.ask(f"select {columns} from {table} where period_kind = 'all' and {where} order by all")


def test_ten_thousand_that_bring_forty_thousand_are_300_per_cent(shop: Company) -> None:
    """A return that forgets to take off the costs says 400 %."""
    campaign(shop, "c")
    spend(shop, 10_000, "c")
    earn(shop, 40_000, "c")
    assert figures(shop, "campaign, costs, revenue, roi_percent, roas, is_break_even") == [
        ("c name", Decimal(10_000), Decimal(40_000), 300.0, 4.0, True)
    ]
    for table in ("channel_roi", "overall_roi"):
        assert shop.ask(f"select distinct roi_percent from {table}") == [(300.0,)]


@pytest.mark.parametrize(
    ("revenue", "roi", "even"), [(1_000, 0.0, True), ("999.99", -0.001, False), (0, -100.0, False), (-50, -105.0, False)]
)
def test_break_even_is_nought(shop: Company, revenue: object, roi: float, even: bool) -> None:
    """Some say that 100 % is break-even: whoever believes it stops campaigns that win."""
    campaign(shop, "c")
    spend(shop, 1_000, "c")
    earn(shop, revenue, "c")
    ((found, is_even),) = figures(shop, "roi_percent, is_break_even")
    assert (found, is_even) == (pytest.approx(roi), even)


def test_what_was_sold_has_to_be_paid_for_where_the_margin_is_known(shop: Company) -> None:
    """At 40 % margin a sale of 2,000 leaves 800: costs of 1,000 are not won back, whatever the turnover says."""
    shop.settle(margin=Decimal("0.4"))
    campaign(shop, "c")
    spend(shop, 1_000, "c")
    earn(shop, 2_000, "c")
    ((roi, margin_roi, *even),) = figures(shop, "roi_percent, margin_roi_percent, is_break_even, is_margin_break_even")
    assert (roi, margin_roi, even) == (pytest.approx(100), pytest.approx(-20), [True, False])


def test_nothing_paid_is_no_return(shop: Company) -> None:
    """A division by nought makes an unpaid newsletter the best campaign of all, or ends the run; so would a credit note alone."""
    campaign(shop, "free")
    campaign(shop, "credited")
    campaign(shop, "silent")
    spend(shop, -5, "credited")
    earn(shop, 500, "free")
    earn(shop, 500, "credited")
    assert figures(shop, "campaign_key, costs, roi_percent, long_term_roi_percent, roas, cac, is_break_even") == [
        ("credited", Decimal(-5), None, None, None, None, None),
        ("free", Decimal(0), None, None, None, None, None),
        ("silent", Decimal(0), None, None, None, None, None),
    ]


def test_what_nobody_can_be_followed_from_has_no_return(shop: Company) -> None:
    """Television, of which no visit can tell, is called a loss of all that it cost, or dear by its few stray sales."""
    shop.add("offline_channels", channel="tv")
    campaign(shop, "spots", "tv", is_tracked=False)
    spend(shop, 10_000, "spots", channel="tv")
    spend(shop, 500, kind="salary", channel="sales")
    campaign(shop, "banners")
    spend(shop, 100, "banners")
    earn(shop, 300, "banners")
    for key, channel in (("spots", "tv"), ("banners", "paid_search")):
        earn(shop, 0, key, 2, channel)
        earn(shop, None, key, 1, channel, kind="lead")
        shop.add("acquired_customers", profile_id=key, acquired_on="2026-03-02", channel=channel, campaign_key=key)
    columns = "roi_percent, roas, cpl, cpa is null, cac"
    assert figures(shop, f"campaign_key, {columns}", where="campaign_key <> ''") == [
        ("banners", 200.0, 3.0, 100.0, False, 100.0),
        ("spots", None, None, None, True, None),
    ]
    found = figures(shop, f"channel, costs, {columns}", "channel_roi", "costs > 0")
    assert [row for row in found if row[0] in ("tv", "sales")] == [
        ("sales", 500, None, None, None, True, None),
        ("tv", 10_000, None, None, None, True, None),
    ]
    assert all(row[2] is not None for row in found if row[0] not in ("tv", "sales", "unattributed"))
    assert figures(shop, "costs", "overall_roi") == [(10_600,)]


def test_what_nobody_can_know_is_not_nought(shop: Company) -> None:
    """Television that sold nothing and television of which nobody knows are not the same; sums equal the books."""
    shop.add("offline_channels", channel="tv")
    campaign(shop, "spots", "tv", is_tracked=False)
    campaign(shop, "banners")
    for key, channel in (("spots", "tv"), ("banners", None)):
        spend(shop, 100, key, channel=channel)
    earn(shop, 70, channel="unattributed")
    brought = "leads, sales, new_customers, revenue, long_term_revenue"
    unknown, none = (None,) * 5, (0,) * 5
    assert figures(shop, f"campaign_key, {brought}", where="campaign_key <> ''") == [("banners", *none), ("spots", *unknown)]
    assert figures(shop, f"channel, is_followed, {brought}", "channel_roi") == [
        ("paid_search", True, *none),
        ("tv", False, *unknown),
        ("unattributed", True, 0, 1, 0, 70, 70),
    ]
    assert figures(shop, "costs, revenue", "overall_roi") == [(200, 70)]
    earn(shop, 5, "spots", "0.2", "tv")
    assert figures(shop, "leads, sales, new_customers, revenue", where="campaign_key = 'spots'") == [(0, Decimal("0.2"), 0, 5)]


def test_parts_of_a_lead_have_no_price(shop: Company) -> None:
    """17,550 for three hundredths of a lead are 585,000 each, dearer than anything that ever was one."""
    campaign(shop, "c")
    spend(shop, 17_550, "c")
    earn(shop, 9, "c", "0.97")
    earn(shop, None, "c", "0.03", kind="lead")
    assert figures(shop, "costs, leads, cpl, sales, cpa") == [(17_550, Decimal("0.03"), None, Decimal("0.97"), None)]
    earn(shop, 1, "c", "0.03")
    assert figures(shop, "cpl, cpa") == [(None, 17_550)]


def test_what_was_paid_back_bought_no_clicks(shop: Company) -> None:
    """A month of corrections would have clicks for less than nothing."""
    campaign(shop, "7")
    for day, amount in (("2026-03-01", -20), ("2026-04-01", 0)):
        shop.add("unified_ad_spend", date=day, campaign_id="7", spend=amount, impressions=100, clicks=10)
    shop.build(*COSTS, *RETURNS)
    months = "select ad_spend, clicks, cpc, click_rate from campaign_roi where period_kind = 'month' order by period"
    assert shop.ask(months) == [(-20, 10, None, 0.1), (0, 10, None, 0.1)]


def test_cost_per_lead_sale_and_new_customer(shop: Company) -> None:
    """12 leads, 4 sales and 2 new customers for 600, of which 400 are media: 50, 150 and 300 each; 1,000 per 400 are 2.5."""
    campaign(shop, "7")
    shop.add("unified_ad_spend", date="2026-03-01", campaign_id="7", spend=400, impressions=10_000, clicks=200)
    shop.add("unified_ad_spend", date="2026-03-01", campaign_id="7", spend=400, currency="USD", impressions=10_000, clicks=200)
    spend(shop, 150, "7", "creative")
    spend(shop, 50, "7", "salary")
    earn(shop, 1_000, "7", 4)
    earn(shop, None, "7", 12, kind="lead")
    won = {"acquired_on": "2026-03-02", "channel": "paid_search", "campaign_key": "7"}
    for person, value in (("a", 1_200), ("b", None)):
        shop.add("acquired_customers", profile_id=person, lifetime_value=value, **won)
        for day, amount in (("2026-03-02", 300), ("2026-05-02", 200)):
            shop.add("conversions", kind="purchase", profile_id=person, occurred_at=f"{day} 10:00:00", net_company=amount)
    columns = (
        "media_costs, creative_costs, salary_costs, costs, leads, sales, new_customers, cpl, cpa, cac, roas, cpc, click_rate"
    )
    # Clicks that nobody can tell the price of count, but make the others no cheaper.
    assert figures(shop, columns) == [(400, 150, 50, 600, 12, 4, 2, 50.0, 150.0, 300.0, 2.5, 2.0, 0.02)]
    # Of 1,200 that one of them is worth, 500 are paid, of which 300 in March: that is revenue already.
    assert figures(shop, "revenue, long_term_revenue, round(long_term_roi_percent, 6)") == [(1_000, 1_700, 183.333333)]
    march = "select long_term_revenue from campaign_roi where period_kind = 'month' and costs > 0"
    assert shop.ask(march) == [(1_900,)]


def test_spend_without_a_campaign_and_revenue_of_nobody_stand_in_rows_of_their_own(shop: Company) -> None:
    """Dropped, the sums would be less than the books; together, revenue of nobody would be the return on nobody's costs."""
    campaign(shop, "c")
    spend(shop, 10, "c")
    spend(shop, 20, channel="paid_search")
    spend(shop, 30, kind="tool")
    earn(shop, 100, "c")
    earn(shop, 500, channel="unattributed")
    assert figures(shop, "campaign_key, channel, costs, revenue") == [
        ("", "paid_search", Decimal(20), Decimal(0)),
        ("", "unattributed", Decimal(30), Decimal(500)),
        ("c", "paid_search", Decimal(10), Decimal(100)),
    ]
    assert figures(shop, "channel, costs, roi_percent", "channel_roi") == [
        ("paid_search", Decimal(30), pytest.approx(100 * 70 / 30)),
        ("unattributed", Decimal(30), None),
    ]
    assert figures(shop, "costs, revenue, roi_percent", "overall_roi") == [(Decimal(60), Decimal(600), 900.0)]


def test_a_subscription_is_revenue_like_an_order(shop: Company) -> None:
    """It wins a customer, whom the costs per customer count; one that is told as an order too would be sold twice."""
    campaign(shop, "c")
    spend(shop, 10, "c")
    earn(shop, 100, "c", 2)
    earn(shop, 30, "c", 1, kind="subscription")
    told = {"kind": "subscription", "channel": "paid_search", "campaign_key": "c", "conversions": 1, "revenue": 30}
    shop.add("attribution", is_sale=False, **told)
    assert figures(shop, "sales, revenue") == [(3, 130)]


def test_only_the_chosen_model_is_counted(shop: Company) -> None:
    """Every model shares out the whole revenue: eight of them together are eight times what was sold."""
    campaign(shop, "c")
    earn(shop, 100, "c")
    shop.add("attribution", model="first", channel="paid_search", campaign_key="c", revenue=70)
    assert figures(shop, "revenue") == [(Decimal(100),)]
    shop.settle(model="first")
    assert figures(shop, "revenue") == [(Decimal(70),)]


def test_months_take_what_falls_in_them(shop: Company) -> None:
    """A cost over a month's end belongs to both; a fee without a day to the whole alone."""
    shop.add("unified_marketing_costs", cost_id="c", starts_on="2026-01-31", ends_on="2026-02-01", amount=10, channel="tv")
    shop.add("unified_influencers", influencer="tom", fee=5)
    earn(shop, 30, month="2026-02-01")
    shop.build(*COSTS, *RETURNS)
    assert shop.ask("select period_kind, period, costs, revenue from overall_roi order by all") == [
        ("all", date(2026, 1, 1), Decimal(15), Decimal(30)),
        ("month", date(2026, 1, 1), Decimal(5), Decimal(0)),
        ("month", date(2026, 2, 1), Decimal(5), Decimal(30)),
    ]


money = st.decimals(-(10**6), 10**6, places=4)
keys = st.sampled_from(["", "a", "b"])
channels = st.sampled_from(["email", "paid_search", "unattributed"])
months = st.sampled_from(["2026-01-01", "2026-02-01"])
rows = st.tuples(money, keys, channels, months)


@settings(max_examples=20)
@given(
    st.lists(st.tuples(money, keys, channels, months), max_size=8), st.lists(st.tuples(money, keys, channels, months), max_size=8)
)
def test_campaigns_and_channels_add_up_to_the_books(costs: list, revenues: list) -> None:
    """Whoever adds up a table and finds another sum than in the next one believes neither."""
    shop = Company()
    campaign(shop, "a")
    campaign(shop, "b", "email")
    for amount, key, channel, month in costs:
        spend(shop, amount, key or None, day=month, channel=channel if channel != "unattributed" else None)
    for amount, key, channel, month in revenues:
        earn(shop, amount, key, channel=channel, month=month)
    shop.build(*COSTS, *RETURNS)
    not_nought = "having sum(costs) <> 0 or sum(revenue) <> 0"
    sums = [
        shop.ask(f"select period_kind, sum(costs), sum(revenue) from {table} group by 1 {not_nought} order by 1")
        for table in RETURNS
    ]
    spent, sold = sum(cost[0] for cost in costs), sum(revenue[0] for revenue in revenues)
    assert sums == [[(kind, spent, sold) for kind in ("all", "month")] if spent or sold else []] * 3
    shop.con.close()


def test_a_margin_of_a_large_revenue_ends_no_run() -> None:
    """Fifty thousand million yen are no mistake, and have more digits than DuckDB's product of two amounts."""
    with duckdb.connect() as con:
        con.execute("create schema control")
        write_measurement(con, Measurement(margin=Decimal("0.5")))
        assert con.execute("select 50000000000::decimal(18, 4) * margin from control.measurement").fetchone() == (25 * 10**9,)
