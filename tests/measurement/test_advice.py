"""What a campaign is said to need: never more than the figures can carry."""

from __future__ import annotations

from typing import Any

import pytest

from tests.measurement.spending import Company

MODELS = ("cost_lines", "costs", "returns", "uplift", "campaign_advice")


@pytest.fixture
def shop() -> Company:
    """A shop in which 20 % of touches become leads and a quarter of these sales of 100, by campaigns nobody asks about."""
    told = Company()
    campaign(told, "usual", touches=2_000, leads=400, sales=100, revenue=10_000)
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
) -> None:
    tracked = {"first_day": first_day, "last_day": "2026-06-30", "is_tracked": touches > 0}
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


def advice(shop: Company, key: str) -> tuple[str, str | None, str]:
    shop.build(*MODELS)
    return shop.one(f"select advice, broken_stage, reason from campaign_advice where campaign_key = '{key}'")


def test_a_campaign_that_surely_wins_is_raised_in_steps(shop: Company) -> None:
    """50 sales of 100 for 1,000 win back the costs even if a third of them were luck."""
    campaign(shop, "c", 1_000, touches=1_000, leads=200, sales=50, revenue=5_000)
    flag, _, reason = advice(shop, "c")
    assert flag == "scale"
    assert "in steps" in reason


def test_two_lucky_sales_are_too_early(shop: Company) -> None:
    """400 % on two sales is chance, and a budget raised on it is lost; so is a campaign stopped before it could sell."""
    campaign(shop, "lucky", 40, touches=20, leads=4, sales=2, revenue=200)
    campaign(shop, "unlucky", 300, touches=60, leads=10)
    campaign(shop, "young", 1_000, touches=1_000, leads=200, sales=50, revenue=5_000, first_day="2026-06-20")
    assert [advice(shop, key)[0] for key in ("lucky", "unlucky", "young")] == ["too_early"] * 3
    assert "2.0 sales so far, and 0.4 would win back" in advice(shop, "lucky")[2]
    assert "11 days" in advice(shop, "young")[2]


def test_what_may_win_or_lose_is_left_alone(shop: Company) -> None:
    """12 sales for the price of 11: nobody knows yet."""
    campaign(shop, "c", 1_100, touches=240, leads=48, sales=12, revenue=1_200)
    assert advice(shop, "c")[:2] == ("hold", None)


def test_a_campaign_that_surely_loses_is_stopped_and_whom_it_alone_reaches_is_said(shop: Company) -> None:
    """Every stage is as good as elsewhere, but its people cost too much; some of them nothing else reaches."""
    campaign(shop, "c", 30_000, touches=1_000, leads=200, sales=50, revenue=5_000, channel="display")
    shop.add("touchpoints", profile_id="c0", touch_date="2026-06-01", channel="email", campaign_key="")
    shop.add("touchpoints", profile_id="c1", touch_date="2026-06-01", channel="direct", campaign_key="")
    shop.add("purchases", profile_id="c2")
    flag, stage, reason = advice(shop, "c")
    assert (flag, stage) == ("stop", None)
    assert "999 people, 1 of them customers, were reached by no other channel than display" in reason


@pytest.mark.parametrize(
    ("figures", "stage"),
    [
        ({"clicks": 2_000, "touches": 3}, "clicks_without_visits"),
        ({"touches": 1_000, "leads": 20, "sales": 5, "revenue": 500}, "traffic_without_leads"),
        ({"touches": 1_000, "leads": 200, "sales": 5, "revenue": 500}, "leads_without_sales"),
    ],
)
def test_the_broken_stage_is_named(shop: Company, figures: dict[str, Any], stage: str) -> None:
    """A campaign is stopped for its landing page, or its page mended for the fault of the call centre."""
    campaign(shop, "c", 5_000, **figures)
    flag, found, reason = advice(shop, "c")
    assert (flag, found) == ("mend", stage)
    assert reason.lower().startswith(stage.replace("_", " "))


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


@pytest.mark.parametrize(
    "figures", [{"sales": 50, "revenue": 10**13}, {"sales": 20}, {"sales": 3}, {"sales": 20, "revenue": -500}]
)
def test_absurd_figures_end_no_run(shop: Company, figures: dict[str, Any]) -> None:
    """A price with five noughts too many, or a shop that gives everything away, would stop everybody's figures."""
    campaign(shop, "c", "0.0001", touches=100, **figures)
    shop.con.execute("update conversions set net_company = 0")
    assert advice(shop, "c")[2]


def test_an_estimate_says_so(shop: Company) -> None:
    """A guess would be taken for a measurement, and be raised with campaigns at the same time taking part in it."""
    day = "date '2024-07-01' + number"
    value = f"case when {day} between date '2026-04-01' and date '2026-05-31' then 200 else 100 end"
    row = f"'purchase', 'p', cast({day} as timestamp) + interval 10 hour, {value}"
    shop.con.execute("delete from conversions")
    shop.con.execute(f"insert into conversions select {row} from (select cast(range as integer) as number from range(729))")
    campaign(shop, "tv", 1_000, channel="tv", first_day="2026-04-01")
    shop.con.execute("update unified_marketing_costs set ends_on = '2026-05-31'")
    flag, _, reason = advice(shop, "tv")
    assert flag == "scale"
    assert reason.startswith("An estimate")
    campaign(shop, "radio", 500, channel="radio", first_day="2026-05-01")
    flag, _, reason = advice(shop, "tv")
    assert flag == "hold"
    assert "ran together with radio" in reason


def test_a_campaign_nobody_can_be_followed_from_is_not_judged_by_its_missing_sales(shop: Company) -> None:
    """Television would be stopped for want of clicks."""
    campaign(shop, "tv", 30_000, channel="tv")
    flag, _, reason = advice(shop, "tv")
    assert flag == "too_early"
    assert "cannot be estimated" in reason
