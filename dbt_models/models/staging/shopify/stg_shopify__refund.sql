-- One row per refund in Shopify, in its newest version.
{{ config(enabled=feeds('shopify', 'order')) }}

with raw as (
    {{ latest_version(source('raw_shopify', 'refund'), ['_fivetran_synced']) }}
)

select
    id as refund_id,
    order_id,
    coalesce(processed_at, created_at) as refunded_at,
    note,
    restock as is_restocked
from raw
