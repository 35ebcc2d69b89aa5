-- One row per order, source and gap in what it tells of money: revenue lacks what such orders brought, or counts less given back than
-- was said.
{{ config(alias='order_gaps', schema='quality') }}

with orders as (
    select * from {{ ref('unified_orders') }}
    where not is_test
),

refunds as (
    select
        reversals.order_id,
        reversals.source,
        reversals.refunded_amount,
        reversals.unpriced_products,
        cast(reversals.refunded_at as date) as refunded_on,
        orders.order_id is not null as is_known,
        orders.order_date,
        orders.currency,
        orders.total
    from {{ ref('unified_order_reversals') }} as reversals
    left join orders on reversals.order_id = orders.order_id
    left join {{ ref('unified_test_orders') }} as tests on reversals.order_id = tests.order_id
    where (reversals.is_whole or reversals.refunded_amount is not null) and tests.order_id is null
)

select
    order_id,
    source,
    case when total is null then 'no_amount' else 'amount_below_zero' end as gap,
    order_date as day,
    currency,
    total,
    refunded_amount
from orders
where is_revenue and (total is null or total < 0)
union all
select order_id, source, 'refund_without_order', refunded_on, currency, total, refunded_amount
from refunds
where not is_known
union all
select order_id, source, 'refund_above_amount', order_date, currency, total, refunded_amount
from refunds
where refunded_amount > total
union all
select order_id, source, 'refund_of_unpriced_products', coalesce(order_date, refunded_on), currency, total, refunded_amount
from refunds
where unpriced_products > 0
