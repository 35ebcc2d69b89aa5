"""What measurement says of the demo shop, against what is true of it."""

from __future__ import annotations

import json
from decimal import Decimal

import duckdb
import pytest

from dagster_project.settings import Settings

TRUE_SALES = """(
    select truth_person_id, cast(ordered_at at time zone 'UTC' at time zone 'Europe/Paris' as date) as day,
        total_eur - refunded_eur as net_eur
    from orders where status in ('paid', 'refunded', 'partially_refunded'))"""
PAID_MONTHS = f"""(
    select truth_person_id::varchar as person, date_trunc('month', day)::date as month from {TRUE_SALES}
    union
    select coalesce(truth_person_id::varchar, told.profile_id), unnest(generate_series(
        date_trunc('month', timezone('Europe/Paris', timezone('UTC', begun_at))),
        date_trunc('month', timezone('Europe/Paris', timezone('UTC', paid_until - interval 1 microsecond))),
        interval 1 month))::date
    from w.profiles.paid_subscriptions as told
    left join (select profile_id, min(truth_person_id) as truth_person_id from persons group by 1) using (profile_id))"""
"""Months in which people bought, or were subscribed."""
FIGURES = "w.measurement.aarrr where channel = 'all' and period_kind = '{}' and metric = '{}'"


def test_leads_sold_twice_are_found(beside: duckdb.DuckDBPyConnection) -> None:
    """A lead paid for twice, or sold as exclusive to everybody, is money that a supplier keeps because nobody looked."""
    # Of the demo's suppliers, Kontaktfabrik sells its leads as exclusive.
    true = """select lead_id from leads as own where supplier = 'Kontaktfabrik' and exists (
            select 1 from leads as other
            where other.truth_person_id = own.truth_person_id and other.supplier not in ('', own.supplier)
                and abs(date_diff('second', own.created_at, other.created_at)) <= 30 * 86400
        ) and truth_person_id in (select truth_person_id from whole)"""
    told = """select lead_id from w.measurement.lead_results join leads using (lead_id) join whole using (truth_person_id)
        where is_resold and whole.profile_id = lead_results.profile_id"""
    found, expected = (set(beside.execute(query).fetchall()) for query in (told, true))
    assert (found - expected, expected - found) == (set(), set())
    assert expected
    claimed = "select lead_id from w.measurement.invalid_lead_claims where reasons like '%not_exclusive%'"
    unsold = set(beside.execute("select lead_id from w.measurement.lead_results where not is_qualified").fetchall())
    assert expected & unsold <= set(beside.execute(claimed).fetchall()) <= unsold


def test_every_lead_and_its_cost_stand_with_a_supplier(beside: duckdb.DuckDBPyConnection) -> None:
    """Suppliers are paid by these sums."""
    told = "select supplier, leads, claimed_cost from w.measurement.lead_suppliers where period_kind = 'all' order by 1"
    true = "select coalesce(nullif(supplier, ''), 'in_house'), count(*) from leads group by 1 order by 1"
    claims = dict(beside.execute("select supplier, sum(cost) from w.measurement.invalid_lead_claims group by 1").fetchall())
    rows = beside.execute(told).fetchall()
    assert [row[:2] for row in rows] == beside.execute(true).fetchall()
    assert {supplier: cost for supplier, _, cost in rows if cost} == claims
    salaries = """select sum(amount) from w.measurement.costs where kind = 'salary' and channel = 'sales'
        and date_trunc('month', day) in (select month from w.measurement.lead_results)"""
    shared_out = "select sum(sales_cost) from w.measurement.lead_suppliers where period_kind = 'month'"
    assert beside.execute(salaries).fetchone() == beside.execute(shared_out).fetchone()


def test_calls_in_vain_count_against_the_supplier(beside: duckdb.DuckDBPyConnection) -> None:
    """A supplier of numbers that nobody answers would look as good as any other."""
    truth = """select coalesce(nullif(supplier, ''), 'in_house'), count(*) filter (calls_missed + calls_answered > 0),
            count(*) filter (calls_answered > 0), count(*) filter (calls_answered = 0 and calls_missed >= 3)
        from leads group by 1"""
    found = """select supplier, called_with_outcome, reached, unreachable
        from w.measurement.lead_suppliers where period_kind = 'all'"""
    expected = set(beside.execute(truth).fetchall())
    assert set(beside.execute(found).fetchall()) == expected
    assert sum(row[3] for row in expected) > 3
    worst = "select min_by(supplier, reachability) from w.measurement.lead_suppliers where period_kind = 'all'"
    assert beside.execute(worst).fetchone() == ("LeadBazaar",)


def test_orders_with_codes_are_their_influencers(beside: duckdb.DuckDBPyConnection) -> None:
    """Who is paid by what they sold must have sold it."""
    true = """select influencer, count(order_id) as orders, coalesce(sum(round(total_eur - refunded_eur, 4)), 0) as revenue
        from w.unified.promo_codes as codes
        left join orders on coupon = code and status in ('paid', 'refunded', 'partially_refunded')
        where influencer is not null group by 1"""
    query = f"""select influencers.influencer from w.measurement.influencers join ({true}) as truth using (influencer)
        where influencers.orders <> truth.orders or abs(influencers.revenue - truth.revenue) > 0.01"""
    assert beside.execute(query).fetchall() == []
    flags = "select influencer from w.measurement.influencers where {} order by 1"
    for condition, expected in {
        "is_contract_missing": ["noah_grinds"],
        "is_disclosure_missing": ["crema_queen", "mia_roasts"],
        "has_bought_follower_signs": ["crema_queen"],
    }.items():
        assert [name for (name,) in beside.execute(flags.format(condition)).fetchall()] == expected


def test_groups_are_those_of_the_audiences(beside: duckdb.DuckDBPyConnection) -> None:
    """Who is spoken to and counted as spared hides what speaking brings."""
    told = "select audience, is_held_out, assigned from w.measurement.holdout_groups where assigned > 0"
    true = """select audience, holdout, count(*) from w.audiences.members join w.control.audiences using (audience)
        where audiences.kind <> 'suppression' and holdout_share > 0 group by 1, 2"""
    assert sorted(beside.execute(told).fetchall()) == sorted(beside.execute(true).fetchall())
    assert beside.execute("select count(*) from w.measurement.holdout_lift where is_mismatched").fetchone() == (0,)


def test_every_cost_and_every_sale_is_in_the_returns(beside: duckdb.DuckDBPyConnection) -> None:
    """Whoever adds up the tables of returns has to find what the accounts, the books and the orders say."""
    paid = """select (select sum(spend_company) from w.unified.ad_spend)
        + (select sum(cast(round(amount_company * share, 4) as decimal(18, 4))) from w.unified.marketing_costs)
        + (select coalesce(sum(cost), 0) from w.unified.leads)
        + (select coalesce(sum(fee_company), 0) from w.unified.influencers)
        - (select coalesce(sum(amount), 0) from w.measurement.cost_gaps where not is_counted)"""
    sold = "select sum(net_company), count(*) from w.profiles.conversions where is_sale"
    expected = (*beside.execute(paid).fetchone(), *beside.execute(sold).fetchone())
    for table in ("campaign_roi", "channel_roi", "overall_roi"):
        sums = f"select sum(costs), sum(revenue), sum(sales) from w.measurement.{table} where period_kind = 'all'"
        assert beside.execute(sums).fetchone() == expected


def test_advice_is_given_to_every_campaign_with_its_reason(beside: duckdb.DuckDBPyConnection) -> None:
    """Advice without a reason is not followed, and a campaign without advice is forgotten."""
    told = beside.execute(
        "select campaign_key, advice, reason, sales, needed_sales, minimum_sales from w.measurement.campaign_advice"
    ).fetchall()
    assert {row[0] for row in told} == {
        key for (key,) in beside.execute("select campaign_key from w.measurement.campaigns").fetchall()
    }
    assert all(row[2] for row in told)
    assert all(max(row[3], row[4]) >= row[5] for row in told if row[1] in ("scale", "stop", "mend"))


@pytest.mark.parametrize("kind", ["day", "week", "month"])
def test_sales_of_every_period_are_those_of_the_orders(beside: duckdb.DuckDBPyConnection, kind: str) -> None:
    """A sale in another day than the shop's own, counted twice, or lost."""
    true = f"""select date_trunc('{kind}', day)::date as period, count(*) as sales, coalesce(sum(net_eur), 0) as net_eur
        from (select day, net_eur from {TRUE_SALES} union all
            select sold_on, net_company from w.measurement.sales where kind = 'subscription') group by 1"""
    told = f"select period, numerator from {FIGURES.format(kind, '{}')} and numerator <> 0"
    query = f"""select * from ({true}) as truth
        full join ({told.format("sales")}) as sales using (period)
        left join ({told.format("revenue")}) as revenue using (period)
        where sales.numerator is distinct from sales or abs(coalesce(revenue.numerator, 0) - net_eur) > 0.0001 * sales"""
    assert beside.execute(query).fetchall() == []


def test_customers_come_and_come_back_as_they_did(beside: duckdb.DuckDBPyConnection) -> None:
    """A returning customer who is taken for a new one makes every campaign look cheap."""
    months = f"select person, month, min(month) over (partition by person) as cohort from {PAID_MONTHS}"
    true = f"""select cohort, date_diff('month', cohort, month), count(*) from ({months}) group by 1, 2"""
    told = "select cohort_month, months_since, active from w.measurement.cohorts where active > 0"
    found, expected = (set(beside.execute(query).fetchall()) for query in (told, true))
    assert found == expected
    new = beside.execute(
        f"select period, numerator from {FIGURES.format('month', 'new_customers')} and numerator <> 0"
    ).fetchall()
    assert set(new) == {(cohort, customers) for cohort, since, customers in expected if since == 0}


def test_figures_of_channels_add_up_to_all(beside: duckdb.DuckDBPyConnection) -> None:
    """A channel that is named otherwise in one table than in another falls out of the sums."""
    query = """select period_kind, period, metric from w.measurement.aarrr
        where metric in ('leads', 'cost', 'traffic', 'sign_ups', 'new_customers')
        group by all having sum(case when channel = 'all' then -numerator else numerator end) <> 0"""
    assert beside.execute(query).fetchall() == []
    costs = beside.execute(f"select sum(numerator) from {FIGURES.format('day', 'cost')}").fetchone()
    assert costs == beside.execute("select sum(amount) from w.measurement.costs where day is not null").fetchone()


def test_leads_spend_and_answers_are_those_of_the_files(beside: duckdb.DuckDBPyConnection, demo: Settings) -> None:
    """A file that is read twice, or an ad account in another unit."""
    totals = json.loads((demo.base / "truth" / "totals.json").read_text())
    spent = beside.execute(f"select sum(numerator) from {FIGURES.format('month', 'cpc')}").fetchone()
    assert spent == (sum(map(Decimal, totals["ad_spend"].values())),)
    leads = f"select period, numerator from {FIGURES.format('day', 'leads')} and numerator <> 0"
    true = "select cast(created_at at time zone 'UTC' at time zone 'Europe/Paris' as date), count(*) from leads group by 1"
    assert set(beside.execute(leads).fetchall()) == set(beside.execute(true).fetchall())
    surveys = f"from read_csv('{demo.base}/landing/generic/surveys/**/*.csv', all_varchar = true)"
    true = f"""select count(*) filter (where score >= 9) - count(*) filter (where score <= 6), count(*)
        from (select distinct * replace (try_cast(score as integer) as score) {surveys}) where score between 0 and 10"""
    told = f"select sum(numerator) / 100, sum(denominator) from {FIGURES.format('week', 'nps')}"
    assert beside.execute(told).fetchone() == beside.execute(true).fetchone()


def test_guests_of_events_are_those_of_the_truth(beside: duckdb.DuckDBPyConnection) -> None:
    """Who registered twice would be two guests, and who has yet to come would have stayed away."""
    true = """select event_kind, starts_at, count(distinct truth_person_id) as registered,
            count(distinct truth_person_id) filter (where status = 'attended') as attended
        from registrations group by 1, 2"""
    query = f"""select * from ({true}) as truth full join w.measurement.events as told using (event_kind, starts_at)
        where told.registered is distinct from truth.registered
            or coalesce(told.attended, 0) <> truth.attended or (told.attended is null) = told.is_over"""
    assert beside.execute(query).fetchall() == []
    assert beside.execute("select count(*) from w.measurement.events where invited > 0").fetchone() != (0,)


def test_what_customers_cost_and_are_worth_agrees_with_the_books(beside: duckdb.DuckDBPyConnection) -> None:
    """Two tables that tell two costs of one month, and a worth that leaves out what was paid already."""
    query = """select sum(costs) filter (where channel = 'all'), sum(costs) filter (where channel <> 'all'),
            sum(new_customers) filter (where channel = 'all'), sum(new_customers) filter (where channel <> 'all'),
            round(sum(ltv * valued_customers) filter (where channel = 'all'), 2)
        from w.measurement.ltv_cac where period_kind = 'all'"""
    costs, of_channels, customers, won_by_channels, worth = beside.execute(query).fetchone() or ()
    assert costs == of_channels == (beside.execute("select sum(amount) from w.measurement.costs").fetchone() or ())[0]
    assert (
        customers == won_by_channels == (beside.execute(f"select count(distinct person) from {PAID_MONTHS}").fetchone() or ())[0]
    )
    assert (worth,) == beside.execute(
        "select round(cast(sum(historical_value + clv_12m) as double), 2) from w.scores.clv"
    ).fetchone()


def test_who_was_touched_is_who_was_there(beside: duckdb.DuckDBPyConnection) -> None:
    """Machines, the shop's own people and visits without trackers would be won by advertisements; guests of events and bought
    leads would be won by nobody."""
    attended = "select profile_id, starts_at from registrations join whole using (truth_person_id) where status = 'attended'"
    events = "select touches.profile_id, touched_at from w.measurement.touchpoints as touches where kind = 'event'"
    whole = " and touches.profile_id in (select profile_id from whole)"
    assert sorted(beside.execute(events + whole).fetchall()) == sorted(beside.execute(attended).fetchall())
    bought = """select lead_id, supplier from leads join whole using (truth_person_id) where supplier <> ''
        except select split_part(touch_id, ':', 3), supplier from w.measurement.touchpoints where channel = 'lead_supplier'"""
    assert beside.execute(bought).fetchall() == []
    nobody = """select count(*) from w.measurement.touchpoints where profile_id in (
        select profile_id from devices
        join w.identity.identifiers on identifier_type = 'anonymous_id' and identifier = anonymous_id
        where is_bot or is_internal)"""
    assert beside.execute(nobody).fetchone() == (0,)
    visits = """select (select count(*) from w.measurement.touchpoints where kind = 'session'),
        (select count(*) from w.profiles.sessions where identifier is not null)"""
    touched, made = beside.execute(visits).fetchone()
    assert 0 < touched <= made


def test_all_that_was_sold_is_shared_out_under_every_model(demo: Settings, beside: duckdb.DuckDBPyConnection) -> None:
    """A model that loses or invents a cent is believed by nobody."""
    totals = json.loads((demo.base / "truth" / "totals.json").read_text())
    books = "select count(*), sum(net_company) from w.profiles.conversions where kind = 'purchase'"
    shared = """select model, period_kind, sum(conversions), sum(revenue), count(distinct channel)
        from w.measurement.attribution where kind = 'purchase' group by 1, 2"""
    found = beside.execute(shared).fetchall()
    assert len(found) == 16
    assert {row[2:4] for row in found} == set(beside.execute(books).fetchall())
    assert abs(found[0][3] - Decimal(totals["net_revenue"])) < Decimal("0.01")
    assert all(row[4] > 5 for row in found)


def test_campaigns_of_the_accounts_are_those_of_the_links(beside: duckdb.DuckDBPyConnection) -> None:
    """Spend under one name and sales under another: every campaign would look like pure loss, or pure gain."""
    told = "select count(*), count(*) filter (where is_tracked), bool_and(campaign = utm_campaign) from w.measurement.campaigns"
    accounts = "(select distinct campaign_id, utm_campaign from w.unified.ad_spend) as ads"
    assert beside.execute(f"{told} join {accounts} using (campaign_id)").fetchone() == (7, 7, True)
