-- One row per order and source that reports it by events alone.
{{ config(alias='event_orders', materialized='view') }}

with completed as (
    select
        *,
        min(occurred_at) over (partition by source, order_id) as ordered_at
    from {{ ref('unified_order_events') }}
    where event = 'Order Completed'
    -- A reloaded thank-you page sends the order again: the last telling counts, the first dates it.
    qualify row_number() over (partition by source, order_id order by occurred_at desc, message_id desc) = 1
),

later as (
    select
        source,
        order_id,
        sum(total) filter (where event = 'Order Refunded') as refunded_amount,
        count(*) filter (where event = 'Order Refunded' and total is null) as whole_refunds,
        count(*) filter (where event = 'Order Cancelled') as cancellations,
        min(occurred_at) filter (where event = 'Order Refunded') as refunded_at,
        max(_batch) as _batch
    from {{ ref('unified_order_events') }}
    where event in ('Order Refunded', 'Order Cancelled')
    group by source, order_id
)

select
    completed.order_id,
    completed.user_id as customer_id,
    completed.email,
    completed.phone,
    completed.ordered_at,
    case
        when later.cancellations > 0 then 'cancelled'
        when later.whole_refunds > 0 then 'refunded'
        else 'paid'
    end as status,
    completed.currency,
    completed.total,
    -- No more is given back than was paid, however often a refund is told.
    case
        when later.whole_refunds > 0 or later.refunded_amount > completed.total then completed.total
        else later.refunded_amount
    end as refunded_amount,
    later.refunded_at,
    completed.source,
    greatest(completed._batch, coalesce(later._batch, completed._batch)) as _batch
from completed
left join later on completed.source = later.source and completed.order_id = later.order_id
