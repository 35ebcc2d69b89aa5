-- One row per period, channel and campaign: what it cost and what it brought, as far as either can be added up. What is returned per
-- campaign, per channel and in all are its sums, so that they agree. Who is credited is decided by the model of the settings; new customers
-- are those whom it had the last say with before their first purchase (measurement.acquired_customers).
{% set kinds = ['media', 'creative', 'salary', 'tool', 'other'] %}
{% set counts = ['impressions', 'clicks', 'priced_clicks', 'touches', 'leads', 'sales', 'new_customers'] %}
{% set money = ['ad_spend'] + kinds + ['revenue', 'beyond'] %}
{% set month = "cast(date_trunc('month', {}) as date)" %}

with credited as (
    select
        attribution.period_kind,
        attribution.period,
        attribution.channel,
        coalesce(attribution.campaign_key, '') as campaign_key,
        attribution.kind,
        attribution.is_sale,
        attribution.conversions,
        attribution.revenue
    from {{ ref('attribution') }} as attribution
    inner join {{ source('control', 'measurement') }} as settings on attribution.model = settings.model
),

touched as (
    select
        {{ month.format('touch_date') }} as month,
        channel,
        coalesce(campaign_key, '') as campaign_key,
        count(*) as touches
    from {{ ref('touchpoints') }}
    group by 1, 2, 3
),

-- A lifetime value is of orders; so is what is taken from it here.
paid as (
    select
        customers.profile_id,
        sum(conversions.net_company) as ever,
        sum(case when {{ month.format(local_date('conversions.occurred_at')) }} = {{ month.format('customers.acquired_on') }}
            then conversions.net_company else 0 end) as that_month
    from {{ ref('acquired_customers') }} as customers
    inner join {{ ref('conversions') }} as conversions on customers.profile_id = conversions.profile_id
    where conversions.kind = 'purchase'
    group by customers.profile_id
),

-- What the customers it won are worth beyond what they paid in the period, which is revenue already: in all, the prediction alone.
won as (
    select
        {{ month.format('customers.acquired_on') }} as month,
        customers.channel,
        customers.campaign_key,
        count(*) as new_customers,
        {{ money_sum('sum(customers.lifetime_value - coalesce(paid.that_month, 0))') }} as beyond_month,
        {{ money_sum('sum(customers.lifetime_value - coalesce(paid.ever, 0))') }} as beyond_all
    from {{ ref('acquired_customers') }} as customers
    left join paid on customers.profile_id = paid.profile_id
    group by 1, 2, 3
),

-- One row per fact, in the months they fall in; the campaign itself, so that none is missing.
monthly as (
    select
        {{ month.format('day') }} as month, channel, campaign_key,
        case when origin = 'ad_spend' then amount end as ad_spend,
        {% for kind in kinds %}case when kind = '{{ kind }}' then amount end as {{ kind }}, {% endfor %}
        impressions, clicks, case when amount is not null then clicks end as priced_clicks,
        null as touches, null as new_customers, null as beyond_month, null as beyond_all
    from {{ ref('costs') }}
    union all
    select month, channel, campaign_key, null, {{ 'null, ' * kinds | length }}null, null, null, touches, null, null, null
    from touched
    union all
    select month, channel, campaign_key, null, {{ 'null, ' * kinds | length }}null, null, null, null, new_customers, beyond_month, beyond_all
    from won
),

started as (
    select coalesce(
        (select min(period) from credited where period_kind = 'all'),
        (select min(month) from monthly),
        {{ today('as_of_date') }}
    ) as first_day
),

facts as (
    {% for period_kind in ['month', 'all'] -%}
    select
        '{{ period_kind }}' as period_kind, {{ 'month' if period_kind == 'month' else 'started.first_day' }} as period, channel, campaign_key,
        ad_spend, {{ kinds | join(', ') }}, impressions, clicks, priced_clicks, touches, new_customers, beyond_{{ period_kind }} as beyond,
        null as leads, null as sales, null as revenue
    from monthly
    {{ 'where month is not null' if period_kind == 'month' else 'cross join started' }}
    union all
    {% endfor -%}
    select
        'all', started.first_day, coalesce(campaigns.channel, 'other'), campaigns.campaign_key,
        null, {{ 'null, ' * kinds | length }}null, null, null, null, null, null, null, null, null
    from {{ ref('campaigns') }} as campaigns
    cross join started
    union all
    select
        period_kind, period, channel, campaign_key, null, {{ 'null, ' * kinds | length }}null, null, null, null, null, null,
        case when kind = 'lead' then conversions end,
        case when is_sale then conversions end,
        case when is_sale then revenue end
    from credited
    where kind = 'lead' or is_sale
)

select
    facts.period_kind,
    facts.period,
    facts.channel,
    facts.campaign_key,
    {% for name in money -%}
    {{ money_sum('coalesce(sum(' ~ name ~ '), 0)') }} as {{ name }},
    {% endfor -%}
    {% set all_costs = [] -%}
    {% for kind in kinds %}{% do all_costs.append('coalesce(sum(' ~ kind ~ '), 0)') %}{% endfor -%}
    {{ money_sum(all_costs | join(' + ')) }} as costs,
    {% for name in counts -%}
    {% if name in ['impressions', 'clicks', 'priced_clicks'] -%}
    cast(sum({{ name }}) as bigint) as {{ name }},
    {% else -%}
    cast(coalesce(sum({{ name }}), 0) as {{ 'decimal(18, 6)' if name in ['leads', 'sales'] else 'bigint' }}) as {{ name }},
    {% endif -%}
    {% endfor -%}
    {{ company('currency') }} as currency
from facts
group by facts.period_kind, facts.period, facts.channel, facts.campaign_key
