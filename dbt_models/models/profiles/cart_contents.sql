-- One row per person with something in their cart: what it is worth, when it was touched last, and the products, dearest first, as
-- messages and dynamic ads need them.
with lines as (
    select
        *,
        sum(value) over (partition by profile_id) as cart_value,
        row_number() over (partition by profile_id order by value desc nulls last, product_id) as rank
    from {{ ref('cart_lines') }}
)

select
    profile_id,
    {{ money_sum('coalesce(max(cart_value), 0)') }} as cart_value,
    max(cart_updated_at) as cart_updated_at,
    {{ json_list({'rank': 'rank', 'product_id': 'product_id', 'quantity': 'quantity', 'price': 'price'}) }} as products,
    {{ text_list('product_id') }} as offers
from lines
where rank <= 20
group by 1
