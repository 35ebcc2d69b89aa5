-- One row per event that tells of an order: completed, refunded or cancelled. Kept apart so that orders never read all events.
{{ config(alias='order_events', materialized='incremental', incremental_strategy='append', on_schema_change='fail') }}

select
    message_id,
    event,
    order_id,
    user_id,
    email,
    phone,
    occurred_at,
    total,
    currency,
    products,
    is_internal,
    source,
    _batch
from {{ ref('unified_events') }}
where event in ('Order Completed', 'Order Refunded', 'Order Cancelled')
  and order_id is not null
  and not is_bot
{% if is_incremental() %}
  and _batch > {{ newest_batch(this) }}
{% endif %}
