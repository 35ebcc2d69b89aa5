{% set people %}
    (select asked.profile_id, asked.created_at, reached.reached_at as converted_at
    from {{ ref('newest_leads') }} as asked
    inner join {{ ref('goal_moments') }} as reached on asked.profile_id = reached.profile_id and reached.goal = 'conversion')
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={'has_converted': 'converted_at is not null'},
    anchor='converted_at',
    reason={'asked_at': 'created_at', 'converted_at': 'converted_at'},
) }}
