-- One row per form in HubSpot, in its newest version. A form taken out of use still names older submissions.
{{ config(enabled=feeds('hubspot', 'contact_form_submission')) }}

with raw as (
    {{ latest_version(source('raw_hubspot', 'form'), ['updated_at', '_fivetran_synced']) }}
)

select
    guid as form_id,
    name as form
from raw
