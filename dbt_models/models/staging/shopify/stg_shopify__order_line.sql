-- One row per line of an order in Shopify, in its newest version.
{{ config(enabled=feeds('shopify', 'order_line')) }}

with raw as (
    {{ latest_version(source('raw_shopify', 'order_line'), ['_fivetran_synced']) }}
)

select
    order_id,
    id as line_id,
    product_id,
    quantity,
    price as unit_price,
    total_discount as discount,
    cast({{ product('quantity', 'price') }} - coalesce(total_discount, 0) as decimal(18, 4)) as line_total,
    null as customer_id,
    null as ordered_at,
    null as currency,
    _extra as traits,
    'shopify' as source,
    _batch
from raw
