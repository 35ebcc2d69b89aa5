-- One row per figure and position (1 to 4): the value from which on customers have the next score.
-- The grid seed says it, or else the quintiles of the customers themselves: the next score begins with the smallest value that
-- somebody has above the quintile, so that equal customers are never parted. Where all have whole numbers it begins one above the
-- quintile, as in R's package rfm, but not below ten, where a whole day, order or unit of money more is another customer.
{% set shares = [0.2, 0.4, 0.6, 0.8] %}
{% set metrics = ['recency_days', 'frequency', 'monetary'] %}

with customers as (
    select
        cast({{ days_between('purchases.last_on', 'today.as_of_date') }} as double) as recency_days,
        cast(purchases.order_count as double) as frequency,
        cast(purchases.net_revenue as double) as monetary
    from {{ ref('purchases') }} as purchases
    cross join {{ source('control', 'today') }} as today
),

quintiles as (
    select
        {% for metric in metrics -%}
        {{ quantiles(metric, shares) }} as {{ metric }},
        min(case when {{ metric }} = floor({{ metric }}) then 1 else 0 end) = 1 as {{ metric }}_whole{{ ',' if not loop.last }}
        {% endfor %}
    from customers
),

bounds as (
    select
        {% for metric in metrics %}
        {% for share in shares -%}
        {% set quintile = list_item('quintiles.' ~ metric, loop.index) -%}
        case
            when any_value(quintiles.{{ metric }}_whole) and any_value({{ quintile }}) >= 10 then any_value({{ quintile }}) + 1
            else min(case when customers.{{ metric }} > {{ quintile }} then customers.{{ metric }} end)
        end as {{ metric }}_{{ loop.index }},
        {% endfor %}
        {% endfor -%}
        count(*) as customers
    from customers
    cross join quintiles
),

positions as (
    {% for metric in metrics %}
    {% for share in shares -%}
    select '{{ metric }}' as metric, {{ loop.index }} as position, {{ metric }}_{{ loop.index }} as cut from bounds
    {{ 'union all' if not loop.last }}
    {% endfor %}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    positions.metric,
    positions.position,
    coalesce(cast(grid.cut as double), positions.cut) as cut,
    case when grid.cut is null then 'quintiles' else 'grid' end as origin
from positions
left join {{ ref('rfm_grid') }} as grid on positions.metric = grid.metric and positions.position = grid.position
