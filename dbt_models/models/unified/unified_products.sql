-- One row per product, whatever source it came from; where several know it, the first in `order_precedence` speaks.
{{ config(alias='products') }}

with unified as (
    {{ unify('products', {
        'product_id': 'string',
        'sku': 'string',
        'title': 'string',
        'brand': 'string',
        'category': 'string',
        'price': 'decimal(18, 4)',
        'currency': 'string',
        'url': 'string',
        'image_url': 'string',
        'availability': 'string',
        'tier': 'string',
    }) }}
)

select *
from unified
qualify row_number() over (partition by product_id order by {{ source_rank('source') }}, source) = 1
