{% set people %}
    (select *
    from {{ ref('person_subscriptions') }}
    where ended_at is null and renews_on >= {{ local_date(window_start()) }}
    qualify row_number() over (partition by profile_id order by renews_on, subscription_id) = 1)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'renews_soon': ['renews_on', '<=', date_after('as_of_date', option('days_ahead'))],
        'not_renewed_long_ago': ['renews_on', '>=', local_date('window_start')],
    },
    anchor='renews_on',
    value='amount_company',
    reason={'renews_on': 'renews_on', 'plan': 'plan'},
    context={'renews_on': 'renews_on', 'plan': 'plan', 'customer_since': 'started_at'},
) }}
