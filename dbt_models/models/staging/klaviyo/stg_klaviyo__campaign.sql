-- One row per e-mail campaign in Klaviyo, in its newest version.
{{ config(enabled=feeds('klaviyo', 'event')) }}

with raw as (
    {{ latest_version(source('raw_klaviyo', 'campaign'), ['updated_at', '_fivetran_synced']) }}
)

select
    id as campaign_id,
    name as campaign_name,
    subject,
    coalesce(sent_at, send_time) as sent_at
from raw
