-- One row per model, kind of conversion, period, channel and campaign: the conversions and the revenue it is given; apart, of subscriptions,
-- those that are sales and those that are told as an order too. Per model, kind and period they add up to all conversions and all they
-- brought; what nothing known had touched is the channel `unattributed`.
-- Markov gives credit to channels; it goes to their campaigns in proportion to what the linear model gives those, to none where it gives none.
{% set models = touch_models() %}

with monthly as (
    select
        kind, is_sale, month, channel, campaign_key, min(campaign) as campaign,
        {% for model in models -%}
        sum(conversions_{{ model }}) as conversions_{{ model }},
        sum(revenue_{{ model }}) as revenue_{{ model }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('journeys') }}
    group by kind, is_sale, month, channel, campaign_key
),

-- The row of what nothing touched stands there also where it is nought.
credited as (
    select * from monthly
    union all
    select distinct kind, is_sale, month, 'unattributed', '', '', {{ (['0'] * (2 * models | length)) | join(', ') }}
    from monthly
),

began as (
    select min({{ local_date('occurred_at') }}) as first_day from {{ ref('journeys') }}
),

periods as (
    {% for period_kind, period in [('month', 'credited.month'), ('all', 'began.first_day')] -%}
    select
        '{{ period_kind }}' as period_kind, {{ period }} as period, credited.kind, credited.is_sale, credited.channel, credited.campaign_key,
        min(credited.campaign) as campaign,
        {% for model in models -%}
        sum(credited.conversions_{{ model }}) as conversions_{{ model }},
        sum(credited.revenue_{{ model }}) as revenue_{{ model }}{{ ',' if not loop.last }}
        {% endfor %}
    from credited
    cross join began
    group by 1, 2, 3, 4, 5, 6
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- What there is to share out among channels, and the weight of each. A channel may have one though it stands in no journey that converted:
-- it leads to others that do.
touched as (
    select period_kind, period, kind, is_sale, sum(conversions_linear) as conversions, sum(revenue_linear) as revenue
    from periods
    where channel <> 'unattributed'
    group by 1, 2, 3, 4
),

channels as (
    select touched.period_kind, touched.period, touched.kind, touched.is_sale, effects.channel, effects.weight, touched.conversions, touched.revenue
    from touched
    inner join {{ ref('removal_effects') }} as effects
        on touched.kind = effects.kind and touched.period_kind = effects.period_kind
        and (touched.period = effects.period or effects.period is null)
    where effects.weight > 0
),

channel_sums as (
    select
        *,
        sum(weight) over (partition by period_kind, period, kind, is_sale) as total,
        sum(weight) over (partition by period_kind, period, kind, is_sale order by channel rows unbounded preceding) as above
    from channels
),

channel_credits as (
    select
        period_kind, period, kind, is_sale, channel,
        {{ shared_out('conversions', 'above', 'above - weight', 'total', 'decimal(18, 6)') }} as conversions,
        {{ shared_out('revenue', 'above', 'above - weight', 'total') }} as revenue
    from channel_sums
),

campaign_weights as (
    select
        credits.*,
        coalesce(periods.campaign_key, '') as campaign_key,
        coalesce(periods.campaign, '') as campaign,
        coalesce(periods.conversions_linear, 1) as weight
    from channel_credits as credits
    left join periods
        on credits.period_kind = periods.period_kind and credits.period = periods.period and credits.kind = periods.kind
        and credits.is_sale = periods.is_sale and credits.channel = periods.channel
),

campaign_sums as (
    select
        *,
        sum(weight) over (partition by period_kind, period, kind, is_sale, channel) as total,
        sum(weight) over (partition by period_kind, period, kind, is_sale, channel order by campaign_key rows unbounded preceding) as above
    from campaign_weights
),

shared as (
    {% for model in models -%}
    select
        '{{ model }}' as model, kind, is_sale, period_kind, period, channel, campaign_key, campaign,
        conversions_{{ model }} as conversions, revenue_{{ model }} as revenue
    from periods
    union all
    {% endfor -%}
    select
        'markov', kind, is_sale, period_kind, period, channel, campaign_key, campaign,
        {{ shared_out('conversions', 'above', 'above - weight', 'total', 'decimal(18, 6)') }},
        {{ shared_out('revenue', 'above', 'above - weight', 'total') }}
    from campaign_sums
    union all
    select 'markov', kind, is_sale, period_kind, period, channel, campaign_key, campaign, conversions_linear, revenue_linear
    from periods
    where channel = 'unattributed'
)

select
    model,
    kind,
    is_sale,
    period_kind,
    period,
    channel,
    campaign_key,
    campaign,
    cast(conversions as decimal(18, 6)) as conversions,
    {{ money_sum('revenue') }} as revenue,
    {{ company('currency') }} as currency
from shared
where conversions <> 0 or revenue <> 0 or channel = 'unattributed'
