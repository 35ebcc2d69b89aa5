{{ audience_candidates(
    people=ref('cart_contents'),
    clauses={
        'has_open_cart': 'cart_updated_at is not null',
        'within_window': ['cart_updated_at', '>=', 'window_start'],
        'left_alone': ['cart_updated_at', '<=', 'quiet_since'],
    },
    anchor='cart_updated_at',
    value='cart_value',
    offers='offers',
    reason={'cart_updated_at': 'cart_updated_at', 'cart_value': 'cart_value'},
    context={'products': {'json': 'products'}},
) }}
