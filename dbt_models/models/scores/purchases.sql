-- One row per customer: what they bought by the end of the run's day. All orders of one day of the company's calendar are one purchase.
-- A refund takes from the value of an order, and no order away: it was placed.
with days as (
    select
        profile_id,
        order_date,
        count(*) as orders,
        sum(coalesce(net_company, 0)) as net_value
    from {{ ref('person_orders') }}
    where is_revenue and ordered_at < {{ today('ends_at') }}
    group by profile_id, order_date
)

select
    days.profile_id,
    cast(sum(days.orders) as bigint) as order_count,
    {{ money_sum('sum(days.net_value)') }} as net_revenue,
    count(*) as purchase_days,
    min(days.order_date) as first_on,
    max(days.order_date) as last_on,
    {{ money_sum('sum(days.net_value) - min_by(days.net_value, days.order_date)') }} as later_value
from days
left join {{ ref('not_profiled') }} as not_profiled on days.profile_id = not_profiled.profile_id
left join {{ ref('internal_people') }} as internal on days.profile_id = internal.profile_id
where not_profiled.profile_id is null and internal.profile_id is null
group by days.profile_id
