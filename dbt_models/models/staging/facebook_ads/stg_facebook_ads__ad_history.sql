-- One row per Meta ad, in its newest version.
{{ config(enabled=feeds('facebook_ads', 'basic_ad')) }}

with raw as (
    {{ latest_version(source('raw_facebook_ads', 'ad_history'), ['updated_time', '_fivetran_synced']) }}
)

select
    id as ad_id,
    name as ad_name,
    campaign_id,
    creative_id
from raw
