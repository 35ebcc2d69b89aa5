-- One row per product, as messages and ads offer it: its price in the company's currency at today's rate (NULL where none is known), so
-- that prices of several currencies can be compared and summed, and whether it can be had, by the words of Google's product data
-- specification, of schema.org and of shops; one that says nothing can.
select
    products.product_id,
    products.title,
    products.category,
    lower(trim(products.tier)) as tier,
    {{ in_company_currency('products.price') }} as price,
    not coalesce({{ matches('lower(products.availability)', '(out[ _-]?of[ _-]?stock|sold[ _-]?out|discontinued|unavailable)') }}, false) as is_available
from {{ ref('unified_products') }} as products
cross join {{ source('control', 'today') }} as today
{{ company_rate("coalesce(products.currency, " ~ company('currency') ~ ")", 'today.as_of_date') }}
