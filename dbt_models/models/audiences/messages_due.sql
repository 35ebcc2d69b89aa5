-- One row per planned message: of each person in a sequence the step that comes next, when it is due, and what keeps it from being sent,
-- for good (stop_reason) or for now (waits_for). What `is_due` now goes into the step's file; what has been sent is in the journal.
{% set as_of = as_of() %}
{% set first = 'case when plans.asked_for then 0 else 1 end, plans.priority, plans.sequence' %}

with plans as (
    select
        plans.*,
        {{ local_date('plans.send_at') }} as send_on,
        sequences.audience,
        sequences.kind,
        sequences.channel,
        sequences.priority,
        sequences.asked_for
    from {{ ref('sequence_plans') }} as plans
    inner join {{ source('control', 'sequences') }} as sequences on plans.sequence = sequences.sequence
    where plans.last_at is null or plans.send_at <= plans.last_at
),

-- Nobody is in the sequence that follows before the one that hands on has ended.
still_before as (
    select plans.profile_id, handing.next_sequence as sequence, min(plans.sequence) as waits_for
    from plans
    inner join {{ source('control', 'sequence_handings') }} as handing on plans.sequence = handing.sequence
    where plans.stop_reason is null
    group by 1, 2
),

sent_days as (
    select profile_id, send_on, count(*) as messages
    from (
        select profile_id, {{ local_date('happened_at') }} as send_on
        from {{ ref('message_history') }}
        where kind = 'sent' and happened_at >= {{ days_before(as_of, 2) }}
    ) as sent
    group by 1, 2
),

-- What is wanted on one day, also later in it: what the person asked for, then the audience with the smallest priority has them.
wanted as (
    select
        plans.sequence,
        plans.profile_id,
        row_number() over (partition by plans.profile_id, plans.send_on order by {{ first }}) as place,
        first_value(plans.sequence) over (partition by plans.profile_id, plans.send_on order by {{ first }}) as first_sequence
    from plans
    left join still_before on plans.profile_id = still_before.profile_id and plans.sequence = still_before.sequence
    where plans.stop_reason is null
      and not (plans.started_at is null and still_before.waits_for is not null)
),

weighed as (
    select
        plans.*,
        case when plans.started_at is null then still_before.waits_for end as waits_for_sequence,
        wanted.first_sequence,
        coalesce(sent_days.messages, 0) >= pressure.a_day as is_day_full,
        plans.asked_for or coalesce(wanted.place + coalesce(sent_days.messages, 0) <= pressure.a_day, false) as has_room
    from plans
    cross join {{ source('control', 'pressure') }} as pressure
    left join still_before on plans.profile_id = still_before.profile_id and plans.sequence = still_before.sequence
    left join wanted on plans.profile_id = wanted.profile_id and plans.sequence = wanted.sequence
    left join sent_days on plans.profile_id = sent_days.profile_id and plans.send_on = sent_days.send_on
),

judged as (
    select
        plans.*,
        case
            when stop_reason is not null then null
            when waits_for_sequence is not null then 'sequence:' || waits_for_sequence
            when has_room then case when due_at > {{ as_of }} then waits_for end
            when is_day_full then 'day'
            else 'priority:' || first_sequence
        end as waits_now,
        stop_reason is null and waits_for_sequence is null and has_room and due_at <= {{ as_of }} as is_ready
    from weighed as plans
)

select
    profile_id,
    sequence,
    step,
    position,
    channel,
    audience,
    kind,
    priority,
    anchor_at,
    started_at,
    due_at,
    send_at,
    stop_reason,
    waits_now as waits_for,
    -- One message a person and run: the next one's caps have to know of it.
    is_ready and row_number() over (partition by profile_id, is_ready order by {{ first }}) = 1 as is_due,
    hint,
    code
from judged as plans
