-- One row: the parameters that customers are scored with. Where a model was not fitted or is not to be trusted, plain ones stand in
-- its place, from what customers have done so far: for orders, the customer's own rate drawn to that of all as if by one order, and
-- nobody ever leaves (a = 0); for values, the customer's own mean drawn to that of all as if by one order (p = 1, q = 2).
with seen as (
    select
        cast(sum(purchases.purchase_days) - count(*) as double) as orders,
        sum({{ days_between('purchases.first_on', 'today.as_of_date') }}) / 7e0 as weeks,
        cast(greatest(sum(purchases.net_revenue), 0) as double) / nullif(sum(purchases.purchase_days), 0) as mean_value
    from {{ ref('purchases') }} as purchases
    cross join {{ source('control', 'today') }} as today
),

judged as (
    select
        fit.*,
        fit.orders_reason is null and fit.r is not null as orders_hold,
        fit.value_reason is null and fit.p is not null as values_hold
    from {{ ref('clv_fit') }} as fit
)

select
    judged.fit_date,
    case when judged.orders_hold then judged.r else 1.0 end as r,
    -- Where nobody has ordered again, or all came today, no order is expected: a rate of one in a thousand million weeks.
    case
        when judged.orders_hold then judged.alpha
        when seen.orders > 0 and seen.weeks > 0 then seen.weeks / seen.orders
        else 1e9
    end as alpha,
    case when judged.orders_hold then judged.a else 0.0 end as a,
    case when judged.orders_hold then judged.b else 1.0 end as b,
    case when judged.values_hold then judged.p else 1.0 end as p,
    case when judged.values_hold then judged.q else 2.0 end as q,
    case when judged.values_hold then judged.v else coalesce(seen.mean_value, 0) end as v,
    judged.orders_hold,
    case when judged.orders_hold then 'bgnbd' else 'run_rate' end
        || case when judged.values_hold then '_gamma_gamma' else '_mean_value' end as method,
    case
        when judged.orders_reason = judged.value_reason then judged.orders_reason
        else nullif(concat_ws('; ', 'orders: ' || judged.orders_reason, 'values: ' || judged.value_reason), '')
    end as method_reason
from judged
cross join seen
