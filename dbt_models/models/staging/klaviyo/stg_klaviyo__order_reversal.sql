-- One row per refund or cancellation that Klaviyo heard of.
{{ config(enabled=feeds('klaviyo', 'event')) }}

select
    order_id,
    event,
    amount,
    occurred_at,
    source,
    _batch
from {{ ref('stg_klaviyo__order_event') }}
where event in ('Order Refunded', 'Order Cancelled') and order_id is not null
