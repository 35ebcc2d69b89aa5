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
)

{% for model in touch_models() -%}
{% for period_kind, period in [('month', 'answered.month'), ('all', 'began.first_day')] -%}
select
    '{{ model }}' as model,
    answered.kind,
    '{{ period_kind }}' as period_kind,
    {{ period }} as period,
    answered.heard_via,
    answered.channel,
    cast(sum(answered.conversions_{{ model }}) as decimal(18, 6)) as conversions,
    {{ money_sum('sum(answered.revenue_' ~ model ~ ')') }} as revenue,
    {{ company('currency') }} as currency
from answered
cross join began
group by 1, 2, 3, 4, 5, 6
{{ 'union all' if not loop.last }}
{% endfor -%}
{{ 'union all' if not loop.last }}
{% endfor %}
