-- One row per campaign: what to do about it (too_early, scale, hold, mend, stop) and why, as a word (`reason`); the report puts it into
-- sentences. It is judged by the newest three calendar months in which it cost anything, and by what has come of it since: what was paid
-- in January for a year has to be won back by the whole year. What has cost nothing for a year is left alone, and what has cost nothing
-- since before last month is over: there is nothing to stop or to mend.
-- What it brought varies by chance: as many sales as a Poisson count, each worth as much as baskets are. With n sales and v the squared
-- variation coefficient of baskets, its revenue is known no better than a count of n / (1 + v); sales that were all given back are none.
-- Scale and stop are only said where even the bound of that interval (90 %) lies on the same side of break-even; a stage is called broken
-- where even the upper bound of its rate (95 %) is below half of what all channels reach. Where fewer sales were made, and fewer would be
-- needed to win back the costs, than `minimum_sales`, or it has run for fewer days than `minimum_days`, it is too early to say anything.
-- Leads are judged by those of the last year that have had the look-back to buy in, by what became of the leads themselves.
-- Campaigns that can't be followed go by the estimate of measurement.uplift, and are over once their newest flight is.
{% set minimum_sales = 10 %}
{% set minimum_days = 14 %}
{# As in measurement.uplift: after so many days without being paid for, a flight has ended. #}
{% set pause = 7 %}
{% set sums = ['costs', 'ad_spend', 'impressions', 'clicks', 'touches', 'leads', 'sales', 'revenue'] %}
{% set this_month = "cast(date_trunc('month', today.as_of_date) as date)" %}

with months as (
    select *
    from (
        select
            *,
            max(case when costs <> 0 then period end) over (partition by campaign_key) as last_paid_month,
            max(case when costs <> 0 or touches > 0 then period end) over (partition by campaign_key) as last_month
        from {{ ref('returns') }}
        where period_kind = 'month' and campaign_key <> ''
    ) as active
    where period >= {{ months_before('coalesce(last_paid_month, last_month)', 2) }}
),

recent as (
    select
        campaign_key,
        min(period) as since,
        max(last_paid_month) as last_paid_month,
        {% for name in sums -%}
        coalesce(sum({{ name }}), 0) as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from months
    group by campaign_key
),

lead_credits as (
    select
        journeys.campaign_key,
        sum(journeys.conversions_linear) as leads,
        sum(case when results.is_converted then journeys.conversions_linear else 0 end) as sold
    from {{ ref('journeys') }} as journeys
    inner join {{ ref('lead_results') }} as results
        on journeys.reference = results.lead_id and journeys.conversion_source = results.source
    cross join {{ source('control', 'today') }} as today
    where journeys.kind = 'lead' and results.is_mature and not results.is_duplicate
        and results.received_on > {{ date_after('today.as_of_date', '-365') }}
    group by journeys.campaign_key
),

usual as (
    select
        funnel.leads_per_touch,
        funnel.sales_per_touch,
        closing.sales_per_lead
    from (
        select
            cast(sum(leads) as double) / nullif(sum(touches), 0) as leads_per_touch,
            cast(sum(sales) as double) / nullif(sum(touches), 0) as sales_per_touch
        from {{ ref('returns') }}
        where period_kind = 'all' and channel <> 'unattributed'
    ) as funnel
    cross join (select cast(sum(sold) as double) / nullif(sum(leads), 0) as sales_per_lead from lead_credits) as closing
),

-- Amounts beyond a thousand million are mistakes.
baskets as (
    select
        cast(sum(value) as double) / nullif(count(*), 0) as mean,
        {{ variation('value') }} as variation
    from (
        select least(cast(net_company as decimal(18, 4)), 1000000000) as value
        from {{ ref('conversions') }}
        where is_sale and net_company > 0
    ) as sold
),

-- People whom nothing but one channel has ever brought; those who came by themselves besides count as well.
reached as (
    select profile_id, min(channel) as channel
    from {{ ref('touchpoints') }}
    where profile_id is not null and channel not in ('direct', 'unattributed')
    group by profile_id
    having min(channel) = max(channel)
),

only_there as (
    select
        reached.channel,
        count(*) as people,
        count(bought.profile_id) as customers
    from reached
    left join {{ ref('acquired_customers') }} as bought on reached.profile_id = bought.profile_id
    group by reached.channel
),

-- When it was paid for. A fee is paid for what is shown from then on: it has no last day.
spent as (
    select
        costs.campaign_key,
        min(costs.day) as first_day,
        max(case when costs.origin = 'influencers' then today.as_of_date else costs.day end) as last_day
    from {{ ref('costs') }} as costs
    cross join {{ source('control', 'today') }} as today
    group by costs.campaign_key
),

newest_flights as (
    select *
    from {{ ref('uplift') }}
    where metric = 'revenue' and campaign_key <> ''
    qualify row_number() over (partition by campaign_key order by last_day desc, flight desc, channel) = 1
),

figures as (
    select
        campaigns.campaign_key,
        campaigns.campaign_id,
        campaigns.campaign,
        coalesce(campaigns.channel, 'other') as channel,
        campaigns.platform,
        recent.since,
        coalesce(recent.last_paid_month < {{ months_before(this_month, 1) }}, true)
            or coalesce(not campaigns.is_tracked and {{ days_between('flights.last_day', 'today.as_of_date') }} > {{ pause }}, false) as is_over,
        coalesce(recent.last_paid_month < {{ months_before(this_month, 12) }}, false) as is_long_over,
        coalesce({{ days_between(
            'greatest(least(campaigns.first_day, spent.first_day), recent.since)',
            'least(greatest(campaigns.last_day, spent.last_day), today.as_of_date)'
        ) }} + 1, 0) as days,
        {% for name in sums -%}
        coalesce(recent.{{ name }}, 0) as {{ name }},
        {% endfor -%}
        coalesce(recent.costs > 0 and not campaigns.is_tracked, false) as is_estimate,
        coalesce(lead_credits.leads, 0) as mature_leads,
        coalesce(lead_credits.sold, 0) as mature_leads_sold,
        cast(recent.costs as double) / coalesce(settings.margin, 1) as needed,
        case when recent.sales >= 1 and recent.revenue > 0 then cast(recent.revenue as double) / cast(recent.sales as double) else baskets.mean end
            as basket,
        1 + coalesce(baskets.variation, 0) as spread,
        case when recent.revenue > 0 then cast(recent.sales as double) else 0 end / (1 + coalesce(baskets.variation, 0)) as told_sales,
        usual.leads_per_touch,
        usual.sales_per_touch,
        usual.sales_per_lead,
        coalesce(settings.margin, 1) as margin,
        settings.margin as told_margin,
        coalesce(only_there.people, 0) as people_only_here,
        coalesce(only_there.customers, 0) as customers_only_here
    from {{ ref('campaigns') }} as campaigns
    left join recent on campaigns.campaign_key = recent.campaign_key
    left join spent on campaigns.campaign_key = spent.campaign_key
    left join lead_credits on campaigns.campaign_key = lead_credits.campaign_key
    left join only_there on campaigns.channel = only_there.channel
    left join newest_flights as flights on campaigns.campaign_key = flights.campaign_key
    cross join usual
    cross join baskets
    cross join {{ source('control', 'today') }} as today
    cross join {{ source('control', 'measurement') }} as settings
    where campaigns.campaign_key <> ''
),

bounded as (
    select
        *,
        {{ per_cent_gained('revenue * margin', 'costs') }} as gain,
        {% for name, side in [('low', '-'), ('high', '+')] -%}
        {{ per_cent_gained(count_bound('told_sales', side) ~ ' * spread * basket * margin', 'costs') }} as bound_{{ name }},
        {% endfor -%}
        needed / nullif(basket, 0) as needed_sales,
        {% for name, hits, total in [
            ('visits_per_click', 'touches', 'clicks'), ('own_leads_per_touch', 'leads', 'touches'),
            ('own_sales_per_touch', 'sales', 'touches'), ('own_sales_per_lead', 'mature_leads_sold', 'mature_leads'),
        ] -%}
        {{ share_bound('least(cast(' ~ hits ~ ' as double), cast(' ~ total ~ ' as double))', 'cast(' ~ total ~ ' as double)', '+') }}
            as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from figures
),

staged as (
    select
        bounded.*,
        least(gain, bound_low) as gain_low,
        greatest(gain, bound_high) as gain_high,
        case
            when touches = 0 and clicks = 0 then 'costs_without_touches'
            when clicks > 0 and visits_per_click < 0.1 then 'clicks_without_visits'
            when own_leads_per_touch < leads_per_touch / 2 and own_sales_per_touch < sales_per_touch / 2 then 'traffic_without_leads'
            when mature_leads >= {{ minimum_sales }} and own_sales_per_lead < sales_per_lead / 2 then 'leads_without_sales'
            when own_sales_per_touch < sales_per_touch / 2 then 'traffic_without_sales'
        end as broken
    from bounded
),

judged as (
    select
        staged.*,
        flights.overlaps_with,
        flights.after_the_end,
        flights.fall_percent,
        {% for name in ['', 'low_', 'high_'] -%}
        case
            when staged.is_estimate then (flights.roi_{{ name }}percent + 100) * margin - 100
            else gain{{ '_' ~ name[:-1] if name }}
        end as roi_{{ name }}percent,
        {% endfor -%}
        case
            when staged.costs <= 0 and unpriced.campaign_key is not null then 'no_rate'
            when staged.costs <= 0 then 'nothing_paid'
            when is_long_over then 'long_over'
            when staged.is_estimate then case
                when flights.campaign_key is null then 'no_flight'
                when flights.is_overlapping then 'overlapping'
                when flights.reason is not null then flights.reason
                when flights.days < {{ minimum_days }} then 'few_days'
                when flights.roi_percent is null then 'nothing_paid'
            end
            when staged.days < {{ minimum_days }} then 'few_days'
            when needed_sales is null then 'nothing_sold'
            when staged.sales < {{ minimum_sales }} and needed_sales < {{ minimum_sales }} then 'few_sales'
        end as unclear
    from staged
    left join newest_flights as flights on staged.campaign_key = flights.campaign_key
    left join (select distinct campaign_key from {{ ref('cost_gaps') }} where reason = 'no_rate') as unpriced
        on staged.campaign_key = unpriced.campaign_key
),

reasoned as (
    select
        *,
        case
            when is_over and unclear not in ('no_rate', 'nothing_paid', 'long_over', 'overlapping') then 'over_untold'
            when unclear is not null then unclear
            when roi_low_percent > 0 then 'wins'
            when is_over then 'over'
            when broken is not null and not is_estimate then broken
            when roi_high_percent < 0 then 'loses'
            else 'uncertain'
        end as reason
    from judged
)

select
    campaign_key,
    campaign_id,
    campaign,
    channel,
    platform,
    case
        when reason = 'wins' then 'scale'
        when reason = 'loses' then 'stop'
        when reason = broken and not is_estimate then 'mend'
        when reason in ('nothing_paid', 'no_rate', 'long_over', 'over', 'over_untold', 'overlapping', 'uncertain') then 'hold'
        else 'too_early'
    end as advice,
    case when reason = broken and not is_estimate then broken end as broken_stage,
    reason,
    is_estimate,
    is_over,
    since,
    days,
    costs,
    impressions,
    clicks,
    touches,
    mature_leads,
    mature_leads_sold,
    -- Nobody can know what came of who can't be followed, unless something was credited by chance.
    {% for name in ['leads', 'sales', 'revenue'] -%}
    case when not is_estimate or leads <> 0 or sales <> 0 or revenue <> 0 then {{ name }} end as {{ name }},
    {% endfor -%}
    {% for name in ['roi_percent', 'roi_low_percent', 'roi_high_percent'] -%}
    {{ rounded(name, 4) }} as {{ name }},
    {% endfor -%}
    needed_sales,
    overlaps_with,
    case when is_estimate then after_the_end end as after_the_end,
    case when is_estimate then fall_percent end as fall_percent,
    people_only_here,
    customers_only_here,
    told_margin as margin,
    {{ minimum_sales }} as minimum_sales,
    {{ minimum_days }} as minimum_days,
    {{ company('currency') }} as currency
from reasoned
