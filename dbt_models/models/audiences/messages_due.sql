-- One row per planned message: of each person in a sequence the step that comes next, when it is due, and what keeps it from being sent,
-- for good (stop_reason) or for now (waits_for). What `is_due` now goes into the step's file; what has been sent is in the journal.
{% set as_of = as_of() %}

with plans as (
    select
        plans.*,
        {{ local_date('plans.send_at') }} as send_on,
        sequences.audience,
        sequences.kind,
        sequences.channel,
        sequences.priority,
        sequences.next_sequence
    from {{ ref('sequence_plans') }} as plans
    inner join {{ source('control', 'sequences') }} as sequences on plans.sequence = sequences.sequence
    -- Too old to begin with.
    where plans.started_at is not null
       or sequences.enter_within_days is null
       or greatest(plans.due_at, {{ as_of }}) <= {{ days_after('plans.anchor_at', 'sequences.enter_within_days') }}
),

-- Nobody is in the sequence that follows before the one that hands on has ended.
still_before as (
    select profile_id, next_sequence as sequence, min(sequence) as waits_for
    from plans
    where next_sequence is not null and stop_reason is null
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

-- What is wanted on one day, also later in it: the audience with the smallest priority has the person.
wanted as (
    select
        plans.sequence,
        plans.profile_id,
        row_number() over (partition by plans.profile_id, plans.send_on order by plans.priority, plans.sequence) as place,
        first_value(plans.sequence) over (partition by plans.profile_id, plans.send_on order by plans.priority, plans.sequence) as first_sequence
    from plans
    left join still_before on plans.profile_id = still_before.profile_id and plans.sequence = still_before.sequence
    where plans.stop_reason is null
      and not (plans.started_at is null and still_before.waits_for is not null)
),

judged as (
    select
        plans.*,
        case
            when plans.stop_reason is not null then null
            when plans.started_at is null and still_before.waits_for is not null then 'sequence:' || still_before.waits_for
            when wanted.place + coalesce(sent_days.messages, 0) > pressure.a_day
                then case when coalesce(sent_days.messages, 0) >= pressure.a_day then 'day' else 'priority:' || wanted.first_sequence end
            else plans.waits_for
        end as waits_now,
        plans.stop_reason is null
        and coalesce(wanted.place + coalesce(sent_days.messages, 0) <= pressure.a_day, false)
        and plans.due_at <= {{ as_of }} as is_ready
    from plans
    cross join {{ source('control', 'pressure') }} as pressure
    left join still_before on plans.profile_id = still_before.profile_id and plans.sequence = still_before.sequence
    left join wanted on plans.profile_id = wanted.profile_id and plans.sequence = wanted.sequence
    left join sent_days on plans.profile_id = sent_days.profile_id and plans.send_on = sent_days.send_on
)

select
    judged.profile_id,
    judged.sequence,
    judged.step,
    judged.position,
    judged.channel,
    judged.audience,
    judged.kind,
    judged.priority,
    judged.anchor_at,
    judged.started_at,
    judged.due_at,
    judged.send_at,
    judged.stop_reason,
    judged.waits_now as waits_for,
    -- One message a person and run: the next one's caps have to know of it.
    judged.is_ready
    and row_number() over (partition by judged.profile_id, judged.is_ready order by judged.priority, judged.sequence) = 1 as is_due,
    judged.hint,
    judged.code
from judged
