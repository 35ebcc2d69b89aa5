-- One row per name that a campaign goes by, in lower case, and campaign: the ad platform's number and name, the utm_campaign of its ads,
-- the number or name that a cost or a promo code tells and, where that is an e-mail campaign, the others of its number, its name and the
-- utm_campaign of its links, as clicks tell them; what several numbers share is none's. Of several campaigns that share a name, the one with
-- the most clicks stands first; on one platform, each has the name from the day on which it began to the day on which the next did.
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
    select campaign_id, {{ channel_word('channel') }} as word, cast(null as string) as influencer
    from {{ ref('unified_marketing_costs') }}
    union all
    select campaign_id, coalesce({{ channel_word('channel') }}, case when influencer is not null then 'influencer' end), influencer
    from {{ ref('unified_promo_codes') }}
    union all
    -- What an account or a lead tells by a name alone.
    select coalesce({{ tag('utm_campaign') }}, {{ tag('campaign_name') }}), {{ channel_word('platform') }}, null
    from {{ ref('unified_ad_spend') }}
    where campaign_id is null
    union all
    select coalesce({{ tag('utm_campaign') }}, {{ tag('campaign') }}), null, null
    from {{ ref('unified_leads') }}
    where cost <> 0 and coalesce({{ partner_name('supplier') }}, 'in house') = 'in house'
),

others as (
    select
        lower(trim(told.campaign_id)) as name,
        min(told.campaign_id) as campaign_id,
        min(coalesce(channels.channel, case when told.influencer is not null then 'influencer' end)) as channel,
        case when count(distinct told.influencer) = 1 then min(told.influencer) end as influencer
    from told
    left join {{ ref('told_channels') }} as channels on told.word = channels.word
    where {{ tag('told.campaign_id') }} is not null
    group by 1
),

mails as (
    select
        coalesce({{ tag('campaign_id') }}, '') as id,
        coalesce({{ tag('campaign_name') }}, '') as name,
        coalesce({{ tag(url_decoded(url_parameter('url', 'utm_campaign'))) }}, '') as link,
        count(*) as clicks
    from {{ ref('unified_email_events') }}
    where type = 'clicked' and not coalesce(is_machine, false)
    group by 1, 2, 3
),

shared as (
    {% for name in ['name', 'link'] -%}
    select '{{ name }}' as told_by, {{ name }} as name from mails group by {{ name }} having count(distinct nullif(id, '')) > 1
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

mail_names as (
    select name, told_name, sum(clicks) as clicks
    from (
        {% for name in ['id', 'name', 'link'] -%}
        select mails.{{ name }} as name, others.name as told_name, mails.clicks
        from others
        inner join mails on others.name in (mails.id, mails.name, mails.link)
        left join shared on shared.told_by = '{{ name }}' and mails.{{ name }} = shared.name and others.name = mails.id
        where shared.name is null or mails.{{ name }} = others.name
        {{ 'union all' if not loop.last }}
        {% endfor %}
    ) as known
    -- A name that a cost or code tells of itself is not another's.
    where name <> '' and (name = told_name or name not in (select name from others)) and name not in (select name from ad_names)
    group by name, told_name
),

named as (
    select ad_names.name, ads.campaign_id, ads.campaign, ads.platform, others.channel, others.influencer, ads.clicks, ads.first_day
    from ads
    inner join ad_names on ads.campaign_id = ad_names.campaign_id
    left join others on ad_names.name = others.name
    union all
    select coalesce(mail_names.name, others.name), others.campaign_id, others.name, null, others.channel, others.influencer, coalesce(mail_names.clicks, 0), null
    from others
    left join mail_names on others.name = mail_names.told_name
    where others.name not in (select name from ad_names)
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
