-- One row per answer to a survey.
{{ config(enabled=feeds('generic', 'surveys')) }}

select
    raw.response_id,
    raw.customer_id,
    normal_email.value as email,
    raw.score,
    raw.answered_at,
    raw._extra as traits,
    'generic' as source,
    raw._batch
from {{ source('raw_generic', 'surveys') }} as raw
{{ normalised_email('raw.email') }}
