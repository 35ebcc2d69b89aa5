-- One row per company in HubSpot, in its newest version.
{{ config(enabled=feeds('hubspot', 'contact') or feeds('hubspot', 'deal') or feeds('hubspot', 'contact_form_submission')) }}

with raw as (
    {{ latest_version(source('raw_hubspot', 'company'), ['property_hs_lastmodifieddate', '_fivetran_synced']) }}
)

select
    id as company_id,
    property_name as company,
    lower(trim(property_domain)) as domain
from raw
where not coalesce(_fivetran_deleted, false)
