{% set people %}
    (with ranked as (
        select
            interest.profile_id,
            interest.product_id,
            interest.last_viewed_at,
            interest.views,
            row_number() over (partition by interest.profile_id order by interest.last_viewed_at desc, interest.product_id) as rank
        from {{ ref('profile_products') }} as interest
        where interest.last_viewed_at >= {{ window_start() }} and {{ still_wanted('interest') }}
    )

    select
        ranked.profile_id,
        max(ranked.last_viewed_at) as last_viewed_at,
        cast(sum(ranked.views) as bigint) as views,
        cast(sum(products.price) as decimal(18, 4)) as price_sum,
        {{ text_list('ranked.product_id') }} as offers,
        {{ json_list({'rank': 'ranked.rank', 'product_id': 'ranked.product_id', 'last_viewed_at': 'ranked.last_viewed_at', 'views': 'ranked.views'}) }} as products
    from ranked
    left join {{ ref('offered_products') }} as products on ranked.product_id = products.product_id
    where ranked.rank <= 10
    group by 1)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'viewed_in_window': ['last_viewed_at', '>=', 'window_start'],
        'left_alone': ['last_viewed_at', '<=', 'quiet_since'],
    },
    anchor='last_viewed_at',
    offers='offers',
    value='price_sum',
    reason={'last_viewed_at': 'last_viewed_at', 'views': 'views'},
    context={'products': {'json': 'products'}},
) }}
