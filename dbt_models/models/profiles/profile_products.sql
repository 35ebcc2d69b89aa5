-- One row per person and product of interest: seen, put into the cart, or bought.
with web as (
    select
        identifiers.profile_id,
        days.product_id,
        max(days.last_viewed_at) as last_viewed_at,
        cast(sum(days.views) as bigint) as views,
        max(days.last_added_at) as added_at
    from {{ ref('product_days') }} as days
    inner join {{ ref('identifiers') }} as identifiers
        on days.identifier_type = identifiers.identifier_type and days.identifier = identifiers.identifier
    group by 1, 2
),

bought as (
    select
        orders.profile_id,
        lines.product_id,
        max(orders.ordered_at) as bought_at,
        {{ money_sum('sum(lines.quantity)') }} as bought_quantity
    from {{ ref('unified_order_lines') }} as lines
    inner join {{ ref('person_orders') }} as orders on lines.order_id = orders.order_id
    where orders.is_revenue and lines.product_id is not null
    group by 1, 2
)

select
    coalesce(web.profile_id, bought.profile_id) as profile_id,
    coalesce(web.product_id, bought.product_id) as product_id,
    web.last_viewed_at,
    coalesce(web.views, 0) as views,
    web.added_at,
    bought.bought_at,
    bought.bought_quantity
from web
full outer join bought on web.profile_id = bought.profile_id and web.product_id = bought.product_id
