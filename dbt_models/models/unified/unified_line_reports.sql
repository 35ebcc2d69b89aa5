-- One row per order line and source that tells of it, under the order's one id: as a line, or among the products of an order event.
{{ config(alias='line_reports') }}
{% set paths = ['$.product_id', '$.sku', '$.quantity', '$.price'] %}
{% set item = json_picked('in_record', paths) %}

with told as (
    {{ unify('order_lines', {
        'order_id': 'string',
        'line_id': 'string',
        'product_id': 'string',
        'quantity': 'decimal(18, 4)',
        'unit_price': 'decimal(18, 4)',
        'discount': 'decimal(18, 4)',
        'line_total': 'decimal(18, 4)',
        'customer_id': 'string',
        'ordered_at': 'timestamp',
        'currency': 'string',
    }) }}
),

in_events as (
    select
        orders.*,
        items.place,
        {{ json_pick('items.record', paths) }} as in_record
    from {{ ref('unified_event_orders') }} as orders
    {{ json_unnest('orders.products', 'items') }}
),

items as (
    select
        *,
        coalesce({{ item.product_id }}, {{ item.sku }}) as product_id,
        -- What says no quantity is one piece.
        coalesce({{ money(item.quantity) }}, 1) as quantity,
        {{ money(item.price) }} as price
    from in_events
)

select
    {{ known_as('told.order_id') }} as order_id,
    told.line_id,
    told.product_id,
    told.quantity,
    told.unit_price,
    told.discount,
    told.line_total,
    told.customer_id,
    told.ordered_at,
    told.currency,
    told.traits,
    'line' as known_from,
    told.order_id as told_as,
    told.source,
    told._batch
from told
{{ known_order('told.source', 'told.order_id') }}
union all
select
    order_id,
    cast(place as string),
    product_id,
    quantity,
    price,
    null,
    {{ product('quantity', 'price') }},
    customer_id,
    ordered_at,
    currency,
    null,
    'event',
    order_id,
    source,
    _batch
from items
