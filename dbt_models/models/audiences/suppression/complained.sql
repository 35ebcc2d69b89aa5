{% set people %}
    (select
        identifiers.profile_id,
        max(events.occurred_at) as complained_at,
        max(agreed.agreed_at) as agreed_at
    from {{ ref('unified_email_events') }} as events
    inner join {{ ref('identifiers') }} as identifiers on identifiers.identifier_type = 'email' and identifiers.identifier = events.email
    left join (
        select profile_id, max(occurred_at) as agreed_at
        from {{ ref('consent_statements') }}
        where purpose = 'email' and status = 'granted'
        group by 1
    ) as agreed on identifiers.profile_id = agreed.profile_id
    where events.type = 'complained'
    group by 1)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'complained': ['complained_at', '>=', 'window_start'],
        'has_not_agreed_again': 'agreed_at is null or agreed_at <= complained_at',
    },
    anchor='complained_at',
    reason={'complained_at': 'complained_at'},
) }}
