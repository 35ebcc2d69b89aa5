{% set people %}
    (with tiers as (
        select
            products.product_id,
            products.category,
            products.price,
            tiers.tier_rank,
            products.is_available
        from {{ ref('offered_products') }} as products
        inner join {{ ref('product_tiers') }} as tiers on products.tier = tiers.tier
    ),

    owned as (
        select
            bought.profile_id,
            tiers.category,
            max(tiers.tier_rank) as tier_rank,
            max(bought.bought_at) as bought_at
        from {{ ref('profile_products') }} as bought
        inner join tiers on bought.product_id = tiers.product_id
        where bought.bought_at is not null
        group by 1, 2
    ),

    -- The cheapest product of the next tier up in the same category.
    offers as (
        select
            steps.category,
            steps.tier_rank,
            higher.product_id,
            higher.price,
            row_number() over (partition by steps.category, steps.tier_rank order by higher.tier_rank, higher.price nulls last, higher.product_id) as choice
        from (select distinct category, tier_rank from tiers) as steps
        inner join tiers as higher on steps.category = higher.category and steps.tier_rank < higher.tier_rank and higher.is_available
    ),

    ranked as (
        select
            owned.*,
            offers.product_id,
            offers.price,
            row_number() over (partition by owned.profile_id order by owned.bought_at desc, offers.price desc nulls last, offers.product_id nulls last, owned.category nulls last) as rank
        from owned
        left join offers on owned.category = offers.category and owned.tier_rank = offers.tier_rank and offers.choice = 1
    )

    select profile_id, category, tier_rank, bought_at, product_id as offered_product_id, price as offered_price
    from ranked
    -- One offer a person: the latest purchase that has something above it.
    qualify row_number() over (partition by profile_id order by case when product_id is null then 1 else 0 end, rank) = 1)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'owns_a_tier': 'bought_at is not null',
        'higher_tier_exists': 'offered_product_id is not null',
        'within_window': ['bought_at', '>=', 'window_start'],
        'left_alone': ['bought_at', '<=', 'quiet_since'],
    },
    anchor='bought_at',
    value='offered_price',
    offers='case when offered_product_id is not null then ' ~ one_text('offered_product_id') ~ ' end',
    reason={'category': 'category', 'owned_tier': 'tier_rank', 'bought_at': 'bought_at'},
    context={'offered_product_id': 'offered_product_id', 'offered_price': 'offered_price'},
) }}
