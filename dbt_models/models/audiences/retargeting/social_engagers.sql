{% set people %}
    (select
        identifiers.profile_id,
        count(*) as interactions,
        max(interactions.occurred_at) as last_interaction_at,
        {{ newest("concat_ws(' ', interactions.platform, interactions.kind)", 'interactions.occurred_at') }} as last_interaction
    from {{ ref('unified_social_interactions') }} as interactions
    inner join {{ ref('identifiers') }} as identifiers
        on identifiers.identifier_type = 'email' and identifiers.identifier = interactions.email
    where interactions.occurred_at >= {{ window_start() }}
    group by 1)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'interacted_in_window': ['last_interaction_at', '>=', 'window_start'],
        'interacted_enough': ['interactions', '>=', option('minimum_interactions')],
    },
    anchor='last_interaction_at',
    reason={'last_interaction': 'last_interaction', 'last_interaction_at': 'last_interaction_at', 'interactions': 'interactions'},
) }}
