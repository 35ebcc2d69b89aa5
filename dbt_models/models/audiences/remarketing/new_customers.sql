{{ audience_candidates(
    people=ref('last_purchases'),
    clauses={'first_order_in_window': ['first_order_at', '>=', 'window_start']},
    anchor='first_order_at',
    value='net_revenue',
    reason={'first_order_at': 'first_order_at', 'orders': 'order_count'},
    context={'first_order_at': 'first_order_at', 'orders': 'order_count'},
) }}
