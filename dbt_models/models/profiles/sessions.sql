-- One row per visit: consecutive events of one device with less than 30 minutes between them, within one day of the
-- company's time (a visit over midnight counts as two, so that days add up).
-- The visit belongs to whoever was logged in during it, else to the device.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['device', 'event_date'],
    post_hook='{{ drop_excluded_days() }}') }}

with events as (
    {{ touched_events([
        '_batch', 'anonymous_id', 'user_id', 'event_date', 'occurred_at', 'message_id', 'type', 'event', 'url', 'referrer',
        'utm_source', 'utm_medium', 'utm_campaign', 'click_id_type', 'click_id', 'ip',
    ]) }}
),

gaps as (
    select
        *,
        lag(occurred_at) over (partition by device, event_date order by occurred_at, message_id) as previous_at
    from events
),

numbered as (
    select
        *,
        sum(case when previous_at is null or {{ seconds_between('previous_at', 'occurred_at') }} >= 1800 then 1 else 0 end)
            over (partition by device, event_date order by occurred_at, message_id rows unbounded preceding) as session_number
    from gaps
),

placed as (
    select
        *,
        row_number() over (partition by device, event_date, session_number order by occurred_at, message_id) as place
    from numbered
)

select
    device,
    event_date,
    cast(session_number as integer) as session_number,
    max(_batch) as _batch,
    case when max(user_id) is not null then 'user_id' else 'anonymous_id' end as identifier_type,
    coalesce(max(user_id), max(anonymous_id)) as identifier,
    min(occurred_at) as started_at,
    max(occurred_at) as ended_at,
    count(*) as events,
    count(*) filter (where type in ('page', 'screen')) as page_views,
    count(*) filter (where event = 'Product Viewed') as product_views,
    -- What brought the visit stands on its first event.
    max(case when place = 1 then url end) as landing_url,
    max(case when place = 1 then referrer end) as referrer,
    max(case when place = 1 then utm_source end) as utm_source,
    max(case when place = 1 then utm_medium end) as utm_medium,
    max(case when place = 1 then utm_campaign end) as utm_campaign,
    max(case when place = 1 then click_id_type end) as click_id_type,
    max(case when place = 1 then click_id end) as click_id,
    max(case when place = 1 then ip end) as ip
from placed
group by 1, 2, 3
