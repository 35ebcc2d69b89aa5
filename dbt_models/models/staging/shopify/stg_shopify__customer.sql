-- One row per customer in Shopify, in the newest version.
{{ config(enabled=feeds('shopify', 'customer')) }}

with raw as (
    {{ latest_version(source('raw_shopify', 'customer'), ['updated_at', '_fivetran_synced']) }}
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
    raw.default_address_address_1 as street,
    raw.default_address_city as city,
    raw.default_address_zip as postal_code,
    raw.default_address_province as region,
    iso.country as country,
    null as company,
    null as job_title,
    null as income_band,
    null as loyalty_points,
    null as owner,
    null as acquisition_source,
    raw.created_at,
    raw.updated_at,
    raw._extra as traits,
    'shopify' as source,
    raw._batch
from raw
{{ normalised_email('raw.email') }}
{{ normalised_phone('raw.phone', 'raw.default_address_country_code') }}
{{ iso_country('raw.default_address_country_code') }}
where not coalesce(raw._fivetran_deleted, false)
