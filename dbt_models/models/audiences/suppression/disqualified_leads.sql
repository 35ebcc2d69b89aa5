{% set people %}
    (select profile_id, min(fault) as fault
    from (
        select profile_id, disqualified_reason as fault from {{ ref('leads') }} where not qualified
        union all
        select profile_id, status from {{ ref('newest_leads') }} where status in {{ option('statuses') }}
    ) as faults
    group by 1)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={'is_disqualified': 'fault is not null'},
    reason={'fault': 'fault'},
) }}
