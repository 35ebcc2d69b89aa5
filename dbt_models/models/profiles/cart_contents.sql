-- One row per person with something in their cart: the products, dearest first, as messages and dynamic ads need them.
with lines as (
    select
        *,
        row_number() over (partition by profile_id order by value desc nulls last, product_id) as rank
    from {{ ref('cart_lines') }}
)

select
    profile_id,
    {{ json_list({'rank': 'rank', 'product_id': 'product_id', 'quantity': 'quantity', 'price': 'price'}) }} as products
from lines
where rank <= 20
group by 1
