-- One row per sequence and person with the step that comes next and when it is due: as planned, then not before what is sent otherwise
-- leaves room for it, then within the hours in which the sequence speaks to people. What goes out late goes out in such hours too
-- (send_at): a file that is written at night says so.
{% set as_of = as_of() %}

with sequences as (
    select * from {{ source('control', 'sequences') }}
),

rounds as (
    select * from {{ ref('sequence_rounds') }}
),

next_steps as (
    select * from {{ ref('sequence_next_steps') }}
),

-- What began of a kind on a channel, whichever sequence it was.
kind_starts as (
    select
        begun.profile_id,
        begun.kind,
        begun.channel,
        begun.started_at,
        row_number() over (partition by begun.profile_id, begun.kind, begun.channel order by begun.started_at desc) as place
    from (select distinct profile_id, kind, channel, sequence, started_at from {{ ref('sent_steps') }}) as begun
),

kind_limits as (
    select
        sequences.sequence,
        kind_starts.profile_id,
        max(case
            when kind_starts.place = sequences.kind_times
                then greatest({{ days_after('kind_starts.started_at', 'sequences.kind_days') }}, {{ days_after('kind_starts.started_at', 'sequences.kind_spacing_days') }})
            when kind_starts.place = 1 then {{ days_after('kind_starts.started_at', 'sequences.kind_spacing_days') }}
        end) as free_at
    from kind_starts
    inner join sequences on kind_starts.kind = sequences.kind and kind_starts.channel = sequences.channel
    group by 1, 2
),

caps as (
    select * from {{ ref('frequency_caps') }}
),

limits as (
    select next_steps.sequence, next_steps.profile_id, 'repeat' as waits_for, rounds.free_at as until
    from next_steps
    inner join rounds on next_steps.sequence = rounds.sequence and next_steps.profile_id = rounds.profile_id
    where next_steps.started_at is null
    union all
    select next_steps.sequence, next_steps.profile_id, 'kind', kind_limits.free_at
    from next_steps
    inner join kind_limits on next_steps.sequence = kind_limits.sequence and next_steps.profile_id = kind_limits.profile_id
    where next_steps.started_at is null
    union all
    select next_steps.sequence, next_steps.profile_id, 'purchase', {{ days_after('goals.reached_at', 'sequences.after_purchase_days') }}
    from next_steps
    inner join sequences on next_steps.sequence = sequences.sequence and sequences.after_purchase_days > 0
    inner join {{ ref('goal_moments') }} as goals on next_steps.profile_id = goals.profile_id and goals.goal = 'order'
    union all
    select next_steps.sequence, next_steps.profile_id, caps.capped_by, caps.capped_until
    from next_steps
    inner join sequences on next_steps.sequence = sequences.sequence
    inner join caps
        on next_steps.profile_id = caps.profile_id and sequences.channel = caps.channel
        and (caps.audience is null or caps.audience = sequences.audience)
),

last_limit as (
    select sequence, profile_id, max(until) as until, {{ newest('waits_for', 'until') }} as waits_for
    from (select sequence, profile_id, until, min(waits_for) as waits_for from limits where until is not null group by 1, 2, 3) as each_until
    group by 1, 2
),

free as (
    select
        next_steps.*,
        greatest(next_steps.planned_at, coalesce(last_limit.until, next_steps.planned_at)) as free_at,
        case when last_limit.until > next_steps.planned_at then last_limit.waits_for end as waits_for
    from next_steps
    left join last_limit on next_steps.sequence = last_limit.sequence and next_steps.profile_id = last_limit.profile_id
),

-- Where a sequence speaks within certain hours only: the first moment from then on that lies in them; of nobody, from now on.
moments as (
    select sequence, profile_id, free_at as moment from free
    union all
    select sequence, '' as profile_id, {{ as_of }} as moment from {{ source('control', 'sequences') }}
),

shown as (
    select
        moments.sequence,
        moments.profile_id,
        moments.moment,
        {{ local_time('moments.moment') }} as moment_shown,
        {{ day_start('cast(' ~ local_time('moments.moment') ~ ' as date)') }} as day,
        sequences.on_working_days
    from moments
    inner join {{ source('control', 'sequences') }} as sequences on moments.sequence = sequences.sequence
    where moments.sequence in (select sequence from {{ source('control', 'sequence_windows') }})
),

spans as (
    select
        shown.sequence,
        shown.profile_id,
        shown.moment,
        shown.moment_shown,
        min(case
            when (not shown.on_working_days or calendar.is_working) and shown.moment_shown < {{ hours_after('shown.day', 'windows.closes') }}
                then greatest(shown.moment_shown, {{ hours_after('shown.day', 'windows.opens') }})
        end) as same_day,
        min({{ hours_after(day_start('case when shown.on_working_days then next_days.working_from else next_days.day end'), 'windows.opens') }}) as later_day
    from shown
    inner join {{ source('control', 'sequence_windows') }} as windows on shown.sequence = windows.sequence
    left join {{ source('control', 'calendar') }} as calendar on cast(shown.day as date) = calendar.day
    left join {{ source('control', 'calendar') }} as next_days on cast({{ days_after('shown.day', 1) }} as date) = next_days.day
    group by 1, 2, 3, 4
),

opened as (
    select
        sequence,
        profile_id,
        case when same_day = moment_shown then moment else {{ utc_moment('coalesce(same_day, later_day)') }} end as open_at
    from spans
),

due as (
    select free.*, coalesce(opened.open_at, free.free_at) as due_at
    from free
    left join opened on free.sequence = opened.sequence and free.profile_id = opened.profile_id
)

select
    due.sequence,
    due.profile_id,
    due.step,
    due.position,
    due.started_at,
    due.anchor_at,
    due.last_at,
    due.stop_reason,
    due.due_at,
    case when due.due_at >= {{ as_of }} then due.due_at else coalesce(opened.open_at, {{ as_of }}) end as send_at,
    due.waits_for,
    due.hint,
    due.code
from due
left join opened on due.sequence = opened.sequence and opened.profile_id = ''
