"""What campaigns did that nobody can be followed from: an estimate, with the interval it deserves."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.measurement.spending import Company

FIRST, LAST = date(2024, 7, 1), date(2026, 6, 30)
START, END = date(2026, 3, 2), date(2026, 3, 29)


@pytest.fixture
def shop() -> Company:
    return Company()


def sell(shop: Company, value: Any, first: date = FIRST, last: date = LAST) -> None:
    """One sale a day, each of a value or of what a function of the day says."""
    days = [first + timedelta(number) for number in range((last - first).days + 1)]
    values = [value(day) if callable(value) else value for day in days]
    sold = pa.table({"day": days, "value": values})  # noqa: F841 (read by its name)
    row = "'purchase', 'p', cast(day as timestamp) + interval 10 hour, cast(value as decimal(18, 4)), true"
    shop.con.execute(f"insert into conversions select {row} from sold")


def run_flight(
    shop: Company,
    start: date = START,
    end: date = END,
    amount: Any = 2_800,
    key: str | None = "spring",
    channel: str = "tv",
) -> None:
    number = shop.one("select count(*) from unified_marketing_costs")
    told = {"campaign_id": key, "channel": channel, "starts_on": start, "ends_on": end}
    shop.add("unified_marketing_costs", cost_id=f"{number}", amount=amount, **told)
    if key and not shop.one(f"select count(*) from campaigns where campaign_key = '{key}'"):
        shop.add("campaigns", campaign_key=key, campaign=key, channel=channel, first_day=start, last_day=end, is_tracked=False)
        shop.add("campaign_names", name=key, campaign_key=key, place=1)


def found(shop: Company, columns: str, metric: str = "revenue") -> list[tuple]:
    shop.build("supplier_names", "told_channels", "cost_lines", "costs", "uplift")
    return shop.ask(f"select {columns} from uplift where metric = '{metric}' order by period, campaign_key, channel")


def grown(day: date) -> int:
    """100 a day, 120 from the second year on, 150 during the flight."""
    return 150 if START <= day <= END else 120 if day >= FIRST + timedelta(364) else 100


def test_a_year_before_times_the_growth_since(shop: Company) -> None:
    """28 days of 150 against 28 × 100 × 1.2: 840 more, for 2,800. Without the growth it would be 1,400."""
    sell(shop, grown)
    run_flight(shop)
    columns = "is_estimate, actual, year_before, round(trend_percent, 4), expected, uplift, costs, round(roi_percent, 4), verdict"
    assert found(shop, columns) == [
        (True, Decimal(4200), Decimal(2800), 20.0, Decimal(3360), Decimal(840), Decimal(2800), -70.0, "more")
    ]
    assert found(shop, "actual, expected, verdict", "sales") == [(28, Decimal(28), "unclear")]


def test_a_fall_after_the_end_is_evidence(shop: Company) -> None:
    """Sales that fall once the spots have stopped were made by them; where they stay, nothing is proven: an effect may last."""
    sell(shop, grown)
    run_flight(shop)
    assert found(shop, "round(fall_percent, 4), after_the_end") == [(20.0, "fell")]
    shop.con.execute("delete from conversions")
    sell(shop, lambda day: 150 if day >= START else grown(day))
    assert found(shop, "round(fall_percent, 4), after_the_end") == [(0.0, "not_proven")]
    shop.settle(as_of=f"{END} 21:59:00")
    assert found(shop, "last_day, after_the_end") == [(END - timedelta(1), "not_over")]


def test_without_a_year_before_there_is_no_estimate(shop: Company) -> None:
    """A guess out of nothing looks like a figure."""
    sell(shop, 100, date(2025, 6, 1))
    run_flight(shop)
    assert found(shop, "reason, expected, uplift, roi_percent, verdict") == [("no_history", None, None, None, "unknown")]


def test_little_history_before_the_flight_is_too_little(shop: Company) -> None:
    """Growth told from three weeks is weather."""
    sell(shop, 100, START - timedelta(364 + 21))
    run_flight(shop)
    assert found(shop, "reason, weeks_compared, uplift") == [("too_little_to_compare", 3, None)]


def test_the_same_campaign_a_year_before_is_no_base(shop: Company) -> None:
    """A campaign compared with itself seems to do nothing."""
    sell(shop, grown)
    run_flight(shop, START - timedelta(364), END - timedelta(364))
    run_flight(shop)
    assert found(shop, "flight, reason") == [(1, "no_history"), (2, "campaign_the_year_before")]


def test_weeks_of_another_campaign_do_not_tell_the_growth(shop: Company) -> None:
    """A strong campaign just before would pass for growth, and the next one for nothing."""
    sell(shop, lambda day: 300 if day.isocalendar()[:2] in ((2026, 6), (2026, 7)) else grown(day))
    run_flight(shop)
    run_flight(shop, date(2026, 2, 2), date(2026, 2, 15), key="winter", channel="radio")
    assert found(shop, "campaign_key, weeks_compared, uplift")[1] == ("spring", 11, Decimal(840))


def test_campaigns_at_the_same_time_are_flagged(shop: Company) -> None:
    """The same sales would be the return of both."""
    sell(shop, grown)
    run_flight(shop)
    run_flight(shop, date(2026, 3, 20), date(2026, 4, 10), channel="radio", key=None)
    assert found(shop, "campaign, is_overlapping, overlaps_with, roi_percent") == [
        ("spring", True, "radio", None),
        ("radio", True, "spring", None),
    ]


def test_one_campaign_on_two_channels_is_one(shop: Company) -> None:
    """A campaign on television and radio would overlap with itself, and have no return."""
    sell(shop, grown)
    run_flight(shop)
    run_flight(shop, channel="radio", amount=200)
    assert found(shop, "campaign, is_overlapping, uplift, costs") == [("spring", False, Decimal(840), Decimal(3000))]


def test_a_pause_parts_flights_and_costs_fall_to_one_each(shop: Company) -> None:
    """Weeks without a spot would count as weeks with one; what is made before the first has to be paid by it."""
    sell(shop, grown)
    run_flight(shop, START, START + timedelta(6), 70)
    run_flight(shop, START + timedelta(13), START + timedelta(19), 70)
    run_flight(shop, START + timedelta(40), START + timedelta(46), 100)
    film = {"kind": "creative", "starts_on": "2026-01-01", "ends_on": "2026-01-02"}
    shop.add("unified_marketing_costs", cost_id="film", amount=9, campaign_id="spring", **film)
    assert found(shop, "flight, period, last_day, costs") == [
        (1, START, START + timedelta(19), Decimal(149)),
        (2, START + timedelta(40), START + timedelta(46), Decimal(100)),
    ]


def test_only_what_is_paid_for_is_shown(shop: Company) -> None:
    """A credit note in June would have the spots of March shown then, and a line of nought stretch the flight to it."""
    sell(shop, grown)
    run_flight(shop)
    run_flight(shop, END + timedelta(5), END + timedelta(6), 0)
    run_flight(shop, date(2026, 6, 1), date(2026, 6, 2), -800)
    shop.add("unified_marketing_costs", cost_id="film", kind="creative", amount=50, campaign_id="film", starts_on=START)
    run_flight(shop, date(2026, 6, 1), date(2026, 6, 2), 0, key="film")
    assert found(shop, "campaign, period, last_day, costs") == [
        ("film", START, START, Decimal(50)),
        ("spring", START, END, Decimal(2000)),
    ]


def test_estimates_are_no_finer_than_cents(shop: Company) -> None:
    """Four decimals of a guess look like knowledge."""
    sell(shop, lambda day: 100.0001 + day.toordinal() % 7 * day.month)
    run_flight(shop)
    names = ("expected", "expected_low", "expected_high", "uplift", "uplift_low", "uplift_high")
    ((*told, currency),) = found(shop, f"{', '.join(names)}, currency")
    assert all(amount == round(amount, 2) for amount in told)
    assert any(amount % 1 for amount in told)
    assert currency == "EUR"


def test_what_can_be_followed_is_not_estimated(shop: Company) -> None:
    """A search campaign would have two returns; salaries of a channel are no campaign."""
    sell(shop, grown)
    run_flight(shop, key="search", channel="paid_search")
    shop.con.execute("update campaigns set is_tracked = true")
    run_flight(shop, key=None, channel="paid_search")
    run_flight(shop, key=None, channel="radio")
    shop.add("tracking_numbers", number="0144556677", channel="Radio")
    shop.add("unified_marketing_costs", cost_id="s", starts_on=START, ends_on=END, kind="salary", amount=9, channel="events")
    assert found(shop, "campaign") == []


def test_a_stray_click_on_a_link_of_television_leaves_the_estimate(shop: Company) -> None:
    """One touch, and the spot is a campaign with a return of -100 %."""
    sell(shop, grown)
    run_flight(shop)
    run_flight(shop, date(2025, 9, 1), date(2025, 9, 14), channel="cinema", key=None)
    for key, channel in (("spring", "other"), ("", "cinema")):
        shop.add("touchpoints", profile_id="p", touch_date="2026-03-03", channel=channel, campaign_key=key)
    assert [row[0] for row in found(shop, "campaign")] == ["cinema", "spring"]


def test_what_always_runs_confuses_nothing(shop: Company) -> None:
    """A poster that hangs all year would overlap with every campaign and be in every week compared."""
    sell(shop, grown)
    run_flight(shop)
    run_flight(shop, FIRST, LAST - timedelta(1), key=None, channel="out_of_home")
    assert found(shop, "campaign, reason, is_overlapping, uplift") == [
        ("out_of_home", "always_on", False, None),
        ("spring", None, False, Decimal(840)),
    ]


@pytest.mark.parametrize(("together", "effect", "fewest", "most"), [(0.0, 0.5, 0.6, 1), (0.6, 0.0, 0, 0.1)])
def test_the_interval_holds_the_truth(shop: Company, together: float, effect: float, fewest: float, most: float) -> None:
    """An interval that is too narrow makes chance a success, above all where one good week follows another; one that is too wide
    says nothing of half as many sales again."""
    run_flight(shop)
    found(shop, "1")
    random = np.random.default_rng(8)
    days = [FIRST + timedelta(number) for number in range((LAST - FIRST).days + 1)]
    season = 1_000 * (1 + 0.3 * np.sin(np.arange(len(days)) * 2 * np.pi / 364)) * np.where(np.arange(len(days)) < 364, 1, 1.2)
    flown = np.array([START <= day <= END for day in days])
    runs, held, told = 40, 0, 0
    for _ in range(runs):
        week, weeks = 0.0, []
        for chance in random.normal(0, 0.1 * np.sqrt(1 - together**2), len(days) // 7 + 1):
            week = together * week + chance
            weeks.append(week)
        without = season * np.exp(random.normal(0, 0.1, len(days)) + np.repeat(weeks, 7)[: len(days)])
        values = dict(zip(days, np.round(np.where(flown, without * (1 + effect), without), 2), strict=True))
        shop.con.execute("delete from conversions")
        sell(shop, values.__getitem__)
        low, high, verdict = shop.build("uplift").one(
            "select uplift_low, uplift_high, verdict from uplift where metric = 'revenue'"
        )
        held += float(low) <= effect * without[flown].sum() <= float(high)
        told += verdict in ("more", "less")
    assert held / runs > 0.87  # 95 % but for the errors of so few runs
    assert fewest <= told / runs <= most
