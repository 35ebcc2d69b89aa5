-- One row per person who bought: by orders, or by a subscription that they pay or paid for. Who pays for a running one buys today.
{{ config(materialized='view') }}

select
    coalesce(orders.profile_id, subscribers.profile_id) as profile_id,
    coalesce(orders.order_count, 0) as order_count,
    coalesce(orders.net_revenue, cast(0 as decimal(18, 4))) as net_revenue,
    orders.first_order_at,
    orders.last_order_at,
    greatest(orders.last_order_at, subscribers.last_paid_at) as last_bought_at
from {{ ref('order_totals') }} as orders
full outer join {{ ref('subscribers') }} as subscribers on orders.profile_id = subscribers.profile_id
where orders.last_order_at is not null or subscribers.last_paid_at is not null
