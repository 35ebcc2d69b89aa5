-- One row per audience and candidate: in or out, and the one thing that kept them out: a clause, or else another audience.
{{ config(alias='decisions') }}

select
    candidates.audience,
    candidates.profile_id,
    candidates.blocked_by is null and conflicts.blocked_by is null as included,
    coalesce(candidates.blocked_by, conflicts.blocked_by) as blocked_by,
    candidates.clauses,
    candidates.clauses_met
from {{ ref('audience_candidates') }} as candidates
left join {{ ref('audience_conflicts') }} as conflicts
    on candidates.audience = conflicts.audience and candidates.profile_id = conflicts.profile_id
