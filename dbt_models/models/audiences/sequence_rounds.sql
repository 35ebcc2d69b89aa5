-- One row per sequence and person with whom it has begun: when the newest round began, how far it has come, and when another may begin.
-- Rounds that began closer together than the sequence allows are one: they were of two people who have become one.
with sent as (
    select sent.*, sequences.times, sequences.days, sequences.spacing_days
    from {{ ref('sent_steps') }} as sent
    inner join {{ source('control', 'sequences') }} as sequences on sent.sequence = sequences.sequence
),

starts as (
    select
        sequence,
        profile_id,
        started_at,
        times,
        days,
        spacing_days,
        row_number() over (partition by sequence, profile_id order by started_at desc) as place
    from (select distinct sequence, profile_id, started_at, times, days, spacing_days from sent) as rounds
),

newest as (
    select
        sequence,
        profile_id,
        max(started_at) as started_at,
        max(case
            when place = times then greatest({{ days_after('started_at', 'days') }}, {{ days_after('started_at', 'spacing_days') }})
            when place = 1 then {{ days_after('started_at', 'spacing_days') }}
        end) as free_at
    from starts
    group by 1, 2
)

select
    newest.sequence,
    newest.profile_id,
    newest.started_at,
    newest.free_at,
    max(sent.position) as position,
    max(sent.sent_at) as last_sent_at,
    max(sent.anchor_at) as anchor_at
from newest
inner join sent
    on newest.sequence = sent.sequence and newest.profile_id = sent.profile_id
    and sent.started_at > {{ days_before('newest.started_at', 'sent.spacing_days') }}
group by 1, 2, 3, 4
