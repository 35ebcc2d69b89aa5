{% set people %}
    (select
        profiles.profile_id,
        profiles.cart_value,
        profiles.cart_updated_at,
        lines.products
    from {{ ref('profiles') }} as profiles
    inner join {{ ref('cart_contents') }} as lines on profiles.profile_id = lines.profile_id)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'has_open_cart': 'cart_updated_at is not null',
        'within_window': 'cart_updated_at >= window_start',
        'left_alone': 'cart_updated_at <= quiet_since',
    },
    value='cart_value',
    reason={'cart_updated_at': 'cart_updated_at', 'cart_value': 'cart_value'},
    context={'products': {'json': 'products'}},
) }}
