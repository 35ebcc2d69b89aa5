-- One row per code given with an order in Shopify, in its newest version.
{{ config(enabled=feeds('shopify', 'order')) }}

with raw as (
    {{ latest_version(source('raw_shopify', 'order_discount_code'), ['_fivetran_synced']) }}
)

select
    order_id,
    code
from raw
