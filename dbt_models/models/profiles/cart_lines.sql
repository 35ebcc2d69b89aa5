-- One row per person and product that lies in their cart now: added − removed since their last order. Prices are in the company's
-- currency, NULL where no rate is known.
with days as (
    select
        identifiers.profile_id,
        days.product_id,
        days.last_cart_at,
        days.open_quantity,
        {{ in_company_currency('days.price') }} as price
    from {{ ref('product_days') }} as days
    inner join {{ ref('identifiers') }} as identifiers
        on days.identifier_type = identifiers.identifier_type and days.identifier = identifiers.identifier
    {{ company_rate("coalesce(days.currency, " ~ company('currency') ~ ")", 'days.event_date') }}
    where days.last_cart_at is not null
),

open_lines as (
    select
        days.profile_id,
        days.product_id,
        {{ money_sum('sum(days.open_quantity)') }} as quantity,
        max(days.last_cart_at) as last_cart_at,
        {{ newest('days.price', 'days.last_cart_at') }} as price
    from days
    left join {{ ref('order_totals') }} as orders on days.profile_id = orders.profile_id
    where orders.last_checkout_at is null or days.last_cart_at > orders.last_checkout_at
    group by 1, 2
),

touched as (
    select *, max(last_cart_at) over (partition by profile_id) as cart_updated_at
    from open_lines
)

select
    lines.profile_id,
    lines.product_id,
    lines.quantity,
    lines.cart_updated_at,
    coalesce(lines.price, {{ in_company_currency('products.price') }}) as price,
    {{ product('lines.quantity', 'coalesce(lines.price, ' ~ in_company_currency('products.price') ~ ')') }} as value
from touched as lines
left join {{ ref('unified_products') }} as products on lines.product_id = products.product_id
{{ company_rate("coalesce(products.currency, " ~ company('currency') ~ ")", 'cast(lines.cart_updated_at as date)') }}
where lines.quantity > 0
