{% set people %}
    (with checkouts as (
        select
            identifiers.profile_id,
            max(case when days.event = 'Checkout Started' then days.last_at end) as checkout_started_at,
            max(case when days.event = 'Product Removed' then days.last_at end) as removed_at
        from {{ ref('event_days') }} as days
        inner join {{ ref('identifiers') }} as identifiers
            on days.identifier_type = identifiers.identifier_type and days.identifier = identifiers.identifier
        where days.event in ('Checkout Started', 'Product Removed') and days.last_at >= {{ window_start() }}
        group by 1
    )

    select
        checkouts.profile_id,
        checkouts.checkout_started_at,
        carts.cart_value,
        carts.products,
        carts.offers,
        -- Some trackers tell of the checkout and not of the cart.
        carts.profile_id is not null or coalesce(checkouts.removed_at < checkouts.checkout_started_at, true) as is_not_emptied
    from checkouts
    left join {{ ref('cart_contents') }} as carts on checkouts.profile_id = carts.profile_id
    where checkouts.checkout_started_at is not null)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'started_in_window': ['checkout_started_at', '>=', 'window_start'],
        'left_alone': ['checkout_started_at', '<=', 'quiet_since'],
        'cart_not_emptied': 'is_not_emptied',
    },
    anchor='checkout_started_at',
    value='cart_value',
    offers='offers',
    reason={'checkout_started_at': 'checkout_started_at', 'cart_value': 'cart_value'},
    context={'products': {'json': "coalesce(products, '[]')"}},
) }}
