-- One row per product, in its newest version.
{{ config(enabled=feeds('generic', 'products')) }}

with raw as (
    {{ latest_version(source('raw_generic', 'products')) }}
)

select
    raw.product_id,
    raw.sku,
    raw.title,
    raw.brand,
    raw.category,
    raw.price,
    upper(trim(raw.currency)) as currency,
    raw.url,
    raw.image_url,
    raw.availability,
    raw.tier,
    raw._extra as traits,
    'generic' as source,
    raw._batch
from raw
