{% set people %}
    (select profile_id, since as withdrawn_at
    from {{ ref('profile_consents') }}
    where purpose = 'email' and status = 'withdrawn')
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={'withdrew_email': 'true'},
    anchor='withdrawn_at',
    reason={'withdrawn_at': 'withdrawn_at'},
) }}
