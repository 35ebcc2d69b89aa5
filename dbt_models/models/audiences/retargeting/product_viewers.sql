{% set people %}
    (with ranked as (
        select
            *,
            row_number() over (partition by profile_id order by last_viewed_at desc, product_id) as rank
        from {{ ref('profile_products') }}
        -- A product bought since it was looked at is no longer of interest.
        where last_viewed_at is not null and (bought_at is null or bought_at < last_viewed_at)
    )

    select
        ranked.profile_id,
        max(ranked.last_viewed_at) as last_viewed_at,
        cast(sum(ranked.views) as bigint) as views,
        max(profiles.last_order_at) as last_order_at,
        cast(sum(products.price) as decimal(18, 4)) as price_sum,
        {{ json_list({'rank': 'ranked.rank', 'product_id': 'ranked.product_id', 'last_viewed_at': 'ranked.last_viewed_at', 'views': 'ranked.views'}) }} as products
    from ranked
    inner join {{ ref('profiles') }} as profiles on ranked.profile_id = profiles.profile_id
    left join {{ ref('unified_products') }} as products on ranked.product_id = products.product_id
    where ranked.rank <= 10
    group by 1)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'viewed_in_window': 'last_viewed_at >= window_start',
        'not_bought_since': '(last_order_at is null or last_order_at < last_viewed_at)',
        'left_alone': 'last_viewed_at <= quiet_since',
    },
    value='price_sum',
    reason={'last_viewed_at': 'last_viewed_at', 'views': 'views'},
    context={'products': {'json': 'products'}},
) }}
