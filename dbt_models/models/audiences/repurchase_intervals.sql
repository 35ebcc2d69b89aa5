-- One row per product that somebody bought again: after how many days, by the median of the days between two purchases of it by the
-- same person. All purchases of one day of the company's calendar are one.
with days as (
    select distinct orders.profile_id, lines.product_id, orders.order_date
    from {{ ref('unified_order_lines') }} as lines
    inner join {{ ref('person_orders') }} as orders on lines.order_id = orders.order_id
    where orders.is_revenue and orders.ordered_at <= {{ today('ends_at') }} and lines.product_id is not null and lines.quantity > 0
),

gaps as (
    select
        product_id,
        {{ days_between('lag(order_date) over (partition by profile_id, product_id order by order_date)', 'order_date') }} as gap_days
    from days
)

select
    product_id,
    count(*) as gaps,
    {{ list_item(quantiles('gap_days', [0.5]), 1) }} as interval_days
from gaps
where gap_days is not null
group by product_id
