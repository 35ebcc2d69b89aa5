-- One row per audience and person in it now, before it is known since when.
select
    candidates.audience,
    audiences.kind,
    candidates.profile_id
from {{ ref('audience_candidates') }} as candidates
inner join {{ source('control', 'audiences') }} as audiences on candidates.audience = audiences.audience
left join {{ ref('audience_conflicts') }} as conflicts
    on candidates.audience = conflicts.audience and candidates.profile_id = conflicts.profile_id
where candidates.blocked_by is null and conflicts.audience is null
