-- One row per device and day: how much came from it, and why the day counts nowhere if it was a machine's pace. Judged is the whole
-- day, whichever load its events came with: a late event can still be the one too many, none can make a day slower.
-- Only devices are judged: what a server sends for a login follows the server's clock.
{{ config(alias='traffic_days', materialized='incremental', incremental_strategy='delete+insert', unique_key=['device', 'event_date']) }}

with events as (
    {{ touched_events(['_batch', 'anonymous_id', 'event_date', 'occurred_at'], paced=false, told_apart=false) }}
),

days as (
    select
        device,
        event_date,
        max(_batch) as _batch,
        count(*) as events,
        count(anonymous_id) > 0 as is_device
    from events
    group by device, event_date
),

-- Whose whole day has no more events than a minute may have is not looked at by the minute.
minutes as (
    select
        events.device,
        events.event_date,
        count(*) over (
            partition by events.device, events.event_date
            order by events.occurred_at
            range between current row and interval '1' minute following
        ) as events_within
    from events
    inner join days on events.device = days.device and events.event_date = days.event_date
    where days.is_device and days.events > {{ company('max_events_per_minute') }}
),

fastest as (
    select
        device,
        event_date,
        max(events_within) as fastest_minute
    from minutes
    group by device, event_date
)

select
    days.device,
    days.event_date,
    days._batch,
    days.events,
    fastest.fastest_minute,
    case
        when fastest.fastest_minute > {{ company('max_events_per_minute') }} then 'too_many_in_a_minute'
        when days.is_device and days.events > {{ company('max_events_per_day') }} then 'too_many_in_a_day'
    end as excluded_reason
from days
left join fastest on days.device = fastest.device and days.event_date = fastest.event_date
