-- One row per customer who is not the company's own, with the first sale and what won it: the last touch until then within the
-- look-back that was no direct visit; channel `direct` where there were only such, `unattributed` where there was none.
-- A purchase given back was one still: a refund takes from what a customer is worth, not the customer. Sales of which nothing but the order's
-- number is known, at a till or of somebody who was erased, are revenue and no customers: nobody can tell whether they came back.
with known as (
    select distinct profile_id from {{ ref('identifiers') }} where identifier_type <> 'order_id'
),

won as (
    select
        sales.profile_id,
        sales.conversion_id,
        sales.occurred_at as won_at,
        sales.sold_on
    from {{ ref('sales') }} as sales
    inner join known on sales.profile_id = known.profile_id
    where {{ is_outsider('sales.profile_id') }}
    qualify row_number() over (partition by sales.profile_id order by sales.occurred_at, sales.conversion_id) = 1
),

touches as (
    {{ winning_touches('won') }}
)

select
    won.profile_id,
    won.conversion_id,
    won.won_at as acquired_at,
    won.sold_on as acquired_on,
    coalesce(touches.channel, 'unattributed') as channel,
    coalesce(touches.campaign_key, '') as campaign_key,
    -- Net of refunds, so far and in the coming year; of those who may be profiled.
    cast(clv.historical_value + clv.clv_12m as decimal(18, 4)) as lifetime_value
from won
left join touches on won.conversion_id = touches.conversion_id
left join {{ ref('clv') }} as clv on won.profile_id = clv.profile_id
