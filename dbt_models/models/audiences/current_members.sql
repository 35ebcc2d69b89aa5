-- One row per audience and person in it now, before it is known since when.
with candidates as (
    {% for name in audience_names(['retargeting', 'remarketing', 'suppression']) %}
    select '{{ name }}' as audience, profile_id, value, reason, context
    from {{ ref(name) }} where blocked_by is null
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    candidates.audience,
    audiences.kind,
    candidates.profile_id,
    candidates.value,
    candidates.reason,
    candidates.context,
    {{ hash_share("company.holdout_salt || '|' || candidates.audience || '|' || candidates.profile_id") }} < audiences.holdout_share as holdout
from candidates
inner join {{ ref('audience_decisions') }} as decisions
    on candidates.audience = decisions.audience and candidates.profile_id = decisions.profile_id and decisions.included
inner join {{ source('control', 'audiences') }} as audiences on candidates.audience = audiences.audience
cross join {{ source('control', 'company') }} as company
