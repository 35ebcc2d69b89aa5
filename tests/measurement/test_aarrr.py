"""Acquisition, activation, retention, referral and revenue per day, week and month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.profiles.models import build

from .funnel import LAPSED_AFTER, Funnel, first_day, funnel, local_day, moments

MONDAY = datetime(2026, 3, 30, 9, 0)
DAY = MONDAY.date()


@settings(max_examples=6)
@given(
    visits=st.lists(
        st.tuples(moments, st.sampled_from([None, "google", "bank"]), st.sampled_from(["anonymous", "anna", None])), max_size=12
    ),
    sales=st.lists(st.tuples(moments, st.sampled_from(["anna", "ben", "carl"]), st.integers(-5000, 100_000)), max_size=12),
    costs=st.lists(st.tuples(moments, st.sampled_from(["email", "paid_search"]), st.integers(-10_000, 999_999)), max_size=8),
)
def test_days_weeks_and_months_agree_with_the_books(
    visits: list[tuple[datetime, str | None, str | None]],
    sales: list[tuple[datetime, str, int]],
    costs: list[tuple[datetime, str, int]],
) -> None:
    """A sale at midnight, at a change of the clock, or in a week over the end of a month counts twice, or not at all."""
    expected: dict[tuple[str, str, date, str], float] = defaultdict(float)
    with funnel() as shop:
        for person in ("anna", "ben", "carl"):
            shop.known(person)
        for at, source, who in visits:
            shop.visit(at, who=who, source=source if who else None)
            channel = "unattributed" if who is None else {"google": "paid_search"}.get(source or "", "direct")
            for kind in ("day", "week", "month"):
                for name in (channel, "all"):
                    expected["traffic", kind, first_day(kind, local_day(at)), name] += 1
        for at, person, cents in sales:
            shop.sale(person, at, cents / 100)
            for kind in ("day", "week", "month"):
                expected["revenue", kind, first_day(kind, local_day(at)), "all"] += cents
        for at, channel, cents in costs:
            shop.cost(at.date(), cents / 100, channel)
            for kind in ("day", "week", "month"):
                for name in (channel, "all"):
                    expected["cost", kind, first_day(kind, at.date()), name] += cents
        shop.count()
        found = shop.con.execute(
            """select metric, period_kind, period, channel, cast(numerator * if(metric = 'traffic', 1, 100) as double)
            from aarrr where metric in ('traffic', 'revenue', 'cost') and numerator <> 0"""
        ).fetchall()
    assert {tuple(key): amount for *key, amount in found} == {key: amount for key, amount in expected.items() if amount}


def test_a_day_is_the_company_s() -> None:
    """What happens late in the evening, or when the clock changes, falls on the day of another country."""
    with funnel() as shop:
        for day, hour, minute in [(28, 22, 59), (28, 23, 0), (29, 21, 59), (29, 22, 0)]:
            shop.visit(datetime(2026, 3, day, hour, minute))
        shop.count()
        assert [shop.value("traffic", date(2026, 3, day)) for day in (28, 29, 30)] == [1, 2, 1]
        assert shop.value("traffic", date(2026, 3, 23), "week") == 3


@pytest.mark.parametrize(("seconds", "pages", "bounced"), [(10, 1, 1), (11, 1, 0), (0, 2, 0), (0, 0, 1)])
def test_a_visit_bounces_that_was_not_engaged(seconds: int, pages: int, bounced: int) -> None:
    """A reader of one long page would count like somebody who ran away."""
    with funnel() as shop:
        shop.visit(MONDAY, seconds, pages)
        shop.count()
        assert shop.value("bounce_rate", DAY) == bounced
        assert shop.value("session_length", DAY) == seconds


def test_what_a_server_reports_is_no_visit() -> None:
    """A shop whose backend reports its orders would see visitors who leave at once, and come back for each order."""
    with funnel() as shop:
        shop.known("anna")
        shop.visit(MONDAY, who="anna")
        shop.visit(MONDAY, 0, 0, who="anna", device="u:anna")
        shop.count()
        assert shop.value("traffic", DAY) == 1
        assert shop.value("bounce_rate", DAY) == 0
        assert shop.value("logins_per_user", DAY) == 1


def test_who_refused_trackers_is_traffic_and_nobody() -> None:
    """Traffic that shrinks with every refusal; or a refused visit that is held against a channel or a person."""
    with funnel() as shop:
        shop.known("anna")
        for hours in (0, 1):
            shop.visit(MONDAY + timedelta(hours=hours), who="anna", source="google")
        shop.visit(MONDAY, who=None)
        shop.count()
        assert shop.value("traffic", DAY) == 3
        assert shop.value("traffic", DAY, channel="unattributed") == 1
        assert shop.value("traffic", DAY, channel="paid_search") == 2
        assert shop.value("logins_per_user", DAY) == 2


def test_a_visit_from_the_payment_page_is_no_referral() -> None:
    """The bank would be the shop's best partner."""
    with funnel() as shop:
        shop.visit(MONDAY, source="bank")
        shop.count()
        assert shop.value("traffic", DAY, channel="direct") == 1


def test_sign_ups_are_credited_to_their_visit() -> None:
    """All sign-ups of a day with two visits would go to the wrong one, or be doubled."""
    with funnel() as shop:
        shop.known("anna")
        device = shop.visit(MONDAY, who="anna", source="google")
        shop.visit(MONDAY + timedelta(hours=3), who="anna", device=device, session_number=2)
        shop.add(
            "event_days",
            device=device,
            event_date=DAY,
            identifier_type="user_id",
            identifier="anna",
            event="Signed Up",
            times=1,
            first_at=MONDAY + timedelta(seconds=5),
        )
        shop.count()
        assert shop.value("sign_ups", DAY) == 1
        assert shop.value("sign_ups", DAY, channel="paid_search") == 1


def test_new_customers_belong_to_the_last_channel_that_was_no_direct_visit() -> None:
    """A customer credited to a touch after the sale, to one of last year, or to the visit that only came back to pay."""
    with funnel() as shop:
        for person in ("anna", "ben", "carl", "dora", "boss"):
            shop.known(person, internal=person == "boss")
            shop.sale(person, MONDAY, channel="store" if person == "carl" else None)
        shop.sale("anna", MONDAY + timedelta(days=1))
        shop.touch("anna", MONDAY - timedelta(days=20), "email")
        shop.touch("anna", MONDAY - timedelta(days=3), "paid_search")
        shop.touch("anna", MONDAY - timedelta(days=1), "direct")
        shop.touch("anna", MONDAY + timedelta(hours=1), "referral")
        shop.touch("ben", MONDAY - timedelta(days=31), "paid_search")
        shop.touch("carl", MONDAY, "direct")
        shop.count()
        by_channel = "select channel, cast(value as integer) from aarrr where metric = 'new_customers' and period_kind = 'month'"
        assert dict(shop.con.execute(by_channel).fetchall()) == {"all": 4, "paid_search": 1, "direct": 1, "unattributed": 2}
        assert shop.value("sales", DAY) == 5, "what the company's own people pay for stands in the books"


def test_what_advertising_costs() -> None:
    """A price per click that pays for salaries, or an endless one where nobody clicked."""
    with funnel() as shop:
        shop.known("anna")
        shop.sale("anna", MONDAY, 80)
        shop.touch("anna", MONDAY, "paid_search")
        shop.cost(DAY, 50, origin="ad_spend", impressions=10_000, clicks=100)
        shop.cost(DAY, None, origin="ad_spend", impressions=10_000, clicks=100)
        shop.cost(DAY, 30)
        shop.cost(DAY, 7, channel="display", origin="ad_spend", impressions=1000, clicks=0)
        shop.cost(DAY, 1000, channel="video", origin="ad_spend")
        shop.cost(DAY, 500, channel="video", origin="ad_spend", clicks=10)
        shop.cost(DAY, -5, channel="credited", origin="ad_spend", impressions=1000, clicks=10)
        shop.known("free")
        shop.sale("free", MONDAY, 80)
        shop.touch("free", MONDAY, "email")
        shop.count()
        assert shop.value("cpc", DAY, channel="video") == 50, "of the others nobody knows how often they were clicked"
        assert shop.value("click_rate", DAY) == 210 / 22_000
        assert {name: shop.value(name, DAY, channel="paid_search") for name in ("cpc", "cpm", "click_rate", "cost", "cac")} == {
            "cpc": 0.5, "cpm": 5, "click_rate": 0.01, "cost": 80, "cac": 80,
        }  # fmt: skip
        assert shop.value("cac", DAY) == 1582 / 2
        assert [shop.value(name, DAY, channel="credited") for name in ("cpc", "cpm", "cost")] == [None, None, -5]
        assert shop.value("cac", DAY, channel="email") is None
        assert shop.value("cpc", DAY, channel="display") is None
        assert shop.value("cac", DAY, channel="display") is None
        assert not shop.con.execute("select 1 from aarrr where metric in ('margin', 'break_even_revenue')").fetchall()
        shop.con.execute("update measurement set margin = 0.4")
        shop.count()
        assert shop.value("margin", DAY) == 64
        assert shop.value("break_even_revenue", DAY) == pytest.approx(3955)


def test_a_rate_per_visit_is_of_visits() -> None:
    """Orders of people whom nobody saw come would make more sales than visits; two orders in one visit, too."""
    with funnel() as shop:
        for person in ("anna", "ben", "carl", "dora", "boss"):
            shop.known(person, internal=person == "boss")
        for person in ("anna", "carl", "boss"):
            shop.visit(MONDAY, who=person, source="google" if person == "anna" else None)
        shop.visit(MONDAY, who=None)
        shop.visit(MONDAY)
        for person, minutes, channel in [
            ("anna", 0, "web"), ("anna", 30, None), ("anna", 31, None), ("ben", 0, None), ("carl", 0, "store"), ("boss", 0, None),
        ]:  # fmt: skip
            shop.sale(person, MONDAY + timedelta(minutes=minutes), channel=channel)
        shop.sale("dora", MONDAY - timedelta(days=1))
        shop.visit(MONDAY, who="dora")
        shop.sale("dora", MONDAY)
        shop.count()
        assert shop.value("sales", DAY) == 7
        assert shop.value("conversion_rate", DAY) == 1 / 4, "Anna, of her, Carl, Dora and somebody"
        assert shop.value("sales_conversion_rate", DAY) == 2 / 4
        assert shop.value("conversion_rate", DAY, channel="paid_search") == 1


def test_a_business_of_subscriptions() -> None:
    """Nothing would be sold; who pays for years would be lost; an order for the first payment would be paid twice."""
    with funnel() as shop:
        begun = datetime(2025, 6, 2, 9)
        for person, last in (("anna", MONDAY), ("ben", datetime(2025, 7, 10, 9))):
            shop.known(person)
            shop.sale(person, begun, 30, channel=None, kind="subscription", is_told_twice=person == "anna")
            shop.add("paid_subscriptions", profile_id=person, begun_at=begun, paid_until=last)
        shop.sale("anna", begun + timedelta(hours=1), 30)
        # He comes back after half a year; in March nobody buys, and somebody visits.
        shop.visit(MONDAY)
        shop.sale("ben", datetime(2026, 2, 3, 9), 30, channel=None, kind="subscription")
        shop.add("paid_subscriptions", profile_id="ben", begun_at=datetime(2026, 2, 3, 9), paid_until=datetime(2026, 2, 20, 9))
        shop.count()
        build(shop.con, "cohorts")
        june, march = date(2025, 6, 1), date(2026, 3, 1)
        assert [shop.value(name, june, "month") for name in ("revenue", "sales", "new_customers")] == [60, 2, 2]
        lost = local_day(datetime(2025, 7, 10, 9) + timedelta(days=LAPSED_AFTER + 1)).replace(day=1)
        found = dict(shop.con.execute("select months_since, active from cohorts").fetchall())
        assert (found[0], found[1], found[2], found[8], found[9]) == (2, 2, 1, 2, 1)
        kept = "select period, numerator, denominator from aarrr where metric = 'retention_rate' and period_kind = 'month'"
        told = {period: (kept, of) for period, kept, of in shop.con.execute(kept).fetchall()}
        assert told.get(lost, (1, 2)) == (1, 2)
        assert told.get(march, (2, 2)) == (2, 2)
        months = "select numerator from aarrr where metric = 'mean_retention' and period_kind = 'month' and period = ?"
        mean = [shop.con.execute(months, [date(2026, month, 1)]).fetchall() for month in (2, 3)]
        assert mean == [[(2,)], [(1,)]]


def test_an_order_without_a_rate_is_a_sale_of_unknown_price() -> None:
    """The basket would shrink with every order in a currency that nobody has a rate of."""
    with funnel() as shop:
        shop.known("anna")
        shop.sale("anna", MONDAY, 60)
        shop.sale("anna", MONDAY, None)
        shop.count()
        assert shop.value("sales", DAY) == 2
        assert shop.value("basket", DAY) == 60


def test_opens_are_those_of_people_who_may_be_watched() -> None:
    """Privacy proxies open everything, and who refused to be watched opens nothing: both would be taken for what people do."""
    with funnel() as shop:
        for person in ("anna", "ben", "carl", "boss"):
            shop.known(person, internal=person == "boss")
            shop.mail(person, "delivered", MONDAY)
            shop.watched(person, "denied" if person == "carl" else "granted")
        shop.mail("anna", "opened", MONDAY + timedelta(days=1))
        shop.mail("anna", "opened", MONDAY + timedelta(days=2))
        shop.mail("ben", "opened", MONDAY + timedelta(seconds=2), is_machine=True)
        shop.mail("carl", "opened", MONDAY + timedelta(hours=1))
        shop.mail("boss", "opened", MONDAY + timedelta(hours=1))
        shop.mail("carl", "unsubscribed", MONDAY + timedelta(days=1))
        shop.count()
        assert shop.value("open_rate", DAY) == 1 / 2
        assert shop.value("unsubscribe_rate", DAY) == 1 / 3


def test_the_same_campaign_sent_again_is_another_message() -> None:
    """Birthday mails of one campaign would count once in a lifetime; or last year's delivery would be opened this year."""
    with funnel() as shop:
        shop.known("anna")
        shop.watched("anna")
        again = MONDAY + timedelta(days=5)
        shop.mail("anna", "delivered", MONDAY)
        shop.mail("anna", "delivered", again)
        shop.mail("anna", "opened", again + timedelta(hours=1))
        shop.count()
        assert shop.value("open_rate", DAY) == 0
        assert shop.value("open_rate", again.date()) == 1


def test_a_tool_that_names_no_campaign() -> None:
    """Each open would be a message of its own, and more would be opened than were sent."""
    with funnel() as shop:
        for person in ("anna", "ben"):
            shop.known(person)
            shop.watched(person)
            shop.mail(person, "delivered", MONDAY, campaign=None)
        for hours in (1, 2, 50):
            shop.mail("anna", "opened", MONDAY + timedelta(hours=hours), campaign=None)
        shop.mail("carl", "opened", MONDAY, campaign=None)
        shop.count()
        assert shop.value("open_rate", DAY) == 1 / 2, "nobody tells what Carl opened"


def test_who_leaves_on_the_site_leaves_after_the_last_message() -> None:
    """A button of the site knows no campaign: all who press it would be missing, or nobody would have been written to."""
    with funnel() as shop:
        for person in ("anna", "ben"):
            shop.known(person)
            shop.mail(person, "delivered", MONDAY - timedelta(days=7), campaign="last_week")
            shop.mail(person, "delivered", MONDAY)
        for days in (1, 2):
            shop.mail("anna", "unsubscribed", MONDAY + timedelta(days=days), campaign=None, source="segment")
        shop.mail("ben", "unsubscribed", MONDAY + timedelta(days=1))
        shop.mail("ben", "unsubscribed", MONDAY + timedelta(days=1), campaign=None, source="segment")
        shop.count()
        assert shop.value("unsubscribe_rate", DAY) == 1
        assert shop.value("unsubscribe_rate", DAY - timedelta(days=7)) == 0


def test_recommendations() -> None:
    """A score of those who answered that is a mean, or takes passives for detractors."""
    with funnel() as shop:
        shop.known("boss", internal=True)
        for score in (10, 9, 8, 7, 6, 0, 9, 10):
            shop.add("unified_surveys", response_id=shop.number(), score=score, answered_at=MONDAY, source="generic")
        shop.add("unified_surveys", response_id=shop.number(), customer_id="boss", score=10, answered_at=MONDAY, source="generic")
        for rating in (5, 4, None):
            shop.add("unified_reviews", review_id=shop.number(), rating=rating, created_at=MONDAY, source="generic")
        for kind in ("mention", "Mention ", "like"):
            shop.add("unified_social_interactions", interaction_id=shop.number(), kind=kind, occurred_at=MONDAY, source="generic")
        for referrer in ("anna@example.com", "boss@example.com"):
            shop.add("unified_referrals", referral_id=shop.number(), referrer=referrer, created_at=MONDAY, source="generic")
        shop.count()
        found = {name: shop.value(name, DAY) for name in ("nps", "satisfaction", "reviews", "social_mentions", "referrals")}
        assert found == {"nps": 25, "satisfaction": 4.5, "reviews": 3, "social_mentions": 2, "referrals": 1}


def test_what_is_not_over_is_said_to_be_under_way() -> None:
    """A month that has just begun looks like a collapse."""
    with funnel() as shop:
        for days in range(10):
            shop.visit(MONDAY + timedelta(days=days))
        shop.count()
        unfinished = "select distinct period_kind, period from aarrr where not is_finished"
        assert set(shop.con.execute(unfinished).fetchall()) == {
            ("day", date(2026, 4, 8)), ("week", date(2026, 4, 6)), ("month", date(2026, 4, 1)),
        }  # fmt: skip
    with funnel(datetime(2026, 3, 31, 22, 0)) as shop:
        shop.visit(datetime(2026, 3, 31, 21, 0))
        shop.count()
        assert shop.con.execute("select distinct period_kind from aarrr where not is_finished").fetchall() == [("week",)]


def test_nothing_told_is_no_figure() -> None:
    """A company without surveys would read that nobody recommends it."""
    with funnel() as shop:
        shop.visit(MONDAY)
        shop.count()
        told = {name for (name,) in shop.con.execute("select distinct metric from aarrr").fetchall()}
    assert told == {"traffic", "bounce_rate", "session_length", "conversion_rate", "sales_conversion_rate"}


def test_a_company_of_nothing() -> None:
    """The first run of a new company, with no file yet."""
    with funnel() as shop:
        shop.count()
        assert shop.con.execute("select count(*) from aarrr").fetchone() == (0,)


@pytest.fixture
def shop_of_leads() -> Iterator[Funnel]:
    with funnel() as shop:
        for person in ("anna", "ben", "boss"):
            shop.known(person, internal=person == "boss")
            shop.sale(person, MONDAY, None, kind="lead")
        shop.touch("anna", MONDAY, "lead_supplier")
        shop.count()
        yield shop


def test_leads_come_from_where_they_were_won(shop_of_leads: Funnel) -> None:
    """Leads of a supplier would be called direct, since they never visited."""
    by_channel = "select channel, value from aarrr where metric = 'leads' and period_kind = 'week'"
    assert dict(shop_of_leads.con.execute(by_channel).fetchall()) == {"all": 2, "lead_supplier": 1, "unattributed": 1}
