{% set people %}
    (select
        profile_id,
        order_count,
        net_revenue,
        last_order_at,
        last_bought_at,
        {{ local_date('last_bought_at') }} as last_bought_on
    from {{ ref('last_purchases') }}
    where order_count > 0)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'is_customer': 'order_count > 0',
        'silent_for_months': ['last_bought_on', '<=', months_before('as_of_date', option('silent_months'))],
        'within_window': ['last_bought_at', '>=', 'window_start'],
    },
    anchor='last_bought_at',
    value=rounded('cast(net_revenue as double) / order_count', 4),
    reason={'last_bought_on': 'last_bought_on', 'orders': 'order_count'},
    context={'orders': 'order_count', 'last_order_at': 'last_order_at'},
) }}
