-- One row per entry into, exit from or renaming within an audience: a journal, kept for ever. Somebody who merely got
-- another profile_id has neither entered nor left: the journal closes the old name and goes on under the new one.
-- depends_on: {{ ref('profile_changes') }}, {{ ref('profiles') }}
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false) }}

with current_members as (
    select audience, profile_id from {{ ref('current_members') }}
),

{% if is_incremental() %}
latest as (
    select audience, profile_id, max_by(entered_at, position) as entered_at
    from {{ this }}
    group by 1, 2
    having max_by(change in ('entered', 'renamed_to'), position)
),

renamed as (
    {{ renamed_people() }}
),

before as (
    select latest.audience, latest.profile_id as old_profile_id, coalesce(renamed.profile_id, latest.profile_id) as profile_id, latest.entered_at
    from latest
    left join renamed on latest.profile_id = renamed.old_profile_id
),

-- Names that others go on under, of people who were in the audience themselves.
kept_names as (
    select audience, profile_id
    from {{ this }}
    where profile_id in (select profile_id from renamed)
    group by 1, 2
    having max_by(change in ('entered', 'renamed_to'), position)
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

kept_names as (
    select audience, profile_id from before
),

last_position as (
    select 0 as position
),
{% endif %}

-- Whoever has neither come nor gone nor another name, which is nearly everybody, has no row here.
moved as (
    select
        coalesce(members.audience, before.audience) as audience,
        members.profile_id,
        before.old_profile_id,
        before.entered_at
    from current_members as members
    full outer join before on members.audience = before.audience and members.profile_id = before.profile_id
    where members.profile_id is null or before.profile_id is null or before.profile_id <> before.old_profile_id
),

changes as (
    select audience, profile_id, 'entered' as change, {{ as_of() }} as entered_at
    from moved
    where old_profile_id is null
    union all
    select audience, old_profile_id, 'left', entered_at
    from moved
    where profile_id is null
    union all
    select audience, old_profile_id, 'renamed_from', entered_at
    from moved
    where profile_id <> old_profile_id
    union all
    -- Two members who became one go on as one; who kept their name has no new row.
    select moved.audience, moved.profile_id, 'renamed_to', min(moved.entered_at)
    from moved
    left join kept_names on moved.audience = kept_names.audience and moved.profile_id = kept_names.profile_id
    where moved.profile_id <> moved.old_profile_id and kept_names.profile_id is null
    group by 1, 2
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
