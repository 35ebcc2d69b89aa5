-- One row per audience, candidate and clause: whether it holds, and what it asks for in a marketer's words.
{{ config(materialized='view') }}
{# As many as `clauses_met` has bits for. #}
{% set most_clauses = 30 %}

with places as (
    {% for place in range(most_clauses) -%}
    select {{ place + 1 }} as place, {{ 2 ** place }} as weight
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

clauses as (
    select
        decisions.audience,
        decisions.profile_id,
        places.place,
        split_part(decisions.clauses, ',', places.place) as clause,
        -- Of whom no score exists, no clause was looked at.
        case when decisions.clauses_met > 0 then floor(decisions.clauses_met / places.weight) % 2 = 1 end as holds
    from {{ ref('audience_decisions') }} as decisions
    cross join places
)

select
    clauses.audience,
    clauses.profile_id,
    clauses.place,
    clauses.clause,
    coalesce(says.says, replace(clauses.clause, '_', ' ')) as says,
    clauses.holds
from clauses
left join {{ source('control', 'audience_says') }} as says on clauses.audience = says.audience and clauses.clause = says.clause
where clauses.clause <> ''
