{{ audience_candidates(
    people=ref('last_purchases'),
    clauses={
        'ordered_once': ['order_count', '=', 1],
        'within_window': ['first_order_at', '>=', 'window_start'],
        'had_time': ['first_order_at', '<=', 'quiet_since'],
    },
    anchor='first_order_at',
    value='net_revenue',
    reason={'first_order_at': 'first_order_at'},
    context={'first_order_at': 'first_order_at'},
) }}
