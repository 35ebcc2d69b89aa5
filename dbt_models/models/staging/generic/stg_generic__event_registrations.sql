-- One row per registration, in its newest version.
{{ config(enabled=feeds('generic', 'event_registrations')) }}

with raw as (
    {{ latest_version(source('raw_generic', 'event_registrations')) }}
)

select
    raw.registration_id,
    raw.event_name,
    lower(trim(raw.event_kind)) as event_kind,
    raw.starts_at,
    normal_email.value as email,
    normal_phone.value as phone,
    raw.city,
    raw.postal_code,
    lower(trim(raw.status)) as status,
    raw._extra as traits,
    'generic' as source,
    raw._batch
from raw
{{ normalised_email('raw.email') }}
{{ normalised_phone('raw.phone') }}
