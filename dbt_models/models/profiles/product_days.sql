-- One row per device, person in effect, product and day: what was done with the product. The person in effect is that of the visit:
-- whoever was logged in, else the device; nobody where trackers were refused. What is still open of a cart counts only what came
-- after the last order that day.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['device', 'event_date'],
    post_hook='{{ drop_excluded_days() }}') }}

with events as (
    {{ touched_events([
        '_batch', 'event_date', 'occurred_at', 'message_id', 'event', 'product_id', 'quantity', 'price', 'currency',
    ]) }}
),

attended as (
    select
        events.*,
        visits.identifier_type,
        visits.identifier
    from events
    {{ in_visits() }}
    where events.event in ('Product Viewed', 'Product Added', 'Product Removed', 'Order Completed')
),

with_orders as (
    select
        *,
        max(case when event = 'Order Completed' then occurred_at end)
            over (partition by device, event_date, identifier_type, identifier) as ordered_at
    from attended
)

select
    device,
    event_date,
    identifier_type,
    identifier,
    product_id,
    max(_batch) as _batch,
    count(*) filter (where event = 'Product Viewed') as views,
    max(occurred_at) filter (where event = 'Product Viewed') as last_viewed_at,
    max(occurred_at) filter (where event = 'Product Added') as last_added_at,
    max(occurred_at) filter (where event in ('Product Added', 'Product Removed')) as last_cart_at,
    {{ money_sum("sum(case
        when event = 'Product Added' and (ordered_at is null or occurred_at > ordered_at) then coalesce(quantity, 1)
        when event = 'Product Removed' and (ordered_at is null or occurred_at > ordered_at) then -coalesce(quantity, 1)
        else 0
    end)") }} as open_quantity,
    {{ newest('price', 'occurred_at') }} as price,
    {{ newest('currency', 'occurred_at') }} as currency
from with_orders
where product_id is not null and event <> 'Order Completed'
group by 1, 2, 3, 4, 5
