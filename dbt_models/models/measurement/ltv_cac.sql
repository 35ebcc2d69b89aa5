-- One row per month of first purchase (and one for all) and channel (and one for all): what a customer won then is worth (LTV: net of
-- refunds so far, and as predicted for twelve months, times the margin where it is known), what winning one cost (CAC: costs of every
-- kind), and the first over the second. Three times is the usual line of a sound business
-- (D. Skok, SaaS Metrics 2.0, www.forentrepreneurs.com/saas-metrics-2). Without costs or without customers there is neither
-- cost of winning one nor ratio: what nothing was spent on is not known to be free. So for `unattributed`: its costs and customers do not belong
-- together.
{% set line = 3 %}
{% set measures = ['new_customers', 'valued_customers', 'lifetime_value', 'cost'] %}

with figures as (
    select {{ period_of('month', 'day') }} as month, channel, measure, amount
    from {{ ref('daily_figures') }}
    where measure in ('{{ measures | join("', '") }}')
    union all
    -- Paid nobody tells when.
    select cast(null as date), channel, 'cost', amount
    from {{ ref('costs') }}
    where day is null
),

months as (
    select 'month' as period_kind, month as period, channel, measure, amount from figures where month is not null
    union all
    select 'all', started.day, figures.channel, figures.measure, figures.amount
    from figures
    cross join (select min(day) as day from {{ ref('daily_figures') }}) as started
),

summed as (
    {% for channel in ['channel', "'all'"] -%}
    select
        period_kind,
        period,
        {{ channel }} as channel,
        {% for measure in measures -%}
        coalesce(sum(case when measure = '{{ measure }}' then amount end), 0) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from months
    group by 1, 2, 3
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- The ratio is that of two amounts, which are exact: at three times it must not depend on how quotients are rounded.
weighed as (
    select
        summed.*,
        settings.margin,
        lifetime_value * coalesce(settings.margin, 1) * new_customers as worth,
        case when channel <> 'unattributed' then cost * valued_customers end as paid
    from summed
    cross join (select margin from {{ source('control', 'measurement') }}) as settings
)

select
    period_kind,
    period,
    channel,
    cast(new_customers as bigint) as new_customers,
    {{ money_sum('cost') }} as costs,
    case when new_customers > 0 and cost > 0 and channel <> 'unattributed' then cast(cost as double) / cast(new_customers as double) end as cac,
    cast(valued_customers as bigint) as valued_customers,
    case when valued_customers > 0
        then cast(lifetime_value * coalesce(margin, 1) as double) / cast(valued_customers as double)
    end as ltv,
    case when margin is null then 'revenue' else 'margin' end as ltv_basis,
    case when paid > 0 then cast(worth as double) / cast(paid as double) end as ltv_to_cac,
    {{ line }} as line,
    case when paid > 0 then worth >= {{ line }} * paid end as is_healthy,
    {{ company('currency') }} as currency,
    period_kind = 'month' and {{ is_over(period_end('period_kind', 'period')) }} as is_finished
from weighed
