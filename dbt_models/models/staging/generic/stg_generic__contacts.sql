-- One row per contact, in its newest version.
{{ config(enabled=feeds('generic', 'contacts')) }}

with raw as (
    {{ latest_version(source('raw_generic', 'contacts'), ['updated_at']) }}
)

select
    raw.contact_id,
    coalesce(lower(trim(raw.person_kind)), 'consumer') as person_kind,
    normal_email.value as email,
    normal_phone.value as phone,
    raw.first_name,
    raw.last_name,
    raw.birth_date,
    lower(trim(raw.gender)) as gender,
    raw.street,
    raw.city,
    raw.postal_code,
    raw.region,
    iso.country as country,
    raw.company,
    raw.job_title,
    raw.income_band,
    raw.loyalty_points,
    raw.owner,
    raw.acquisition_source,
    raw.created_at,
    raw.updated_at,
    raw._extra as traits,
    'generic' as source,
    raw._batch
from raw
{{ normalised_email('raw.email') }}
{{ normalised_phone('raw.phone', 'raw.country') }}
{{ iso_country('raw.country') }}
