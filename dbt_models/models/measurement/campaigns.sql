-- One row per campaign that money was spent on, that a cost or promo code names, or that touched somebody. Its channel is, of advertisements,
-- the one by which visits came most, else their platform's; of others, what a cost or code tells, else the one by which it touched most.
-- It is tracked (people can be followed from it) if an ad account reports it, or it has a promo code or telephone number of its own. Else its
-- channel decides: nobody can be followed from those of the seed offline_channels, whoever came by some stray link, and everybody from those
-- of channel_rules. Where costs tell of a channel that neither knows, or of none, it is tracked once it has touched `enough` people.
{% set enough = 10 %}

with told as (
    select campaign_key, min(campaign_id) as campaign_id, min(campaign) as campaign, min(platform) as platform, min(channel) as channel
    from {{ ref('campaign_names') }}
    group by campaign_key
),

-- When money was spent on it, under each of its names.
paid as (
    select coalesce(campaign_id, {{ tag('utm_campaign') }}, {{ tag('campaign_name') }}) as told, min(date) as first_day, max(date) as last_day
    from {{ ref('unified_ad_spend') }}
    group by 1
    union all
    select campaign_id, min(starts_on), max(ends_on)
    from {{ ref('unified_marketing_costs') }}
    where campaign_id is not null
    group by 1
),

-- What costs say of the channel: whether people can be followed from it.
costed as (
    select
        names.campaign_key,
        max(case when channels.is_followed then 1 when not channels.is_followed then 0 end) = 1 as is_followed
    from {{ ref('unified_marketing_costs') }} as costs
    inner join {{ ref('campaign_names') }} as names on lower(trim(costs.campaign_id)) = names.name and names.place = 1
    left join {{ ref('told_channels') }} as channels on {{ channel_word('costs.channel') }} = channels.word
    group by names.campaign_key
),

marked as (
    select distinct names.campaign_key
    from (
        select {{ tag('campaign_id') }} as name from {{ ref('unified_promo_codes') }}
        union
        select {{ tag('campaign') }} from {{ ref('tracking_numbers') }}
    ) as own
    inner join {{ ref('campaign_names') }} as names on own.name = names.name and names.place = 1
),

paid_days as (
    select names.campaign_key, min(paid.first_day) as first_day, max(paid.last_day) as last_day
    from paid
    inner join {{ ref('campaign_names') }} as names on lower(trim(paid.told)) = names.name and names.place = 1
    group by names.campaign_key
),

touched_by as (
    select
        campaign_key,
        channel,
        min(campaign) as campaign,
        count(*) as touches
    from {{ ref('touchpoints') }}
    where campaign_key <> ''
    group by campaign_key, channel
),

mainly as (
    select campaign_key, channel, campaign
    from touched_by
    qualify row_number() over (partition by campaign_key order by touches desc, channel) = 1
),

visited as (
    select campaign_key, channel
    from (
        select campaign_key, channel, count(*) as visits
        from {{ ref('touchpoints') }}
        where kind = 'session' and campaign_key <> ''
        group by campaign_key, channel
    ) as counted
    qualify row_number() over (partition by campaign_key order by visits desc, channel) = 1
),

touched as (
    select campaign_key, min(touch_date) as first_day, max(touch_date) as last_day, count(distinct profile_id) as people
    from {{ ref('touchpoints') }}
    where campaign_key <> ''
    group by campaign_key
),

advertised as (
    select utm_source as platform, {{ tag('utm_campaign') }} as campaign, min(channel) as channel
    from {{ ref('traffic_sources') }}
    where utm_medium = 'cpc' and utm_campaign <> ''
    group by 1, 2
),

keys as (
    select campaign_key from told
    union
    select campaign_key from touched
)

select
    keys.campaign_key,
    told.campaign_id,
    coalesce(told.campaign, mainly.campaign) as campaign,
    case
        when told.platform is not null
            then coalesce(visited.channel, advertised.channel, platforms.channel, told.channel, mainly.channel, 'other')
        else coalesce(told.channel, mainly.channel, 'other')
    end as channel,
    told.platform,
    least(paid_days.first_day, touched.first_day) as first_day,
    greatest(paid_days.last_day, touched.last_day) as last_day,
    case
        when told.platform is not null or marked.campaign_key is not null or costed.campaign_key is null then true
        else coalesce(costed.is_followed, touched.people >= {{ enough }}, false)
    end as is_tracked
from keys
left join told on keys.campaign_key = told.campaign_key
left join paid_days on keys.campaign_key = paid_days.campaign_key
left join touched on keys.campaign_key = touched.campaign_key
left join visited on keys.campaign_key = visited.campaign_key
left join costed on keys.campaign_key = costed.campaign_key
left join marked on keys.campaign_key = marked.campaign_key
left join {{ ref('told_channels') }} as platforms on {{ channel_word('told.platform') }} = platforms.word
left join mainly on keys.campaign_key = mainly.campaign_key
left join advertised on told.platform = advertised.platform and told.campaign = advertised.campaign
