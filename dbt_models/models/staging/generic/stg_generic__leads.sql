-- One row per lead, in its newest version.
{{ config(enabled=feeds('generic', 'leads')) }}

with raw as (
    {{ latest_version(source('raw_generic', 'leads')) }}
)

select
    raw.lead_id,
    normal_email.value as email,
    normal_phone.value as phone,
    raw.first_name,
    raw.last_name,
    raw.postal_code,
    iso.country as country,
    raw.created_at,
    raw.acquisition_source,
    raw.supplier,
    raw.campaign,
    raw.form,
    raw.landing_url,
    raw.heard_via,
    raw.cost,
    raw.exclusive,
    raw.consent_proof,
    raw.purchase_intent_at,
    lower(trim(raw.status)) as status,
    -- A column that not every CRM has: when its people took the lead for a good one.
    {{ moment_told(json_picked(json_pick('raw._extra', ['$.qualified_at']), ['$.qualified_at']).qualified_at) }} as qualified_at,
    raw.converted_at,
    raw._extra as traits,
    'generic' as source,
    raw._batch
from raw
{{ normalised_email('raw.email') }}
{{ normalised_phone('raw.phone', 'raw.country') }}
{{ iso_country('raw.country') }}
