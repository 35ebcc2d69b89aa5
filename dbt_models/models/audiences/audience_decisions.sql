-- One row per audience and candidate: in or out, and the one thing that kept them out.
-- An exclusion looks at who meets another audience's clauses, whatever that audience excludes itself: so exclusions
-- cannot chase each other in a circle.
{{ config(alias='decisions') }}

with candidates as (
    {% for name in audience_names(['retargeting', 'remarketing', 'suppression']) %}
    select '{{ name }}' as audience, profile_id, clauses, clauses_met, blocked_by
    from {{ ref(name) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

excluded as (
    select
        exclusions.audience,
        others.profile_id,
        min_by(exclusions.excludes, exclusions.position) as excluded_by
    from {{ source('control', 'audience_exclusions') }} as exclusions
    inner join candidates as others on exclusions.excludes = others.audience and others.blocked_by is null
    group by 1, 2
)

select
    candidates.audience,
    candidates.profile_id,
    candidates.blocked_by is null and excluded.excluded_by is null as included,
    coalesce(candidates.blocked_by, 'excluded:' || excluded.excluded_by) as blocked_by,
    candidates.clauses,
    candidates.clauses_met
from candidates
left join excluded on candidates.audience = excluded.audience and candidates.profile_id = excluded.profile_id
