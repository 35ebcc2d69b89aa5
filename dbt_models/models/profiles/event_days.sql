-- One row per device, person in effect, day and name of a track event: how often they did it. The person in effect is that of the
-- visit: whoever was logged in, else the device. Of what happened while trackers were refused only the number is kept. Pages and
-- screens are counted by visits, and what became of e-mails stands in unified.email_events, whoever tells of it.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['device', 'event_date'],
    post_hook='{{ drop_excluded_days() }}') }}

with events as (
    {{ touched_events(['_batch', 'event_date', 'occurred_at', 'message_id', 'type', 'event']) }}
),

attended as (
    select
        events._batch,
        events.device,
        events.event_date,
        events.occurred_at,
        visits.identifier_type,
        visits.identifier,
        case when visits.identifier is not null then events.event end as event
    from events
    {{ in_visits() }}
    where events.type = 'track' and events.event is not null and events.event not like 'Email %' and events.event <> 'Unsubscribed'
)

select
    device,
    event_date,
    identifier_type,
    identifier,
    event,
    max(_batch) as _batch,
    count(*) as times,
    min(occurred_at) as first_at,
    max(occurred_at) as last_at
from attended
group by device, event_date, identifier_type, identifier, event
