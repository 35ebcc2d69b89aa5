-- One row per text or push message event.
{{ config(enabled=feeds('generic', 'message_events')) }}

select
    raw.event_id,
    lower(trim(raw.channel)) as channel,
    case when lower(trim(raw.channel)) in ('sms', 'whatsapp') then normal_phone.value else trim(raw.identifier) end as identifier,
    lower(trim(raw.type)) as type,
    raw.occurred_at,
    raw.campaign_id,
    raw._extra as traits,
    'generic' as source,
    raw._batch
from {{ source('raw_generic', 'message_events') }} as raw
{{ normalised_phone('raw.identifier') }}
