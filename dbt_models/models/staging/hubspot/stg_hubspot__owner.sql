-- One row per user of HubSpot who owns contacts or deals, in the newest version. Who has left the company still owned them.
{{ config(enabled=feeds('hubspot', 'contact') or feeds('hubspot', 'deal') or feeds('hubspot', 'contact_form_submission')) }}

with raw as (
    {{ latest_version(source('raw_hubspot', 'owner'), ['updated_at', '_fivetran_synced']) }}
)

select
    owner_id,
    coalesce(nullif(trim(concat(coalesce(first_name, ''), ' ', coalesce(last_name, ''))), ''), email) as owner
from raw
