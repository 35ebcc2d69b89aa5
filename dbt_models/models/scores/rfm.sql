-- One row per customer: recency, frequency and monetary value as of the run's day, each scored 1 to 5, and the segment.
-- Cuts are values, not ranks: customers with the same figure always get the same score. The segment is the first one of the seed
-- whose ranges hold the three scores.
{% set metrics = ['recency_days', 'frequency', 'monetary'] %}

with customers as (
    select
        purchases.profile_id,
        {{ days_between('purchases.last_on', 'today.as_of_date') }} as recency_days,
        purchases.order_count as frequency,
        purchases.net_revenue as monetary
    from {{ ref('purchases') }} as purchases
    cross join {{ source('control', 'today') }} as today
),

cuts as (
    select
        {% for metric in metrics %}
        {% for position in [1, 2, 3, 4] -%}
        max(case when metric = '{{ metric }}' and position = {{ position }} then cut end) as {{ metric }}_{{ position }},
        {% endfor %}
        {% endfor -%}
        count(*) as cuts
    from {{ ref('rfm_cuts') }}
),

scored as (
    select
        customers.*,
        {% for metric, score in [('recency_days', 'r'), ('frequency', 'f'), ('monetary', 'm')] -%}
        {{ '5 -' if score == 'r' else '1 +' }} (
            {% for position in [1, 2, 3, 4] -%}
            case when customers.{{ metric }} >= cuts.{{ metric }}_{{ position }} then 1 else 0 end{{ ' +' if not loop.last }}
            {% endfor %}
        ) as {{ score }}{{ ',' if not loop.last }}
        {% endfor %}
    from customers
    cross join cuts
),

values_of_a_score as (
    {% for score in [1, 2, 3, 4, 5] -%}
    select {{ score }} as score {{ 'union all' if not loop.last }}
    {% endfor %}
),

cells as (
    select r.score as r, f.score as f, m.score as m, segments.segment
    from values_of_a_score as r
    cross join values_of_a_score as f
    cross join values_of_a_score as m
    inner join {{ ref('rfm_segments') }} as segments
        on r.score between coalesce(segments.r_low, 1) and coalesce(segments.r_high, 5)
        and f.score between coalesce(segments.f_low, 1) and coalesce(segments.f_high, 5)
        and m.score between coalesce(segments.m_low, 1) and coalesce(segments.m_high, 5)
    qualify row_number() over (partition by r.score, f.score, m.score order by segments.position) = 1
),

counted as (
    select r, f, m, count(*) as customers
    from scored
    group by r, f, m
),

sorted as (
    select *, case when {{ score_setting('rfm_sort') }} = 'criteria' then r * 100 + f * 10 + m else r + f + m end as sort_key
    from counted
),

named as (
    select
        sorted.r * 100 + sorted.f * 10 + sorted.m as cell,
        cast(sorted.r as varchar(1)) || cast(sorted.f as varchar(1)) || cast(sorted.m as varchar(1)) as rfm_score,
        -- Customers that stand as high share a rank: one more than all who stand higher.
        cast(
            1 + sum(sorted.customers) over (order by sorted.sort_key desc range between unbounded preceding and current row)
            - sum(sorted.customers) over (partition by sorted.sort_key) as bigint
        ) as rfm_rank,
        coalesce(cells.segment, 'other') as rfm_segment
    from sorted
    left join cells on sorted.r = cells.r and sorted.f = cells.f and sorted.m = cells.m
)

select
    scored.profile_id,
    scored.recency_days,
    scored.frequency,
    scored.monetary,
    scored.r,
    scored.f,
    scored.m,
    named.rfm_score,
    scored.r + scored.f + scored.m as rfm_total,
    named.rfm_rank,
    named.rfm_segment
from scored
inner join named on scored.r * 100 + scored.f * 10 + scored.m = named.cell
