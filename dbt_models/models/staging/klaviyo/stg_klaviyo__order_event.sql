-- One row per event in Klaviyo that tells of an order: placed, refunded or cancelled.
{{ config(enabled=feeds('klaviyo', 'event')) }}
{% set paths = [
    '$.order_id', '$.OrderId', '$."Order ID"', '$."$event_id"', '$.order_number', '$.currency', '$."$currency_code"', '$."Currency Code"',
] %}
{% set about_event = json_picked('in_event', paths) %}
{% set events = {'placed order': 'Order Completed', 'refunded order': 'Order Refunded', 'cancelled order': 'Order Cancelled'} %}

with activity as (
    select
        *,
        {{ json_pick('properties', paths) }} as in_event
    from {{ ref('stg_klaviyo__activity') }}
    where metric in ('{{ events | join("', '") }}')
)

select
    event_id,
    {{ translated('metric', events) }} as event,
    coalesce(
        {{ about_event.order_id }}, {{ about_event.OrderId }}, {{ about_event['"Order ID"'] }}, {{ about_event['"$event_id"'] }},
        {{ about_event.order_number }}
    ) as order_id,
    email,
    phone,
    occurred_at,
    value as amount,
    upper(coalesce({{ about_event.currency }}, {{ about_event['"$currency_code"'] }}, {{ about_event['"Currency Code"'] }})) as currency,
    traits,
    'klaviyo' as source,
    _batch
from activity
