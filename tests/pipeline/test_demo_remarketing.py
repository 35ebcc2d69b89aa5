"""Remarketing audiences against the demo's truth: who is due, before consent and recent orders leave people out."""

from __future__ import annotations

import json

import pytest

DUE = [
    "birthdays", "customer_anniversaries", "expired_subscriptions", "lapsed_this_year", "new_customers", "prospect_birthdays",
    "renewal_due", "review_request", "second_order", "win_back_months",
]  # fmt: skip
MADE_FROM_FIGURES = [
    "at_risk_big_spenders", "best_customers_seed", "brand_ambassadors", "champions", "cross_sell", "loyal_customers",
    "open_day_invitations", "prospect_open_day_invitations", "replenishment_due", "tier_1_best", "tier_2_good", "tier_3_middle",
    "tier_4_low", "tier_5_lowest", "upsell", "win_back",
]  # fmt: skip


@pytest.mark.parametrize("audience", DUE)
def test_who_is_due_is_found_and_nobody_else(beside, audience: str):
    """A greeting on the wrong day, a second first order, a review asked for twice; or customers that nobody thinks of."""
    found = f"""select truth_person_id, anchor_at from w.audiences.{audience} join whole using (profile_id)
        where blocked_by is null"""
    truth = "select truth_person_id, since from remarketing join whole using (truth_person_id) where audience = ?"
    expected = set(beside.execute(truth, [audience]).fetchall())
    assert set(beside.execute(found).fetchall()) == expected
    assert expected


def test_every_audience_has_members(beside):
    """An audience that nobody can ever be in would look like one that nobody happens to be in."""
    members = {row[0] for row in beside.execute("select distinct audience from w.audiences.members").fetchall()}
    assert {*DUE, *MADE_FROM_FIGURES} - members == set()


def test_nothing_is_offered_that_is_owned_or_sold_out(beside):
    """An offer of what somebody has at home says that nobody knows them; one that can't be had says worse."""
    offered = "(select audience, profile_id, unnest(offers) as product_id from w.audiences.members)"
    owned = beside.execute(
        f"""select * from {offered} as offered join w.profiles.profile_products using (profile_id, product_id)
        where audience in ('cross_sell', 'upsell') and bought_at is not null"""
    ).fetchall()
    assert owned == []
    sold_out = beside.execute(
        f"""select * from {offered} as offered join w.unified.products using (product_id)
        where audience in ('cross_sell', 'upsell', 'replenishment_due') and availability = 'out_of_stock'"""
    ).fetchall()
    assert sold_out == []


def test_replenishment_follows_each_products_own_rhythm(beside):
    """One rhythm for all products reminds of beans when they are long gone, and of machines that last for years."""
    due = beside.execute(
        """with days as (
            select distinct profile_id, product_id, order_date
            from w.unified.order_lines join w.profiles.person_orders using (order_id) where is_revenue and product_id is not null
        ),
        gaps as (
            select product_id, order_date - lag(order_date) over (partition by profile_id, product_id order by order_date) as gap
            from days
        ),
        rhythm as (select product_id, median(gap) as days from gaps where gap is not null group by 1 having count(*) >= 5),
        last as (
            select profile_id, product_id, max(person_orders.ordered_at) as bought_at
            from w.unified.order_lines join w.profiles.person_orders using (order_id) where is_revenue group by 1, 2
        )
        select profile_id, product_id
        from last join rhythm using (product_id) join w.unified.products using (product_id) cross join w.control.run
        where bought_at + to_days(round(rhythm.days)::int) between run.as_of - interval 14 day and run.as_of + interval 7 day
            and coalesce(availability, '') <> 'out_of_stock'"""
    ).fetchall()
    found = "select profile_id, unnest(offers) from w.audiences.replenishment_due"
    assert set(due) == set(beside.execute(found).fetchall())
    assert due


def test_cross_sell_says_which_rule_speaks_for_an_offer(beside):
    """A recommendation that nobody can explain is believed by nobody, and can't be mended."""
    rows = beside.execute("select context, offers, profile_id from w.audiences.members where audience = 'cross_sell'").fetchall()
    for context, offers, person in rows:
        products = json.loads(context)["products"]
        assert sorted(product["product_id"] for product in products) == offers and 1 <= len(offers) <= 3
        assert [product["confidence"] for product in products] == sorted((p["confidence"] for p in products), reverse=True)
        bought = {product["bought_product_id"] for product in products}
        query = "select product_id from w.profiles.profile_products where profile_id = ? and bought_at is not null"
        assert bought <= {row[0] for row in beside.execute(query, [person]).fetchall()}


def test_a_customer_is_in_one_tier_alone(beside):
    """Two tiers for one person: an exclusive offer and no promotion at once."""
    twice = beside.execute(
        "select profile_id from w.audiences.members where audience like 'tier\\_%' escape '\\' group by 1 having count(*) > 1"
    ).fetchall()
    assert twice == []


def test_the_seed_of_the_best_carries_their_value(beside):
    """A value-based seed without values, or with everybody in it, teaches the platform nothing."""
    seed = beside.execute(
        """select count(*), bool_and(value = clv_12m), min(clv_12m) from w.audiences.members join w.scores.clv using (profile_id)
        where audience = 'best_customers_seed'"""
    ).fetchone()
    worse = beside.execute(
        """select count(*), max(clv_12m) from w.scores.clv
        anti join (
            select profile_id from w.audiences.decisions where audience = 'best_customers_seed' and clauses_met > 0
        ) using (profile_id)"""
    ).fetchone()
    assert seed is not None and worse is not None
    assert seed[1] and seed[2] >= worse[1]
    assert worse[0] >= 8 * seed[0] > 0


def test_who_is_invited_lives_near_and_has_not_registered(beside):
    """An invitation to the other end of the country, or to an open day that somebody has long signed up for."""
    invited = beside.execute(
        """select profile_id, context->>'event' as event, context->>'city' as place, lower(profiles.city) as home
        from w.audiences.members join w.profiles.profiles using (profile_id) where audience like '%open_day_invitations'"""
    ).fetchall()
    registered = set(
        beside.execute(
            """select profile_id, event_name from w.unified.event_registrations as told
            join w.identity.identifiers on identifier in (told.email, told.phone) and identifier_type in ('email', 'phone')"""
        ).fetchall()
    )
    assert invited
    for person, event, place, home in invited:
        assert place.lower() == home
        assert (person, event) not in registered
