"""Who stays a customer, and who comes back."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.profiles.models import build

from .funnel import AS_OF, LAPSED_AFTER, MONTHS, first_day, funnel, local_day, moments


def _customers(days: list[date], today: date) -> set[date]:
    """The days on which somebody who bought on these was a customer."""
    covered = {day + timedelta(days=after) for day in days for after in range(LAPSED_AFTER + 1)}
    return {day for day in covered if day <= today}


@settings(max_examples=8)
@given(people=st.lists(st.lists(st.tuples(moments, st.integers(0, 90)), min_size=1, max_size=4), min_size=1, max_size=5))
def test_retention_is_that_of_everybody_followed_day_by_day(people: list[list[tuple[datetime, int]]]) -> None:
    """Customers who come back after having been lost, or who are won and lost within one month, upset the count of who stayed."""
    with funnel() as shop:
        for number, moments_bought in enumerate(people):
            shop.known(f"p{number}")
            for at, days in moments_bought:
                shop.sale(f"p{number}", at)
                if days:
                    until = min(at + timedelta(days=days), AS_OF)
                    shop.add("paid_subscriptions", profile_id=f"p{number}", begun_at=at, paid_until=until)
        shop.con.execute("create table daily_figures (day date, channel varchar, measure varchar, amount decimal(18, 4))")
        # In every month something happens, so that each has its row.
        shop.con.execute(
            "insert into daily_figures select day, null, 'visits', 1 from unnest(?::date[]) as months(day)", [MONTHS]
        )
        build(shop.con, "sales", "acquired_customers", "aarrr")
        found = shop.con.execute(
            "select period, metric, numerator, denominator from aarrr where metric in ('retention_rate', 'mean_retention') "
            "and period_kind = 'month'"
        ).fetchall()
    today = date(2026, 4, 8)
    bought = [
        sorted(
            {
                local_day(at) + timedelta(days=after)
                for at, days in moments_bought
                for after in range((local_day(min(at + timedelta(days=days), AS_OF)) - local_day(at)).days + 1)
            }
        )
        for moments_bought in people
    ]
    assert {period for period, *_ in found} >= {
        month for month in MONTHS if month > min(days[0] for days in bought).replace(day=28)
    }
    for period, metric, numerator, denominator in found:
        end = min(first_day("month", period + timedelta(days=31)) - timedelta(days=1), today)
        if metric == "mean_retention":
            before = [days for days in bought if days[0] < period]
            kept = [days for days in before if any(period <= day <= end for day in days)]
        else:
            before = [days for days in bought if period - timedelta(days=1) in _customers(days, today)]
            span = [period + timedelta(days=after) for after in range((end - period).days + 1)]
            kept = [days for days in before if all(day in _customers(days, today) for day in span)]
        assert (numerator, denominator) == (len(kept), len(before))
