-- One row per ad and day in Meta Ads, in its newest version. The report names no campaign id: the ad's history does.
{{ config(enabled=feeds('facebook_ads', 'basic_ad')) }}

with raw as (
    {{ latest_version(source('raw_facebook_ads', 'basic_ad'), ['_fivetran_synced']) }}
)

select
    concat('facebook_ads:', raw._key) as spend_id,
    raw.date,
    'facebook_ads' as platform,
    raw.account_id,
    ads.campaign_id,
    coalesce(campaigns.campaign_name, raw.campaign_name) as campaign_name,
    raw.ad_id,
    null as utm_campaign,
    raw.impressions,
    coalesce(raw.inline_link_clicks, raw.clicks) as clicks,
    raw.spend,
    accounts.currency,
    null as conversions,
    null as conversion_value,
    raw._fivetran_synced as updated_at,
    'facebook_ads' as source,
    raw._batch
from raw
left join {{ ref('stg_facebook_ads__ad_history') }} as ads on raw.ad_id = ads.ad_id
left join {{ ref('stg_facebook_ads__campaign_history') }} as campaigns on ads.campaign_id = campaigns.campaign_id
left join {{ ref('stg_facebook_ads__account_history') }} as accounts on raw.account_id = accounts.account_id
