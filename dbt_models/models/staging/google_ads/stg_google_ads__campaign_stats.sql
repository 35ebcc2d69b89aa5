-- One row per campaign, day, network and device in Google Ads, in its newest version. Google counts money
-- in millionths; other exports give the cost in the currency itself.
{{ config(enabled=feeds('google_ads', 'campaign_stats')) }}

with raw as (
    {{ latest_version(source('raw_google_ads', 'campaign_stats'), ['_fivetran_synced']) }}
)

select
    concat('google_ads:', raw._key) as spend_id,
    raw.date,
    'google_ads' as platform,
    raw.customer_id as account_id,
    raw.id as campaign_id,
    campaigns.campaign_name,
    null as ad_id,
    campaigns.utm_campaign,
    raw.impressions,
    raw.clicks,
    coalesce(cast(raw.cost_micros as decimal(26, 8)) / 1000000, raw.cost) as spend,
    accounts.currency,
    raw.conversions,
    raw.conversions_value as conversion_value,
    raw._fivetran_synced as updated_at,
    raw._extra as traits,
    'google_ads' as source,
    raw._batch
from raw
left join {{ ref('stg_google_ads__campaign_history') }} as campaigns on raw.id = campaigns.campaign_id
left join {{ ref('stg_google_ads__account_history') }} as accounts on raw.customer_id = accounts.account_id
