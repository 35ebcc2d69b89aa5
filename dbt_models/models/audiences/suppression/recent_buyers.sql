{% set people %}
    (select profile_id, last_checkout_at from {{ ref('order_totals') }})
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={'ordered_in_window': ['last_checkout_at', '>=', 'window_start']},
    reason={'last_order_at': 'last_checkout_at'},
) }}
