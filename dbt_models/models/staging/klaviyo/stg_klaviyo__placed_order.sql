-- One row per order that Klaviyo heard of: its Placed Order events, the newest for each order.
{{ config(enabled=feeds('klaviyo', 'event')) }}

with newest as (
    select *
    from {{ ref('stg_klaviyo__order_event') }}
    where event = 'Order Completed' and order_id is not null and amount is not null
    qualify row_number() over (partition by order_id order by occurred_at desc, event_id desc) = 1
)

select
    order_id,
    null as customer_id,
    email,
    phone,
    occurred_at as ordered_at,
    'paid' as status,
    null as vendor_status,
    currency,
    null as subtotal,
    null as discount,
    null as shipping,
    null as tax,
    amount as total,
    null as refunded_amount,
    null as refunded_at,
    null as coupon_codes,
    null as channel,
    null as heard_via,
    null as landing_url,
    null as delivered_at,
    null as country,
    null as postal_code,
    null as updated_at,
    traits,
    source,
    _batch
from newest
