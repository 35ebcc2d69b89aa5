-- One row per campaign: what to do about it (too_early, scale, hold, mend, stop), and why, in words. It is judged by the newest three
-- calendar months in which it cost anything, and by what has come of it since.
-- What it brought varies by chance: as many sales as a Poisson count, each worth as much as baskets are. With n sales and v the squared
-- variation coefficient of baskets, its revenue is known no better than a count of n / (1 + v). Scale and stop are only said where even the
-- bound of that interval (90 %) lies on the same side of break-even; a stage is called broken where even the upper bound of its rate
-- (95 %) is below half of what all channels reach. Where fewer sales were made, and fewer would be needed to win back the costs,
-- than `minimum_sales`, or it has run for fewer days than `minimum_days`, it is too early to say anything.
-- Campaigns that can't be followed go by the estimate of measurement.uplift, and are told to be so.
{% set minimum_sales = 10 %}
{% set minimum_days = 14 %}
{% set sums = ['costs', 'ad_spend', 'impressions', 'clicks', 'touches', 'leads', 'sales', 'revenue'] %}
{% set text = 'cast(cast(round(least(greatest({}, -1e12), 1e12), {}) as decimal(18, {})) as string)' %}

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
        max(last_month) as last_month,
        {% for name in sums -%}
        coalesce(sum({{ name }}), 0) as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from months
    group by campaign_key
),

everywhere as (
    select
        cast(sum(leads) as double) / nullif(sum(touches), 0) as leads_per_touch,
        cast(sum(sales) as double) / nullif(sum(touches), 0) as sales_per_touch,
        least(cast(sum(sales) as double) / nullif(sum(leads), 0), 1) as sales_per_lead
    from {{ ref('returns') }}
    where period_kind = 'all' and channel <> 'unattributed'
),

-- Amounts beyond a thousand million, which are mistakes, would make a square too large.
baskets as (
    select
        cast(sum(value) as double) / nullif(count(*), 0) as mean,
        greatest(cast(sum(value * value) as double) * count(*) / nullif(power(cast(sum(value) as double), 2), 0) - 1, 0) as variation
    from (
        select least(cast(net_company as decimal(18, 4)), 1000000000) as value
        from {{ ref('conversions') }}
        where kind = 'purchase' and net_company > 0
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
    left join {{ ref('purchases') }} as bought on reached.profile_id = bought.profile_id
    group by reached.channel
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
        recent.last_month < {{ months_before("cast(date_trunc('month', run.as_of_date) as date)", 1) }} as is_over,
        {{ days_between('greatest(campaigns.first_day, recent.since)', 'least(campaigns.last_day, run.as_of_date)') }} + 1 as days,
        {% for name in sums -%}
        coalesce(recent.{{ name }}, 0) as {{ name }},
        {% endfor -%}
        cast(recent.costs as double) / coalesce(settings.margin, 1) as needed,
        case when recent.sales >= 1 then cast(recent.revenue as double) / cast(recent.sales as double) else baskets.mean end as basket,
        1 + coalesce(baskets.variation, 0) as spread,
        cast(recent.sales as double) / (1 + coalesce(baskets.variation, 0)) as told_sales,
        everywhere.leads_per_touch,
        everywhere.sales_per_touch,
        everywhere.sales_per_lead,
        coalesce(settings.margin, 1) as margin,
        settings.margin as told_margin,
        coalesce(only_there.people, 0) as people_only_here,
        coalesce(only_there.customers, 0) as customers_only_here
    from {{ ref('campaigns') }} as campaigns
    left join recent on campaigns.campaign_key = recent.campaign_key
    left join only_there on campaigns.channel = only_there.channel
    cross join everywhere
    cross join baskets
    cross join {{ source('control', 'run') }} as run
    cross join {{ source('control', 'measurement') }} as settings
    where campaigns.campaign_key <> ''
),

bounded as (
    select
        *,
        case when costs > 0 then cast(revenue as double) * margin / cast(costs as double) * 100 - 100 end as gain,
        {% for name, side in [('low', '-'), ('high', '+')] -%}
        case when costs > 0
            then {{ count_bound('told_sales', side) }} * spread * basket * margin / cast(costs as double) * 100 - 100 end as gain_{{ name }},
        {% endfor -%}
        needed / nullif(basket, 0) as needed_sales,
        {% for name, hits, total in [
            ('visits_per_click', 'touches', 'clicks'), ('own_leads_per_touch', 'leads', 'touches'),
            ('own_sales_per_touch', 'sales', 'touches'), ('own_sales_per_lead', 'sales', 'leads'),
        ] -%}
        {{ share_bound('least(cast(' ~ hits ~ ' as double), cast(' ~ total ~ ' as double))', 'cast(' ~ total ~ ' as double)', '+') }}
            as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from figures
),

staged as (
    select
        *,
        costs > 0 and touches = 0 and clicks = 0 as is_estimate,
        case
            when clicks > 0 and visits_per_click < 0.1 then 'clicks_without_visits'
            when own_leads_per_touch < leads_per_touch / 2 and own_sales_per_touch < sales_per_touch / 2 then 'traffic_without_leads'
            when leads >= {{ minimum_sales }} and own_sales_per_lead < sales_per_lead / 2 then 'leads_without_sales'
            when own_sales_per_touch < sales_per_touch / 2 then 'traffic_without_sales'
        end as broken
    from bounded
),

advised as (
    select
        staged.*,
        flights.reason as no_estimate,
        flights.overlaps_with,
        flights.after_the_end,
        flights.fall_percent,
        case when staged.is_estimate then (flights.roi_percent + 100) * margin - 100 else gain end as roi_percent,
        case when staged.is_estimate then (flights.roi_low_percent + 100) * margin - 100 else gain_low end as roi_low_percent,
        case when staged.is_estimate then (flights.roi_high_percent + 100) * margin - 100 else gain_high end as roi_high_percent,
        case
            when staged.costs <= 0 then 'hold'
            when staged.is_estimate then case
                when flights.is_overlapping and flights.reason is null then 'hold'
                when flights.roi_percent is null or flights.days < {{ minimum_days }} then 'too_early'
                when (flights.roi_low_percent + 100) * margin > 100 and flights.after_the_end <> 'did_not_fall' then 'scale'
                when (flights.roi_high_percent + 100) * margin < 100 then 'stop'
                else 'hold'
            end
            when staged.days < {{ minimum_days }} or needed_sales is null then 'too_early'
            when staged.sales < {{ minimum_sales }} and needed_sales < {{ minimum_sales }} then 'too_early'
            when gain_low > 0 then 'scale'
            when broken is not null then 'mend'
            when gain_high < 0 then 'stop'
            else 'hold'
        end as advice
    from staged
    left join newest_flights as flights on staged.campaign_key = flights.campaign_key
)

select
    campaign_key,
    campaign_id,
    campaign,
    channel,
    platform,
    advice,
    case when advice = 'mend' then broken end as broken_stage,
    case
        when costs <= 0 then 'Nothing is known to have been paid for it, so there is no return to judge.'
        when is_estimate and advice = 'too_early' then 'Nobody can be followed from it to a sale, and its effect cannot be estimated: '
            || case coalesce(no_estimate, '')
                when 'no_history' then 'there are no figures of the same weeks a year before, or it is not over.'
                when 'campaign_the_year_before' then 'such a campaign ran in the same weeks a year before.'
                when '' then 'it ran for fewer than {{ minimum_days }} days.'
                else 'too few weeks to compare with.'
            end
        when is_estimate and advice = 'hold' and overlaps_with is not null then 'Nobody can be followed from it, and it ran together with ' || overlaps_with
            || ': what each of them did cannot be told apart. Pause one of them to see.'
        when is_estimate then 'An estimate, since nobody can be followed from it: for 100 ' || currency || ' spent, between '
            || {{ text.format('roi_low_percent + 100', 0, 0) }} || ' and ' || {{ text.format('roi_high_percent + 100', 0, 0) }} || ' ' || currency
            || ' came back.'
            || case after_the_end
                when 'fell' then ' Sales fell by ' || {{ text.format('fall_percent', 0, 0) }} || ' % once it had ended, which speaks for it.'
                when 'did_not_fall' then ' Sales did not clearly fall once it had ended, which speaks against it.'
                else ''
            end
        when advice = 'too_early' and days < {{ minimum_days }} then 'It has run for ' || cast(days as string)
            || ' days; at least {{ minimum_days }} are needed.'
        when advice = 'too_early' and needed_sales is null then 'Nothing has been sold yet by which its costs could be judged.'
        when advice = 'too_early' then {{ text.format('sales', 1, 1) }} || ' sales so far, and ' || {{ text.format('needed_sales', 1, 1) }}
            || ' would win back its costs: fewer than {{ minimum_sales }} are chance.'
        when advice = 'scale' then 'Even cautiously counted it wins back more than it costs (' || {{ text.format('roi_low_percent', 0, 0) }}
            || ' % at least' || case when told_margin is null then ' of revenue; what it leaves is not known, for no margin is told). ' else '). ' end
            || case when is_over then 'It is over: worth running again, and then raising in steps.'
                else 'Raise its budget in steps, by a fifth at most, and look again after each.' end
        when advice = 'mend' and broken = 'clicks_without_visits' then 'Clicks without visits: ' || cast(clicks as string)
            || ' clicks were paid for, ' || cast(touches as string) || ' visits arrived. Look at the links, their tags and the page they lead to.'
        when advice = 'mend' and broken = 'traffic_without_leads' then 'Traffic without leads: ' || cast(touches as string) || ' touches brought '
            || {{ text.format('leads', 1, 1) }} || ' leads, less than half of what is usual. Look at whom it reaches, and at its page and form.'
        when advice = 'mend' and broken = 'leads_without_sales' then 'Leads without sales: ' || {{ text.format('leads', 1, 1) }} || ' leads brought '
            || {{ text.format('sales', 1, 1) }} || ' sales, less than half of what is usual. Look at the offer, and at how leads are followed up.'
        when advice = 'mend' then 'Traffic without sales: ' || cast(touches as string) || ' touches brought ' || {{ text.format('sales', 1, 1) }}
            || ' sales, less than half of what is usual. Look at the offer and at the page it leads to.'
        when advice = 'stop' then 'Even generously counted it loses money (' || {{ text.format('roi_high_percent', 0, 0) }}
            || ' % at most), and no single stage is to blame. ' || cast(people_only_here as string) || ' people, ' || cast(customers_only_here as string)
            || ' of them customers, were reached by no other channel than ' || channel || ': reach them otherwise first.'
        else 'It may win or lose: between ' || {{ text.format('roi_low_percent', 0, 0) }} || ' and ' || {{ text.format('roi_high_percent', 0, 0) }}
            || ' % on what it costs. Leave it as it is until more is known.'
    end as reason,
    is_estimate,
    is_over,
    since,
    days,
    costs,
    impressions,
    clicks,
    touches,
    leads,
    sales,
    revenue,
    roi_percent,
    roi_low_percent,
    roi_high_percent,
    needed_sales,
    people_only_here,
    customers_only_here,
    told_margin as margin,
    {{ minimum_sales }} as minimum_sales,
    {{ minimum_days }} as minimum_days,
    currency
from (select advised.*, {{ company('currency') }} as currency from advised) as told
