-- One row per product and product bought in the same basket: association rules. Of all baskets, support is the share with both;
-- confidence is the share of the first product's baskets that hold the other one too, lift how many times that is the share of
-- the other one among all baskets (1: they have nothing to do with each other). A pair seen once is no rule.
-- After Agrawal, Imielinski and Swami, "Mining association rules between sets of items in large databases" (1993); lift after Brin et al. (1997).
{% set fewest_baskets = 2 %}
{# A longer list is a stock-up: it says little of taste, and its pairs grow by the square. #}
{% set largest_basket = 50 %}

with items as (
    select distinct lines.order_id, lines.product_id
    from {{ ref('unified_order_lines') }} as lines
    inner join {{ ref('person_orders') }} as orders on lines.order_id = orders.order_id
    where orders.is_revenue and orders.ordered_at <= {{ today('ends_at') }} and lines.product_id is not null and lines.quantity > 0
),

sized as (
    select order_id, count(*) as products
    from items
    group by order_id
    having count(*) <= {{ largest_basket }}
),

baskets as (
    select count(*) as baskets from sized
),

products as (
    select items.product_id, count(*) as baskets
    from items
    inner join sized on items.order_id = sized.order_id
    group by items.product_id
    having count(*) >= {{ fewest_baskets }}
),

-- Only baskets of several products have pairs, and only products seen often enough can be in a rule.
joinable as (
    select items.order_id, items.product_id
    from items
    inner join sized on items.order_id = sized.order_id and sized.products > 1
    inner join products on items.product_id = products.product_id
),

pairs as (
    select one.product_id, other.product_id as with_product_id, count(*) as baskets
    from joinable as one
    inner join joinable as other on one.order_id = other.order_id and one.product_id <> other.product_id
    group by one.product_id, other.product_id
    having count(*) >= {{ fewest_baskets }}
)

select
    pairs.product_id,
    pairs.with_product_id,
    pairs.baskets,
    pairs.baskets / cast(baskets.baskets as double) as support,
    pairs.baskets / cast(ones.baskets as double) as confidence,
    pairs.baskets * cast(baskets.baskets as double) / (ones.baskets * cast(others.baskets as double)) as lift
from pairs
inner join products as ones on pairs.product_id = ones.product_id
inner join products as others on pairs.with_product_id = others.product_id
cross join baskets
