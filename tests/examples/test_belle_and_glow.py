"""A shop whose Shopify, Google Analytics, Klaviyo and ad accounts tell of the same people and orders."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

Ask = Callable[[str], list[tuple[Any, ...]]]


def test_orders_that_two_systems_report_are_counted_once(belle_and_glow: Ask) -> None:
    """9,009 orders in Shopify are 9,009 purchases in Google Analytics; together they are 9,009 orders."""
    assert belle_and_glow("select count(*) from unified.events where event = 'Order Completed'") == [(9_009,)]
    assert belle_and_glow("select count(*), count(distinct order_id) from unified.orders") == [(9_009, 9_009)]


def test_revenue_to_the_penny(belle_and_glow: Ask) -> None:
    """Pending orders and refunds would count as revenue, or order_enhanced.csv would change what is paid."""
    assert belle_and_glow("select status, sum(total), sum(net_total) from unified.orders group by 1 order by 1") == [
        ("paid", Decimal("435362.35"), Decimal("435362.35")),
        ("pending", Decimal("52249.20"), Decimal(0)),
        ("refunded", Decimal("26202.67"), Decimal(0)),
    ]
    assert belle_and_glow("select sum(total) from unified.orders") == [(Decimal("513814.22"),)]
    assert belle_and_glow("select sum(net_revenue) from profiles.profiles") == [(Decimal("435362.35"),)]


def test_every_event_is_loaded(belle_and_glow: Ask) -> None:
    """Google's export has no message id: events told apart by too little would be taken for re-sent ones."""
    assert belle_and_glow("select count(*), count(distinct message_id) from unified.events") == [(209_396, 209_396)]


def test_ad_spend_of_each_platform(belle_and_glow: Ask) -> None:
    """Google's millionths, and ad tables that are only partial, would give another spend; dollars are no pounds."""
    spend = "select platform, currency, sum(spend), sum(spend_company) from unified.ad_spend group by 1, 2 order by 1"
    found = belle_and_glow(spend)
    assert found == [
        ("facebook_ads", "GBP", Decimal("500.40"), Decimal("500.40")),
        ("google_ads", "USD", Decimal("429.50"), None),
    ]


def test_costs_of_each_platform_and_those_without_a_rate(belle_and_glow: Ask) -> None:
    """Dollars without a rate would be counted as pounds, or as nothing at all."""
    assert belle_and_glow("select platform, sum(amount) from measurement.costs group by 1 order by 1") == [
        ("facebook_ads", Decimal("500.40")),
        ("google_ads", None),
    ]
    missing = "select platform, reason, told_currency, sum(told_amount) from measurement.cost_gaps group by all"
    assert belle_and_glow(missing) == [("google_ads", "no_rate", "USD", Decimal("429.50"))]
    for table in ("campaign_roi", "channel_roi", "overall_roi"):
        sums = f"select sum(costs), sum(revenue) from measurement.{table} where period_kind = 'all'"
        assert belle_and_glow(sums) == [(Decimal("500.40"), Decimal("435362.35"))]


def test_what_meta_says_its_ads_brought(belle_and_glow: Ask) -> None:
    """Meta reports purchases and other actions of the same day side by side: only purchases are conversions."""
    brought = "select sum(conversions), sum(conversion_value) from unified.ad_spend where platform = 'facebook_ads'"
    assert belle_and_glow(brought) == [(Decimal(7), Decimal("252.67"))]


def test_consent_that_analytics_carries(belle_and_glow: Ask) -> None:
    """Every visitor allowed analytics and refused ads; unread, their answer would be silence."""
    told = "select purpose, status, count(*) from unified.consents where source = 'ga4' group by all order by all"
    assert belle_and_glow(told) == [("ads", "denied", 27_027), ("trackers", "granted", 27_027)]


def test_the_malformed_file_is_quarantined_row_by_row(belle_and_glow: Ask) -> None:
    """A file with shifted columns would bring nonsense into order lines, or stop the load of everything else."""
    books = "select rows_read, rows_accepted, rows_quarantined from quality.load_ledger where file = 'shopify/order_lines.csv'"
    assert belle_and_glow(books) == [(40, 0, 40)]
    refused = """select count(*), count(distinct line), count(reason)
        from quality.quarantine where file = 'shopify/order_lines.csv'"""
    assert belle_and_glow(refused) == [(40, 40, 40)]
    assert belle_and_glow("select count(*) from unified.order_lines") == [(20_603,)]


def test_email_events_belong_to_people(belle_and_glow: Ask) -> None:
    """Klaviyo's events name a profile by its own id: without its address nobody could be said to have opened anything."""
    found = belle_and_glow("select count(*), count(email), count(distinct email) from unified.email_events")
    ((events, addressed, people),) = found
    assert events == addressed > 0
    assert people > 1


def test_revenue_is_shared_out_whole_under_every_model(belle_and_glow: Ask) -> None:
    """Only what was paid is shared out: 435,362.35 of 513,814.22; a model that gives away more or less is believed by nobody."""
    shared = """select model, sum(conversions), sum(revenue) from measurement.attribution
        where kind = 'purchase' and period_kind = ? group by 1"""
    for period_kind in ("month", "all"):
        found = belle_and_glow(shared.replace("?", f"'{period_kind}'"))
        assert len(found) == 8
        assert {row[1:] for row in found} == {(Decimal(8_082), Decimal("435362.35"))}
