-- One row per device, login, product and day: what was done with the product. What is still open of a cart counts only
-- what came after the device's last order of that day.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['device', 'event_date'],
    post_hook='{{ drop_excluded_days() }}') }}

with events as (
    {{ touched_events([
        '_batch', 'anonymous_id', 'user_id', 'event_date', 'occurred_at', 'event', 'product_id', 'quantity', 'price', 'currency',
    ]) }}
),

with_orders as (
    select
        *,
        max(case when event = 'Order Completed' then occurred_at end) over (partition by device, event_date) as ordered_at
    from events
    where event in ('Product Viewed', 'Product Added', 'Product Removed', 'Order Completed')
)

select
    device,
    event_date,
    case when user_id is not null then 'user_id' else 'anonymous_id' end as identifier_type,
    coalesce(user_id, anonymous_id) as identifier,
    product_id,
    max(_batch) as _batch,
    count(*) filter (where event = 'Product Viewed') as views,
    max(occurred_at) filter (where event = 'Product Viewed') as last_viewed_at,
    max(occurred_at) filter (where event = 'Product Added') as last_added_at,
    max(occurred_at) filter (where event in ('Product Added', 'Product Removed')) as last_cart_at,
    cast(sum(case
        when event = 'Product Added' and (ordered_at is null or occurred_at > ordered_at) then coalesce(quantity, 1)
        when event = 'Product Removed' and (ordered_at is null or occurred_at > ordered_at) then -coalesce(quantity, 1)
        else 0
    end) as decimal(18, 4)) as open_quantity,
    {{ newest('price', 'occurred_at') }} as price,
    {{ newest('currency', 'occurred_at') }} as currency
from with_orders
where product_id is not null and event <> 'Order Completed'
group by 1, 2, 3, 4, 5
