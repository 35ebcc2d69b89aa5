-- One row per kind of conversion, period, model, answer to "how did you hear of us", and channel: what people say beside what the models
-- say of the same conversions. Who did not answer has the answer ''. Its counts and revenue add up to all conversions of the kind.
with answers as (
    select 'order' as told_in, order_id as reference, '' as source, lower(trim(heard_via)) as answer
    from {{ ref('person_orders') }}
    where heard_via is not null
    union all
    select 'lead', lead_id, source, lower(trim(heard_via))
    from {{ ref('unified_leads') }}
    where heard_via is not null
),

answered as (
    select
        journeys.kind,
        journeys.month,
        coalesce(answers.answer, '') as heard_via,
        journeys.channel,
        {% for model in touch_models() -%}
        sum(journeys.conversions_{{ model }}) as conversions_{{ model }},
        sum(journeys.revenue_{{ model }}) as revenue_{{ model }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('journeys') }} as journeys
    left join answers
        on journeys.reference = answers.reference
        and case when journeys.kind = 'purchase' then 'order' else 'lead' end = answers.told_in
        and case when journeys.kind = 'purchase' then '' else journeys.conversion_source end = answers.source
    where journeys.kind in ('purchase', 'lead', 'qualified_lead', 'converted_lead')
    group by 1, 2, 3, 4
),

began as (
    select min({{ local_date('occurred_at') }}) as first_day from {{ ref('journeys') }}
),

periods as (
    {% for period_kind, period in [('month', 'answered.month'), ('all', 'began.first_day')] -%}
    select
        answered.kind, '{{ period_kind }}' as period_kind, {{ period }} as period, answered.heard_via, answered.channel,
        {% for model in touch_models() -%}
        sum(answered.conversions_{{ model }}) as conversions_{{ model }},
        sum(answered.revenue_{{ model }}) as revenue_{{ model }}{{ ',' if not loop.last }}
        {% endfor %}
    from answered
    cross join began
    group by 1, 2, 3, 4, 5
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Markov gives credit to channels: to the answers of their buyers in proportion to what the linear model gives those.
credits as (
    select kind, period_kind, period, channel, sum(conversions) as conversions, sum(revenue) as revenue
    from {{ ref('attribution') }}
    where model = 'markov' and channel <> 'unattributed' and kind in ('purchase', 'lead', 'qualified_lead', 'converted_lead')
    group by 1, 2, 3, 4
),

weights as (
    select
        credits.*,
        coalesce(periods.heard_via, '') as heard_via,
        coalesce(periods.conversions_linear, 1) as weight
    from credits
    left join periods
        on credits.kind = periods.kind and credits.period_kind = periods.period_kind and credits.period = periods.period
        and credits.channel = periods.channel and periods.conversions_linear > 0
),

weighed as (
    select
        *,
        sum(weight) over (partition by kind, period_kind, period, channel) as total,
        sum(weight) over (partition by kind, period_kind, period, channel order by heard_via rows unbounded preceding) as above
    from weights
),

told as (
    {% for model in touch_models() -%}
    select
        '{{ model }}' as model, kind, period_kind, period, heard_via, channel,
        conversions_{{ model }} as conversions, revenue_{{ model }} as revenue
    from periods
    union all
    {% endfor -%}
    select 'markov', kind, period_kind, period, heard_via, channel, conversions_linear, revenue_linear
    from periods
    where channel = 'unattributed'
    union all
    select
        'markov', kind, period_kind, period, heard_via, channel,
        {{ shared_out('conversions', 'above', 'above - weight', 'total', 'decimal(18, 6)') }},
        {{ shared_out('revenue', 'above', 'above - weight', 'total') }}
    from weighed
)

select
    model,
    kind,
    period_kind,
    period,
    heard_via,
    channel,
    cast(conversions as decimal(18, 6)) as conversions,
    {{ money_sum('revenue') }} as revenue,
    {{ company('currency') }} as currency
from told
