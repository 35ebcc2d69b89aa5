-- One row per variant of a product in Shopify, in its newest version.
{{ config(enabled=feeds('shopify', 'product')) }}

with raw as (
    {{ latest_version(source('raw_shopify', 'product_variant'), ['updated_at', '_fivetran_synced']) }}
)

select
    id as variant_id,
    product_id,
    sku,
    barcode,
    price,
    coalesce(available_for_sale, inventory_quantity > 0 or lower(inventory_policy) = 'continue') as is_available
from raw
