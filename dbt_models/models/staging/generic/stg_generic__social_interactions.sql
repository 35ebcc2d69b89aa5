-- One row per social interaction.
{{ config(enabled=feeds('generic', 'social_interactions')) }}

select
    raw.interaction_id,
    lower(trim(raw.platform)) as platform,
    lower(trim(raw.kind)) as kind,
    raw.handle,
    normal_email.value as email,
    raw.occurred_at,
    raw.post_id,
    raw._extra as traits,
    'generic' as source,
    raw._batch
from {{ source('raw_generic', 'social_interactions') }} as raw
{{ normalised_email('raw.email') }}
