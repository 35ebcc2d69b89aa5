-- One row per audience and person in it now. Who is in the holdout belongs to the audience and is in no export.
with entries as (
    select audience, profile_id, max_by(entered_at, position) as entered_at
    from {{ ref('membership_changes') }}
    group by 1, 2
)

select
    members.audience,
    members.kind,
    members.profile_id,
    entries.entered_at,
    members.value,
    members.reason,
    members.context,
    members.holdout
from {{ ref('current_members') }} as members
inner join entries on members.audience = entries.audience and members.profile_id = entries.profile_id
