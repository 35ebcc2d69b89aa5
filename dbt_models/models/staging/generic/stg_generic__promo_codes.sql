-- One row per promo code, in its newest version.
{{ config(enabled=feeds('generic', 'promo_codes')) }}

with raw as (
    {{ latest_version(source('raw_generic', 'promo_codes')) }}
)

select
    upper(trim(raw.code)) as code,
    raw.campaign_id,
    raw.channel,
    raw.influencer,
    raw.valid_from,
    raw.valid_to,
    raw._extra as traits,
    'generic' as source,
    raw._batch
from raw
