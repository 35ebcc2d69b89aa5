-- One row per order and source that reports it by events. A reloaded thank-you page sends the order again: the last telling counts,
-- the first dates it.
{{ config(alias='event_orders', materialized='view') }}

select
    order_id,
    user_id as customer_id,
    email,
    phone,
    min(occurred_at) over (partition by source, order_id) as ordered_at,
    currency,
    total,
    products,
    source,
    _batch
from {{ ref('unified_order_statements') }}
where event = 'Order Completed'
qualify row_number() over (partition by source, order_id order by occurred_at desc, message_id desc) = 1
