{% set people %}
    (select
        identifiers.profile_id,
        count(*) as addresses,
        count(bounced.email) as bounced,
        max(bounced.bounced_at) as bounced_at
    from {{ ref('identifiers') }} as identifiers
    left join {{ ref('unified_bounced_addresses') }} as bounced on identifiers.identifier = bounced.email
    where identifiers.identifier_type = 'email'
    group by 1
    having count(bounced.email) > 0)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'has_bounced': ['bounced', '>=', '1'],
        'no_other_address': ['bounced', '>=', 'addresses'],
    },
    anchor='bounced_at',
    reason={'bounced_at': 'bounced_at', 'addresses': 'addresses'},
) }}
