{% set people %}
    (select
        profile_id,
        order_count,
        net_revenue,
        last_bought_at,
        cast(extract(year from {{ local_date('last_bought_at') }}) as integer) as last_bought_in
    from {{ ref('last_purchases') }}
    where last_bought_at >= {{ window_start() }})
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'bought_lately': ['last_bought_at', '>=', 'window_start'],
        'not_since_last_year': ['last_bought_in', '=', 'extract(year from as_of_date) - 1'],
    },
    anchor='last_bought_at',
    value=rounded('cast(net_revenue as double) / nullif(order_count, 0)', 4),
    reason={'last_bought_in': 'last_bought_in', 'last_bought_at': 'last_bought_at'},
    context={'orders': 'order_count', 'last_bought_at': 'last_bought_at'},
) }}
