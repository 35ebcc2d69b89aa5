-- One row per name that a campaign goes by, in lower case, and campaign: the ad platform's number and name, the utm_campaign of its ads,
-- the number that a cost or a promo code tells. Of several campaigns that share a name, the one with the most clicks stands first; on one
-- platform, each has the name from the day on which it began to the day on which the next did.
with ads as (
    select
        campaign_id,
        min(platform) as platform,
        coalesce(min({{ tag('utm_campaign') }}), min({{ tag('campaign_name') }}), min(lower(trim(campaign_id)))) as campaign,
        coalesce(sum(clicks), 0) as clicks,
        min(date) as first_day
    from {{ ref('unified_ad_spend') }}
    where campaign_id is not null
    group by campaign_id
),

ad_names as (
    {% for name in ['campaign_id', 'campaign_name', 'utm_campaign'] -%}
    select distinct {{ tag(name) }} as name, campaign_id
    from {{ ref('unified_ad_spend') }}
    where campaign_id is not null and {{ tag(name) }} is not null
    {{ 'union' if not loop.last }}
    {% endfor %}
),

told as (
    select campaign_id, {{ channel_name('channel') }} as channel, null as influencer
    from {{ ref('unified_marketing_costs') }}
    where campaign_id is not null
    union all
    select campaign_id, coalesce({{ channel_name('channel') }}, case when influencer is not null then 'influencer' end), influencer
    from {{ ref('unified_promo_codes') }}
    where campaign_id is not null
),

others as (
    select
        lower(trim(campaign_id)) as name,
        min(campaign_id) as campaign_id,
        min(channel) as channel,
        case when count(distinct influencer) = 1 then min(influencer) end as influencer
    from told
    group by 1
),

named as (
    select ad_names.name, ads.campaign_id, ads.campaign, ads.platform, others.channel, others.influencer, ads.clicks, ads.first_day
    from ads
    inner join ad_names on ads.campaign_id = ad_names.campaign_id
    left join others on ad_names.name = others.name
    union all
    select name, campaign_id, name, null, channel, influencer, 0, null
    from others
    where name not in (select name from ad_names)
)

select
    name,
    campaign_id as campaign_key,
    campaign_id,
    campaign,
    platform,
    channel,
    influencer,
    cast(row_number() over (partition by name order by clicks desc, campaign_id) as integer) as place,
    count(*) over (partition by name, platform) as namesakes,
    case when row_number() over same_name > 1 then first_day end as since_day,
    lead(first_day) over same_name as until_day
from named
window same_name as (partition by name, platform order by first_day, campaign_id)
