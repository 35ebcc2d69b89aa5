-- One row per ad and day in Meta Ads, with its campaign and conversions. The report names no campaign id: the ad's history does.
-- A link may carry Meta's own placeholders for the campaign; with any other one left in it, it matches no visit.
{{ config(enabled=feeds('facebook_ads', 'basic_ad')) }}

with days as (
    select
        ad_days.*,
        ads.campaign_id,
        coalesce(campaigns.campaign_name, ad_days.campaign_name) as newest_name,
        creatives.url_campaign
    from {{ ref('stg_facebook_ads__ad_day') }} as ad_days
    left join {{ ref('stg_facebook_ads__ad_history') }} as ads on ad_days.ad_id = ads.ad_id
    left join {{ ref('stg_facebook_ads__campaign_history') }} as campaigns on ads.campaign_id = campaigns.campaign_id
    left join {{ ref('stg_facebook_ads__creative_history') }} as creatives on ads.creative_id = creatives.creative_id
),

tagged as (
    select
        *,
        {% set decoded = url_decoded('url_campaign') -%}
        replace(
            replace({{ decoded }}, '{% raw %}{{campaign.name}}{% endraw %}', coalesce(newest_name, '')),
            '{% raw %}{{campaign.id}}{% endraw %}', coalesce(campaign_id, '')
        ) as tag
    from days
)

select
    concat('facebook_ads:', tagged._key) as spend_id,
    tagged.date,
    'facebook_ads' as platform,
    tagged.account_id,
    tagged.campaign_id,
    tagged.newest_name as campaign_name,
    tagged.ad_id,
    case when instr(tagged.tag, '{') = 0 and tagged.tag <> '' then tagged.tag end as utm_campaign,
    tagged.impressions,
    coalesce(tagged.inline_link_clicks, tagged.clicks) as clicks,
    tagged.spend,
    accounts.currency,
    conversions.conversions,
    conversions.conversion_value,
    tagged._fivetran_synced as updated_at,
    tagged._extra as traits,
    'facebook_ads' as source,
    tagged._batch
from tagged
left join {{ ref('stg_facebook_ads__account_history') }} as accounts on tagged.account_id = accounts.account_id
left join {{ ref('stg_facebook_ads__conversion') }} as conversions
    on tagged.ad_id = conversions.ad_id and tagged.date = conversions.date
