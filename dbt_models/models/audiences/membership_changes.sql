-- One row per entry into, exit from or renaming within an audience: a journal, kept for ever. Somebody who merely got
-- another profile_id has neither entered nor left: the journal closes the old name and goes on under the new one.
-- depends_on: {{ ref('profile_changes') }}, {{ ref('profiles') }}
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false) }}

with current_members as (
    select audience, profile_id from {{ ref('current_members') }}
),

{% if is_incremental() %}
latest as (
    select audience, profile_id, max_by(change, position) as change, max_by(entered_at, position) as entered_at
    from {{ this }}
    group by 1, 2
),

renamed as (
    {{ renamed_people() }}
),

before as (
    select latest.audience, latest.profile_id as old_profile_id, coalesce(renamed.profile_id, latest.profile_id) as profile_id, latest.entered_at
    from latest
    left join renamed on latest.profile_id = renamed.old_profile_id
    where latest.change in ('entered', 'renamed_to')
),

last_position as (
    select coalesce(max(position), 0) as position from {{ this }}
),
{% else %}
before as (
    select
        cast(null as varchar(1)) as audience,
        cast(null as varchar(1)) as old_profile_id,
        cast(null as varchar(1)) as profile_id,
        cast(null as timestamp) as entered_at
    where false
),

last_position as (
    select 0 as position
),
{% endif %}

changes as (
    select members.audience, members.profile_id, 'entered' as change, {{ as_of() }} as entered_at
    from current_members as members
    left join before on members.audience = before.audience and members.profile_id = before.profile_id
    where before.profile_id is null
    union all
    select before.audience, before.old_profile_id, 'left', before.entered_at
    from before
    left join current_members as members on before.audience = members.audience and before.profile_id = members.profile_id
    where members.profile_id is null
    union all
    select before.audience, before.old_profile_id, 'renamed_from', before.entered_at
    from before
    inner join current_members as members on before.audience = members.audience and before.profile_id = members.profile_id
    where before.profile_id <> before.old_profile_id
    union all
    select before.audience, before.profile_id, 'renamed_to', min(before.entered_at)
    from before
    inner join current_members as members on before.audience = members.audience and before.profile_id = members.profile_id
    group by 1, 2
    -- Two members who became one go on as one; who kept their name has no new row.
    having max(case when before.profile_id = before.old_profile_id then 1 else 0 end) = 0
)

select
    changes.audience,
    changes.profile_id,
    changes.change,
    changes.entered_at,
    run.as_of as at,
    run.run_id,
    last_position.position + 1 as position
from changes
cross join {{ source('control', 'run') }} as run
cross join last_position
