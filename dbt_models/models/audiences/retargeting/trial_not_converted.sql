{% set people %}
    (with trials as (
        {% for type in ['customer_id', 'email'] -%}
        select
            identifiers.profile_id,
            subscriptions.subscription_id,
            subscriptions.plan,
            subscriptions.trial_ends_at,
            subscriptions.ended_at,
            subscriptions.amount_company,
            least(subscriptions.trial_ends_at, coalesce(subscriptions.ended_at, subscriptions.trial_ends_at)) as trial_over_at
        from {{ ref('unified_subscriptions') }} as subscriptions
        inner join {{ ref('identifiers') }} as identifiers
            on identifiers.identifier_type = '{{ type }}'
            and identifiers.identifier = {{ account_id('subscriptions.customer_id', 'subscriptions.source') if type == 'customer_id' else 'subscriptions.email' }}
        where subscriptions.trial_ends_at is not null{{ ' and subscriptions.customer_id is null' if type == 'email' }}
        {{ 'union all' if not loop.last }}
        {% endfor %}
    )

    select *
    from trials
    where trial_over_at >= {{ window_start() }}
    qualify row_number() over (partition by profile_id order by trial_over_at desc, subscription_id desc) = 1)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'trial_is_over': ['trial_over_at', '<=', 'as_of'],
        'within_window': ['trial_over_at', '>=', 'window_start'],
        'did_not_stay': 'coalesce(ended_at <= trial_ends_at, false)',
    },
    anchor='trial_over_at',
    value='amount_company',
    reason={'plan': 'plan', 'trial_over_at': 'trial_over_at'},
    context={'plan': 'plan', 'trial_over_at': 'trial_over_at'},
) }}
