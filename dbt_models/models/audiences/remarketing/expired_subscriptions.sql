{% set people %}
    (with of_person as (
        select *, max(case when is_running then 1 else 0 end) over (partition by profile_id) as running
        from {{ ref('person_subscriptions') }}
    )

    select profile_id, plan, amount_company, started_at, ended_at, running
    from of_person
    where not is_running and is_paid_for
    qualify row_number() over (partition by profile_id order by ended_at desc, subscription_id desc) = 1)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'ended_in_window': ['ended_at', '>=', 'window_start'],
        'has_none_running': ['running', '=', 0],
    },
    anchor='ended_at',
    value='amount_company',
    reason={'ended_at': 'ended_at', 'plan': 'plan'},
    context={'ended_at': 'ended_at', 'plan': 'plan', 'customer_since': 'started_at'},
) }}
