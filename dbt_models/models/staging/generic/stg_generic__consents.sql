-- One row per answer about one purpose.
{{ config(enabled=feeds('generic', 'consents')) }}

select
    lower(trim(raw.identifier_type)) as identifier_type,
    {{ normal_identifier('raw.identifier_type', 'raw.identifier') }} as identifier,
    lower(trim(raw.purpose)) as purpose,
    lower(trim(raw.status)) as status,
    raw.occurred_at,
    raw.collected_by,
    raw.proof,
    raw._extra as traits,
    'generic' as source,
    raw._batch
from {{ source('raw_generic', 'consents') }} as raw
{{ normalised_email('raw.identifier') }}
{{ normalised_phone('raw.identifier') }}
