-- One row per profile in Klaviyo, in its newest version.
{{ config(enabled=feeds('klaviyo', 'person') or feeds('klaviyo', 'event')) }}

with raw as (
    {{ latest_version(source('raw_klaviyo', 'person'), ['updated', '_fivetran_synced']) }}
)

select
    raw.id as contact_id,
    'consumer' as person_kind,
    normal_email.value as email,
    normal_phone.value as phone,
    raw.first_name,
    raw.last_name,
    null as birth_date,
    null as gender,
    raw.address_1 as street,
    raw.city,
    raw.zip as postal_code,
    raw.region,
    iso.country as country,
    raw.organization as company,
    raw.title as job_title,
    null as income_band,
    null as loyalty_points,
    null as owner,
    null as acquisition_source,
    raw.created as created_at,
    raw.updated as updated_at,
    raw.properties as traits,
    'klaviyo' as source,
    raw._batch
from raw
{{ normalised_email('raw.email') }}
{{ normalised_phone('raw.phone_number', 'raw.country') }}
{{ iso_country('raw.country') }}
where not coalesce(raw._fivetran_deleted, false)
