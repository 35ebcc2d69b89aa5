-- One row per deal in HubSpot and the contact it is with: of several, the one known longest.
{{ config(enabled=feeds('hubspot', 'deal')) }}

with raw as (
    {{ latest_version(source('raw_hubspot', 'deal_contact'), ['_fivetran_synced']) }}
)

select
    raw.deal_id,
    contacts.contact_id,
    contacts.email,
    contacts.phone,
    contacts.country,
    contacts.postal_code,
    contacts.heard_via
from raw
left join {{ ref('stg_hubspot__merged_contact') }} as merged on raw.contact_id = merged.former_id
inner join {{ ref('stg_hubspot__contact') }} as contacts on coalesce(merged.contact_id, raw.contact_id) = contacts.contact_id
where not coalesce(raw._fivetran_deleted, false)
qualify row_number() over (partition by raw.deal_id order by contacts.created_at nulls last, contacts.contact_id, raw._key) = 1
