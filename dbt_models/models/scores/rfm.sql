-- One row per customer: recency, frequency and monetary value as of the run's day, each scored 1 to 5, and the segment.
-- Cuts are values, not ranks: customers with the same figure always get the same score. They come from the grid seed
-- where it has any for a metric, else they are the quintiles of the customers themselves.
with customers as (
    select
        profiles.profile_id,
        {{ days_between(local_date('profiles.last_order_at'), 'run.as_of_date') }} as recency_days,
        profiles.order_count as frequency,
        profiles.net_revenue as monetary
    from {{ ref('profiles') }} as profiles
    cross join {{ source('control', 'run') }} as run
    left join {{ ref('not_profiled') }} as not_profiled on profiles.profile_id = not_profiled.profile_id
    where profiles.order_count > 0 and not_profiled.profile_id is null
),

cuts as (
    {% for metric in ['recency_days', 'frequency', 'monetary'] %}
    {% for position in [1, 2, 3, 4] %}
    select '{{ metric }}' as metric, {{ position }} as position, {{ quantile(metric, position * 0.2) }} as cut from customers
    {{ 'union all' if not loop.last }}
    {% endfor %}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

chosen as (
    select
        {% for metric in ['recency_days', 'frequency', 'monetary'] %}
        {% for position in [1, 2, 3, 4] %}
        {% set cell = "cuts.metric = '" ~ metric ~ "' and cuts.position = " ~ position %}
        max(case when {{ cell }} then coalesce(cast(grid.cut as double), cuts.cut) end) as {{ metric }}_{{ position }},
        {% endfor %}
        {% endfor %}
        count(*) as cut_count
    from cuts
    left join {{ ref('rfm_grid') }} as grid on cuts.metric = grid.metric and cuts.position = grid.position
),

scored as (
    select
        customers.*,
        5 - (
            {% for position in [1, 2, 3, 4] %}
            case when customers.recency_days > chosen.recency_days_{{ position }} then 1 else 0 end{{ ' +' if not loop.last }}
            {% endfor %}
        ) as r,
        {% for metric, score in [('frequency', 'f'), ('monetary', 'm')] %}
        1 + (
            {% for position in [1, 2, 3, 4] %}
            case when customers.{{ metric }} > chosen.{{ metric }}_{{ position }} then 1 else 0 end{{ ' +' if not loop.last }}
            {% endfor %}
        ) as {{ score }}{{ ',' if not loop.last }}
        {% endfor %}
    from customers
    cross join chosen
)

select
    scored.profile_id,
    scored.recency_days,
    scored.frequency,
    scored.monetary,
    scored.r,
    scored.f,
    scored.m,
    cast(scored.r as varchar(1)) || cast(scored.f as varchar(1)) || cast(scored.m as varchar(1)) as rfm_score,
    segments.segment as rfm_segment
from scored
left join {{ ref('rfm_segments') }} as segments on scored.r = segments.r and scored.f = segments.f
