-- One row per sequence and person who is on the way in it or may begin it: where they stand, and what has stopped them. Listed are
-- people with whom a round has begun and is not over, and members of the sequence's audience with whom one may begin.
{% set as_of = as_of() %}

with sequences as (
    select sequences.*, audiences.goal
    from {{ source('control', 'sequences') }} as sequences
    inner join {{ source('control', 'audiences') }} as audiences on sequences.audience = audiences.audience
),

candidates as (
    select
        sequences.sequence,
        members.profile_id,
        coalesce(members.anchor_at, members.entered_at) as anchor_at,
        members.holdout or members.is_of_both as is_held_out
    from {{ ref('members') }} as members
    inner join sequences on members.audience = sequences.audience
),

-- A round that is not over after the time within which no other may begin is given up.
under_way as (
    select rounds.*
    from {{ ref('sequence_rounds') }} as rounds
    inner join sequences on rounds.sequence = sequences.sequence
    where rounds.position < sequences.steps and {{ days_after('rounds.started_at', 'sequences.spacing_days') }} > {{ as_of }}
),

people as (
    select
        coalesce(candidates.sequence, under_way.sequence) as sequence,
        coalesce(candidates.profile_id, under_way.profile_id) as profile_id,
        coalesce(candidates.anchor_at, under_way.anchor_at) as anchor_at,
        candidates.profile_id is not null as is_member,
        coalesce(candidates.is_held_out, false) as is_held_out,
        under_way.started_at,
        coalesce(under_way.position, 0) as position,
        under_way.last_sent_at
    from candidates
    full outer join under_way on candidates.sequence = under_way.sequence and candidates.profile_id = under_way.profile_id
),

-- Where the anchor is recent, what was said since then is an answer too: whoever has called about the offer they asked for is not called
-- as if nobody had spoken to them.
reacted as (
    select people.sequence, people.profile_id, {{ oldest('history.kind', 'history.happened_at') }} as reaction
    from people
    inner join sequences
        on people.sequence = sequences.sequence and (people.started_at is not null or sequences.enter_within_days is not null)
    inner join {{ source('control', 'sequence_stops') }} as stops on people.sequence = stops.sequence
    inner join {{ ref('message_history') }} as history
        on people.profile_id = history.profile_id and history.kind = stops.stop
        and history.happened_at >= case
            when sequences.enter_within_days is null then people.started_at
            else least(people.anchor_at, coalesce(people.started_at, people.anchor_at))
        end
    group by 1, 2
),

reached as (
    select under_way.sequence, under_way.profile_id, max(sequences.goal) as goal
    from under_way
    inner join sequences on under_way.sequence = sequences.sequence
    inner join {{ ref('goal_moments') }} as goals
        on under_way.profile_id = goals.profile_id and sequences.goal = goals.goal and goals.reached_at > under_way.started_at
    group by 1, 2
),

departed as (
    select under_way.sequence, under_way.profile_id, max(decisions.blocked_by) as blocked_by
    from under_way
    inner join sequences on under_way.sequence = sequences.sequence
    inner join {{ ref('audience_decisions') }} as decisions
        on under_way.profile_id = decisions.profile_id and sequences.audience = decisions.audience
    group by 1, 2
),

suppressed as (
    select people.sequence, people.profile_id, min(members.audience) as audience
    from people
    inner join sequences on people.sequence = sequences.sequence
    inner join {{ source('control', 'audience_suppressions') }} as suppressions
        on sequences.audience = suppressions.audience
        and (suppressions.channel is null or suppressions.channel = sequences.channel)
    inner join {{ ref('members') }} as members
        on suppressions.suppression = members.audience and people.profile_id = members.profile_id
    group by 1, 2
),

too_young as (
    select people.sequence, people.profile_id
    from people
    inner join sequences on people.sequence = sequences.sequence and sequences.minimum_age > 0
    inner join {{ ref('profiles') }} as profiles on people.profile_id = profiles.profile_id
    cross join {{ source('control', 'run') }} as run
    where {{ years_after('profiles.birth_date', 'sequences.minimum_age') }} > run.as_of_date
),

asked as (
    select sequence, count(*) as purposes from {{ source('control', 'sequence_purposes') }} group by 1
),

granted as (
    select people.sequence, people.profile_id, count(distinct consents.purpose) as purposes
    from people
    inner join {{ source('control', 'sequence_purposes') }} as wanted on people.sequence = wanted.sequence
    inner join {{ ref('profile_consents') }} as consents
        on people.profile_id = consents.profile_id and wanted.purpose = consents.purpose and consents.status = 'granted'
    group by 1, 2
),

judged as (
    select
        people.*,
        case
            when reached.goal is not null then 'goal:' || reached.goal
            when reacted.reaction is not null then reacted.reaction
            when not people.is_member then coalesce(departed.blocked_by, 'left')
            when suppressed.audience is not null then 'suppressed:' || suppressed.audience
            when coalesce(granted.purposes, 0) < asked.purposes then 'no_consent'
            when too_young.profile_id is not null then 'too_young'
            when people.is_held_out then 'holdout'
        end as stop_reason
    from people
    inner join asked on people.sequence = asked.sequence
    left join reached on people.sequence = reached.sequence and people.profile_id = reached.profile_id
    left join reacted on people.sequence = reacted.sequence and people.profile_id = reacted.profile_id
    left join departed on people.sequence = departed.sequence and people.profile_id = departed.profile_id
    left join suppressed on people.sequence = suppressed.sequence and people.profile_id = suppressed.profile_id
    left join granted on people.sequence = granted.sequence and people.profile_id = granted.profile_id
    left join too_young on people.sequence = too_young.sequence and people.profile_id = too_young.profile_id
)

select sequence, profile_id, anchor_at, started_at, position, last_sent_at, stop_reason
from judged
where started_at is not null or stop_reason is null
