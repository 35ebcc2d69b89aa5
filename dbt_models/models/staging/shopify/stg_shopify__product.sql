-- One row per product in Shopify, in its newest version, at the price of its cheapest variant and with its first picture. Its address
-- is that of a theme of Shopify's (https://shopify.dev/docs/storefronts/themes/architecture/templates/product).
{{ config(enabled=feeds('shopify', 'product')) }}

with raw as (
    {{ latest_version(source('raw_shopify', 'product'), ['updated_at', '_fivetran_synced']) }}
),

variants as (
    select
        product_id,
        min(sku) as sku,
        min(price) as price,
        -- A barcode is one variant's: of several, none stands for the product.
        case when count(distinct variant_id) = 1 then min(barcode) end as barcode,
        max(case when is_available then 1 else 0 end) as is_available
    from {{ ref('stg_shopify__product_variant') }}
    group by product_id
),

images as (
    select
        product_id,
        {{ oldest_of('src', ['coalesce(position, 0)', 'image_id']) }} as src
    from {{ ref('stg_shopify__product_image') }}
    group by product_id
)

select
    raw.id as product_id,
    variants.sku,
    raw.title,
    raw.vendor as brand,
    raw.product_type as category,
    variants.price,
    shop.currency,
    shop.website || '/products/' || raw.handle as url,
    coalesce(raw.image_url, images.src) as image_url,
    case
        when coalesce(raw._fivetran_deleted, false) or lower(raw.status) in ('archived', 'draft') or variants.is_available = 0 then 'out of stock'
        else 'in stock'
    end as availability,
    null as tier,
    {{ json_completed('raw._extra', {'body_html': 'raw.body_html', 'barcode': 'variants.barcode'}) }} as traits,
    'shopify' as source,
    raw._batch
from raw
left join variants on raw.id = variants.product_id
left join images on raw.id = images.product_id
left join {{ ref('stg_shopify__shop') }} as shop on true
