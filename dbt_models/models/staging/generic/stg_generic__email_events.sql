-- One row per e-mail event.
{{ config(enabled=feeds('generic', 'email_events')) }}

select
    raw.event_id,
    normal_email.value as email,
    lower(trim(raw.type)) as type,
    raw.occurred_at,
    raw.campaign_id,
    null as campaign_name,
    raw.url,
    coalesce(raw.is_machine, false) as is_machine,
    lower(trim(raw.bounce_type)) as bounce_type,
    raw._extra as traits,
    'generic' as source,
    raw._batch
from {{ source('raw_generic', 'email_events') }} as raw
{{ normalised_email('raw.email') }}
