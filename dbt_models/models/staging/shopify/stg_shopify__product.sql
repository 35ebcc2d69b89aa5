-- One row per product in Shopify, in its newest version, at the price of its cheapest variant.
{{ config(enabled=feeds('shopify', 'product')) }}

with raw as (
    {{ latest_version(source('raw_shopify', 'product'), ['updated_at', '_fivetran_synced']) }}
),

variants as (
    select
        product_id,
        min(sku) as sku,
        min(price) as price,
        max(case when is_available then 1 else 0 end) as is_available
    from {{ ref('stg_shopify__product_variant') }}
    group by product_id
)

select
    raw.id as product_id,
    variants.sku,
    raw.title,
    raw.vendor as brand,
    raw.product_type as category,
    variants.price,
    null as currency,
    null as url,
    raw.image_url,
    case
        when coalesce(raw._fivetran_deleted, false) or lower(raw.status) in ('archived', 'draft') or variants.is_available = 0 then 'out of stock'
        else 'in stock'
    end as availability,
    null as tier,
    raw._extra as traits,
    'shopify' as source,
    raw._batch
from raw
left join variants on raw.id = variants.product_id
