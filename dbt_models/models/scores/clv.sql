-- One row per customer: what they have brought, net, and what to expect of them within a year, not discounted.
-- Orders by BG/NBD, their values by gamma-gamma; who to keep is told by the orders to expect, never by the probability of being a
-- customer still, which is 1 for everybody who has ordered once.
-- The interval holds the year's value in eight of ten cases (quantiles 10 and 90 %), as chance alone spreads it: whether the customer
-- has left, orders at all, how often, and for how much; parameters are taken as they are. It is that of a log-normal with the
-- mean and the variance of the value given that anything is ordered, beside the probability that nothing is.
{% set weeks = '365 / 7e0' %}

with customers as (
    select
        customers.*,
        parameters.p,
        parameters.q + parameters.p * customers.x as q,
        parameters.v + customers.later_value as v,
        parameters.orders_hold,
        parameters.method,
        parameters.method_reason,
        expected.orders,
        expected.order_pairs,
        -- The odds of having left, in logarithms.
        case when customers.x > 0 and parameters.a > 0 then
            ln(parameters.a) - ln(parameters.b + customers.x - 1)
            + (parameters.r + customers.x) * ln((parameters.alpha + customers.age_days / 7e0) / (parameters.alpha + customers.last_days / 7e0))
        end as left_odds,
        exp(-(parameters.r + customers.x) * ln(1 + {{ weeks }} / (parameters.alpha + customers.age_days / 7e0))) as p_none
    from {{ ref('clv_customers') }} as customers
    cross join {{ ref('clv_parameters') }} as parameters
    inner join {{ ref('clv_expectations') }} as expected on customers.x = expected.x and customers.age_days = expected.age_days
),

probable as (
    select *, case when left_odds is null then 1.0 else 1 / (1 + exp(least(left_odds, 700))) end as p_alive
    from customers
),

moments as (
    select
        *,
        p_alive * (1 - p_none) as p_some,
        p_alive * orders as mean_orders,
        p_alive * orders * p * v / (q - 1) as mean_value,
        -- The mean of 1 / scale² is infinite up to q = 2; below 2.5 it is left at thrice the square of the mean, which is what that gives.
        v * v / ((q - 1) * (q - 1)) * case when q > 2.5 then (q - 1) / (q - 2) else 3 end
        * p * p_alive * (orders + p * (orders + order_pairs)) as mean_square
    from probable
),

spread as (
    select
        *,
        case when p_some > 1e-9 and mean_value > 0 then mean_value / p_some end as some_mean,
        case when p_some > 1e-9 and mean_value > 0
            then sqrt(ln(greatest(mean_square * p_some / (mean_value * mean_value), 1 + 1e-9))) end as some_spread,
        {% for name, level in [('low', 0.1), ('high', 0.9)] -%}
        case when p_some > 1 - {{ level }} then ({{ level }} - 1 + p_some) / p_some end as {{ name }}_level{{ ',' if not loop.last }}
        {% endfor %}
    from moments
),

bounded as (
    select
        *,
        {% for name in ['low', 'high'] -%}
        -- The quantile of the normal distribution as Tukey's lambda gives it, to a hundredth.
        coalesce(some_mean * exp(
            some_spread * 4.91 * (power({{ name }}_level, 0.14) - power(1 - {{ name }}_level, 0.14)) - some_spread * some_spread / 2
        ), 0) as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from spread
)

select
    profile_id,
    historical_value,
    cast(least(mean_orders, 365) as decimal(18, 6)) as expected_orders_12m,
    case when orders_hold then cast(p_alive as decimal(18, 6)) end as p_alive,
    {% for name, value in [('12m', 'mean_value'), ('low', 'least(low, mean_value)'), ('high', 'greatest(high, mean_value)')] -%}
    cast(least({{ value }}, 9e13) as decimal(18, 4)) as clv_{{ name }},
    {% endfor -%}
    method,
    method_reason
from bounded
