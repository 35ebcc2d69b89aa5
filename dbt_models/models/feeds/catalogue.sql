-- One row per product, as catalogues for dynamic ads want it. A product goes under the id that events name it by, or its ads would find
-- no product. What destinations require and a product lacks is found when the file is written.
{% set paths = ['$.description', '$.body_html', '$.gtin', '$.barcode', '$.mpn', '$.condition'] %}
{% set told = json_picked('products.told', paths) %}

with products as (
    select *, {{ json_pick('traits', paths) }} as told
    from {{ ref('unified_products') }}
)

select
    products.product_id as record_key,
    products.product_id,
    products.title,
    -- A shop without descriptions says what the thing is called rather than nothing.
    coalesce({{ told.description }}, {{ told.body_html }}, products.title) as description,
    products.url as link,
    products.image_url as image_link,
    -- As audiences have it: what the shop says nothing of can be had.
    coalesce(products.availability, 'in stock') as availability,
    cast(products.price as string) || ' ' || coalesce(products.currency, company.currency) as price,
    coalesce({{ told.condition }}, 'new') as condition,
    products.brand,
    coalesce({{ told.gtin }}, {{ told.barcode }}) as gtin,
    {{ told.mpn }} as mpn,
    products.category as product_type
from products
cross join {{ source('control', 'company') }} as company
