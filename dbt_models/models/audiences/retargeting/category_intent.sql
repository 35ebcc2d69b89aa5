{% set people %}
    (with looked_at as (
        select
            interest.profile_id,
            products.category,
            sum(interest.views) as views,
            max(interest.last_viewed_at) as last_viewed_at,
            max(products.price) as dearest_price,
            {{ text_list('interest.product_id') }} as offers
        from {{ ref('profile_products') }} as interest
        inner join {{ ref('offered_products') }} as products on interest.product_id = products.product_id
        where interest.last_viewed_at >= {{ window_start() }} and {{ still_wanted('interest') }} and products.category is not null
        group by 1, 2
    )

    select *
    from looked_at
    -- One category a person: the one they looked at most.
    qualify row_number() over (partition by profile_id order by views desc, last_viewed_at desc, category) = 1)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'looked_in_window': ['last_viewed_at', '>=', 'window_start'],
        'looked_often': ['views', '>=', option('minimum_views')],
        'left_alone': ['last_viewed_at', '<=', 'quiet_since'],
    },
    anchor='last_viewed_at',
    value='dearest_price',
    offers='offers',
    reason={'category': 'category', 'views': 'views', 'last_viewed_at': 'last_viewed_at'},
    context={'category': 'category', 'products': {'json': 'to_json(offers)'}},
) }}
