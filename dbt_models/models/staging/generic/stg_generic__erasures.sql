-- One row per request for erasure.
{{ config(enabled=feeds('generic', 'erasures')) }}

select
    lower(trim(raw.identifier_type)) as identifier_type,
    {{ normal_identifier('raw.identifier_type', 'raw.identifier') }} as identifier,
    raw.requested_at,
    raw._extra as traits,
    'generic' as source,
    raw._batch
from {{ source('raw_generic', 'erasures') }} as raw
{{ normalised_email('raw.identifier') }}
{{ normalised_phone('raw.identifier') }}
