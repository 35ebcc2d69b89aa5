-- One row per event that tells of an order, under the order's one id. The same word said again (same order, event, moment, amount and
-- products: a retry under a new message id) is no second one.
{{ config(alias='order_statements', materialized='view') }}

select
    events.message_id,
    events.event,
    {{ known_as('events.order_id') }} as order_id,
    events.user_id,
    events.email,
    events.phone,
    events.occurred_at,
    events.total,
    events.currency,
    events.products,
    events.is_internal,
    events.source,
    events._batch
from {{ ref('unified_order_events') }} as events
{{ known_order('events.source', 'events.order_id') }}
qualify row_number() over (
    partition by events.source, {{ known_as('events.order_id') }}, events.event, events.occurred_at, events.total, events.products
    order by events.message_id
) = 1
