-- One row per order and source that reports it as an order, under the order's one id, before the sources are reconciled.
{{ config(alias='order_headers', materialized='view') }}
{% set columns = {
    'order_id': 'string',
    'customer_id': 'string',
    'email': 'string',
    'phone': 'string',
    'ordered_at': 'timestamp',
    'status': 'string',
    'vendor_status': 'string',
    'currency': 'string',
    'subtotal': 'decimal(18, 4)',
    'discount': 'decimal(18, 4)',
    'shipping': 'decimal(18, 4)',
    'tax': 'decimal(18, 4)',
    'total': 'decimal(18, 4)',
    'refunded_amount': 'decimal(18, 4)',
    'refunded_at': 'timestamp',
    'coupon_codes': 'string',
    'channel': 'string',
    'heard_via': 'string',
    'landing_url': 'string',
    'delivered_at': 'timestamp',
    'country': 'string',
    'postal_code': 'string',
    'updated_at': 'timestamp',
} %}

with told as (
    {{ unify('orders', columns) }}
)

select
    {{ known_as('told.order_id') }} as order_id,
    {% for name in columns if name != 'order_id' -%}
    told.{{ name }},
    {% endfor -%}
    told.traits,
    told.source,
    told._batch
from told
{{ known_order('told.source', 'told.order_id') }}
-- A source that tells of one order under two of its names tells of it once.
qualify row_number() over (
    partition by told.source, {{ known_as('told.order_id') }}
    order by told.updated_at desc nulls last, told.ordered_at desc, told.order_id
) = 1
