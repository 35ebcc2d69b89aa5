{% set people %}
    (with trials as (
        select
            told.*,
            least(told.trial_ends_at, coalesce(told.ended_at, told.trial_ends_at)) as trial_over_at
        from {{ with_person('unified_subscriptions', ['subscription_id', 'plan', 'trial_ends_at', 'ended_at', 'amount_company']) }} as told
        where told.trial_ends_at is not null
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
