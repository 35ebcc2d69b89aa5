-- One row per person who ordered: what they bought so far, in the company's currency, net of refunds.
select
    profile_id,
    count(*) filter (where is_revenue) as order_count,
    {{ money_sum('coalesce(sum(net_company) filter (where is_revenue), 0)') }} as net_revenue,
    count(*) filter (where is_revenue and net_company is null) as orders_without_rate,
    min(ordered_at) filter (where is_revenue) as first_order_at,
    max(ordered_at) filter (where is_revenue) as last_order_at,
    -- Whatever became of its payment, an order empties the cart.
    max(ordered_at) as last_checkout_at
from {{ ref('person_orders') }}
group by 1
