-- One row per day and finest grain that the ad platform reports, in its newest version.
{{ config(enabled=feeds('generic', 'ad_spend')) }}

with raw as (
    {{ latest_version(source('raw_generic', 'ad_spend'), ['updated_at']) }}
)

select
    concat('generic:', raw._key) as spend_id,
    raw.date,
    lower(trim(raw.platform)) as platform,
    raw.account_id,
    raw.campaign_id,
    raw.campaign_name,
    null as ad_id,
    raw.utm_campaign,
    raw.impressions,
    raw.clicks,
    raw.spend,
    upper(trim(raw.currency)) as currency,
    raw.conversions,
    raw.conversion_value,
    raw.updated_at,
    raw._extra as traits,
    'generic' as source,
    raw._batch
from raw
