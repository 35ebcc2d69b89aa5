-- One row per audience and person in it now, before it is known since when.
select
    candidates.audience,
    audiences.kind,
    candidates.profile_id,
    candidates.anchor_at,
    candidates.value,
    candidates.offers,
    candidates.reason,
    candidates.context
from {{ ref('audience_candidates') }} as candidates
inner join {{ ref('audience_decisions') }} as decisions
    on candidates.audience = decisions.audience and candidates.profile_id = decisions.profile_id and decisions.included
inner join {{ source('control', 'audiences') }} as audiences on candidates.audience = audiences.audience
where candidates.blocked_by is null
