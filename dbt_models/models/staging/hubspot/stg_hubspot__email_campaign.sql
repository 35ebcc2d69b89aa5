-- One row per marketing e-mail in HubSpot, in its newest version.
{{ config(enabled=feeds('hubspot', 'email_event')) }}

with raw as (
    {{ latest_version(source('raw_hubspot', 'email_campaign'), ['_fivetran_synced']) }}
)

select
    id as campaign_id,
    coalesce(name, subject) as campaign_name
from raw
