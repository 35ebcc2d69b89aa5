-- One row per picture of a product in Shopify, in its newest version.
{{ config(enabled=feeds('shopify', 'product')) }}

with raw as (
    {{ latest_version(source('raw_shopify', 'product_image'), ['updated_at', '_fivetran_synced']) }}
)

select
    id as image_id,
    product_id,
    position,
    src
from raw
where src is not null and not coalesce(_fivetran_deleted, false)
