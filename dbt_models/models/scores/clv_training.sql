-- One row per customer and day with an order: what the fit of customer value learns from, as it was known at the moment of the fit.
-- Of many customers it takes a sample, drawn by a hash of who they are, which is the same in every run.
{{ config(materialized='view') }}

with counted as (
    select count(*) as customers
    from {{ ref('purchases') }}
    where first_on < {{ score_setting('fit_date') }}
),

sample as (
    select purchases.profile_id, counted.customers
    from {{ ref('purchases') }} as purchases
    cross join counted
    where purchases.first_on < {{ score_setting('fit_date') }}
        and (
            counted.customers <= {{ score_setting('clv_sample') }}
            or {{ hash_share('purchases.profile_id') }} * counted.customers < {{ score_setting('clv_sample') }}
        )
)

select
    orders.profile_id,
    orders.order_date,
    {{ money_sum('sum(coalesce(
        case when orders.refunded_at >= ' ~ score_setting('fit_at') ~ ' then orders.total_company else orders.net_company end, 0
    ))') }} as value,
    min(sample.customers) as customers
from {{ ref('person_orders') }} as orders
inner join sample on orders.profile_id = sample.profile_id
where orders.is_revenue and orders.ordered_at < {{ score_setting('fit_at') }}
group by orders.profile_id, orders.order_date
