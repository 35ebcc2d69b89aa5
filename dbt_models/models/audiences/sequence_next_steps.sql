-- One row per sequence and person with the step that comes next, and when it would be due if nothing else were sent: counted by the
-- clock, or by the days and working days of the company's calendar.
{% set as_of = as_of() %}

-- Who was handed on is counted from the last message of the sequence that did so.
with handed as (
    select handing.next_sequence as sequence, rounds.profile_id, max(rounds.last_sent_at) as handed_at
    from {{ source('control', 'sequence_handings') }} as handing
    inner join {{ ref('sequence_rounds') }} as rounds on handing.sequence = rounds.sequence
    group by 1, 2
),

standing as (
    select
        places.sequence,
        places.profile_id,
        places.anchor_at,
        places.started_at,
        places.stop_reason,
        places.position + 1 as next_position,
        case
            when places.position > 0 then places.last_sent_at
            else greatest(places.anchor_at, coalesce(handed.handed_at, places.anchor_at))
        end as base_at
    from {{ ref('sequence_places') }} as places
    left join handed on places.sequence = handed.sequence and places.profile_id = handed.profile_id
),

-- The hours of the day at which this round has spoken to the person already.
used as (
    select distinct standing.sequence, standing.profile_id, extract(hour from {{ local_time('sent.sent_at') }}) as hour
    from standing
    inner join {{ ref('sent_steps') }} as sent
        on standing.sequence = sent.sequence and standing.profile_id = sent.profile_id and sent.started_at >= standing.started_at
),

offered as (
    select standing.sequence, standing.profile_id, hours.place, hours.hour, max(case when used.hour is not null then 1 else 0 end) as is_used
    from standing
    inner join {{ source('control', 'sequence_hours') }} as hours
        on standing.sequence = hours.sequence and standing.next_position = hours.position
    left join used
        on standing.sequence = used.sequence and standing.profile_id = used.profile_id and used.hour > hours.hour - 2 and used.hour < hours.hour + 2
    group by 1, 2, 3, 4
),

chosen as (
    select sequence, profile_id, {{ oldest_of('hour', ['is_used', 'place']) }} as hour
    from offered
    group by 1, 2
),

read_off as (
    select
        standing.*,
        steps.step,
        steps.position,
        steps.unit,
        steps.amount,
        steps.hint,
        steps.code,
        steps.until_days_before,
        sequences.enter_within_days,
        coalesce(chosen.hour, steps.hour, case when steps.unit = 'days_before' then 9 end) as hour,
        -- Only days need the company's clock: to read it is what costs here.
        case
            when steps.unit = 'days_before' then {{ local_time('standing.anchor_at') }}
            when steps.unit <> 'hours' then {{ local_time('standing.base_at') }}
        end as base_shown
    from standing
    inner join {{ source('control', 'sequence_steps') }} as steps
        on standing.sequence = steps.sequence
        and (steps.position = standing.next_position or (steps.unit = 'days_before' and steps.position > standing.next_position))
    inner join {{ source('control', 'sequences') }} as sequences on standing.sequence = sequences.sequence
    left join chosen on standing.sequence = chosen.sequence and standing.profile_id = chosen.profile_id
),

stepping as (
    select *, cast(base_shown as date) as base_day from read_off
),

-- The day meant: so many days on or back, or so many working days on, of which the day itself or the next that is one is none.
dated as (
    select
        stepping.*,
        case stepping.unit
            when 'days' then cast({{ days_after(day_start('stepping.base_day'), 'stepping.amount') }} as date)
            when 'days_before' then cast({{ days_before(day_start('stepping.base_day'), 'stepping.amount') }} as date)
            when 'working_days' then coalesce(
                case when stepping.amount = 0 then base.working_from else target.day end,
                cast({{ days_after(day_start('stepping.base_day'), 'stepping.amount') }} as date)
            )
        end as due_day
    from stepping
    left join {{ source('control', 'calendar') }} as base on stepping.unit = 'working_days' and stepping.base_day = base.day
    left join {{ source('control', 'calendar') }} as target
        on stepping.unit = 'working_days' and base.number + stepping.amount = target.number and target.is_working
),

timed as (
    select
        dated.*,
        case
            when unit = 'hours' then {{ hours_after('base_at', 'amount') }}
            when unit = 'days_before' then {{ utc_moment(hours_after(day_start('due_day'), 'hour')) }}
            when hour is not null then greatest(base_at, {{ utc_moment(hours_after(day_start('due_day'), 'hour')) }})
            when due_day = base_day then base_at
            when amount = 0 then {{ utc_moment(day_start('due_day')) }}
            else {{ utc_moment(days_after('base_shown', days_between('base_day', 'due_day'))) }}
        end as planned_at,
        case
            when unit = 'days_before'
                then least(anchor_at, {{ utc_moment(days_after(day_start('base_day'), '1 - coalesce(until_days_before, 0)')) }})
            when started_at is null then {{ days_after('anchor_at', 'enter_within_days') }}
        end as last_at
    from dated
)

-- Of steps counted back from a day, the newest that is due, or else the next; those it passes over are not made up for. What would
-- come too late (last_at) does not come at all: the first of days for an anchor too old, one counted back after its own last day, which
-- ends with the next one's first moment.
select *
from timed
where last_at is null or last_at > {{ as_of }} or (last_at = {{ as_of }} and unit <> 'days_before')
qualify row_number() over (
    partition by sequence, profile_id
    order by
        case when planned_at <= {{ as_of }} then 0 else 1 end,
        case when planned_at <= {{ as_of }} then -position else position end
) = 1
