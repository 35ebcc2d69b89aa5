-- One row per contact in HubSpot who is or was in a lifecycle stage before the sale.
{{ config(enabled=feeds('hubspot', 'contact')) }}

select
    contact_id as lead_id,
    email,
    phone,
    first_name,
    last_name,
    postal_code,
    country,
    created_at,
    acquisition_source,
    null as supplier,
    campaign,
    form,
    landing_url,
    heard_via,
    null as cost,
    null as exclusive,
    -- HubSpot names legitimate interest and contracts there too, which prove no consent.
    case when lower(legal_basis) like '%consent%' then legal_basis end as consent_proof,
    null as purchase_intent_at,
    lifecycle_stage as status,
    became_qualified_at as qualified_at,
    became_customer_at as converted_at,
    traits,
    'hubspot' as source,
    _batch
from {{ ref('stg_hubspot__contact') }}
where was_lead
