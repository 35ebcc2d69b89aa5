{% set people %}
    (with bought as (
        select profile_id, product_id, bought_at
        from {{ ref('profile_products') }}
        where bought_at is not null
    ),

    rules as (
        select pairs.product_id, pairs.with_product_id, pairs.confidence, pairs.lift, products.title, products.price
        from {{ ref('product_pairs') }} as pairs
        left join {{ ref('offered_products') }} as products on pairs.with_product_id = products.product_id
        where pairs.baskets >= {{ option('least_baskets') }}
          and pairs.support >= {{ option('least_support') }}
          and pairs.confidence >= {{ option('least_confidence') }}
          and pairs.lift >= {{ option('least_lift') }}
          and coalesce(products.is_available, true)
    ),

    -- Of several purchases that speak for a product, the one that does so most.
    suggested as (
        select
            bought.profile_id,
            bought.product_id,
            bought.bought_at,
            rules.with_product_id,
            rules.confidence,
            rules.lift,
            rules.title,
            rules.price
        from bought
        inner join rules on bought.product_id = rules.product_id
        where bought.bought_at >= {{ window_start() }}
        qualify row_number() over (
            partition by bought.profile_id, rules.with_product_id order by rules.confidence desc, rules.lift desc, bought.product_id
        ) = 1
    ),

    ranked as (
        select
            suggested.*,
            row_number() over (
                partition by suggested.profile_id order by suggested.confidence desc, suggested.lift desc, suggested.with_product_id
            ) as rank
        from suggested
        left join bought as owned on suggested.profile_id = owned.profile_id and suggested.with_product_id = owned.product_id
        where owned.product_id is null
    )

    select
        profile_id,
        max(bought_at) as bought_at,
        cast(sum(price) as decimal(18, 4)) as price_sum,
        {{ text_list('with_product_id') }} as offers,
        {{ json_list({
            'rank': 'rank', 'product_id': 'with_product_id', 'title': 'title', 'bought_product_id': 'product_id',
            'confidence': rounded('confidence', 4), 'lift': rounded('lift', 2),
        }) }} as products
    from ranked
    where rank <= {{ option('most_offers') }}
    group by profile_id)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'has_companions_to_buy': 'offers is not null',
        'within_window': ['bought_at', '>=', 'window_start'],
        'left_alone': ['bought_at', '<=', 'quiet_since'],
    },
    anchor='bought_at',
    value='price_sum',
    offers='offers',
    reason={'bought_at': 'bought_at', 'rules': {'json': 'products'}},
    context={'products': {'json': 'products'}},
) }}
