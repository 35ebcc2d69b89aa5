-- One row per Meta campaign, in its newest version.
{{ config(enabled=feeds('facebook_ads', 'basic_ad')) }}

with raw as (
    {{ latest_version(source('raw_facebook_ads', 'campaign_history'), ['updated_time', '_fivetran_synced']) }}
)

select
    id as campaign_id,
    name as campaign_name
from raw
