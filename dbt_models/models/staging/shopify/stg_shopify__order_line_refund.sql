-- One row per line of an order that was given back in Shopify, in its newest version, with what was paid back for it, tax included.
{{ config(enabled=feeds('shopify', 'order')) }}

with raw as (
    {{ latest_version(source('raw_shopify', 'order_line_refund'), ['_fivetran_synced']) }}
)

select
    id as line_refund_id,
    refund_id,
    order_line_id as line_id,
    quantity,
    subtotal + coalesce(total_tax, 0) as amount
from raw
