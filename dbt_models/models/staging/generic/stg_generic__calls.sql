-- One row per call.
{{ config(enabled=feeds('generic', 'calls')) }}

select
    raw.call_id,
    normal_phone.value as phone,
    raw.tracking_number,
    lower(trim(raw.direction)) as direction,
    lower(trim(raw.outcome)) as outcome,
    raw.occurred_at,
    raw._extra as traits,
    'generic' as source,
    raw._batch
from {{ source('raw_generic', 'calls') }} as raw
{{ normalised_phone('raw.phone') }}
